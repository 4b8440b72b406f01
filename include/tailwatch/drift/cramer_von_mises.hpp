// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/bessel.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/cell_sample.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/kolmogorov_smirnov.hpp"
#include "tailwatch/drift/sketched_estimate.hpp"

namespace tailwatch::drift {

struct cramer_von_mises_pvalue_options {
  pvalue_method method = pvalue_method::automatic;  ///< automatic: exact while both samples have at most 20 values
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// 4U = n Σ (2rᵢ − 2i)² + m Σ (2sⱼ − 2j)², r and s the midranks of the sorted samples in the pool: a whole number.
template <class Sum>
[[nodiscard]] Sum four_u(const sorted_sample& x, const sorted_sample& y) {
  Sum sum_x{}, sum_y{};
  std::size_t before_x = 0, before_y = 0;
  visit_pooled(x, y, [&](double, std::size_t i, std::size_t j) {
    const std::size_t tied_x = i - before_x;
    const std::size_t tied_y = j - before_y;
    // 2 r − 2 i = 2 (values of the other sample below) + (ties of both + 1) − 2 (place among the own ties)
    const auto add = [](Sum& sum, std::size_t other_below, std::size_t own, std::size_t both) {
      for (std::size_t l = 1; l <= own; ++l) {
        const Sum d = static_cast<Sum>(2 * other_below) + static_cast<Sum>(both + 1) - static_cast<Sum>(2 * l);
        sum += d * d;
      }
    };
    add(sum_x, before_y, tied_x, tied_x + tied_y);
    add(sum_y, before_x, tied_y, tied_x + tied_y);
    before_x = i;
    before_y = j;
  });
  return static_cast<Sum>(x.size()) * sum_x + static_cast<Sum>(y.size()) * sum_y;
}

[[nodiscard]] inline double cramer_von_mises_statistic(const sorted_sample& x, const sorted_sample& y) {
  const auto n = static_cast<double>(x.size());
  const auto m = static_cast<double>(y.size());
  const double u = 0.25 * four_u<double>(x, y);
  return u / (n * m * (n + m)) - (4.0 * n * m - 1.0) / (6.0 * (n + m));
}

/// Share of the lattice paths whose Σ (i m − j n)² reaches that of the data; sums compared as integers.
[[nodiscard]] inline double cramer_von_mises_exact(const sorted_sample& x, const sorted_sample& y) {
  const auto n = static_cast<std::int64_t>(x.size());
  const auto m = static_cast<std::int64_t>(y.size());
  const std::int64_t all = n + m;
  // T = S/(n m N²) on a path and U/(n m N) − (4 n m − 1)/(6 N) on the data: 12 S ≥ 3 N · 4U − 2 (4 n m − 1) n m N.
  const std::int64_t bound = 3 * all * four_u<std::int64_t>(x, y) - 2 * (4 * n * m - 1) * n * m * all;
  using law = std::vector<std::pair<std::int64_t, double>>;  // partial sum, probability
  std::vector<law> row(y.size() + 1);
  const auto merge = [](const law& a, double weight_a, const law& b, double weight_b, std::int64_t shift) {
    law out;
    out.reserve(a.size() + b.size());
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
      const bool take_a = j == b.size() || (i < a.size() && a[i].first <= b[j].first);
      const bool take_b = i == a.size() || (j < b.size() && b[j].first <= a[i].first);
      const std::int64_t sum = take_a ? a[i].first : b[j].first;
      double mass = 0.0;
      if (take_a) mass += weight_a * a[i++].second;
      if (take_b) mass += weight_b * b[j++].second;
      out.emplace_back(sum + shift, mass);
    }
    return out;
  };
  const law none;
  for (std::int64_t i = 0; i <= n; ++i)
    for (std::int64_t j = 0; j <= m; ++j) {
      const auto at = static_cast<std::size_t>(j);
      if (i == 0 && j == 0) {
        row[0] = {{0, 1.0}};
        continue;
      }
      const auto left = static_cast<double>(all - i - j + 1);  // steps left before this one
      const std::int64_t d = i * m - j * n;
      row[at] = merge(i > 0 ? row[at] : none, static_cast<double>(n - i + 1) / left, j > 0 ? row[at - 1] : none,
                      static_cast<double>(m - j + 1) / left, d * d);
    }
  blocked_sum p;
  for (const auto& [sum, mass] : row.back())
    if (12 * sum >= bound) p.add(mass);
  return std::min(p.total(), 1.0);
}

/// 1 − F(w), F the limit law of the statistic.
/// @see T. W. Anderson, D. A. Darling (1952), Annals of Mathematical Statistics 23, 193–212
[[nodiscard]] inline double cramer_von_mises_survival(double w) {
  if (w < 0.003) return 1.0;
  constexpr double pi = 3.14159265358979323846;
  double sum = 0.0;
  double ratio = std::sqrt(pi);  // Γ(k + ½)/k!
  for (int k = 0; k < 200; ++k) {
    const double y = 4.0 * k + 1.0;
    const double z = y * y / (16.0 * w);
    const double term = ratio * std::sqrt(y) * std::exp(-z) * boost::math::cyl_bessel_k(0.25, z);
    sum += term;
    if (term < 1e-20) break;
    ratio *= (k + 0.5) / (k + 1.0);
  }
  return std::clamp(1.0 - sum / (pi * std::sqrt(pi * w)), 0.0, 1.0);
}

}  // namespace detail

