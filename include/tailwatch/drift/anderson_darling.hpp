// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/cell_sample.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/drift/sketched_estimate.hpp"
#include "tailwatch/drift/tail_side.hpp"

namespace tailwatch::drift {

struct anderson_darling_options {
  bool midrank = true;     ///< A²_akN, the form for ties; false: A²_kN, right-continuous distribution functions
  bool normalize = false;  ///< (A² − 1)/σ_N instead of A²
};

struct tail_anderson_darling_options {
  tail_side side = tail_side::right;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// σ_N of the k-sample statistic at k = 2; NaN for N < 4.
[[nodiscard]] inline double anderson_darling_sigma(double n, double m) {
  const double all = n + m;
  if (all < 4.0) return core::nan;
  double h = 0.0;  // Σ_{j<N} 1/j
  double g = 0.0;  // Σ_{i≤N−2} Σ_{i<j<N} 1/((N − i) j)
  for (double i = all - 1.0; i >= 1.0; i -= 1.0) {
    g += h / (all - i);  // h holds Σ_{j>i} 1/j
    h += 1.0 / i;
  }
  const double inverse = 1.0 / n + 1.0 / m;
  constexpr double k = 2.0;
  const double a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * inverse;
  const double b =
      (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
  const double c =
      (6.0 * h + 2.0 * g - 2.0) * k * k + (4.0 * h - 4.0 * g + 6.0) * k + (2.0 * h - 6.0) * inverse + 4.0 * h;
  const double d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
  return std::sqrt((((a * all + b) * all + c) * all + d) / ((all - 1.0) * (all - 2.0) * (all - 3.0)));
}

/// 1 − F(z), F the limit law of A² of one sample (Anderson and Darling 1954):
///
///   F(z) = (√(2π)/z) Σ_j C(−½, j)(4j + 1) e^{−t} ∫₀^∞ exp(z/(8(w² + 1)) − t w²) dw,  t = (4j + 1)² π²/(8z)
///
/// the integral by the trapezoidal rule, which converges geometrically for such an integrand.
[[nodiscard]] inline double anderson_darling_survival(double z) noexcept {
  if (!(z > 0.05)) return 1.0;  // F(.05) is 4e-10 or less
  constexpr double pi = 3.14159265358979323846;
  double sum = 0.0, binomial = 1.0;
  for (int j = 0; j < 60; ++j) {
    const double odd = 4.0 * j + 1.0, t = odd * odd * pi * pi / (8.0 * z);
    if (t > 745.0) break;
    const double width = 6.5 / std::sqrt(t), step = width / 200.0;
    double integral = 0.5 * std::exp(z / 8.0 - t);
    for (int k = 1; k <= 200; ++k) {
      const double w = step * k;
      integral += std::exp(z / (8.0 * (w * w + 1.0)) - t * w * w - t);
    }
    sum += binomial * odd * integral * step;
    binomial *= -(j + 0.5) / (j + 1.0);
  }
  return std::clamp(1.0 - std::sqrt(2.0 * pi) / z * sum, 0.0, 1.0);
}

}  // namespace detail

/// Two-sample Anderson–Darling statistic: the squared difference of the distribution functions, weighted by 1/(H(1 − H)),
/// H the pooled one, so that the tails count as much as the middle.
///
/// @param x, y     samples of any sizes: floating ranges or sample(x);
///                 or, at least one of the two, log_linear_histogram or binned(counts, edges): then a sketched_estimate, value by
///                 midranks of the middles, bounds for numbers without ties, O(cells)
/// @return         without unit, mean 1 at F = G; NaN for an empty or non-finite sample, for one distinct value, and
///                 normalised with fewer than 4 values; no standard error: NaN
/// @complexity     O(n log n + m log m)
/// @bias           grows with the sample size where F ≠ G: it is a test statistic, not a distance
/// @see            F. W. Scholz, M. A. Stephens (1987), JASA 82, 918–924
/// @example        examples/drift/two_samples.cpp
struct anderson_darling_fn {
  static constexpr std::string_view name = "drift.anderson_darling";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Scholz and Stephens (1987)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const anderson_darling_options& options = {}) const {
    return of_sorted(detail::sorted_sample(x, {}, "drift::anderson_darling", "x"),
                     detail::sorted_sample(y, {}, "drift::anderson_darling", "y"), options);
  }
  [[nodiscard]] static estimate of_sorted(const detail::sorted_sample& a, const detail::sorted_sample& b,
                                          const anderson_darling_options& options = {}) {
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (!a.defined() || !b.defined()) return result;
    const auto n = static_cast<double>(a.size());
    const auto m = static_cast<double>(b.size());
    const double all = n + m;
    detail::blocked_sum sum;
    double before_x = 0, before_y = 0;
    std::size_t distinct = 0;
    detail::visit_pooled(a, b, [&](double, std::size_t i, std::size_t j) {
      ++distinct;
      const auto upto_x = static_cast<double>(i);
      const auto upto_y = static_cast<double>(j);
      const double tied = upto_x + upto_y - before_x - before_y;
      const double at_x = options.midrank ? 0.5 * (before_x + upto_x) : upto_x;
      const double at_y = options.midrank ? 0.5 * (before_y + upto_y) : upto_y;
      before_x = upto_x;
      before_y = upto_y;
      const double pooled = at_x + at_y;
      const double weight = pooled * (all - pooled) - (options.midrank ? 0.25 * all * tied : 0.0);
      if (weight <= 0.0) return;  // the last value without midranks
      // For two samples N M₁ − n B = −(N M₂ − m B): both squares are (m M₁ − n M₂)².
      const double d = m * at_x - n * at_y;
      sum.add(tied * d * d / weight);
    });
    if (distinct < 2) return result;
    // (1/n + 1/m)/N, and (N − 1)/N with midranks
    result.value = sum.total() / (n * m) * (options.midrank ? (all - 1.0) / all : 1.0);
    if (options.normalize) result.value = (result.value - 1.0) / detail::anderson_darling_sigma(n, m);
    return result;
  }

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y,
                                             const anderson_darling_options& options = {}) const {
    const detail::cell_sample a(x), b(y);
    if (!a.defined() || !b.defined()) return {{core::nan, core::nan, a.observations() + b.observations()}};
    const double n = a.total(), m = b.total(), all = n + m;
    detail::blocked_sum sum;
    double before_x = 0.0, before_y = 0.0;
    detail::visit_middles(a, b, [&](double, std::size_t i, std::size_t j) {
      const double upto_x = a.upto(i), upto_y = b.upto(j), tied = upto_x + upto_y - before_x - before_y;
      const double at_x = options.midrank ? 0.5 * (before_x + upto_x) : upto_x;
      const double at_y = options.midrank ? 0.5 * (before_y + upto_y) : upto_y;
      before_x = upto_x;
      before_y = upto_y;
      const double weight = (at_x + at_y) * (all - at_x - at_y) - (options.midrank ? 0.25 * all * tied : 0.0);
      if (weight <= 0.0) return;
      const double d = m * at_x - n * at_y;
      sum.add(tied * d * d / weight);
    });
    const double value = sum.total() / (n * m) * (options.midrank ? (all - 1.0) / all : 1.0);
    sketched_estimate result = detail::bounded(value, detail::bounds_of_ranks(a, b, detail::rank_weight::both), a, b);
    if (options.normalize) {
      const double sigma = detail::anderson_darling_sigma(n, m);
      for (double* v : {&result.value, &result.lower, &result.upper}) *v = (*v - 1.0) / sigma;
    }
    return result;
  }
};
inline constexpr anderson_darling_fn anderson_darling{};

