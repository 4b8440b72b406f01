// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Total variation distance ½ Σ |p − q|: the largest difference of probability that any event has under p and q.
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         in [0, 1]; NaN for an empty, all-zero or non-finite side; standard error from counts by the delta
///                 method, which needs |p − q| beyond its sampling error in most cells; where p and q nearly agree it is
///                 an upper bound
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards from counts, first order ½ Σ √(2p(1/n + 1/m)/π) at p = q: see noise_floor
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @see            A. L. Gibbs, F. E. Su (2002), International Statistical Review 70, 419–435
/// @example        examples/drift/two_corpora.cpp
struct total_variation_fn {
  static constexpr std::string_view name = "drift.total_variation";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Gibbs and Su (2002)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q) const {
    return detail::evaluate(detail::pair_of(p, q, "drift::total_variation"), detail::total_variation_cell{});
  }
};
inline constexpr total_variation_fn total_variation{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
