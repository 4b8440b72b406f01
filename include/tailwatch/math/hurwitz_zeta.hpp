// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

/// Hurwitz zeta function and its first two derivatives in s, for s > 1 and a > 0. Boost.Math has Riemann's only.
namespace tailwatch::math {

/// Z_m(s, a) = Σ_{k≥0} ln(1 + k/a)^m (1 + k/a)^{−s}, m = 0, 1, 2: ζ(s, a) = a^{−s} Z₀ without the factor that under- and overflows.
///
/// Under p(x) ∝ x^{−s}, x = a, a + 1, …: E ln(x/a) = Z₁/Z₀ and Var ln x = Z₂/Z₀ − (Z₁/Z₀)².
struct hurwitz_zeta_sums {
  double z0 = 0.0, z1 = 0.0, z2 = 0.0;
};

/// ζ(s, a), ∂ζ/∂s and ∂²ζ/∂s².
struct hurwitz_zeta_derivatives {
  double value = 0.0, first = 0.0, second = 0.0;
};

/// Euler–Maclaurin: terms below A = max(a, 12, s + 2) one by one, the rest as integral, half term and ten Bernoulli terms, of which
/// the first left out is below 1e-16 of the integral. Stops early where the terms vanish before A, as they do for large s.
/// @param s  > 1
/// @param a  > 0
/// @return   relative error about 1e-15 each
/// @complexity  O(12 + min(s, a)) at most, ten terms for a ≥ max(12, s + 2)
/// @see      F. Johansson (2015), Numerical Algorithms 69, 253–270
[[nodiscard]] inline hurwitz_zeta_sums hurwitz_zeta_scaled(double s, double a) noexcept {
  hurwitz_zeta_sums z;
  const double from = s + 2.0 > 12.0 ? s + 2.0 : 12.0;
  double k = 0.0;
  for (; a + k < from; k += 1.0) {
    const double log_ratio = std::log1p(k / a);
    const double term = std::exp(-s * log_ratio);
    z.z0 += term;
    z.z1 += log_ratio * term;
    z.z2 += log_ratio * log_ratio * term;
    if (k > 0.0 && (1.0 + log_ratio * log_ratio) * term < 1e-18 * z.z2) return z;
  }
  // c_j = B_{2j}/(2j)!
  static constexpr std::array<double, 10> c{1.0 / 12,
                                            -1.0 / 720,
                                            1.0 / 30240,
                                            -1.0 / 1209600,
                                            1.0 / 47900160,
                                            -691.0 / 1307674368000,
                                            1.0 / 74724249600,
                                            -3617.0 / 10670622842880000,
                                            43867.0 / 5109094217170944000,
                                            -174611.0 / 802857662698291200000.0};
  const double end = a + k;
  const double l = std::log1p(k / a);
  const double term = std::exp(-s * l);
  const double r = 1.0 / (s - 1.0);
  double s0 = end * r + 0.5;  // of term, term·L, term·L²: the same derivatives as of e^{−sL}
  double s1 = end * r * (l + r) + 0.5 * l;
  double s2 = end * r * (l * l + 2.0 * r * (l + r)) + 0.5 * l * l;
  double product = s / end;      // (s)_{2j−1} A^{−(2j−1)}
  double inverses = 1.0 / s;     // Σ 1/(s + i)
  double squares = 1.0 / s / s;  // Σ 1/(s + i)²
  for (std::size_t j = 0; j < c.size(); ++j) {
    const double weight = c[j] * product;
    const double d = l - inverses;
    s0 += weight;
    s1 += weight * d;
    s2 += weight * (d * d - squares);
    for (int half = 1; half <= 2; ++half) {
      const double factor = s + static_cast<double>(2 * j) + half;
      product *= factor / end;
      inverses += 1.0 / factor;
      squares += 1.0 / factor / factor;
    }
  }
  z.z0 += term * s0;
  z.z1 += term * s1;
  z.z2 += term * s2;
  return z;
}

/// ζ(s, a) = Σ_{k≥0} (a + k)^{−s} for s > 1, a > 0; relative error about 1e-15 times 1 + s |ln a|.
[[nodiscard]] inline double hurwitz_zeta(double s, double a) noexcept {
  return std::pow(a, -s) * hurwitz_zeta_scaled(s, a).z0;
}

/// ζ(s, a) with its first two derivatives in s, for s > 1, a > 0.
[[nodiscard]] inline hurwitz_zeta_derivatives hurwitz_zeta_with_derivatives(double s, double a) noexcept {
  const hurwitz_zeta_sums z = hurwitz_zeta_scaled(s, a);
  const double scale = std::pow(a, -s);
  const double l = std::log(a);
  return {scale * z.z0, -scale * (l * z.z0 + z.z1), scale * (l * l * z.z0 + 2.0 * l * z.z1 + z.z2)};
}

}  // namespace tailwatch::math
