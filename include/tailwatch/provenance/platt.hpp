// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/newton_maximum.hpp"

namespace tailwatch::provenance {

struct platt_options {
  /// Targets (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2) instead of 1 and 0: keeps the fit finite where the classes are separated. `false`:
  /// plain logistic regression.
  bool smoothed_targets = true;
};

/// P(generated | score) = 1/(1 + exp(−(slope·score + intercept))).
struct platt_calibration {
  estimate slope;  ///< per unit of score; NaN where the fit has no interior maximum (one class, all scores equal)
  estimate intercept;
  double covariance = core::nan;
  std::uint64_t rejected = 0;  ///< scores that are not finite

  /// Probability with its error by the delta method, for a score of the same prior share of generated texts as in the fit.
  [[nodiscard]] estimate operator()(double score) const noexcept {
    const double x = slope.value * score + intercept.value;
    const double p = 1.0 / (1.0 + std::exp(-x));
    const double variance = slope.standard_error * slope.standard_error * score * score +
                            intercept.standard_error * intercept.standard_error + 2.0 * score * covariance;
    return {p, p * (1.0 - p) * std::sqrt(variance), slope.count};
  }
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Platt's sigmoid: maximum-likelihood logistic regression of the label on one score.
///
/// @param negatives  scores of human texts         @param positives  scores of generated texts
/// @return           slope and intercept with standard errors from the inverse information; the sizes of the two samples are taken
///                   as chosen, which leaves the intercept less uncertain than in a regression on a random sample of both kinds
/// @complexity       O(N) per Newton step, about ten
/// @bias             O(1/N); assumes that the log-odds are linear in the score: isotonic_calibration does not
/// @see              J. Platt (1999), in Advances in Large Margin Classifiers, 61–74; H.-T. Lin, C.-J. Lin, R. C. Weng (2007),
///                   Machine Learning 68, 267–276; R. L. Prentice, R. Pyke (1979), Biometrika 66, 403–411
/// @example          examples/provenance/detectors.cpp
struct platt_fn {
  static constexpr std::string_view name = "provenance.platt";
  static constexpr std::string_view reference = "Platt (1999)";

  template <core::number_range Negatives, core::number_range Positives>
  [[nodiscard]] platt_calibration operator()(const Negatives& negatives, const Positives& positives,
                                             const platt_options& options = {}) const {
    platt_calibration result;
    // standardised, so that Newton's variables are of order one
    double n[2] = {0.0, 0.0}, mean = 0.0, squares = 0.0;
    const auto each = [&](auto&& f) {
      for (const auto x : core::as_span(negatives))
        if (core::is_finite(static_cast<double>(x))) f(0, static_cast<double>(x));
      for (const auto x : core::as_span(positives))
        if (core::is_finite(static_cast<double>(x))) f(1, static_cast<double>(x));
    };
    each([&](int label, double x) {
      n[label] += 1.0;
      const double d = x - mean;
      mean += d / (n[0] + n[1]);
      squares += d * (x - mean);
    });
    const auto count = static_cast<std::uint64_t>(n[0] + n[1]);
    result.rejected = core::as_span(negatives).size() + core::as_span(positives).size() - count;
    result.slope.count = result.intercept.count = count;
    const double deviation = std::sqrt(squares / (n[0] + n[1]));
    if (n[0] == 0.0 || n[1] == 0.0 || !(deviation > 0.0)) return result;
    const double target[2] = {options.smoothed_targets ? 1.0 / (n[0] + 2.0) : 0.0,
                              options.smoothed_targets ? (n[1] + 1.0) / (n[1] + 2.0) : 1.0};
    const double scale = 1.0 / (n[0] + n[1]);  // mean log-likelihood
    const auto likelihood = [&](const std::array<double, 2>& at) {
      math::local_expansion<2> e;
      e.value = 0.0;
      each([&](int label, double score) {
        const double x = (score - mean) / deviation;
        const double f = at[0] * x + at[1];
        const double p = 1.0 / (1.0 + std::exp(-f));
        const double residual = target[label] - p;
        e.value += scale * (target[label] * f - (f > 0.0 ? f + std::log1p(std::exp(-f)) : std::log1p(std::exp(f))));
        e.gradient[0] += scale * residual * x;
        e.gradient[1] += scale * residual;
        const double w = scale * p * (1.0 - p);
        e.hessian[0][0] -= w * x * x;
        e.hessian[0][1] -= w * x;
        e.hessian[1][1] -= w;
      });
      e.hessian[1][0] = e.hessian[0][1];
      return e;
    };
    const auto top = math::newton_maximise<2>({0.0, std::log(n[1] / n[0])}, likelihood);
    if (!top.found) return result;
    // back to the units of the score: slope = a/s, intercept = b − a·mean/s
    const double a = top.point[0], b = top.point[1], shift = mean / deviation;
    const double aa = top.covariance[0][0] * scale, ab = top.covariance[0][1] * scale,
                 bb = top.covariance[1][1] * scale;
    result.slope = {a / deviation, std::sqrt(aa) / deviation, count};
    // the sizes of the two samples were chosen, not drawn: less by 1/n₋ + 1/n₊ (Prentice and Pyke 1979)
    const double variance = bb + aa * shift * shift - 2.0 * ab * shift - 1.0 / n[0] - 1.0 / n[1];
    result.intercept = {b - a * shift, variance > 0.0 ? std::sqrt(variance) : core::nan, count};
    result.covariance = (ab - aa * shift) / deviation;
    return result;
  }
};
inline constexpr platt_fn platt{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
