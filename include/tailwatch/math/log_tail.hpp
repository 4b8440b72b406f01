// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"

/// Logarithms of the upper tails of three laws, for p-values that no double can hold: a watermark in 1000 tokens has a p-value
/// of 1e-600.
///
///   log_binomial_tail   ln P(X ≥ k), X ~ Binomial(n, p), exact
///   log_gamma_tail      ln P(X ≥ x), X ~ Gamma(n, 1), n whole, exact
///   log_normal_tail     ln P(X ≥ z), X ~ N(0, 1)
///
/// The first two sum the series that starts at its largest term, on the side of the mean where the tail is the smaller one: all
/// terms are positive, so nothing cancels. Absolute error of the logarithm about 1e-15·(n ln n), from lgamma.
namespace tailwatch::math {
inline namespace TAILWATCH_ABI_NAMESPACE {

namespace tail_detail {

/// ln(1 − e^a), a ≤ 0.
[[nodiscard]] inline double log_one_minus_exp(double a) noexcept {
  return a > -0.693 ? std::log(-std::expm1(a)) : std::log1p(-std::exp(a));
}

/// ln Γ(x + 1) − (x ln x − x): what is left of a factorial; Stirling's series from 16 on, where lgamma itself would cancel.
[[nodiscard]] inline double log_factorial_excess(double x) noexcept {
  if (x == 0.0) return 0.0;
  if (x < 16.0) return std::lgamma(x + 1.0) - (x * std::log(x) - x);
  const double y = 1.0 / (x * x);
  return 0.5 * std::log(6.283185307179586477 * x) +
         (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y / 1188)))) / x;
}

/// x ln(x/m) + m − x ≥ 0, the deviance of a Poisson count.
[[nodiscard]] inline double deviance(double x, double m) noexcept {
  const double d = (x - m) / m;
  if (x == 0.0) return m;
  if (std::abs(d) > 0.1) return x * std::log(x / m) + m - x;
  double sum = 0.0;  // m[(1 + d)ln(1 + d) − d] = m Σ_{j≥2} (−1)^j d^j/(j(j − 1))
  double power = d;
  for (int j = 2; j < 40; ++j) {
    power *= j == 2 ? d : -d;
    const double term = power / (j * (j - 1.0));
    sum += term;
    if (std::abs(term) <= 1e-17 * sum) break;
  }
  return m * sum;
}

/// ln P(X = k), X ~ Binomial(n, p), 0 < p < 1, by the saddle point form of C. Loader (2000): no large numbers are subtracted.
[[nodiscard]] inline double log_binomial_mass(double k, double n, double p) noexcept {
  return log_factorial_excess(n) - log_factorial_excess(k) - log_factorial_excess(n - k) - deviance(k, n * p) -
         deviance(n - k, n * (1.0 - p));
}

}  // namespace tail_detail

/// ln P(X ≥ k) for X ~ Binomial(n, p). Exact.
/// @param k           successes, 0 ≤ k; k > n gives −∞
/// @param p           in [0, 1]
/// @complexity        O(√n) terms near the mean, fewer in the tail
/// @throws            std::invalid_argument for p outside [0, 1]
[[nodiscard]] inline double log_binomial_tail(std::uint64_t k, std::uint64_t n, double p) {
  core::check_closed_interval("math::log_binomial_tail", "p", p, 0.0, 1.0);
  if (k == 0) return 0.0;
  if (k > n || p == 0.0) return -core::infinity;
  if (p == 1.0) return 0.0;
  const auto size = static_cast<double>(n);
  const double odds = p / (1.0 - p);
  if (static_cast<double>(k) > size * p) {
    double sum = 0.0, term = 1.0;
    for (auto j = static_cast<double>(k); j <= size; ++j) {
      sum += term;
      term *= (size - j) / (j + 1.0) * odds;
      if (term < 1e-17 * sum) break;
    }
    return std::min(0.0, tail_detail::log_binomial_mass(static_cast<double>(k), size, p) + std::log(sum));
  }
  double sum = 0.0, term = 1.0;  // P(X ≤ k − 1), downwards
  for (auto j = static_cast<double>(k - 1);; --j) {
    sum += term;
    term *= j / (size - j + 1.0) / odds;
    if (j == 0.0 || term < 1e-17 * sum) break;
  }
  const double below = tail_detail::log_binomial_mass(static_cast<double>(k - 1), size, p) + std::log(sum);
  return tail_detail::log_one_minus_exp(std::min(below, 0.0));
}

/// ln P(X ≥ x) for X ~ Gamma(n, 1), the sum of n exponential variates. Exact.
/// @param n     terms, whole; 0 gives P(0 ≥ x): 0 at x = 0, else −∞
/// @throws      std::invalid_argument for x < 0 or NaN
[[nodiscard]] inline double log_gamma_tail(std::uint64_t n, double x) {
  core::check_not_negative("math::log_gamma_tail", "x", x);
  if (x == 0.0) return 0.0;
  if (n == 0 || !core::is_finite(x)) return -core::infinity;
  // Q(n, x) = e^{−x} Σ_{j<n} x^j/j!
  const auto mass = [x](double j) { return -tail_detail::log_factorial_excess(j) - tail_detail::deviance(j, x); };
  const auto shape = static_cast<double>(n);
  double sum = 0.0, term = 1.0;
  if (x > shape) {
    for (double j = shape - 1.0;; --j) {
      sum += term;
      term *= j / x;
      if (j == 0.0 || term < 1e-17 * sum) break;
    }
    return std::min(0.0, mass(shape - 1.0) + std::log(sum));
  }
  for (double j = shape;; ++j) {
    sum += term;
    term *= x / (j + 1.0);
    if (term < 1e-17 * sum) break;
  }
  return tail_detail::log_one_minus_exp(std::min(mass(shape) + std::log(sum), 0.0));
}

/// ln P(X ≥ z) for a standard normal X; finite down to z ≈ 1e154. NaN for NaN.
[[nodiscard]] inline double log_normal_tail(double z) noexcept {
  if (core::is_nan(z)) return core::nan;
  if (z < 25.0) return std::log(0.5 * std::erfc(z * 0.70710678118654752440));
  // Mills ratio by its continued fraction, 20 levels: exact from here on
  double fraction = z;
  for (int j = 20; j >= 1; --j) fraction = z + j / fraction;
  return -0.5 * z * z - 0.91893853320467274178 - std::log(fraction);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::math
