// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

namespace tailwatch::recursion {

/// Mean and variance, over lineages, of the fitted variance v in units of the real one.
struct variance_moments {
  double mean = 1.0;
  double variance = 0.0;
};

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// A polynomial of degree 2 in v and s = μ²: coefficients of 1, v, s, v², vs, s².
using moment_form = std::array<double, 6>;

struct linear_form {
  double one = 0.0, v = 0.0, s = 0.0;
};
[[nodiscard]] inline moment_form form_product(const linear_form& a, const linear_form& b, double factor) noexcept {
  return {factor * a.one * b.one, factor * (a.one * b.v + a.v * b.one), factor * (a.one * b.s + a.s * b.one),
          factor * a.v * b.v,     factor * (a.v * b.s + a.s * b.v),     factor * a.s * b.s};
}
inline void add_form(moment_form& to, const moment_form& from) noexcept {
  for (std::size_t i = 0; i < 6; ++i) to[i] += from[i];
}

/// One generation of exactly k real and m = M − k synthetic units, biased estimator; real law N(0, 1), model N(μ, v). With R and S the means
/// of the two parts, a = k/M, b = m/M:
///   v' = W + ab D², W = (SS_R + SS_S)/M, D = R − S ~ N(−μ, τ)      μ' = aR + bS ~ N(bμ, ω)
///   τ = 1/k + v/m, ω = a²/k + b²v/m, cov(D, μ') = c = a/k − bv/m, E W = A, Var W = 2((k − 1) + (m − 1)v²)/M²
/// Isserlis' theorem gives the rest:
///   E v'² = A² + Var W + 2ab A(τ + s) + a²b²(3τ² + 6τs + s²)        E μ'⁴ = b⁴s² + 6b²sω + 3ω²
///   E v'μ'² = A(ω + b²s) + ab[b²s² + sω − 4bsc + b²τs + τω + 2c²]
[[nodiscard]] inline std::array<moment_form, 6> variance_step(double samples, double k) noexcept {
  const double m = samples - k;
  const double a = k / samples, b = m / samples;
  const double real_mean = k > 0.0 ? 1.0 / k : 0.0;       // variance of R
  const double synthetic_mean = m > 0.0 ? 1.0 / m : 0.0;  // of S, times v
  const double real_freedom = k > 0.0 ? k - 1.0 : 0.0, synthetic_freedom = m > 0.0 ? m - 1.0 : 0.0;
  const double ab = k > 0.0 && m > 0.0 ? a * b : 0.0;
  const linear_form unit{1.0, 0.0, 0.0}, s{0.0, 0.0, 1.0};
  const linear_form tau{real_mean, synthetic_mean, 0.0};
  const linear_form omega{a * a * real_mean, b * b * synthetic_mean, 0.0};
  const linear_form c{a * real_mean, -b * synthetic_mean, 0.0};
  const linear_form within{real_freedom / samples, synthetic_freedom / samples, 0.0};
  const linear_form square{omega.one, omega.v, b * b};  // E μ'²
  const linear_form apart{tau.one, tau.v, 1.0};         // E D²
  std::array<moment_form, 6> step{};
  step[0][0] = 1.0;
  step[1] = form_product(within, unit, 1.0);
  add_form(step[1], form_product(apart, unit, ab));
  step[2] = form_product(square, unit, 1.0);
  step[3] = form_product(within, within, 1.0);
  step[3][0] += 2.0 * real_freedom / (samples * samples);
  step[3][3] += 2.0 * synthetic_freedom / (samples * samples);
  add_form(step[3], form_product(within, apart, 2.0 * ab));
  add_form(step[3], form_product(tau, tau, 3.0 * ab * ab));
  add_form(step[3], form_product(tau, s, 6.0 * ab * ab));
  add_form(step[3], form_product(s, s, ab * ab));
  step[4] = form_product(within, square, 1.0);
  add_form(step[4], form_product(s, s, ab * b * b));
  add_form(step[4], form_product(s, omega, ab));
  add_form(step[4], form_product(s, c, -4.0 * ab * b));
  add_form(step[4], form_product(tau, s, ab * b * b));
  add_form(step[4], form_product(tau, omega, ab));
  add_form(step[4], form_product(c, c, 2.0 * ab));
  step[5] = form_product(s, s, b * b * b * b);
  add_form(step[5], form_product(s, omega, 6.0 * b * b));
  add_form(step[5], form_product(omega, omega, 3.0));
  return step;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean and variance of the biased variance of a Gaussian lineage after n generations of M units of which exactly k are fresh and
/// real (k = 0: replace). Exact: v, μ², v², vμ² and μ⁴ close on themselves.
///
/// @param samples       M ≥ 2
/// @param real_samples  0, or 1 ≤ k ≤ M − 1, or M; real-valued
/// @param generations   n ≥ 0 fits, the first on M real units
/// @complexity          O(log n): powers of a 6 × 6 matrix
/// @numerics            the variance is a difference of moments: absolute error about 1e-15
/// @throws              std::invalid_argument for M < 2 or another k
[[nodiscard]] inline variance_moments variance_moments_of(double samples, std::uint64_t generations,
                                                          double real_samples = 0.0) {
  constexpr auto function = "recursion::variance_moments_of";
  detail::check_samples(function, samples, 2.0);
  core::check_closed_interval(function, "real_samples", real_samples, 0.0, samples);
  core::check(real_samples == 0.0 || real_samples == samples || (real_samples >= 1.0 && real_samples <= samples - 1.0),
              function, "real_samples", real_samples, "0, samples, or at least 1 away from both");
  std::array<double, 6> state{1.0, 1.0, 0.0, 1.0, 0.0, 0.0};
  const auto apply = [&state](const std::array<detail::moment_form, 6>& step) {
    std::array<double, 6> next{};
    for (std::size_t i = 0; i < 6; ++i)
      for (std::size_t j = 0; j < 6; ++j) next[i] += step[i][j] * state[j];
    state = next;
  };
  if (generations > 0) apply(detail::variance_step(samples, 0.0));  // M units of the real law
  auto step = detail::variance_step(samples, real_samples);
  for (std::uint64_t n = generations > 0 ? generations - 1 : 0; n > 0; n >>= 1) {
    if ((n & 1U) != 0) apply(step);
    if (n == 1) break;
    std::array<detail::moment_form, 6> squared{};
    for (std::size_t i = 0; i < 6; ++i)
      for (std::size_t l = 0; l < 6; ++l)
        for (std::size_t j = 0; j < 6; ++j) squared[i][j] += step[i][l] * step[l][j];
    step = squared;
  }
  const double variance = state[3] - state[1] * state[1];
  return {state[1], variance > 0.0 ? variance : 0.0};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
