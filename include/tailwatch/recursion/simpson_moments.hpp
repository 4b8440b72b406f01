// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

namespace tailwatch::recursion {

/// Mean and variance, over lineages, of H = 1 − Σp².
struct simpson_moments {
  double mean = 0.0;
  double variance = 0.0;
};

/// Σp, Σp² and Σp³ of the real law: all that the moments of H depend on.
struct power_sums {
  double second = 0.0;
  double third = 0.0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// @param probabilities  p ≥ 0 summing to 1 (to 1e-6), or counts of a real sample scaled so
/// @throws               std::invalid_argument otherwise
template <core::number_range Probabilities>
[[nodiscard]] power_sums power_sums_of(const Probabilities& probabilities) {
  constexpr auto function = "recursion::power_sums_of";
  double sum = 0.0;
  power_sums s;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    core::check_not_negative(function, "probability", p);
    sum += p;
    s.second += p * p;
    s.third += p * p * p;
  }
  core::check(std::abs(sum - 1.0) <= 1e-6, function, "sum of probabilities", sum, "1");
  return s;
}

}  // namespace TAILWATCH_ABI_NAMESPACE

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// The affine step of the moments below as a matrix over (1, x, u, v, xx, xy, yy), and its powers.
using moment_matrix = std::array<std::array<double, 7>, 7>;

[[nodiscard]] inline moment_matrix multiply_moments(const moment_matrix& a, const moment_matrix& b) noexcept {
  moment_matrix c{};
  for (std::size_t i = 0; i < 7; ++i)
    for (std::size_t k = 0; k < 7; ++k) {
      if (a[i][k] == 0.0) continue;
      for (std::size_t j = 0; j < 7; ++j) c[i][j] += a[i][k] * b[k][j];
    }
  return c;
}

/// One generation of M units, each real with probability a. With r the real law, p the model, q = (1 − a)p + a r and N ~
/// multinomial(M, q), p' = N/M; x = Σp², u = Σp³, v = Σp²r, y = Σpr (mean Σr²), Σpr² (mean Σr³). The factorial moments of N,
/// E N₍ₘ₎ = M₍ₘ₎qᵐ, make the products linear in each other:
///   x'  = [M + M₂Q₂]/M²                         Q₂ = Σq², Q₃ = Σq³, R = Σqr, Mⱼ = M(M − 1)…(M − j + 1)
///   u'  = [M + 3M₂Q₂ + M₃Q₃]/M³                 v' = [M R + M₂Σq²r]/M²
///   xx' = [M + M₂(1 + 6Q₂) + M₃(2Q₂ + 4Q₃) + M₄Q₂²]/M⁴
///   xy' = [M R + M₂(R + 2Σq²r) + M₃Q₂R]/M³      yy' = [MΣqr² + M₂R²]/M²
[[nodiscard]] inline moment_matrix simpson_step(const power_sums& real, double m, double a) noexcept {
  const double b = 1.0 - a, c2 = real.second, c3 = real.third;
  const double m2 = (m - 1.0) / m, m3 = m2 * (m - 2.0) / m, m4 = m3 * (m - 3.0) / m;  // over M², M³, M⁴
  enum : std::size_t { one, x, u, v, xx, xy, yy };
  // linear forms in the state; y and Σpr² enter by their means
  using form = std::array<double, 7>;
  const auto add = [](form& to, const form& from, double factor) {
    for (std::size_t i = 0; i < 7; ++i) to[i] += factor * from[i];
  };
  form unit{}, q2{}, q3{}, q2r{}, q2q2{}, q2R{};
  unit[one] = 1.0;
  q2[x] = b * b;
  q2[one] = (2.0 * a * b + a * a) * c2;
  q3[u] = b * b * b;
  q3[v] = 3.0 * b * b * a;
  q3[one] = (3.0 * b * a * a + a * a * a) * c3;
  q2r[v] = b * b;
  q2r[one] = (2.0 * a * b + a * a) * c3;
  q2q2[xx] = b * b * b * b;
  q2q2[xy] = 4.0 * a * b * b * b;
  q2q2[yy] = 4.0 * a * a * b * b;
  q2q2[x] = 2.0 * a * a * b * b * c2;
  q2q2[one] = (4.0 * a * a * a * b + a * a * a * a) * c2 * c2;
  // Q₂R = b Q₂y + a c₂Q₂, Q₂y = b²xy + 2ab yy + a²c₂y
  q2R[xy] = b * b * b;
  q2R[yy] = 2.0 * a * b * b;
  q2R[one] = b * a * a * c2 * c2;
  add(q2R, q2, a * c2);
  moment_matrix s{};
  s[one][one] = 1.0;
  add(s[x], unit, 1.0 / m);
  add(s[x], q2, m2);
  add(s[u], unit, 1.0 / (m * m));
  add(s[u], q2, 3.0 * m2 / m);
  add(s[u], q3, m3);
  add(s[v], unit, c2 / m);
  add(s[v], q2r, m2);
  add(s[xx], unit, 1.0 / (m * m * m) + m2 / (m * m));
  add(s[xx], q2, 6.0 * m2 / (m * m) + 2.0 * m3 / m);
  add(s[xx], q3, 4.0 * m3 / m);
  add(s[xx], q2q2, m4);
  add(s[xy], unit, c2 / (m * m) + c2 * m2 / m);
  add(s[xy], q2r, 2.0 * m2 / m);
  add(s[xy], q2R, m3);
  // R² = b²yy + 2ab c₂y + a²c₂²
  s[yy][yy] = m2 * b * b;
  s[yy][one] = c3 / m + m2 * (2.0 * a * b + a * a) * c2 * c2;
  return s;
}

