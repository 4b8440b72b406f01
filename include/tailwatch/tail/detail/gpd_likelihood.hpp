// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::tail::detail {

struct gpd_maximum {
  double shape = core::nan;
  double scale = core::nan;
  double shape_error = core::nan;
  double scale_error = core::nan;
  double covariance = core::nan;
  double log_likelihood = core::nan;
};

/// Sums of Grimshaw's profile at θ: ξ(θ) = mean ln(1 + θy) and its derivative mean y/(1 + θy).
struct gpd_profile {
  double xi = 0.0;
  double slope = 0.0;
  double size = 0.0;
  double theta = 0.0;

  gpd_profile(std::span<const double> y, double at) : size(static_cast<double>(y.size())), theta(at) {
    for (const double x : y) {
      xi += std::log1p(at * x);
      slope += x / (1.0 + at * x);
    }
    xi /= size;
    slope /= size;
  }
  [[nodiscard]] double log_likelihood() const noexcept { return -size * (std::log(xi / theta) + 1.0 + xi); }
  /// d/dθ of the profile over k; θ ≠ 0.
  [[nodiscard]] double derivative() const noexcept { return 1.0 / theta - slope / xi - slope; }
};

/// Second derivative in ξ of one term of the log-likelihood, −(1 + 1/ξ) ln(1 + ξz); a series where the powers of 1/ξ cancel.
[[nodiscard]] inline double gpd_curvature(double xi, double z) noexcept {
  const double t = xi * z;
  const double w = 1.0 + t;
  if (std::abs(t) > 0.05)
    return -2.0 * std::log1p(t) / (xi * xi * xi) + 2.0 * z / (xi * xi * w) + (1.0 + 1.0 / xi) * z * z / (w * w);
  double sum = z * z / (w * w);
  double power = z * z * z;
  for (int m = 3; m <= 16; ++m) {
    sum += (m % 2 == 0 ? 1.0 : -1.0) * (m - 1) * (m - 2) / m * power;
    power *= t;
  }
  return sum;
}

/// Maximum likelihood by Grimshaw's profile: signs of the derivative on a grid of θ, then its root in each rise-to-fall
/// change. The end θ → −1/max y, where the likelihood is unbounded, is no maximum; none inside gives NaN.
[[nodiscard]] inline gpd_maximum gpd_maximise(std::span<const double> y, double mean) {
  const double top = y.front();
  const auto theta_at = [&](double u) {  // u < 0: (−1/max y, 0), u > 0: (0, ∞)
    const double magnitude = std::exp(std::abs(u) - 18.0);
    return u < 0.0 ? std::expm1(-magnitude) / top : magnitude / mean;
  };
  const auto derivative = [&](double theta) { return gpd_profile(y, theta).derivative(); };
  gpd_maximum best;
  double best_theta = core::nan;
  const auto refine = [&](double a, double at_a, double b,
                          double at_b) {  // rises at a, falls at b: regula falsi (Illinois)
    double theta = 0.5 * (a + b);
    for (int i = 0; i < 100; ++i) {
      const double chord = (a * at_b - b * at_a) / (at_b - at_a);
      theta = i % 4 == 3 || !(chord > a && chord < b) ? 0.5 * (a + b) : chord;
      if (theta == 0.0) theta = 0.5 * b;
      const double value = derivative(theta);
      if (value == 0.0) break;
      if (value > 0.0) {
        a = theta;
        at_a = value;
        at_b *= 0.5;
      } else {
        b = theta;
        at_b = value;
        at_a *= 0.5;
      }
      if (b - a <= 1e-15 * (std::abs(a) + std::abs(b))) break;
    }
    const gpd_profile p(y, theta);
    const double value = p.log_likelihood();
    if (core::is_nan(best.log_likelihood) || value > best.log_likelihood) {
      best.log_likelihood = value;
      best_theta = theta;
      best.shape = p.xi;
      best.scale = p.xi / theta;
    }
  };
  constexpr double step = 0.5;
  double theta = theta_at(-21.5);  // 1 + θ max y = exp(−exp(3.5)) = 4e-15
  double at_theta = derivative(theta);
  for (double u = -21.5 + step; u <= 48.0; u += step) {
    if (u == 0.0) continue;  // θ = 0 lies between −step and +step
    const double next = theta_at(u);
    const double at_next = derivative(next);
    if (at_theta > 0.0 && !(at_next > 0.0)) refine(theta, at_theta, next, at_next);
    theta = next;
    at_theta = at_next;
  }
  if (core::is_nan(best_theta) || !(best.shape > -0.5)) return best;

  double hxx = 0.0;
  double sum_z = 0.0;
  double sum_zz = 0.0;
  double sum_b = 0.0;
  for (const double x : y) {
    const double z = x / best.scale;
    const double w = 1.0 + best.shape * z;
    hxx += gpd_curvature(best.shape, z);
    sum_z += z / w;
    sum_zz += z * z / (w * w);
    sum_b += z * (2.0 + best.shape * z) / (w * w);
  }
  const double b = best.scale;
  const double hbb = (static_cast<double>(y.size()) - (1.0 + best.shape) * sum_b) / (b * b);
  const double hxb = (sum_z - (1.0 + best.shape) * sum_zz) / b;
  const double determinant = hxx * hbb - hxb * hxb;
  if (!(determinant > 0.0 && hxx < 0.0)) return best;
  best.shape_error = std::sqrt(-hbb / determinant);
  best.scale_error = std::sqrt(-hxx / determinant);
  best.covariance = hxb / determinant;
  return best;
}

/// Excess quantile of the fitted tail and its derivatives in ξ and β.
struct gpd_quantile {
  double excess;
  double by_shape;
  double by_scale;
  /// What u = X₍ₖ₊₁₎ adds to the standard error of u + excess. It scatters by β√((1 − k/n)/k), and β with it by ξ, which moves
  /// the quantile at a level by (n(1 − level)/k)^−ξ times as much; in units of β at u the fit is independent of u.
  double by_threshold;

  gpd_quantile(double shape, double scale, std::uint64_t n, std::uint64_t k, double level) {
    const double log_c = std::log(static_cast<double>(n) * (1.0 - level) / static_cast<double>(k));
    const double t = -shape * log_c;
    by_scale = std::abs(t) < 1e-5 ? -log_c * (1.0 + t / 2.0 + t * t / 6.0) : std::expm1(t) / shape;
    excess = scale * by_scale;
    const auto size = static_cast<double>(n), excesses = static_cast<double>(k);
    by_threshold = std::exp(t) * scale * std::sqrt((1.0 - excesses / size) / excesses);
    by_shape = std::abs(t) < 1e-3 ? scale * log_c * log_c * (0.5 + t / 3.0 + t * t / 8.0)
                                  : scale * (-log_c * std::exp(t) - by_scale) / shape;
  }
};

/// √(∇ᵀ Σ ∇ + threshold²): the fit by its covariance, and the threshold by what it moves.
[[nodiscard]] inline double delta_error(double by_shape, double shape_error, double by_scale, double scale_error,
                                        double covariance, double threshold) noexcept {
  // in units of the largest part, so that no square leaves the range of a double
  double a = by_shape * shape_error, b = by_scale * scale_error;
  const double correlation = covariance / shape_error / scale_error;
  const double unit = std::max({std::abs(a), std::abs(b), threshold});
  if (!core::is_finite(unit) || !(unit > 0.0)) return core::nan;
  a /= unit;
  b /= unit;
  return unit * std::sqrt(a * a + b * b + 2.0 * a * b * correlation + threshold / unit * (threshold / unit));
}

}  // namespace tailwatch::tail::detail
