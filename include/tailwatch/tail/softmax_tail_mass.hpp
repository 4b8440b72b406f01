// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

namespace tailwatch::tail {

struct softmax_tail_mass_options {
  std::size_t index = 0;    ///< of a state: which of its `tail_thresholds`
  double threshold = 1e-4;  ///< of logits: probability below which a token counts as rare, in (0, 1)
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean probability that a model's next-token distributions leave to tokens that are rare in that very context.
///
///   M_τ = (1/R) Σᵣ Σᵥ pᵣᵥ 1[pᵣᵥ < τ]      p = softmax(logits)
///
/// What a sampler with min-p or top-p cuts off, and the first mass to go when a model is trained on its own samples: seen in the
/// logits, before anything is generated.
///
/// @param source   a `summary::softmax_rows` with tail_thresholds, rows(logits, n, V) of float, or logits of any type with stride
///                 and mask (0 = skip)
/// @return         probability and the number of rows; standard error s/√R over the rows, as if they were independent: rows of one
///                 sequence are not, and block means over sequences then give the honest figure; NaN when no row has a softmax
/// @complexity     O(1) from the state, O(n·V) from logits, two reads a row
/// @bias           none: the distribution is known, only the sample of contexts is finite
/// @throws         std::invalid_argument where the state has no threshold `index`, and unless 0 < threshold < 1
/// @see            A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi (2020), ICLR (the unreliable tail)
/// @example        examples/tail/softmax_tail.cpp
struct softmax_tail_mass_fn {
  static constexpr std::string_view name = "tail.softmax_tail_mass";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Holtzman et al. (2020)";

  [[nodiscard]] estimate operator()(const summary::softmax_rows& source,
                                    const softmax_tail_mass_options& options = {}) const {
    core::check(options.index < source.options().tail_thresholds.size(), "tail::softmax_tail_mass", "index",
                options.index, "below the number of thresholds");
    return source.tail_mass(options.index).mean();
  }
  [[nodiscard]] estimate operator()(const core::rows_view<float>& logits,
                                    const softmax_tail_mass_options& options = {}) const {
    return (*this)(logits.data, logits.size, logits.dimension, logits.dimension, nullptr, options);
  }
  template <simd::logit Logit>
  [[nodiscard]] estimate operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                    std::size_t row_stride, const std::uint8_t* mask = nullptr,
                                    const softmax_tail_mass_options& options = {}) const {
    core::check_open_interval("tail::softmax_tail_mass", "threshold", options.threshold, 0.0, 1.0);
    return summary::softmax_rows_of({.tail_thresholds = {options.threshold}}, logits, rows, vocabulary, row_stride,
                                    mask)
        .tail_mass(0)
        .mean();
  }
};
inline constexpr softmax_tail_mass_fn softmax_tail_mass{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
