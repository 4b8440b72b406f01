// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/zeta.hpp>
#include <cmath>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/mixture_boundary.hpp"

namespace tailwatch::monitor {

struct polynomial_stitching_options {
  double v_min = 10.0;  ///< intrinsic time before which the boundary is flat
  double c = 0.0;       ///< scale of sub-gamma increments; 0: sub-Gaussian
  double s = 1.4;       ///< power of the share of α that later epochs get, > 1
  double eta = 2.0;     ///< ratio of the lengths of epochs, > 1
};

/// One-sided uniform boundary in closed form that grows as √(v·ln ln v): P(ever S_t ≥ u(V_t)) ≤ α.
///
///   w = max(v, v_min)   l = s·ln(ln(η·w/v_min)/ln η) + ln ζ(s) + ln(1/α)
///   u = √(k₁²·w·l + (k₂·c·l)²) + k₂·c·l        k₁ = (η^¼ + η^−¼)/√2   k₂ = (√η + 1)/2
///
/// Wider than the mixtures around their v_opt, narrower than them at very large v.
/// @complexity  O(1)
/// @throws      std::invalid_argument  unless v_min > 0, c ≥ 0, s > 1, eta > 1, v ≥ 0, 0 < alpha < 1
/// @see         S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021), Annals of Statistics 49, 1055–1080
/// @example     examples/monitor/windows_and_sequences.cpp
class boundary_polynomial_stitching {
 public:
  explicit boundary_polynomial_stitching(const polynomial_stitching_options& options = {}) : options_(options) {
    constexpr std::string_view function = "monitor::boundary_polynomial_stitching";
    core::check_positive(function, "v_min", options.v_min);
    core::check_not_negative(function, "c", options.c);
    core::check_open_interval(function, "s", options.s, 1.0, core::infinity);
    core::check_open_interval(function, "eta", options.eta, 1.0, core::infinity);
    log_zeta_ = std::log(boost::math::zeta(options.s, detail::quiet_policy()));
  }

  /// u(v) at level alpha.
  [[nodiscard]] double operator()(double v, double alpha) const {
    constexpr std::string_view function = "monitor::boundary_polynomial_stitching";
    core::check_not_negative(function, "v", v);
    core::check_open_interval(function, "alpha", alpha, 0.0, 1.0);
    const double w = std::max(v, options_.v_min);
    const double epochs = 1.0 + std::log(w / options_.v_min) / std::log(options_.eta);
    const double l = options_.s * std::log(epochs) + log_zeta_ - std::log(alpha);
    const double root = std::sqrt(std::sqrt(options_.eta));
    const double k1_squared = 0.5 * (root + 1.0 / root) * (root + 1.0 / root);
    const double linear = 0.5 * (root * root + 1.0) * options_.c * l;
    return std::sqrt(k1_squared * w * l + linear * linear) + linear;
  }

 private:
  polynomial_stitching_options options_;
  double log_zeta_ = 0.0;
};

}  // namespace tailwatch::monitor
