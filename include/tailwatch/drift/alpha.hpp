// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

struct alpha_options {
  double order = 0.5;  ///< finite; 1: KL(p‖q), 0: KL(q‖p), ½: four times the squared Hellinger distance, 2: χ²/2
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Alpha divergence of Cichocki and Amari.
///
///   D_a = (Σ p^a q^{1−a} − 1)/(a (a − 1)), summed as Σ [p^a q^{1−a} − a p − (1 − a) q]/(a (a − 1))
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         ≥ 0; +∞ where a ≥ 1 and p > 0 = q, or a ≤ 0 and q > 0 = p; NaN for an empty, all-zero or non-finite
///                 side; standard error from counts by the delta method with the correction of detail::evaluate
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards from counts, (K − 1)/2 · (1/n + 1/m) to first order at p = q, whatever the order
/// @throws         std::invalid_argument for a negative cell, arrays of different sizes, or an order that is not finite
/// @see            A. Cichocki, S. Amari (2010), Entropy 12(6), 1532–1568
/// @example        examples/drift/two_corpora.cpp
struct alpha_fn {
  static constexpr std::string_view name = "drift.alpha";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Cichocki and Amari (2010)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const alpha_options& options = {}) const {
    core::check(core::is_finite(options.order), "drift::alpha", "order", options.order, "finite");
    const auto pair = detail::pair_of(p, q, "drift::alpha");
    if (options.order == 1.0) return detail::evaluate(pair, detail::kullback_leibler_cell{});
    if (options.order == 0.0) return detail::evaluate(pair, detail::reverse_kullback_leibler_cell{});
    return detail::evaluate(pair, detail::alpha_cell{options.order});
  }
};
inline constexpr alpha_fn alpha{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
