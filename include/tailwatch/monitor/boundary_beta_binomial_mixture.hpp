// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/monitor/detail/mixture_boundary.hpp"

namespace tailwatch::monitor {

namespace detail {

/// ln [B(a + x, b + y) / (B(a, b)·p^x·q^y)] with a = κp, b = κq, p + q = 1, x + y = n: the e-value of x and y against
/// shares p and q, under a beta prior around them that weighs κ observations. Terms of size n are never formed:
///
///   Np·φ(−d/(Np)) + Nq·φ(d/(Nq)) + ½·ln(N·ab/(κ·AB)) + δ(A) + δ(B) − δ(N) − δ(a) − δ(b) + δ(κ)
///   A = a + x, B = b + y, N = κ + n, d = B − Nq, φ(e) = (1 + e)·ln(1 + e) − e, δ the remainders of Stirling's formula
[[nodiscard]] inline double log_beta_mixture(double kappa, double p, double q, double n, double d) noexcept {
  const double total = kappa + n;
  const auto phi = [](double e) { return e * std::log1p(e) - minus_log1pmx(e); };
  const double below = -d / (total * p);
  const double above = d / (total * q);
  const double divergence = total * (p * phi(below) + q * phi(above));
  const double a = total * p * (1.0 + below);
  const double b = total * q * (1.0 + above);
  // N·(κp)(κq)/(κ·AB) = (κ/N)/((1 + below)(1 + above))
  const double scale = -std::log1p(n / kappa) - std::log1p(below) - std::log1p(above);
  return divergence + 0.5 * scale + stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(total) -
         stirling_remainder(kappa * p) - stirling_remainder(kappa * q) + stirling_remainder(kappa);
}

/// κ·gh: the tuned ρ less the variance that the prior itself adds, kept positive.
[[nodiscard]] inline double beta_binomial_rho(double v_opt, double alpha_opt, double gh) noexcept {
  return std::max(tuned_rho(v_opt, alpha_opt) - gh, gh / 1000.0);
}

}  // namespace detail

struct beta_binomial_mixture_options {
  double v_opt = 100.0;  ///< intrinsic time at which the boundary is close to its narrowest
  double g = 0.5;        ///< increments are at least −g: the mean of observations in [0, 1]
  double h = 0.5;        ///< and at most h: 1 − mean
  double alpha_opt = 0.05;
};

/// Two-sided uniform boundary for bounded sums: P(ever S_t ≥ u(V_t)) ≤ α, a mixture over the Bernoulli family.
///
///   ln G(s, v) = ln B(A, B) − ln B(a, b) − (A − a)·ln p − (B − b)·ln q,   u(v) the s with G = 1/α, at most v/g
///   a = ρ/(g(g+h))  b = ρ/(h(g+h))  A = a + (v − gs)/(g(g+h))  B = b + (v + hs)/(h(g+h))  p = h/(g+h)  q = g/(g+h)
///
/// S is a sum of increments in [−g, h] of mean 0, V_t = t·g·h. S cannot exceed v/g: where even that is no evidence at
/// α, the boundary is v/g. For a bound on −S exchange g and h.
/// @complexity  some 10 evaluations of six Stirling remainders, about 2 µs
/// @throws      std::invalid_argument  unless v_opt, g, h > 0, 0 < alpha_opt < 1, v ≥ 0, 0 < alpha < 1
/// @see         S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021), Annals of Statistics 49, 1055–1080
/// @example     examples/monitor/windows_and_sequences.cpp
class boundary_beta_binomial_mixture {
 public:
  explicit boundary_beta_binomial_mixture(const beta_binomial_mixture_options& options = {})
      : g_(options.g), h_(options.h) {
    constexpr std::string_view function = "monitor::boundary_beta_binomial_mixture";
    core::check_positive(function, "v_opt", options.v_opt);
    core::check_positive(function, "g", options.g);
    core::check_positive(function, "h", options.h);
    core::check_open_interval(function, "alpha_opt", options.alpha_opt, 0.0, 1.0);
    rho_ = detail::beta_binomial_rho(options.v_opt, options.alpha_opt, g_ * h_);
  }

  /// u(v) at level alpha.
  [[nodiscard]] double operator()(double v, double alpha) const {
    constexpr std::string_view function = "monitor::boundary_beta_binomial_mixture";
    core::check_not_negative(function, "v", v);
    core::check_open_interval(function, "alpha", alpha, 0.0, 1.0);
    const double target = -std::log(alpha);
    return detail::increasing_root([&](double s) { return log_e_value(s, v) - target; }, 0.0, v / g_);
  }
  /// ln G: ln of the e-value of a sum −v/h ≤ s ≤ v/g at intrinsic time v.
  [[nodiscard]] double log_e_value(double s, double v) const noexcept {
    const double width = g_ + h_;
    return detail::log_beta_mixture(rho_ / (g_ * h_), h_ / width, g_ / width, v / (g_ * h_), s / width);
  }
  [[nodiscard]] double rho() const noexcept { return rho_; }

 private:
  double g_, h_;
  double rho_ = 0.0;
};

}  // namespace tailwatch::monitor
