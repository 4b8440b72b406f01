// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/cell_sample.hpp"
#include "tailwatch/drift/detail/kolmogorov_distribution.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/sketched_estimate.hpp"

namespace tailwatch::drift {

/// How a p-value is computed.
enum class pvalue_method {
  automatic,   ///< exact where it is cheap
  exact,       ///< the permutation law of continuous data; ties make it conservative
  asymptotic,  ///< a limit law
};

struct kolmogorov_smirnov_pvalue_options {
  pvalue_method method = pvalue_method::automatic;  ///< automatic: exact while n·m ≤ 4 000 000
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Largest differences of two empirical distribution functions, as integers over n·m: F − G = (i m − j n)/(n m).
struct ecdf_differences {
  std::int64_t above = 0;  ///< max i m − j n, ≥ 0
  std::int64_t below = 0;  ///< max j n − i m, ≥ 0
  std::size_t i = 0;       ///< where the larger of the two is reached
  std::size_t j = 0;

  [[nodiscard]] std::int64_t largest() const noexcept { return std::max(above, below); }
};

[[nodiscard]] inline ecdf_differences compare_ecdf(const sorted_sample& x, const sorted_sample& y) {
  const auto n = static_cast<std::int64_t>(x.size());
  const auto m = static_cast<std::int64_t>(y.size());
  ecdf_differences d;
  visit_pooled(x, y, [&](double, std::size_t i, std::size_t j) {
    const std::int64_t difference = static_cast<std::int64_t>(i) * m - static_cast<std::int64_t>(j) * n;
    if (std::max(difference, -difference) > d.largest()) {
      d.i = i;
      d.j = j;
    }
    d.above = std::max(d.above, difference);
    d.below = std::max(d.below, -difference);
  });
  return d;
}

/// Share of the C(n + m, n) lattice paths that somewhere have |i m − j n| ≥ h. The probability of a path that stays inside
/// is carried forward, what crosses the border is added up: a sum of positive terms, whose digits survive for small p.
[[nodiscard]] inline double crossing_probability(std::size_t count_x, std::size_t count_y, std::int64_t h) {
  if (h <= 0) return 1.0;
  const auto n = static_cast<std::int64_t>(count_x);
  const auto m = static_cast<std::int64_t>(count_y);
  std::vector<double> inside(count_y + 1, 0.0);
  blocked_sum crossed;
  std::int64_t first = 0;  // smallest j that may hold mass
  for (std::int64_t i = 0; i <= n; ++i) {
    const std::int64_t last = std::min(m, (i * m + h) / n + 1);
    std::int64_t next_first = last + 1;
    for (std::int64_t j = first; j <= last; ++j) {
      const auto at = static_cast<std::size_t>(j);
      double mass = i == 0 && j == 0 ? 1.0 : 0.0;
      if (i > 0) mass += inside[at] * static_cast<double>(n - i + 1) / static_cast<double>(n - i + 1 + m - j);
      if (j > first) mass += inside[at - 1] * static_cast<double>(m - j + 1) / static_cast<double>(n - i + m - j + 1);
      const std::int64_t difference = i * m - j * n;
      if (difference >= h || -difference >= h) {
        crossed.add(mass);
        mass = 0.0;
      } else {
        next_first = std::min(next_first, j);
      }
      inside[at] = mass;
    }
    first = std::min(next_first, m);
  }
  return std::min(crossed.total(), 1.0);
}

}  // namespace detail

/// Two-sample Kolmogorov–Smirnov statistic sup |F − G|.
///
/// @param x, y     samples of any sizes, n·m < 2⁶³: floating ranges or sample(x);
///                 or, at least one of the two, log_linear_histogram or binned(counts, edges): then a sketched_estimate with
///                 rigorous bounds for what the cells hide, O(cells)
/// @return         in [0, 1], a quotient of integers; NaN for an empty or non-finite sample; standard error
///                 √(F(1 − F)/n + G(1 − G)/m) at the maximiser, for F ≠ G with one maximiser; an under-estimate near F = G
/// @complexity     O(n log n + m log m)
/// @bias           upwards; about .87 √(1/n + 1/m) at F = G
/// @see            N. V. Smirnov (1939), Bulletin of Moscow University 2(2), 3–16; M. Raghavachari (1973), Annals of
///                 Statistics 1, 67–73, for F ≠ G
/// @example        examples/drift/two_samples.cpp
struct kolmogorov_smirnov_fn {
  static constexpr std::string_view name = "drift.kolmogorov_smirnov";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Smirnov (1939)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y) const {
    return of_sorted(detail::sorted_sample(x, {}, "drift::kolmogorov_smirnov", "x"),
                     detail::sorted_sample(y, {}, "drift::kolmogorov_smirnov", "y"));
  }
  [[nodiscard]] static estimate of_sorted(const detail::sorted_sample& a, const detail::sorted_sample& b) {
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (!a.defined() || !b.defined()) return result;
    const auto n = static_cast<double>(a.size());
    const auto m = static_cast<double>(b.size());
    const auto d = detail::compare_ecdf(a, b);
    result.value = static_cast<double>(d.largest()) / (n * m);
    const double f = static_cast<double>(d.i) / n;
    const double g = static_cast<double>(d.j) / m;
    const double variance = f * (1.0 - f) / n + g * (1.0 - g) / m;
    if (variance > 0.0) result.standard_error = std::sqrt(variance);
    return result;
  }

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y) const {
    const detail::cell_sample a(x), b(y);
    sketched_estimate result{{core::nan, core::nan, a.observations() + b.observations()}};
    if (!a.defined() || !b.defined()) return result;
    const auto d = detail::compare_ecdf(a, b);
    result.value = std::max(d.above, d.below);
    const double variance = d.f * (1.0 - d.f) / a.total() + d.g * (1.0 - d.g) / b.total();
    if (variance > 0.0) result.standard_error = std::sqrt(variance);
    result.lower = std::max(d.above_low, d.below_low);
    result.upper = std::max(d.above_high, d.below_high);
    return result;
  }
};
inline constexpr kolmogorov_smirnov_fn kolmogorov_smirnov{};

