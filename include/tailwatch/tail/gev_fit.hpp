// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/newton_maximum.hpp"
#include "tailwatch/tail/detail/gev_likelihood.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"
#include "tailwatch/tail/l_moments.hpp"

namespace tailwatch::tail {

/// How the generalised extreme-value distribution is fitted.
enum class gev_method { maximum_likelihood, l_moments };

struct gev_fit_options {
  gev_method method = gev_method::maximum_likelihood;
};

/// Generalised extreme-value distribution of block maxima.
struct gev_result {
  estimate location;                                ///< μ
  estimate scale;                                   ///< σ
  estimate shape;                                   ///< ξ, of a heavy tail positive; scipy's c = −ξ
  std::array<std::array<double, 3>, 3> covariance;  ///< of (μ, σ, ξ); NaN where the standard errors are
  double log_likelihood = core::nan;                ///< maximum likelihood only
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Generalised extreme-value fit to block maxima: the worst loss of each epoch, the longest repeat of each document.
///
///   F(x) = exp(−(1 + ξ(x − μ)/σ)^{−1/ξ})
///   maximum likelihood   interior local maximum over (μ, σ, ξ)
///   L-moments            c = 2/(3 + t₃) − ln 2/ln 3, h = 7.8590c + 2.9554c², ξ = −h,
///                        σ = l₂h/((1 − 2^{−h})Γ(1 + h)), μ = l₁ − σ(1 − Γ(1 + h))/h
///
/// @param sample   block maxima, a floating range or sample(x)
/// @return         μ, σ, ξ; standard errors from the inverse of the observed information (maximum likelihood with ξ > −1/2, else
///                 NaN) or by the jackknife (L-moments, n ≥ 6); all NaN where n < 4, the maxima are equal, one is NaN or infinite, or the likelihood has no interior
///                 maximum (it is unbounded at ξ < −1, at the edge of the domain)
/// @complexity     O(n log n) and about 20 passes over the data
/// @bias           L-moments: the polynomial in c is off by less than 9e-4 in ξ for −1/2 < t₃ < 1/2, and is the better estimate for
///                 n < 50; maximum likelihood otherwise
/// @see            R. L. Smith (1985), Biometrika 72, 67–90; J. R. M. Hosking, J. R. Wallis, E. F. Wood (1985), Technometrics 27,
///                 251–261
/// @example        examples/tail/heavy_tail.cpp
struct gev_fit_fn {
  static constexpr std::string_view name = "tail.gev_fit";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Smith (1985)";

  template <sample_source Source>
  [[nodiscard]] gev_result operator()(const Source& sample, const gev_fit_options& options = {}) const {
    const std::size_t n = core::as_span(sample).size();
    double largest = 0.0;
    for (const auto v : core::as_span(sample)) largest = std::max(largest, std::abs(static_cast<double>(v)));
    if (detail::extreme_exponent({&largest, 1}) != 0) {
      std::vector<double> x(core::as_span(sample).begin(), core::as_span(sample).end());
      const int exponent = detail::scale_down(x);
      if (exponent != 0) return scaled((*this)(x, options), exponent);
    }
    gev_result result;
    result.location.count = result.scale.count = result.shape.count = n;
    for (auto& row : result.covariance) row.fill(core::nan);
    const l_moments_result moments = l_moments(sample);
    const double location = moments.location.value, spread = moments.scale.value;
    if (core::is_nan(moments.skewness.value)) return result;
    const detail::gev_parameters start = detail::gev_from_l_moments(location, spread, moments.skewness.value);
    if (options.method == gev_method::l_moments) {
      result.location.value = start.location;
      result.scale.value = start.scale;
      result.shape.value = start.shape;
      if (n < 6) return result;
      const auto x = detail::largest(sample, n);
      const double middle = x[n / 2];
      std::vector<std::array<double, 3>> without;
      for (const auto& l : detail::l_moments_without_one(x, middle)) {
        const auto fit = detail::gev_from_l_moments(l[0], l[1], l[2]);
        without.push_back({fit.location, fit.scale, fit.shape});
      }
      set_covariance(result, detail::jackknife_covariance<3>(without));
      return result;
    }
    // Of the standardised maxima, so that no variable has a unit.
    std::vector<double> x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = (static_cast<double>(core::as_span(sample)[i]) - location) / spread;
    const auto best =
        detail::gev_maximise(x, {(start.location - location) / spread, start.scale / spread, start.shape});
    if (!best.found) return result;
    const double scale = spread * std::exp(best.point[1]);
    const std::array<double, 3> by{spread, scale, 1.0};
    result.location.value = location + spread * best.point[0];
    result.scale.value = scale;
    result.shape.value = best.point[2];
    result.log_likelihood = best.value - static_cast<double>(n) * std::log(spread);
    if (!(best.point[2] > -0.5)) return result;
    auto covariance = best.covariance;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) covariance[i][j] *= by[i] * by[j];
    set_covariance(result, covariance);
    return result;
  }

 private:
  /// The fit to 2^exponent times the data.
  static gev_result scaled(gev_result fit, int exponent) {
    fit.location = detail::scale_up(fit.location, exponent);
    fit.scale = detail::scale_up(fit.scale, exponent);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        fit.covariance[i][j] = std::ldexp(fit.covariance[i][j], exponent * ((i < 2 ? 1 : 0) + (j < 2 ? 1 : 0)));
    fit.log_likelihood -= static_cast<double>(fit.shape.count) * static_cast<double>(exponent) * 0.69314718055994530942;
    return fit;
  }

  static void set_covariance(gev_result& result, const std::array<std::array<double, 3>, 3>& covariance) {
    for (const auto& row : covariance)
      for (const double c : row)
        if (!core::is_finite(c)) return;
    result.covariance = covariance;
    result.location.standard_error = std::sqrt(covariance[0][0]);
    result.scale.standard_error = std::sqrt(covariance[1][1]);
    result.shape.standard_error = std::sqrt(covariance[2][2]);
  }
};
inline constexpr gev_fit_fn gev_fit{};

}  // namespace TAILWATCH_ABI_NAMESPACE

/// Quantile at `level` under a generalised extreme-value fit, μ + (σ/ξ)((−ln level)^{−ξ} − 1): what 1 in 1/(1 − level) block maxima
/// exceeds, the return level.
///
/// @return  in units of the data; standard error by the delta method
/// @throws  std::invalid_argument unless 0 < level < 1
/// @see     S. Coles (2001), An Introduction to Statistical Modeling of Extreme Values, section 3.3.3
[[nodiscard]] inline estimate gev_return_level(const gev_result& fit, double level) {
  core::check_open_interval("tail::gev_return_level", "level", level, 0.0, 1.0);
  const double log_y = std::log(-std::log(level));
  const double shape = fit.shape.value;
  const double t = -shape * log_y;
  const double ratio = std::abs(t) < 1e-5 ? -log_y * (1.0 + t / 2.0 + t * t / 6.0) : std::expm1(t) / shape;
  const double by_shape = std::abs(t) < 1e-3 ? fit.scale.value * log_y * log_y * (0.5 + t / 3.0 + t * t / 8.0)
                                             : fit.scale.value * (-log_y * std::exp(t) - ratio) / shape;
  const std::array<double, 3> by{1.0, ratio, by_shape};
  double variance = 0.0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) variance += by[i] * by[j] * fit.covariance[i][j];
  const double error = std::sqrt(variance);  // a covariance may leave the range of a double where its root does not
  return {fit.location.value + fit.scale.value * ratio, error > 0.0 && core::is_finite(error) ? error : core::nan,
          fit.location.count};
}

}  // namespace tailwatch::tail
