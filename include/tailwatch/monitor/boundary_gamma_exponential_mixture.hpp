// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/monitor/detail/mixture_boundary.hpp"

namespace tailwatch::monitor {

struct gamma_exponential_mixture_options {
  double v_opt = 100.0;     ///< intrinsic time at which the boundary is close to its narrowest
  double c = 1.0;           ///< scale of the sub-exponential increments; 1 for observations in [0, 1]
  double alpha_opt = 0.05;  ///< level, of one side
};

/// One-sided uniform boundary for sub-exponential sums: P(ever S_t ≥ u(V_t)) ≤ α.
///
///   ln G(s, v) = k·ln k − ln Γ(k) − ln P(k, k) + ln Γ(A) + ln P(A, B) − A·ln B + B − k,   u(v) the s with G = 1/α
///   k = ρ/c²,   A = (v + ρ)/c²,   B = A + s/c,   P the regularised lower incomplete gamma function
///
/// For S_t = Σ (xᵢ − μ), x in [0, 1], V_t = Σ (xᵢ − x̂ᵢ)² with any prediction x̂ᵢ from the past, and c = 1: the
/// empirical-Bernstein boundary. Terms of size v are never formed: with u = (B − A)/A and the remainders δ of
/// Stirling's formula,
///
///   ln G = A·(u − ln(1 + u)) + ½·ln(k/A) + δ(A) − δ(k) + ln P(A, B) − ln P(k, k)
///
/// @complexity  some 10 incomplete gamma functions, about 10 µs
/// @throws      std::invalid_argument  unless v_opt > 0, c > 0, 0 < alpha_opt < 1/2, v ≥ 0, 0 < alpha < 1
/// @see         S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021), Annals of Statistics 49, 1055–1080
/// @example     examples/monitor/windows_and_sequences.cpp
class boundary_gamma_exponential_mixture {
 public:
  explicit boundary_gamma_exponential_mixture(const gamma_exponential_mixture_options& options = {}) : c_(options.c) {
    constexpr std::string_view function = "monitor::boundary_gamma_exponential_mixture";
    core::check_positive(function, "v_opt", options.v_opt);
    core::check_positive(function, "c", options.c);
    core::check_open_interval(function, "alpha_opt", options.alpha_opt, 0.0, 0.5);
    rho_ = detail::tuned_rho(options.v_opt, 2.0 * options.alpha_opt);
    const double k = rho_ / (c_ * c_);
    at_start_ = detail::stirling_remainder(k) + log_gamma_below(k, 0.0);
  }

  /// u(v) at level alpha.
  [[nodiscard]] double operator()(double v, double alpha) const {
    constexpr std::string_view function = "monitor::boundary_gamma_exponential_mixture";
    core::check_not_negative(function, "v", v);
    core::check_open_interval(function, "alpha", alpha, 0.0, 1.0);
    const double target = -std::log(alpha);
    const double z = std::sqrt((v + rho_) * (std::log1p(v / rho_) + 2.0 * target));
    return detail::increasing_root_above([&](double s) { return log_e_value(s, v) - target; }, z + c_ * target);
  }
  /// ln G: ln of the e-value of a sum s ≥ −v/c at intrinsic time v.
  [[nodiscard]] double log_e_value(double s, double v) const {
    const double a = (v + rho_) / (c_ * c_);
    const double u = s * c_ / (v + rho_);
    return a * detail::minus_log1pmx(u) - 0.5 * std::log1p(v / rho_) + detail::stirling_remainder(a) +
           log_gamma_below(a, u) - at_start_;
  }
  [[nodiscard]] double rho() const noexcept { return rho_; }

 private:
  /// ln P(a, a(1 + u)), u > −1. For large a, where gamma_q loses its digits, and from 1e4 on also far above the mean,
  /// where its continued fraction takes √a terms: the leading terms of Temme's uniform expansion, then good to 1e-12.
  [[nodiscard]] static double log_gamma_below(double a, double u) {
    if (a > 1e6 || (a > 1e4 && u > 0.0 && u * u * a > 20.0)) {
      constexpr double root_half = 0.70710678118654752440, root_two_pi = 2.50662827463100050242;
      const double half_square = detail::minus_log1pmx(u);
      const double eta = std::copysign(std::sqrt(2.0 * half_square), u);
      const double c0 =
          std::abs(eta) < 1e-3 ? -1.0 / 3.0 + eta * (1.0 / 12.0 - eta * (2.0 / 135.0)) : 1.0 / u - 1.0 / eta;
      const double skew = std::exp(-a * half_square) * c0 / (root_two_pi * std::sqrt(a));
      const double tail = 0.5 * std::erfc(std::abs(eta) * std::sqrt(a) * root_half);
      return u < 0.0 ? std::log(tail - skew) : std::log1p(-(tail + skew));
    }
    if (u < 0.0) return std::log(boost::math::gamma_p(a, a * (1.0 + u), detail::quiet_policy()));
    return std::log1p(-boost::math::gamma_q(a, a * (1.0 + u), detail::quiet_policy()));
  }

  double c_;
  double rho_ = 0.0;
  double at_start_ = 0.0;  ///< δ(k) + ln P(k, k)
};

}  // namespace tailwatch::monitor
