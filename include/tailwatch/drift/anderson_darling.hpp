// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
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

}  // namespace detail

/// Two-sample Anderson–Darling statistic: the squared difference of the distribution functions, weighted by 1/(H(1 − H)),
/// H the pooled one, so that the tails count as much as the middle.
///
/// @param x, y     samples of any sizes: floating ranges or sample(x)
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
    const detail::sorted_sample a(x, {}, "drift::anderson_darling", "x");
    const detail::sorted_sample b(y, {}, "drift::anderson_darling", "y");
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
};
inline constexpr anderson_darling_fn anderson_darling{};

/// Anderson–Darling statistic with all its weight in one tail.
///
///   (nm/N) Σ dH (F − G)²/w,  w = H on the left, 1 − H on the right, over the distinct pooled values; w = 0 left out
///
/// @param x, y     samples of any sizes: floating ranges or sample(x)
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
    const detail::sorted_sample a(x, {}, "drift::tail_anderson_darling", "x");
    const detail::sorted_sample b(y, {}, "drift::tail_anderson_darling", "y");
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
};
inline constexpr tail_anderson_darling_fn tail_anderson_darling{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
