// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>

/// Digamma and trigamma for positive arguments.
///
/// Recurrence up to x ≥ 10, then the asymptotic series; the first term left out is below 5e-17 there. Here rather than from
/// Boost.Math, because every bias-corrected entropy needs them and Boost's headers cost a second of compile time per unit.
/// @see  Abramowitz and Stegun (1964), 6.3.18 and 6.4.12
namespace tailwatch::math {

/// ψ(x) for x > 0, absolute error about 1e-15.
[[nodiscard]] inline double digamma(double x) noexcept {
  double shift = 0.0;
  for (; x < 10.0; x += 1.0) shift += 1.0 / x;
  const double inverse = 1.0 / x;
  const double z = inverse * inverse;
  const double series =
      z *
      (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z / 12))))));
  return std::log(x) - 0.5 * inverse - series - shift;
}

/// ln x − ψ(x) for x ≥ 32, by its series: the difference itself would cancel.
[[nodiscard]] inline double log_minus_digamma(double x) noexcept {
  const double inverse = 1.0 / x;
  const double z = inverse * inverse;
  return 0.5 * inverse + z * (1.0 / 12 - z * (1.0 / 120 - z * (1.0 / 252 - z / 240)));
}

/// ψ(x + d) − ψ(x) for x > 0 and d ≥ 0, to relative precision also where d is small beside x: the two logarithms would cost the digits of
/// what a few observations beside 10¹² of one symbol are worth.
[[nodiscard]] inline double digamma_difference(double x, double d) noexcept {
  if (x < 32.0 || d > x) return digamma(x + d) - digamma(x);
  return std::log1p(d / x) + (log_minus_digamma(x) - log_minus_digamma(x + d));
}

/// x·ψ′(x) − 1 for x > 0: positive, 1/(2x) for large x, where ψ′(x) − 1/x itself would cancel.
[[nodiscard]] inline double trigamma_excess(double x) noexcept {
  double shift = 0.0;  // ψ′(x) = Σ 1/(x+j)² + ψ′(x + shift)
  double y = x;
  for (; y < 10.0; y += 1.0) shift += 1.0 / (y * y);
  const double inverse = 1.0 / y;
  const double z = inverse * inverse;
  const double series =
      0.5 * inverse +
      z * (1.0 / 6 -
           z * (1.0 / 30 - z * (1.0 / 42 - z * (1.0 / 30 - z * (5.0 / 66 - z * (691.0 / 2730 - z * 7.0 / 6))))));
  return y == x ? series : x * (shift + (1.0 + series) * inverse) - 1.0;
}

/// ψ′(x) for x > 0.
[[nodiscard]] inline double trigamma(double x) noexcept { return (1.0 + trigamma_excess(x)) / x; }

}  // namespace tailwatch::math