/// P(A² ≥ observed) of anderson_darling for equal distributions, by the limit law.
///
///   p = 1 − F(1 + σ (A² − 1)/σ_N),  F the limit law of one sample, σ² = 2(π² − 9)/3 its variance, its mean being 1
///
/// Two samples have one degree more than one sample and a known law the same: the law of Σ Zⱼ²/(j(j + 1)). Standardising by the exact σ_N is
/// what the published percentage points do, without their interpolation and its ends at .001 and .25.
///
/// @return         in [0, 1], absolute error of F 1e-11, no standard error; NaN as anderson_darling, and for fewer than 4 values
/// @complexity     O(n + m)
/// @bias           of order 1/N; dependence between values makes it too small. permutation_pvalue has neither limit nor ties to fear
/// @see            F. W. Scholz, M. A. Stephens (1987), JASA 82, 918–924; T. W. Anderson, D. A. Darling (1954), JASA 49, 765–769
/// @example        examples/drift/two_samples.cpp
struct anderson_darling_pvalue_fn {
  static constexpr std::string_view name = "drift.anderson_darling_pvalue";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Scholz and Stephens (1987)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const anderson_darling_options& options = {}) const {
    anderson_darling_options standardised = options;
    standardised.normalize = true;
    estimate result = anderson_darling(x, y, standardised);
    if (result.defined()) result.value = detail::anderson_darling_survival(1.0 + 0.7614041419593837 * result.value);
    return result;
  }
};
inline constexpr anderson_darling_pvalue_fn anderson_darling_pvalue{};

