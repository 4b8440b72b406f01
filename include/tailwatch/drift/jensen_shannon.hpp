// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

struct jensen_shannon_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Jensen–Shannon divergence: mean of the Kullback–Leibler divergences of p and q to their midpoint.
///
///   JS = ½ KL(p‖h) + ½ KL(q‖h),  h = (p + q)/2
///      = Σ h ψ(t),  t = (p − q)/(p + q),  ψ(t) = ½[(1 + t) ln(1 + t) + (1 − t) ln(1 − t)]
///
/// Finite for any supports, between 0 and ln 2, symmetric: the divergence to use on sparse text counts.
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         nats (or `unit`), in [0, ln 2]; NaN for an empty, all-zero or non-finite side;
///                 standard error from counts by the delta method with the correction of detail::evaluate, else NaN
/// @complexity     O(cells), three passes with a standard error, one without; keyed states O(K log K)
/// @bias           upwards from counts: ≈ (K − 1)/8 · (1/n + 1/m) where all cells are well filled, less where many are
///                 rare; noise_floor gives it for the counts at hand
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @see            J. Lin (1991), IEEE Transactions on Information Theory 37(1), 145–151
/// @example        examples/drift/two_corpora.cpp
struct jensen_shannon_divergence_fn {
  static constexpr std::string_view name = "drift.jensen_shannon_divergence";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Lin (1991)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const jensen_shannon_options& options = {}) const {
    return core::in_unit(
        detail::evaluate(detail::pair_of(p, q, "drift::jensen_shannon_divergence"), detail::jensen_shannon_cell{}),
        options.unit);
  }
};
inline constexpr jensen_shannon_divergence_fn jensen_shannon_divergence{};

/// Square root of jensen_shannon_divergence, a metric. With unit bits it lies in [0, 1]; the unit enters under the root.
/// Standard error by the delta method, σ_JS/(2 √JS).
/// @see            D. M. Endres, J. E. Schindelin (2003), IEEE Transactions on Information Theory 49(7), 1858–1860
struct jensen_shannon_distance_fn {
  static constexpr std::string_view name = "drift.jensen_shannon_distance";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Endres and Schindelin (2003)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const jensen_shannon_options& options = {}) const {
    return detail::square_root(core::in_unit(
        detail::evaluate(detail::pair_of(p, q, "drift::jensen_shannon_distance"), detail::jensen_shannon_cell{}),
        options.unit));
  }
};
inline constexpr jensen_shannon_distance_fn jensen_shannon_distance{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
