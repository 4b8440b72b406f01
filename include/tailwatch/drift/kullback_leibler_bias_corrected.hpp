// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/cells.hpp"
#include "tailwatch/math/digamma.hpp"

namespace tailwatch::drift {

struct kullback_leibler_bias_corrected_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Kullback–Leibler divergence from counts with its bias removed (Zhang, Grabchak).
///
///   KL = Σ (x/n) [ψ(x) − ψ(n) − ψ(y + 1) + ψ(m + 1)]        x, y counts of a cell, n, m their sums, ψ digamma
///
/// ψ(x) − ψ(n) and ψ(y + 1) − ψ(m + 1) stand for ln p and ln q: each is the sum of the first terms of the series of −ln(1 − (1 − p))
/// that the sample can estimate without bias. Finite for any counts, and its mean at p = q is near 0, where that of the plain
/// estimate is (K − 1)/2 · (1/n + 1/m) or infinite. It is not clamped: near p = q it may be negative.
///
/// @param p, q     counts over the same cells: integer ranges, counts(x), dense_counts, or two count_table / ngram_counts. A side
///                 given as probabilities(x) is taken as known and needs no correction
/// @return         nats (or `unit`); NaN for an empty, all-zero or non-finite side; +∞ where p > 0 = q and q is known. Standard error
///                 by the delta method less the part that noise in the derivatives adds to it, as in detail::evaluate, cells that q
///                 has not seen counted with y = 1; NaN where both sides are known
/// @complexity     O(cells), two passes, two logarithms a cell; keyed states O(K log K)
/// @bias           Σ p Σ_{v≥n} (1 − p)^v/v − Σ p Σ_{v>m} (1 − q)^v/v, exactly: what is cut off the two series, exponentially small in
///                 the expected counts. Rare symbols of p raise it, those of q lower it; nothing from counts can know them
/// @throws         std::invalid_argument for a negative cell or arrays of different sizes
/// @see            Z. Zhang, M. Grabchak (2014), Neural Computation 26(11), 2570–2593; the closed form by Σ_{v≤m−y} 1/v Π (1 − y/(m −
///                 j + 1)) = ψ(m + 1) − ψ(y + 1)
/// @example        examples/drift/two_corpora.cpp
struct kullback_leibler_bias_corrected_fn {
  static constexpr std::string_view name = "drift.kullback_leibler_bias_corrected";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Zhang and Grabchak (2014)";

  template <class P, class Q>
    requires detail::cell_pair<P, Q>
  [[nodiscard]] estimate operator()(const P& p, const Q& q,
                                    const kullback_leibler_bias_corrected_options& options = {}) const {
    const auto pair = detail::pair_of(p, q, "drift::kullback_leibler_bias_corrected");
    estimate result{core::nan, core::nan, detail::observations(pair)};
    if (!pair.defined()) return result;
    const double n = pair.first().total, m = pair.second().total;
    const bool counted_p = pair.first().observations > 0, counted_q = pair.second().observations > 0;
    const double per_n = counted_p ? 1.0 / n : 0.0, per_m = counted_q ? 1.0 / m : 0.0;
    const double whole =
        (counted_p ? math::digamma(n) : std::log(n)) - (counted_q ? math::digamma(m + 1.0) : std::log(m));
    const auto log_ratio = [&](double x, double y) {
      if (!counted_q && y == 0.0) return core::infinity;
      return (counted_p ? math::digamma(x) : std::log(x)) - (counted_q ? math::digamma(y + 1.0) : std::log(y)) - whole;
    };
    detail::blocked_sum sum, curvature, spread_q;
    pair.visit_counts([&](double x, double y) {
      if (x == 0.0) return;
      const double share = x / n;
      sum.add(share * log_ratio(x, y));
      if (counted_q) spread_q.add(share * share / (std::max(y, 1.0) / m));
      if (x >= 5.0 * (counted_p ? 1.0 : 0.0) && y >= 5.0 * (counted_q ? 1.0 : 0.0) && y > 0.0) {
        const double t = per_n + share / (y / m) * per_m;
        curvature.add(t * t);
      }
    });
    result.value = sum.total();
    if (result.count == 0 || !core::is_finite(result.value)) return core::in_unit(result, options.unit);
    detail::blocked_sum spread_p;
    if (counted_p)
      pair.visit_counts([&](double x, double y) {
        if (x == 0.0) return;
        const double d = log_ratio(x, y) - result.value;
        spread_p.add(x / n * d * d);
      });
    const double first_order =
        spread_p.total() * per_n + (counted_q ? std::max(spread_q.total() - 1.0, 0.0) * per_m : 0.0);
    const double variance = std::max(first_order - 0.5 * curvature.total(), 0.5 * first_order);
    if (variance > 0.0 && core::is_finite(variance)) result.standard_error = std::sqrt(variance);
    return core::in_unit(result, options.unit);
  }
};
inline constexpr kullback_leibler_bias_corrected_fn kullback_leibler_bias_corrected{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
