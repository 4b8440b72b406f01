// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

#include "tailwatch/math/digamma.hpp"

/// The unseen part of a distribution as Chao, Jost and Wang read it from f₁ and f₂.
namespace tailwatch::math {

/// A: estimated mean probability of the symbols seen once.
///
///   2f₂/((N − 1)f₁ + 2f₂)      f₂ = 0: 2/((N − 1)(f₁ − 1) + 2)      f₁ = 0: 1
///
/// @see  A. Chao, L. Jost (2012), Ecology 93, 2533–2547; A. Chao, Y. T. Wang, L. Jost (2013), Methods Ecol. Evol. 4, 1091–1100
[[nodiscard]] inline double singleton_share(std::uint64_t f1, std::uint64_t f2, std::uint64_t total) noexcept {
  const double n1 = static_cast<double>(total) - 1.0;
  const auto ones = static_cast<double>(f1);
  const auto twos = static_cast<double>(f2);
  if (f1 == 0) return 1.0;
  return f2 > 0 ? 2.0 * twos / (n1 * ones + 2.0 * twos) : 2.0 / (n1 * (ones - 1.0) + 2.0);
}

/// Φ = Σ_{k≥0} (1 − a)^k/(N + k), 0 < a ≤ 1, N ≥ 1: Lerch's transcendent with s = 1.
///
/// The printed form of the Chao–Wang–Jost entropy, (1−a)^{−N}{−ln a − Σ_{r<N} (1−a)^r/r}, loses every digit once N·a ≫ 1, and
/// the series itself needs 1/a ≈ N terms. Here O(100) steps at most:
///
///   N·a ≥ 1  Φ = ₂F₁(1, 1; N + 1; −(1−a)/a)/(N·a), Gauss's continued fraction with positive terms, from the tail up
///   N·a < 1  (1−a)^{−N}{−ln a − H_{N−1} − Σ_{j≥1} (−1)^j C(N−1, j) a^j/j}, where nothing cancels
[[nodiscard]] inline double lerch_series(double a, std::uint64_t total, double harmonic_below_total) noexcept {
  const auto n = static_cast<double>(total);
  if (n * a < 1.0) {
    double sum = 0.0;
    double term = 1.0;  // (−1)^j C(N−1, j) a^j
    for (double j = 1.0; j < n && j < 60.0; j += 1.0) {
      term *= -a * (n - j) / j;
      sum += term / j;
      if (std::abs(term) < 1e-18) break;
    }
    return std::exp(-n * std::log1p(-a)) * (-std::log(a) - harmonic_below_total - sum);
  }
  const double w = (1.0 - a) / a;
  double fraction = 1.0;
  for (double m = 160.0; m >= 1.0; m -= 1.0) {
    fraction = 1.0 + w * m * (n - 1.0 + m) / ((n - 1.0 + 2.0 * m) * (n + 2.0 * m)) / fraction;
    fraction = 1.0 + w * m * (n + m - 1.0) / ((n + 2.0 * m - 2.0) * (n + 2.0 * m - 1.0)) / fraction;
  }
  return 1.0 / (n * a * fraction);
}

/// What Chao, Wang and Jost add to the entropy for symbols beyond the sample, (f₁/N) x Σ_{k≥0} x^k/(N + k), x = 1 − A.
[[nodiscard]] inline double unseen_entropy(std::uint64_t f1, std::uint64_t f2, std::uint64_t total) noexcept {
  if (f1 == 0 || total == 0) return 0.0;
  const auto n = static_cast<double>(total);
  const double a = singleton_share(f1, f2, total);
  if (a >= 1.0) return 0.0;
  const double harmonic = digamma(n) + 0.57721566490153286061;
  return static_cast<double>(f1) / n * (1.0 - a) * lerch_series(a, total, harmonic);
}

}  // namespace tailwatch::math
