// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/cell_functions.hpp"
#include "tailwatch/drift/detail/cells.hpp"

namespace tailwatch::drift {

struct renyi_options {
  double order = 2.0;  ///< a ≥ 0; 1: Kullback–Leibler, infinity: ln max p/q
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Rényi divergence of order a.
///
///   D_a = ln(Σ p^a q^{1−a})/(a − 1)        a = 1: KL(p‖q);  a = 0: −ln q(p > 0);  a = ∞: ln max p/q
///
/// Near p = q through ln(1 + a(a − 1) A) with the alpha divergence A, which cancels nothing; far from it through the sum
/// itself, in logarithms where that leaves the range of double.
///
/// @param p, q     the two distributions over the same cells: probabilities(x) (normalised here), integer ranges or
///                 counts(x), dense_counts, or two count_table / ngram_counts; counts and probabilities may be mixed
/// @return         nats (or `unit`), ≥ 0, increasing in a; +∞ for disjoint supports, or where a ≥ 1 and p > 0 = q; NaN
///                 for an empty, all-zero or non-finite side; standard error from counts by the delta method for
///                 0 < a < ∞, else NaN
/// @complexity     O(cells); keyed states O(K log K)
/// @bias           upwards from counts, a (K − 1)/2 · (1/n + 1/m) to first order at p = q
/// @throws         std::invalid_argument for a negative cell, arrays of different sizes, or a negative or NaN order
/// @see            A. Rényi (1961), Proc. 4th Berkeley Symposium 1, 547–561; T. van Erven, P. Harremoës (2014), IEEE
///                 Transactions on Information Theory 60(7), 3797–3820
/// @example        examples/drift/two_corpora.cpp
struct renyi_fn {
  static constexpr std::string_view name = "drift.renyi";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Rényi (1961)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q, const renyi_options& options = {}) const {
    const double a = options.order;
    core::check_not_negative("drift::renyi", "order", a);
    const auto pair = detail::pair_of(p, q, "drift::renyi");
    if (!pair.defined()) return {core::nan, core::nan, detail::observations(pair)};
    if (a == 1.0) return core::in_unit(detail::evaluate(pair, detail::kullback_leibler_cell{}), options.unit);
    return core::in_unit(a == 0.0 || !core::is_finite(a) ? border(pair, a) : interior(pair, a), options.unit);
  }

 private:
  // Orders 0 and ∞.
  template <class Pair>
  static estimate border(const Pair& pair, double order) {
    detail::blocked_sum overlap, missed;
    double largest = -core::infinity;
    bool lost = false;
    detail::visit_cells(pair, [&](double p, double q) {
      if (p > 0.0 && q > 0.0) {
        overlap.add(q);
        largest = std::max(largest, detail::log_ratio(p, q));
      } else if (p > 0.0) {
        lost = true;
      } else {
        missed.add(q);
      }
    });
    const double at_zero = overlap.total() < 0.5 ? -std::log(overlap.total()) : -std::log1p(-missed.total());
    const double at_infinity = lost ? core::infinity : largest;
    return {std::max(order == 0.0 ? at_zero : at_infinity, 0.0), core::nan, detail::observations(pair)};
  }

  // Σ p^a q^{1−a} = 1 + a(a − 1) A: from A where the sum is near 1, from its logarithms elsewhere.
  template <class Pair>
  static estimate interior(const Pair& pair, double a) {
    const estimate distance = detail::evaluate(pair, detail::alpha_cell{a});
    const double excess = a * (a - 1.0) * distance.value;
    bool overlap = false, lost = false;
    double largest = -core::infinity;
    detail::visit_cells(pair, [&](double p, double q) {
      if (p > 0.0 && q > 0.0) {
        overlap = true;
        largest = std::max(largest, std::log(q) + a * detail::log_ratio(p, q));
      } else if (p > 0.0) {
        lost = true;
      }
    });
    estimate result{core::infinity, core::nan, distance.count};
    if (!overlap || (lost && a > 1.0)) return result;
    double log_sum = 0.0;
    if (excess > -0.5 && excess < 1.0) {
      log_sum = std::log1p(excess);
    } else {
      detail::blocked_sum sum;
      detail::visit_cells(pair, [&](double p, double q) {
        if (p > 0.0 && q > 0.0) sum.add(std::exp(std::log(q) + a * detail::log_ratio(p, q) - largest));
      });
      log_sum = largest + std::log(sum.total());
    }
    result.value = std::max(log_sum / (a - 1.0), 0.0);
    // dD/dA = a/(1 + a(a − 1) A)
    const double error = a * distance.standard_error * std::exp(-log_sum);
    if (core::is_finite(error)) result.standard_error = error;
    return result;
  }
};
inline constexpr renyi_fn renyi{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
