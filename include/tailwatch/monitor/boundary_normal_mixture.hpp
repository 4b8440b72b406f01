// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/core/error.hpp"

namespace tailwatch::monitor {

struct normal_mixture_options {
  double v_opt = 100.0;     ///< intrinsic time at which the boundary is close to its narrowest
  double alpha_opt = 0.05;  ///< at this level
  bool one_sided = false;   ///< half-normal mixture: a bound on rises alone
};

/// Uniform boundary for sub-Gaussian sums: P(ever S_t ≥ u(V_t)) ≤ α, for |S_t| where two-sided.
///
///   two-sided   ln G(s, v) = s²/(2(v + ρ)) + ½·ln(ρ/(v + ρ))         u(v) = √((v + ρ)·(ln((v + ρ)/ρ) + 2·ln(1/α)))
///   one-sided   ln G(s, v) = s²/(2(v + ρ)) + ½·ln(4ρ/(v + ρ)) + ln Φ(s/√(v + ρ)),   u(v) the s > 0 with G = 1/α
///
/// S is sub-Gaussian with variance process V: independent N(0, σ²) sums have V_t = t·σ², observations in [0, 1] minus
/// their mean V_t = t/4. G is an e-process. ρ from v_opt and alpha_opt as in tuned_rho.
/// @complexity  O(1); one-sided some 4 Newton steps
/// @throws      std::invalid_argument  unless v_opt > 0, 0 < alpha_opt < 1 (< 1/2 one-sided), v ≥ 0, 0 < alpha < 1
/// @see         S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021), Annals of Statistics 49, 1055–1080
/// @example     examples/monitor/windows_and_sequences.cpp
class boundary_normal_mixture {
 public:
  explicit boundary_normal_mixture(const normal_mixture_options& options = {}) : one_sided_(options.one_sided) {
    constexpr std::string_view function = "monitor::boundary_normal_mixture";
    core::check_positive(function, "v_opt", options.v_opt);
    core::check_open_interval(function, "alpha_opt", options.alpha_opt, 0.0, one_sided_ ? 0.5 : 1.0);
    const double l = -2.0 * std::log(one_sided_ ? 2.0 * options.alpha_opt : options.alpha_opt);
    rho_ = options.v_opt / (l + std::log1p(l));
  }

  /// u(v) at level alpha.
  [[nodiscard]] double operator()(double v, double alpha) const {
    constexpr std::string_view function = "monitor::boundary_normal_mixture";
    core::check_not_negative(function, "v", v);
    core::check_open_interval(function, "alpha", alpha, 0.0, 1.0);
    const double log_ratio = std::log1p(v / rho_);
    const double z = std::sqrt(log_ratio - 2.0 * std::log(alpha));
    return std::sqrt(v + rho_) * (one_sided_ ? lowered(z, log_ratio, alpha) : z);
  }
  /// ln G: ln of the e-value of a sum s at intrinsic time v.
  [[nodiscard]] double log_e_value(double s, double v) const noexcept {
    const double z = s / std::sqrt(v + rho_);
    const double log_ratio = std::log1p(v / rho_);
    return 0.5 * (z * z - log_ratio) + (one_sided_ ? std::log(2.0) + log_normal_below(z) : 0.0);
  }
  [[nodiscard]] double rho() const noexcept { return rho_; }

 private:
  [[nodiscard]] static double log_normal_below(double z) noexcept {
    constexpr double root_half = 0.70710678118654752440;
    return z > 0.0 ? std::log1p(-0.5 * std::erfc(z * root_half)) : std::log(0.5 * std::erfc(-z * root_half));
  }
  /// The z with z²/2 + ln Φ(z) = ln(1/α) + log_ratio/2 − ln 2. The left side is convex and rises, and the two-sided z
  /// lies above the root, so Newton's steps go down to it and do not pass it.
  [[nodiscard]] static double lowered(double z, double log_ratio, double alpha) noexcept {
    constexpr double root_two_pi = 2.50662827463100050242;
    const double target = 0.5 * log_ratio - std::log(alpha) - std::log(2.0);
    for (int step = 0; step < 60; ++step) {
      const double log_below = log_normal_below(z);
      const double slope = z + std::exp(-0.5 * z * z - log_below) / root_two_pi;
      const double next = z - (0.5 * z * z + log_below - target) / slope;
      if (!(next < z)) break;
      z = next;
    }
    return z > 0.0 ? z : 0.0;
  }

  double rho_ = 0.0;
  bool one_sided_;
};

}  // namespace tailwatch::monitor
