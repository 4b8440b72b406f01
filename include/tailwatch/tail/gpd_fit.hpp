// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/tail/detail/gpd_likelihood.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

/// How the generalised Pareto distribution is fitted.
enum class gpd_method { maximum_likelihood, probability_weighted_moments, method_of_moments };

/// Plotting positions of the probability-weighted moments: (i − 1)/(k − 1), unbiased, or (i − offset)/k.
enum class gpd_plotting { unbiased, offset };

struct gpd_fit_options {
  std::size_t k = square_root_order;  ///< excesses over X₍ₖ₊₁₎, ≥ 1; default ⌊√n⌋
  gpd_method method = gpd_method::maximum_likelihood;
  gpd_plotting plotting = gpd_plotting::unbiased;  ///< probability_weighted_moments only
  double plotting_offset = 0.35;                   ///< used where plotting is `offset`
};

/// Generalised Pareto distribution of the k excesses over X₍ₖ₊₁₎.
struct gpd_result {
  estimate shape;                     ///< ξ; count = k
  estimate scale;                     ///< β
  double covariance = core::nan;      ///< of ξ and β, where the standard errors are known
  double log_likelihood = core::nan;  ///< maximum likelihood only
  bool no_maximum = false;  ///< the likelihood has no interior maximum: it is unbounded at the edge, ξ < −1 or β = 0
  double threshold = core::nan;   ///< u = X₍ₖ₊₁₎
  std::uint64_t sample_size = 0;  ///< n
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Generalised Pareto fit to the k largest observations' excesses y over X₍ₖ₊₁₎.
///
///   F(y) = 1 − (1 + ξy/β)^{−1/ξ}
///   maximum likelihood             interior local maximum of the profile −k ln(ξ/θ) − k(1 + ξ), ξ = mean ln(1 + θy), θ = ξ/β
///   probability-weighted moments   ξ = 2 − l₁/l₂, β = (1 − ξ)l₁; l₁ = mean, l₂ = (2/k) Σ Pᵢ y₍ᵢ₎ − l₁
///   moments                        ξ = (1 − m²/s²)/2, β = m(1 − ξ)
///
/// @param sample   observations, a floating range or sample(x)
/// @return         ξ, β and u; standard errors and covariance from the inverse of the observed information (maximum likelihood with
///                 ξ > −1/2), or the asymptotic variance of the moments after Hosking and Wallis (weighted moments with ξ < 1/2,
///                 moments with ξ < 1/4), else NaN; ξ and β NaN when k ≥ n, k < 2 for the moment methods, the excesses are equal, the
///                 likelihood has no interior maximum (small k with ξ < −1/2; `no_maximum` says so), or an observation is NaN or infinite
/// @complexity     O(n + k log k), maximum likelihood about 200 passes over the excesses
/// @bias           of ξ by maximum likelihood O(1/k) and negative; more where the excesses are not yet a Pareto tail: look at
///                 several k
/// @throws         std::invalid_argument for k = 0
/// @see            S. D. Grimshaw (1993), Technometrics 35, 185–191; J. R. M. Hosking, J. R. Wallis (1987), Technometrics 29,
///                 339–349
/// @example        examples/tail/heavy_tail.cpp
struct gpd_fit_fn {
  static constexpr std::string_view name = "tail.gpd_fit";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Grimshaw (1993)";

  template <sample_source Source>
  [[nodiscard]] gpd_result operator()(const Source& sample, const gpd_fit_options& options = {}) const {
    core::check_at_least("tail::gpd_fit", "k", options.k, std::size_t{1});
    gpd_result result;
    result.sample_size = core::as_span(sample).size();
    const std::size_t k = detail::resolve_order(options.k, core::as_span(sample).size());
    if (k == 0 || k >= result.sample_size) return result;
    std::vector<double> y = detail::largest(sample, k + 1);
    if (y.empty()) return result;
    result.threshold = y[k];
    result.shape.count = result.scale.count = k;
    if (!(y[0] > y[k])) {  // a point mass: the likelihood rises without end as β falls
      result.no_maximum = options.method == gpd_method::maximum_likelihood;
      return result;
    }
    const int exponent = detail::scale_down(y);
    const double threshold = y[k];
    y.pop_back();
    for (double& excess : y) excess -= threshold;
    fit(result, y, options);
    if (exponent != 0) {
      result.scale = detail::scale_up(result.scale, exponent);
      result.covariance = std::ldexp(result.covariance, exponent);
      result.log_likelihood -= static_cast<double>(k) * static_cast<double>(exponent) * 0.69314718055994530942;
    }
    return result;
  }