/// Anderson–Darling statistic with all its weight in one tail.
///
///   (nm/N) Σ dH (F − G)²/w,  w = H on the left, 1 − H on the right, over the distinct pooled values; w = 0 left out
///
/// @param x, y     samples of any sizes: floating ranges or sample(x);
///                 or, at least one of the two, log_linear_histogram or binned(counts, edges): then a sketched_estimate, value by
///                 midranks of the middles, bounds for numbers without ties, O(cells)
/// @return         without unit; NaN for an empty or non-finite sample; no standard error: NaN
/// @complexity     O(n log n + m log m)
/// @bias           grows with the sample size where F ≠ G
/// @see            C. D. Sinclair, B. D. Spurr, M. I. Ahmad (1990), Communications in Statistics – Theory and Methods 19,
///                 3677–3686, for one sample; this two-sample form is our own
/// @example        examples/drift/two_samples.cpp
struct tail_anderson_darling_fn {
  static constexpr std::string_view name = "drift.tail_anderson_darling";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Sinclair, Spurr and Ahmad (1990)";

  template <detail::sample_source X, detail::sample_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const tail_anderson_darling_options& options = {}) const {
    return of_sorted(detail::sorted_sample(x, {}, "drift::tail_anderson_darling", "x"),
                     detail::sorted_sample(y, {}, "drift::tail_anderson_darling", "y"), options);
  }
  [[nodiscard]] static estimate of_sorted(const detail::sorted_sample& a, const detail::sorted_sample& b,
                                          const tail_anderson_darling_options& options = {}) {
    estimate result{core::nan, core::nan, a.size() + b.size()};
    if (!a.defined() || !b.defined()) return result;
    const auto n = static_cast<double>(a.size());
    const auto m = static_cast<double>(b.size());
    detail::blocked_sum sum;
    double before = 0;
    detail::visit_pooled(a, b, [&](double, std::size_t i, std::size_t j) {
      const auto upto_x = static_cast<double>(i);
      const auto upto_y = static_cast<double>(j);
      const double pooled = upto_x + upto_y;
      const double weight = options.side == tail_side::left ? pooled : n + m - pooled;
      if (weight > 0.0) {
        const double d = (upto_x * m - upto_y * n) / (n * m);
        sum.add((pooled - before) * d * d / weight);
      }
      before = pooled;
    });
    result.value = n * m / (n + m) * sum.total();
    return result;
  }

  template <class X, class Y>
    requires detail::sketched_pair<X, Y>
  [[nodiscard]] sketched_estimate operator()(const X& x, const Y& y,
                                             const tail_anderson_darling_options& options = {}) const {
    const detail::cell_sample a(x), b(y);
    if (!a.defined() || !b.defined()) return {{core::nan, core::nan, a.observations() + b.observations()}};
    const double n = a.total(), m = b.total();
    const bool left = options.side == tail_side::left;
    detail::blocked_sum sum;
    double before = 0.0;
    detail::visit_middles(a, b, [&](double, std::size_t i, std::size_t j) {
      const double upto_x = a.upto(i), upto_y = b.upto(j), pooled = upto_x + upto_y;
      const double weight = left ? pooled : n + m - pooled;
      if (weight > 0.0) {
        const double d = (upto_x * m - upto_y * n) / (n * m);
        sum.add((pooled - before) * d * d / weight);
      }
      before = pooled;
    });
    const auto bounds =
        detail::bounds_of_ranks(a, b, left ? detail::rank_weight::low_end : detail::rank_weight::high_end);
    return detail::bounded(n * m / (n + m) * sum.total(), bounds, a, b);
  }
};
inline constexpr tail_anderson_darling_fn tail_anderson_darling{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
