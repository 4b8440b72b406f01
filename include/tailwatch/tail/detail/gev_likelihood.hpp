// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/newton_maximum.hpp"

namespace tailwatch::tail::detail {

struct gev_parameters {
  double location = 0.0;
  double scale = 1.0;
  double shape = 0.0;
};

/// Hosking, Wallis and Wood's polynomial; the limits at ξ = 0 by series.
[[nodiscard]] inline gev_parameters gev_from_l_moments(double l1, double l2, double t3) noexcept {
  constexpr double ln2 = 0.69314718055994530942;
  constexpr double ln3 = 1.09861228866810969140;
  const double c = 2.0 / (3.0 + t3) - ln2 / ln3;
  const double h = 7.8590 * c + 2.9554 * c * c;
  if (std::abs(h) < 1e-5) {  // Γ(1 + h) = 1 − γh + 0.98905…h² − 0.90747…h³
    const double gap = 0.57721566490153286061 - h * (0.98905599532797255540 - h * 0.90747907608088628902);
    const double scale = l2 / (ln2 * (1.0 - 0.5 * h * ln2) * (1.0 - h * gap));
    return {l1 - scale * gap, scale, -h};
  }
  const double gamma = std::tgamma(1.0 + h);
  const double scale = l2 * h / (-std::expm1(-h * ln2) * gamma);
  return {l1 - scale * (1.0 - gamma) / h, scale, -h};
}

/// One term of y = ln(1 + ξz)/ξ and its derivatives in ξ; series where the powers of 1/ξ cancel.
struct gev_reduced {
  double y, r, by_shape, by_shape_twice;  // r = ∂y/∂z = 1/(1 + ξz)

  gev_reduced(double xi, double z) noexcept : r(1.0 / (1.0 + xi * z)) {
    const double t = xi * z;
    if (std::abs(t) > 0.05) {
      y = std::log1p(t) / xi;
      by_shape = (z * r - y) / xi;
      by_shape_twice = -(z * z * r * r + 2.0 * by_shape) / xi;
      return;
    }
    double value = 0.0, first = 0.0, second = 0.0;  // Horner, terms to t¹²
    for (int k = 14; k >= 2; --k) second = 1.0 * k * (k - 1) / (k + 1) - t * second;
    for (int k = 13; k >= 1; --k) first = 1.0 * k / (k + 1) - t * first;
    for (int k = 12; k >= 0; --k) value = 1.0 / (k + 1) - t * value;
    y = z * value;
    by_shape = -z * z * first;
    by_shape_twice = z * z * z * second;
  }
};

/// Log-likelihood in (μ, ln σ, ξ): Σ −ln σ − (1 + ξ)y − e^{−y}, y = ln(1 + ξz)/ξ, z = (x − μ)/σ. NaN outside the support.
[[nodiscard]] inline math::local_expansion<3> gev_log_likelihood(std::span<const double> x,
                                                                 const std::array<double, 3>& at) {
  const double sigma = std::exp(at[1]);
  const double xi = at[2];
  if (!(sigma > 0.0) || !core::is_finite(sigma) || !(xi > -1.0)) return {};
  math::local_expansion<3> l;
  l.value = 0.0;
  for (const double value : x) {
    const double z = (value - at[0]) / sigma;
    if (!(1.0 + xi * z > 0.0)) return {};
    const gev_reduced g(xi, z);
    const double e = std::exp(-g.y);
    const double ly = e - 1.0 - xi;
    const std::array<double, 2> za{-1.0 / sigma, -z};
    l.value -= at[1] + (1.0 + xi) * g.y + e;
    l.gradient[0] += ly * g.r * za[0];
    l.gradient[1] += ly * g.r * za[1] - 1.0;
    l.gradient[2] += ly * g.by_shape - g.y;
    const double zz = -e * g.r * g.r - ly * xi * g.r * g.r;                // ∂²/∂z²
    const double zx = -(1.0 + e * g.by_shape) * g.r - ly * z * g.r * g.r;  // ∂²/∂z∂ξ
    l.hessian[0][0] += zz * za[0] * za[0];
    l.hessian[0][1] += zz * za[0] * za[1] + ly * g.r / sigma;
    l.hessian[1][1] += zz * za[1] * za[1] + ly * g.r * z;
    l.hessian[0][2] += zx * za[0];
    l.hessian[1][2] += zx * za[1];
    l.hessian[2][2] += -2.0 * g.by_shape - e * g.by_shape * g.by_shape + ly * g.by_shape_twice;
  }
  l.hessian[1][0] = l.hessian[0][1];
  l.hessian[2][0] = l.hessian[0][2];
  l.hessian[2][1] = l.hessian[1][2];
  if (!core::is_finite(l.value)) l.value = core::nan;
  return l;
}

/// The highest of the local maxima reached from the L-moments and from two starts that every sample allows.
[[nodiscard]] inline math::local_maximum<3> gev_maximise(std::span<const double> x, const gev_parameters& start) {
  const auto f = [&](const std::array<double, 3>& at) { return gev_log_likelihood(x, at); };
  math::local_maximum<3> best = math::newton_maximise<3>({start.location, std::log(start.scale), start.shape}, f);
  for (const double shape : {0.0, 0.3}) {
    if (best.found) break;
    // Gumbel's moments; a wider scale until the support holds every observation.
    for (double log_scale = 0.3; log_scale < 12.0 && !best.found; log_scale += 1.5)
      best = math::newton_maximise<3>({-0.8, log_scale, shape}, f);
  }
  return best;
}

}  // namespace tailwatch::tail::detail
