// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

/// The improved estimator of O. Ertl (2017), arXiv:1702.01284, section 4, and its standard error.
namespace tailwatch::sketch::detail {

/// Registers by value: 0 … q + 1, q ≤ 60.
using register_histogram = std::array<std::uint32_t, 64>;

/// σ(x) = x + Σ_{k≥1} x^(2^k) 2^(k−1), 0 ≤ x < 1.
[[nodiscard]] inline double hyper_log_log_sigma(double x) noexcept {
  double sum = x, weight = 1.0, last = -1.0;
  while (sum != last) {
    last = sum;
    x *= x;
    sum += x * weight;
    weight += weight;
  }
  return sum;
}

/// σ'(x).
[[nodiscard]] inline double hyper_log_log_sigma_slope(double x) noexcept {
  double sum = 1.0, power = x, weight = 1.0, last = -1.0;  // power = x^(2^k − 1), weight = 2^(2k − 2)
  while (sum != last) {
    last = sum;
    sum += 2.0 * weight * power;
    power *= power * x;
    weight *= 4.0;
  }
  return sum;
}

/// τ(x) = ⅓(1 − x − Σ_{k≥1} (1 − x^(2^−k))² 2^(−k)), 0 ≤ x ≤ 1.
[[nodiscard]] inline double hyper_log_log_tau(double x) noexcept {
  if (!(x > 0.0 && x < 1.0)) return 0.0;
  double sum = 1.0 - x, weight = 1.0, last = -1.0;
  while (sum != last) {
    last = sum;
    x = std::sqrt(x);
    weight *= 0.5;
    sum -= (1.0 - x) * (1.0 - x) * weight;
  }
  return sum / 3.0;
}

inline constexpr double hyper_log_log_alpha = 0.5 / std::numbers::ln2;

/// n̂ = α m² / (m σ(C₀/m) + Σ_{k=1}^{q} C_k 2^(−k) + m τ(1 − C_{q+1}/m) 2^(−q))
[[nodiscard]] inline double hyper_log_log_estimate(const register_histogram& registers, unsigned precision) noexcept {
  const unsigned q = 64 - precision;
  const double m = std::ldexp(1.0, static_cast<int>(precision));
  if (registers[0] == static_cast<std::uint32_t>(m)) return 0.0;
  double z = m * hyper_log_log_tau(1.0 - registers[q + 1] / m);
  for (unsigned k = q; k >= 1; --k) z = 0.5 * (z + registers[k]);
  z += m * hyper_log_log_sigma(registers[0] / m);
  return hyper_log_log_alpha * m * m / z;
}

/// Standard error of n̂ at n distinct keys, by the delta method on the law of the registers.
///
/// Were n Poisson, the m registers would be independent with P(K ≤ k) = exp(−λ 2^(−k)), λ = n/m, and n̂ = α m²/Z with
/// Z = m σ(C₀/m) + Σ 2^(−K) over K > 0, so Var n̂ = n̂⁴ Var(g(K)) / (α² m³), where g(0) = σ'(e^(−λ)) and g(k) = 2^(−k). A fixed n
/// takes away the part that comes from the Poisson number itself: n (d E n̂/dn)². For n ≫ m this tends to
/// n √((3 ln 2 − 1)/m) = 1.0390 n/√m, for n ≪ m to n/√(2m), that of linear counting.
[[nodiscard]] inline double hyper_log_log_standard_error(double n, unsigned precision) noexcept {
  if (!(n > 0.0)) return 0.0;
  const double m = std::ldexp(1.0, static_cast<int>(precision));
  const double lambda = n / m;
  const double none = std::exp(-lambda);
  const double at_none = hyper_log_log_sigma_slope(none);
  // g is taken from its value at the registers that prevail, the empty ones for small λ: else the moments would cancel.
  const double centre = none > 0.5 ? at_none : 0.0;
  double first = none * (at_none - centre), second = first * (at_none - centre), slope = -first;
  for (int k = 1; k <= 64; ++k) {
    const double r = std::ldexp(lambda, -k);
    const double p = std::exp(-r) * -std::expm1(-r);  // P(K = k) = e^(−λ2^−k) − e^(−λ2^−(k−1))
    const double g = std::ldexp(1.0, -k) - centre;
    first += p * g;
    second += p * g * g;
    slope += std::ldexp(std::exp(-r) * (2.0 * std::exp(-r) - 1.0), -k) * g;  // d/dλ
  }
  const double scale = lambda / hyper_log_log_alpha;
  const double moved = lambda * scale * slope;  // −d E n̂/dn
  return n * std::sqrt(std::max((second - first * first) * scale * scale / m - moved * moved / n, 0.0));
}

}  // namespace tailwatch::sketch::detail