/// Two-sample Cramér–von Mises statistic (Anderson 1962).
///
///   T = U/(nmN) − (4nm − 1)/(6N),  U = n Σ (rᵢ − i)² + m Σ (sⱼ − j)²,  N = n + m, midranks r, s in the pool
///
/// @param x, y     samples of any sizes: floating ranges or sample(x);
///                 or, at least one of the two, log_linear_histogram or binned(counts, edges): then a sketched_estimate, value by
///                 midranks of the middles, bounds for numbers without ties, O(cells)
/// @return         without unit, about 1/6 at F = G; NaN for an empty or non-finite sample; no standard error: NaN
/// @complexity     O(n log n + m log m)
/// @bias           grows with the sample size where F ≠ G: it is a test statistic, not a distance
/// @see            T. W. Anderson (1962), Annals of Mathematical Statistics 33, 1148–1159
/// @example        examples/drift/two_samples.cpp
struct cramer_von_mises_fn {
  static constexpr std::string_view name = "drift.cramer_von_mises";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Anderson (1962)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y) const {
    return of_sorted(detail::sorted_sample(x, {}, "drift::cramer_von_mises", "x"),
                     detail::sorted_sample(y, {}, "drift::cramer_von_mises", "y"));
  }
  [[nodiscard]] static estimate of_sorted(const detail::sorted_sample& a, const detail::sorted_sample& b) {
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (a.defined() && b.defined()) result.value = detail::cramer_von_mises_statistic(a, b);
    return result;
  }

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y) const {
    const detail::cell_sample a(x), b(y);
    if (!a.defined() || !b.defined()) return {{core::nan, core::nan, a.observations() + b.observations()}};
    // 4U as in detail::four_u, the sum over a group of ties in closed form: Σ_{l≤k} (c − 2l)² = k c² − 2 c k(k + 1) + 2k(k + 1)(2k + 1)/3
    const auto squares = [](double c, double k) {
      return k * c * c - 2.0 * c * k * (k + 1.0) + 2.0 * k * (k + 1.0) * (2.0 * k + 1.0) / 3.0;
    };
    detail::blocked_sum of_x, of_y;
    double before_x = 0.0, before_y = 0.0;
    detail::visit_middles(a, b, [&](double, std::size_t i, std::size_t j) {
      const double tied_x = a.upto(i) - before_x, tied_y = b.upto(j) - before_y;
      of_x.add(squares(2.0 * before_y + tied_x + tied_y + 1.0, tied_x));
      of_y.add(squares(2.0 * before_x + tied_x + tied_y + 1.0, tied_y));
      before_x = a.upto(i);
      before_y = b.upto(j);
    });
    const double n = a.total(), m = b.total();
    const double u = 0.25 * (n * of_x.total() + m * of_y.total());
    const double value = u / (n * m * (n + m)) - (4.0 * n * m - 1.0) / (6.0 * (n + m));
    // U without ties is the sum over lattice points of which T = S/(nmN²) is Anderson's form
    return detail::bounded(value, detail::bounds_of_ranks(a, b, detail::rank_weight::none), a, b);
  }
};
inline constexpr cramer_von_mises_fn cramer_von_mises{};

/// p-value of cramer_von_mises.
///
///   exact        share of the orders of n + m untied labels with T at least as large
///   asymptotic   limit law at T* = 1/6 + (T − (1 + 1/N)/6)/√(45 V), V the variance of T
///
/// @return         in [0, 1], no standard error; NaN for an empty or non-finite sample
/// @complexity     exact O(nm) sets of partial sums: meant for n, m ≤ 20; asymptotic O(n log n + m log m)
/// @bias           dependence between values makes it too small
/// @see            Y. Xiao, A. Gordon, A. Yakovlev (2007), Journal of Statistical Software 17(8), for the exact law
/// @example        examples/drift/two_samples.cpp
struct cramer_von_mises_pvalue_fn {
  static constexpr std::string_view name = "drift.cramer_von_mises_pvalue";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Anderson (1962)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const cramer_von_mises_pvalue_options& options = {}) const {
    const detail::sorted_sample a(x, {}, "drift::cramer_von_mises_pvalue", "x");
    const detail::sorted_sample b(y, {}, "drift::cramer_von_mises_pvalue", "y");
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (!a.defined() || !b.defined()) return result;
    const bool exact = options.method == pvalue_method::exact ||
                       (options.method == pvalue_method::automatic && std::max(a.size(), b.size()) <= 20);
    if (exact) {
      result.value = detail::cramer_von_mises_exact(a, b);
      return result;
    }
    const auto n = static_cast<double>(a.size());
    const auto m = static_cast<double>(b.size());
    const double all = n + m;
    const double variance =
        (all + 1.0) * (4.0 * n * m * all - 3.0 * (n * n + m * m) - 2.0 * n * m) / (180.0 * all * all * n * m);
    if (!(variance > 0.0)) return result;
    const double t = detail::cramer_von_mises_statistic(a, b);
    result.value =
        detail::cramer_von_mises_survival(1.0 / 6.0 + (t - (1.0 + 1.0 / all) / 6.0) / std::sqrt(45.0 * variance));
    return result;
  }
};
inline constexpr cramer_von_mises_pvalue_fn cramer_von_mises_pvalue{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