 private:
  /// From the excesses, descending.
  static void fit(gpd_result& result, const std::vector<double>& y, const gpd_fit_options& options) {
    const std::size_t k = y.size();
    const auto size = static_cast<double>(k);
    detail::spread moments;
    for (const double excess : y) moments.add(excess);

    if (options.method == gpd_method::maximum_likelihood) {
      const detail::gpd_maximum m = detail::gpd_maximise(y, moments.mean);
      result.shape = {m.shape, m.shape_error, k};
      result.scale = {m.scale, m.scale_error, k};
      result.covariance = m.covariance;
      result.log_likelihood = m.log_likelihood;
      result.no_maximum = core::is_nan(m.shape);
    } else if (options.method == gpd_method::method_of_moments) {
      if (!(moments.squares > 0.0)) return;
      const double ratio = moments.mean * moments.mean * (size - 1.0) / moments.squares;
      result.shape.value = 0.5 * (1.0 - ratio);
      result.scale.value = moments.mean * (1.0 - result.shape.value);
      const double s = -result.shape.value;  // Hosking and Wallis's k
      if (s > -0.25) {
        const double factor = (1.0 + s) * (1.0 + s) / ((1.0 + 2.0 * s) * (1.0 + 3.0 * s) * (1.0 + 4.0 * s)) / size;
        set_errors(result, factor * (1.0 + 2.0 * s) * (1.0 + 2.0 * s) * (1.0 + s + 6.0 * s * s),
                   factor * 2.0 * (1.0 + 6.0 * s + 12.0 * s * s),
                   factor * (1.0 + 2.0 * s) * (1.0 + 4.0 * s + 12.0 * s * s));
      }
    } else {
      if (k < 2) return;
      double weighted = 0.0;
      for (std::size_t i = 0; i < k; ++i) {
        const auto rank = static_cast<double>(k - i);  // ascending, from 1
        weighted += y[i] * (options.plotting == gpd_plotting::unbiased ? (rank - 1.0) / (size - 1.0)
                                                                       : (rank - options.plotting_offset) / size);
      }
      const double l2 = 2.0 * weighted / size - moments.mean;
      if (!(l2 > 0.0)) return;
      result.shape.value = 2.0 - moments.mean / l2;
      result.scale.value = (1.0 - result.shape.value) * moments.mean;
      const double s = -result.shape.value;
      if (s > -0.5) {
        const double factor = 1.0 / ((1.0 + 2.0 * s) * (3.0 + 2.0 * s)) / size;
        set_errors(result, factor * (1.0 + s) * (2.0 + s) * (2.0 + s) * (1.0 + s + 2.0 * s * s),
                   factor * (7.0 + 18.0 * s + 11.0 * s * s + 2.0 * s * s * s),
                   factor * (2.0 + s) * (2.0 + 6.0 * s + 7.0 * s * s + 2.0 * s * s * s));
      }
    }
  }

  /// Variances of the shape and of scale/β, and the covariance of k = −ξ with scale/β.
  static void set_errors(gpd_result& result, double shape, double relative_scale, double covariance) {
    result.shape.standard_error = std::sqrt(shape);
    result.scale.standard_error = result.scale.value * std::sqrt(relative_scale);
    result.covariance = -result.scale.value * covariance;
  }
};
inline constexpr gpd_fit_fn gpd_fit{};

}  // namespace TAILWATCH_ABI_NAMESPACE

/// Quantile at `level` under a generalised Pareto fit, level ≥ 1 − k/n: u + (β/ξ)((n(1 − level)/k)^{−ξ} − 1).
///
/// @return  in units of the data, count n; standard error by the delta method from the covariance of ξ and β and the scatter of the
///          order statistic u, which moves the value by β(n(1 − level)/k)^{−ξ}√((1 − k/n)/k)
/// @throws  std::invalid_argument unless 0 < level < 1
/// @see     A. J. McNeil, R. Frey, P. Embrechts (2015), Quantitative Risk Management, section 5.2.3
[[nodiscard]] inline estimate gpd_value_at_risk(const gpd_result& fit, double level) {
  core::check_open_interval("tail::gpd_value_at_risk", "level", level, 0.0, 1.0);
  const detail::gpd_quantile q(fit.shape.value, fit.scale.value, fit.sample_size, fit.shape.count, level);
  return {fit.threshold + q.excess,
          detail::delta_error(q.by_shape, fit.shape.standard_error, q.by_scale, fit.scale.standard_error,
                              fit.covariance, q.by_threshold),
          fit.sample_size};
}

/// Expected shortfall at `level` under a generalised Pareto fit: (VaR + β − ξu)/(1 − ξ); NaN for ξ ≥ 1, where it is infinite.
///
/// @return  in units of the data, count n; standard error as gpd_value_at_risk, the part of u divided by 1 − ξ. Where ξ̂ may come near
///          1 (ξ of 1/2 from 200 excesses) the estimate has no finite variance and the error is that of its middle
/// @throws  std::invalid_argument unless 0 < level < 1
/// @see     A. J. McNeil, R. Frey, P. Embrechts (2015), Quantitative Risk Management, section 5.2.3
[[nodiscard]] inline estimate gpd_expected_shortfall(const gpd_result& fit, double level) {
  core::check_open_interval("tail::gpd_expected_shortfall", "level", level, 0.0, 1.0);
  const double shape = fit.shape.value;
  const double scale = fit.scale.value;
  if (!(shape < 1.0)) return {core::nan, core::nan, fit.sample_size};
  const detail::gpd_quantile q(shape, scale, fit.sample_size, fit.shape.count, level);
  const double room = 1.0 - shape;
  const double by_shape = q.by_shape / room + (q.excess + scale) / (room * room);
  const double by_scale = (q.by_scale + 1.0) / room;
  return {fit.threshold + (q.excess + scale) / room,
          detail::delta_error(by_shape, fit.shape.standard_error, by_scale, fit.scale.standard_error, fit.covariance,
                              q.by_threshold / room),
          fit.sample_size};
}

}  // namespace tailwatch::tail
