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

struct softmax_entropy_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean entropy of a model's next-token distributions.
///
///   H̄ = (1/R) Σᵣ Hᵣ      Hᵣ = −Σᵥ pᵣᵥ ln pᵣᵥ,  p = softmax(logits)
///
/// Entropy per token is the first thing to fall when a policy collapses under reinforcement learning, and when a language
/// model is trained on its own samples.
///
/// @param source   a `summary::softmax_rows`, rows(logits, n, V) of float, or logits of any type with stride and mask (0 = skip)
/// @return         nats (or `unit`) per token; standard error s/√R over the rows, as if they were independent: rows of one
///                 sequence are not, and block means over sequences then give the honest figure; NaN when no row has a softmax
/// @complexity     O(1) from the state, O(n·V) from logits
/// @bias           none: the distribution is known, only the sample of contexts is finite
/// @throws         std::invalid_argument for rows of no logits
/// @see            C. E. Shannon (1948), Bell System Technical Journal 27, 379–423
/// @example        examples/entropy/softmax_entropy.cpp
struct softmax_entropy_fn {
  static constexpr std::string_view name = "entropy.softmax_entropy";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Shannon (1948)";

  [[nodiscard]] estimate operator()(const summary::softmax_rows& source,
                                    const softmax_entropy_options& options = {}) const {
    return core::in_unit(source.entropy().mean(), options.unit);
  }
  [[nodiscard]] estimate operator()(const core::rows_view<float>& logits,
                                    const softmax_entropy_options& options = {}) const {
    return (*this)(logits.data, logits.size, logits.dimension, logits.dimension, nullptr, options);
  }
  template <simd::logit Logit>
  [[nodiscard]] estimate operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                    std::size_t row_stride, const std::uint8_t* mask = nullptr,
                                    const softmax_entropy_options& options = {}) const {
    return (*this)(summary::softmax_rows_of({}, logits, rows, vocabulary, row_stride, mask), options);
  }
};
inline constexpr softmax_entropy_fn softmax_entropy{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
