// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

namespace tailwatch::entropy {

struct softmax_renyi_2_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean Rényi entropy of order 2 (collision entropy) of a model's next-token distributions.
///
///   (1/R) Σᵣ −ln Σᵥ pᵣᵥ²      p = softmax(logits)
///
/// Below Shannon's entropy and decided by the frequent tokens: while it falls together with softmax_entropy the head sharpens; where
/// softmax_entropy falls alone the tail is lost.
///
/// @param source   a `summary::softmax_rows` with `collision_entropy`, rows(logits, n, V) of float, or logits of any type with
///                 stride and mask (0 = skip)
/// @return         nats (or `unit`) per token; standard error s/√R over the rows, as if they were independent: see
///                 softmax_entropy; NaN when no row has a softmax
/// @complexity     O(1) from the state, O(n·V) from logits, two reads a row
/// @bias           none: the distribution is known, only the sample of contexts is finite
/// @throws         std::invalid_argument where the state was not told to keep it, and for rows of no logits
/// @see            A. Rényi (1961), Proceedings of the 4th Berkeley Symposium 1, 547–561
/// @example        examples/entropy/softmax_entropy.cpp
struct softmax_renyi_2_fn {
  static constexpr std::string_view name = "entropy.softmax_renyi_2";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Rényi (1961)";

  [[nodiscard]] estimate operator()(const summary::softmax_rows& source,
                                    const softmax_renyi_2_options& options = {}) const {
    return core::in_unit(source.collision_entropy().mean(), options.unit);
  }
  [[nodiscard]] estimate operator()(const core::rows_view<float>& logits,
                                    const softmax_renyi_2_options& options = {}) const {
    return (*this)(logits.data, logits.size, logits.dimension, logits.dimension, nullptr, options);
  }
  template <simd::logit Logit>
  [[nodiscard]] estimate operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                    std::size_t row_stride, const std::uint8_t* mask = nullptr,
                                    const softmax_renyi_2_options& options = {}) const {
    return (*this)(summary::softmax_rows_of({.collision_entropy = true}, logits, rows, vocabulary, row_stride, mask),
                   options);
  }
};
inline constexpr softmax_renyi_2_fn softmax_renyi_2{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
