// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"

/// Differences of gamma-type functions that vanish as x grows. Formed from Γ or ψ themselves they cancel: at M = 1e6 only
/// seven digits of ψ(x) − ln x would be left. Both step up by the recurrence to x ≥ 20, where the asymptotic series
/// (DLMF 5.11) is exact to 1e-17.
namespace tailwatch::recursion::detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// ψ(x) − ln x for x > 0: −1/(2x) − 1/(12x²) + 1/(120x⁴) − …
[[nodiscard]] inline double digamma_minus_log(double x) noexcept {
  double sum = 0.0;
  for (; x < 20.0; x += 1.0) sum += std::log1p(1.0 / x) - 1.0 / x;
  const double y = 1.0 / (x * x);
  return sum - 0.5 / x -
         y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760))))));
}

/// ln[Γ(x + ½) / (Γ(x) √x)] for x > 0: −1/(8x) + 1/(192x³) − …, coefficients (2^{1−2m} − 2) B₂ₘ/(2m(2m − 1)).
[[nodiscard]] inline double log_half_step(double x) noexcept {
  double sum = 0.0;
  for (; x < 20.0; x += 1.0) sum += 0.5 * std::log1p(1.0 / x) - std::log1p(0.5 / x);
  const double y = 1.0 / (x * x);
  return sum - (1.0 / 8 -
                y * (1.0 / 192 - y * (1.0 / 640 - y * (17.0 / 14336 - y * (31.0 / 18432 - y * (691.0 / 180224)))))) /
                   x;
}

/// 1 − base^n for 0 ≤ base, given 1 − base without cancellation.
[[nodiscard]] inline double one_minus_power(double one_minus_base, double n) noexcept {
  if (n == 0.0) return 0.0;
  if (one_minus_base >= 1.0) return 1.0;
  return -std::expm1(n * std::log1p(-one_minus_base));
}

inline void check_samples(std::string_view function, double samples, double bound) {
  core::check_at_least(function, "samples", samples, bound);
  core::check(core::is_finite(samples), function, "samples", samples, "finite");
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion::detail
