// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Pearson χ² divergence Σ (p − q)²/q, the reference q below. It is a divergence, not the test statistic of two samples.
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         ≥ 0; +∞ where p > 0 = q; NaN for an empty, all-zero or non-finite side; standard error from counts by
///                 the delta method with the correction of detail::evaluate, else NaN
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards from counts, (K − 1)(1/n + 1/m) to first order at p = q
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @see            K. Pearson (1900), Philosophical Magazine 50, 157–175
/// @example        examples/drift/two_corpora.cpp
struct chi_squared_fn {
  static constexpr std::string_view name = "drift.chi_squared";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Pearson (1900)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q) const {
    return detail::evaluate(detail::pair_of(p, q, "drift::chi_squared"), detail::chi_squared_cell{});
  }
};
inline constexpr chi_squared_fn chi_squared{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
