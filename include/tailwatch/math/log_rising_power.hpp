// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>

namespace tailwatch::math {

/// ln(1 + t) − t for t ≥ 0, without cancellation for small t.
[[nodiscard]] inline double log1p_minus(double t) noexcept {
  if (t > 0.1) return std::log1p(t) - t;
  // ln(1 + t) = 2 artanh(y), y = t/(2 + t); 2y − t = −t y
  const double y = t / (2.0 + t);
  const double z = y * y;
  const double series =
      z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13 + z / 15))))));
  return y * (2.0 * series - t);
}

/// Σ_{0≤j<n} ln(1 + j/b) = ln Γ(b + n) − ln Γ(b) − n ln b for b > 0 and whole n ≥ 0.
///
/// How far the rising power b(b + 1)…(b + n − 1) exceeds bⁿ. The difference of log-gammas loses all digits once b ≫ n²; here
/// Stirling's series is subtracted term by term, so that the error stays relative.
[[nodiscard]] inline double log_rising_power_excess(double b, double n) noexcept {
  double sum = 0.0;
  double j = 0.0;
  if (n <= 24.0) {
    for (; j < n; j += 1.0) sum += std::log1p(j / b);
    return sum;
  }
  const double base = b;
  for (; b < 16.0; b += 1.0, j += 1.0) sum += std::log1p(j / base);
  // What is left: Π_{j≤i<n} (base + i)/base = Γ(base + n)/Γ(b) base^{−(n − j)}, with b = base + j and m = n − j factors.
  const double m = n - j;
  const double t = m / b;
  const auto stirling = [](double x) {
    const double z = 1.0 / (x * x);
    return (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188 - z * 691.0 / 360360))))) /
           x;
  };
  sum += b * log1p_minus(t) + (m - 0.5) * std::log1p(t) + stirling(b + m) - stirling(b);
  return j > 0.0 ? sum + m * std::log1p(j / base) : sum;
}

}  // namespace tailwatch::math
