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

/// What a truncating sampler cuts off, seen in the logits: the mass outside the k most probable tokens, the mass outside the
/// nucleus of probability p, and how many tokens that nucleus holds.
namespace tailwatch::tail {

struct softmax_top_k_options {
  std::size_t index = 0;  ///< of a state: which of its `top_k`
  std::size_t k = 50;     ///< of logits: tokens kept, k ≥ 1
};

struct softmax_top_p_options {
  std::size_t index = 0;  ///< of a state: which of its `top_p`
  double p = 0.9;         ///< of logits: probability kept, in (0, 1)
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean probability outside the k most probable tokens of a model's next-token distributions: what top-k sampling never says.
///
///   (1/R) Σᵣ Σ_{v > k} pᵣ₍ᵥ₎      pᵣ₍₁₎ ≥ pᵣ₍₂₎ ≥ … of row r
///
/// @param source   a `summary::softmax_rows` with top_k, rows(logits, n, V) of float, or logits of any type with stride and mask
///                 (0 = skip)
/// @return         probability and the number of rows; 0 where V ≤ k; standard error s/√R over the rows, as if they were
///                 independent; NaN when no row has a softmax
/// @complexity     O(1) from the state, O(n·V) from logits; see simd::softmax_cuts
/// @bias           none: the distribution is known, only the sample of contexts is finite
/// @throws         std::invalid_argument where the state has no top_k `index`, and for k = 0
/// @see            A. Fan, M. Lewis, Y. Dauphin (2018), ACL, 889–898
/// @example        examples/tail/softmax_tail.cpp
struct softmax_mass_outside_top_k_fn {
  static constexpr std::string_view name = "tail.softmax_mass_outside_top_k";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Fan et al. (2018)";

  [[nodiscard]] estimate operator()(const summary::softmax_rows& source,
                                    const softmax_top_k_options& options = {}) const {
    core::check(options.index < source.options().top_k.size(), "tail::softmax_mass_outside_top_k", "index",
                options.index, "below the number of top_k");
    return source.mass_outside_top_k(options.index).mean();
  }
  [[nodiscard]] estimate operator()(const core::rows_view<float>& logits,
                                    const softmax_top_k_options& options = {}) const {
    return (*this)(logits.data, logits.size, logits.dimension, logits.dimension, nullptr, options);
  }
  template <simd::logit Logit>
  [[nodiscard]] estimate operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                    std::size_t row_stride, const std::uint8_t* mask = nullptr,
                                    const softmax_top_k_options& options = {}) const {
    core::check_at_least("tail::softmax_mass_outside_top_k", "k", options.k, std::size_t{1});
    return summary::softmax_rows_of({.top_k = {options.k}}, logits, rows, vocabulary, row_stride, mask)
        .mass_outside_top_k(0)
        .mean();
  }
};
inline constexpr softmax_mass_outside_top_k_fn softmax_mass_outside_top_k{};

/// Mean probability outside the nucleus, the fewest tokens that together have probability ≥ p: what top-p sampling never says.
///
///   (1/R) Σᵣ (1 − Σ_{v ≤ mᵣ} pᵣ₍ᵥ₎)      mᵣ = min{m: Σ_{v ≤ m} pᵣ₍ᵥ₎ ≥ p}
///
/// At most 1 − p; how far below shows how coarse the head is: a collapsed row leaves next to nothing outside.
/// @param source   a `summary::softmax_rows` with top_p, rows(logits, n, V) of float, or logits of any type with stride and mask
/// @return         as softmax_mass_outside_top_k
/// @complexity     O(1) from the state, O(n·V) from logits; see simd::softmax_cuts
/// @bias           none
/// @throws         std::invalid_argument where the state has no top_p `index`, and unless 0 < p < 1
/// @see            A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi (2020), ICLR
/// @example        examples/tail/softmax_tail.cpp
struct softmax_mass_outside_top_p_fn {
  static constexpr std::string_view name = "tail.softmax_mass_outside_top_p";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Holtzman et al. (2020)";

  [[nodiscard]] estimate operator()(const summary::softmax_rows& source,
                                    const softmax_top_p_options& options = {}) const {
    core::check(options.index < source.options().top_p.size(), "tail::softmax_mass_outside_top_p", "index",
                options.index, "below the number of top_p");
    return source.mass_outside_top_p(options.index).mean();
  }
  [[nodiscard]] estimate operator()(const core::rows_view<float>& logits,
                                    const softmax_top_p_options& options = {}) const {
    return (*this)(logits.data, logits.size, logits.dimension, logits.dimension, nullptr, options);
  }
  template <simd::logit Logit>
  [[nodiscard]] estimate operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                    std::size_t row_stride, const std::uint8_t* mask = nullptr,
                                    const softmax_top_p_options& options = {}) const {
    core::check_open_interval("tail::softmax_mass_outside_top_p", "p", options.p, 0.0, 1.0);
    return summary::softmax_rows_of({.top_p = {options.p}}, logits, rows, vocabulary, row_stride, mask)
        .mass_outside_top_p(0)
        .mean();
  }
};
inline constexpr softmax_mass_outside_top_p_fn softmax_mass_outside_top_p{};

/// Mean number of tokens in the nucleus: how many words a model really chooses from.
///
///   (1/R) Σᵣ min{m: Σ_{v ≤ m} pᵣ₍ᵥ₎ ≥ p}
///
/// @param source   a `summary::softmax_rows` with top_p, rows(logits, n, V) of float, or logits of any type with stride and mask
/// @return         tokens, and otherwise as softmax_mass_outside_top_k; the sizes are skewed, look at their spread in the state
/// @complexity     O(1) from the state, O(n·V) from logits; see simd::softmax_cuts
/// @bias           none
/// @throws         std::invalid_argument where the state has no top_p `index`, and unless 0 < p < 1
/// @see            A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi (2020), ICLR
/// @example        examples/tail/softmax_tail.cpp
struct softmax_nucleus_size_fn {
  static constexpr std::string_view name = "tail.softmax_nucleus_size";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Holtzman et al. (2020)";

  [[nodiscard]] estimate operator()(const summary::softmax_rows& source,
                                    const softmax_top_p_options& options = {}) const {
    core::check(options.index < source.options().top_p.size(), "tail::softmax_nucleus_size", "index", options.index,
                "below the number of top_p");
    return source.nucleus_size(options.index).mean();
  }
  [[nodiscard]] estimate operator()(const core::rows_view<float>& logits,
                                    const softmax_top_p_options& options = {}) const {
    return (*this)(logits.data, logits.size, logits.dimension, logits.dimension, nullptr, options);
  }
  template <simd::logit Logit>
  [[nodiscard]] estimate operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                    std::size_t row_stride, const std::uint8_t* mask = nullptr,
                                    const softmax_top_p_options& options = {}) const {
    core::check_open_interval("tail::softmax_nucleus_size", "p", options.p, 0.0, 1.0);
    return summary::softmax_rows_of({.top_p = {options.p}}, logits, rows, vocabulary, row_stride, mask)
        .nucleus_size(0)
        .mean();
  }
};
inline constexpr softmax_nucleus_size_fn softmax_nucleus_size{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
