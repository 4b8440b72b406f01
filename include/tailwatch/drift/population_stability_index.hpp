// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

struct population_stability_index_options {
  double floor = 1e-4;  ///< cells below it are raised to it, both sides, without renormalising; 0: none
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// jeffreys_cell of the raised cells; a raised cell does not move with its count.
struct floored_jeffreys_cell {
  double floor;

  [[nodiscard]] double value(double p, double q) const noexcept {
    return jeffreys_cell::value(std::max(p, floor), std::max(q, floor));
  }
  [[nodiscard]] double derivative_p(double p, double q) const noexcept {
    return p < floor ? 0.0 : jeffreys_cell::derivative_p(p, std::max(q, floor));
  }
  [[nodiscard]] double derivative_q(double p, double q) const noexcept {
    return q < floor ? 0.0 : jeffreys_cell::derivative_q(std::max(p, floor), q);
  }
  [[nodiscard]] double curvature(double p, double q, double per_n, double per_m) const noexcept {
    return jeffreys_cell::curvature(std::max(p, floor), std::max(q, floor), p < floor ? 0.0 : per_n,
                                    q < floor ? 0.0 : per_m);
  }
};

}  // namespace detail

/// Population stability index: the Jeffreys divergence of binned data, with cells raised to a floor.
///
///   PSI = Σ (p′ − q′) ln(p′/q′),  p′ = max(p, floor), q′ = max(q, floor)
///
/// The number on sparse data *is* the floor: two disjoint histograms give 17.2 at 1e-4 and 7.8 at 1e-2. Peers use 1e-4,
/// 1e-2, or add counts; compare only values of one convention. The textbook limits .1 and .2 ignore the sample size:
/// at p = q the expectation is (K − 1)(1/n + 1/m).
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         nats, ≥ 0; +∞ for an empty cell with floor 0; NaN for an empty, all-zero or non-finite side; standard
///                 error from counts by the delta method, a raised cell counting as fixed
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards from counts, (K − 1)(1/n + 1/m) to first order
/// @throws         std::invalid_argument for a negative cell, arrays of different sizes, or a floor outside [0, 1]
/// @see            N. Siddiqi (2006), Credit Risk Scorecards, Wiley
/// @example        examples/drift/two_corpora.cpp
struct population_stability_index_fn {
  static constexpr std::string_view name = "drift.population_stability_index";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Siddiqi (2006)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q,
                                    const population_stability_index_options& options = {}) const {
    core::check_closed_interval("drift::population_stability_index", "floor", options.floor, 0.0, 1.0);
    return detail::evaluate(detail::pair_of(p, q, "drift::population_stability_index"),
                            detail::floored_jeffreys_cell{options.floor});
  }
};
inline constexpr population_stability_index_fn population_stability_index{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
