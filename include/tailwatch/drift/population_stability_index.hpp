// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

struct population_stability_index_options {
  double floor = 1e-4;  ///< cells below it are raised to it, both sides, without renormalising; 0: none
  double added =
      0.0;  ///< observations added to every cell of both sides, before the shares are taken; above 0 in place of the floor
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

/// jeffreys_cell of p′ = w p + u; a share of n observations is (c + a)/(n + a K), w = n/(n + a K), u = a/(n + a K).
struct added_jeffreys_cell {
  double weight_p, weight_q, added_p, added_q;

  [[nodiscard]] double value(double p, double q) const noexcept {
    return jeffreys_cell::value(weight_p * p + added_p, weight_q * q + added_q);
  }
  [[nodiscard]] double derivative_p(double p, double q) const noexcept {
    return weight_p * jeffreys_cell::derivative_p(weight_p * p + added_p, weight_q * q + added_q);
  }
  [[nodiscard]] double derivative_q(double p, double q) const noexcept {
    return weight_q * jeffreys_cell::derivative_q(weight_p * p + added_p, weight_q * q + added_q);
  }
  [[nodiscard]] double curvature(double p, double q, double per_n, double per_m) const noexcept {
    const double a = weight_p * p + added_p, b = weight_q * q + added_q;
    return jeffreys_cell::curvature(a, b, weight_p * weight_p * p / a * per_n, weight_q * weight_q * q / b * per_m);
  }
};

}  // namespace detail

/// Population stability index: the Jeffreys divergence of binned data, with cells raised to a floor.
///
///   PSI = Σ (p′ − q′) ln(p′/q′),  p′ = max(p, floor), q′ = max(q, floor);  with `added`: p′ = (c + a)/(n + a K)
///
/// The number on sparse data *is* the convention for empty cells: two disjoint histograms give 17.2 at a floor of 1e-4 and 7.8 at 1e-2.
/// Peers use 1e-4, 1e-2, the least double, or add counts; compare only values of one convention. The textbook limits .1 and .2 ignore the sample size:
/// at p = q the expectation is (K − 1)(1/n + 1/m).
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         nats, ≥ 0; +∞ for an empty cell with floor 0; NaN for an empty, all-zero or non-finite side; standard
///                 error from counts by the delta method, a raised cell counting as fixed
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards from counts, (K − 1)(1/n + 1/m) to first order
/// @throws         std::invalid_argument for a negative cell, arrays of different sizes, a floor outside [0, 1],
///                 and a negative or infinite number of added observations
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
    constexpr std::string_view function = "drift::population_stability_index";
    core::check_closed_interval(function, "floor", options.floor, 0.0, 1.0);
    core::check(options.added >= 0.0 && core::is_finite(options.added), function, "added", options.added,
                "at least 0 and finite");
    const auto pair = detail::pair_of(p, q, function);
    if (options.added == 0.0) return detail::evaluate(pair, detail::floored_jeffreys_cell{options.floor});
    if (!pair.defined()) return {core::nan, core::nan, detail::observations(pair)};
    const auto cells = static_cast<double>(pair.cells());
    const double n = pair.first().total, m = pair.second().total;
    const double all_p = n + options.added * cells, all_q = m + options.added * cells;
    const detail::added_jeffreys_cell cell{n / all_p, m / all_q, options.added / all_p, options.added / all_q};
    double seen = 0.0;
    pair.visit_counts([&](double, double) { seen += 1.0; });
    estimate result = detail::evaluate(pair, cell);
    if (cells > seen) result.value += (cells - seen) * cell.value(0.0, 0.0);
    return result;
  }
};
inline constexpr population_stability_index_fn population_stability_index{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