[[nodiscard]] inline simpson_moments simpson_moments_after(const power_sums& real, moment_matrix step,
                                                           std::uint64_t generations) noexcept {
  const double c2 = real.second, c3 = real.third;
  std::array<double, 7> state{1.0, c2, c3, c3, c2 * c2, c2 * c2, c2 * c2};
  for (std::uint64_t n = generations; n > 0; n >>= 1) {
    if ((n & 1U) != 0) {
      std::array<double, 7> next{};
      for (std::size_t i = 0; i < 7; ++i)
        for (std::size_t j = 0; j < 7; ++j) next[i] += step[i][j] * state[j];
      state = next;
    }
    if (n > 1) step = multiply_moments(step, step);
  }
  const double variance = state[4] - state[1] * state[1];
  return {1.0 - state[1], variance > 0.0 ? variance : 0.0};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean and variance of Simpson's diversity H over lineages after n generations of M units, each real with probability a
/// (a = 0: regime replace; else mix, multinomial). Exact: the moments of a multinomial draw close on Σp², Σp³, (Σp²)² and their
/// mixed forms with the real law.
///
/// @param real         power_sums_of(the real law)
/// @param samples      M ≥ 1, real-valued: an effective size will do
/// @param generations  n ≥ 0 fits, the first on M real units
/// @param real_share   a in [0, 1]
/// @complexity         O(log n), some microseconds, whatever the number of types
/// @numerics           the variance is a difference: absolute error about 1e-15, so relative 1e-3 where it is 1e-12
/// @throws             std::invalid_argument for M < 1 or a share outside [0, 1]
/// @see                the classical moments of the Wright–Fisher model: W. J. Ewens (2004), Mathematical Population Genetics I;
///                     derivation in docs/recursion.md
[[nodiscard]] inline simpson_moments simpson_moments_of(const power_sums& real, double samples,
                                                        std::uint64_t generations, double real_share = 0.0) {
  constexpr auto function = "recursion::simpson_moments_of";
  detail::check_samples(function, samples, 1.0);
  core::check_closed_interval(function, "real_share", real_share, 0.0, 1.0);
  return detail::simpson_moments_after(real, detail::simpson_step(real, samples, real_share), generations);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