/// Two-sided p-value of kolmogorov_smirnov.
///
///   exact        share of the lattice paths with |i/n − j/m| ≥ D somewhere
///   asymptotic   P(D_N ≥ D) of one sample of N = nm/(n + m) values, rounded half to even
///
/// @return         in [0, 1], no standard error; NaN for an empty or non-finite sample
/// @complexity     exact O(n·m·D) beyond the sorting; asymptotic O(N) or a matrix of side < 200
/// @bias           ties make the exact value conservative; dependence between values makes both too small
/// @see            J. L. Hodges (1958), Arkiv för Matematik 3, 469–486; G. Marsaglia, W. W. Tsang, J. Wang (2003)
/// @example        examples/drift/two_samples.cpp
struct kolmogorov_smirnov_pvalue_fn {
  static constexpr std::string_view name = "drift.kolmogorov_smirnov_pvalue";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Hodges (1958)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y,
                                    const kolmogorov_smirnov_pvalue_options& options = {}) const {
    const detail::sorted_sample a(x, {}, "drift::kolmogorov_smirnov_pvalue", "x");
    const detail::sorted_sample b(y, {}, "drift::kolmogorov_smirnov_pvalue", "y");
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (!a.defined() || !b.defined()) return result;
    const auto n = static_cast<double>(a.size());
    const auto m = static_cast<double>(b.size());
    const std::int64_t h = detail::compare_ecdf(a, b).largest();
    const bool exact =
        options.method == pvalue_method::exact || (options.method == pvalue_method::automatic && n * m <= 4e6);
    if (exact) {
      result.value = detail::crossing_probability(a.size(), b.size(), h);
    } else {
      const double effective = std::nearbyint(n * m / (n + m));
      result.value = detail::kolmogorov_survival(static_cast<std::uint64_t>(std::max(effective, 1.0)),
                                                 static_cast<double>(h) / (n * m));
    }
    return result;
  }
};
inline constexpr kolmogorov_smirnov_pvalue_fn kolmogorov_smirnov_pvalue{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
