// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/recursion/alive_types.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"
#include "tailwatch/recursion/simpson_moments.hpp"
#include "tailwatch/recursion/variance_moments.hpp"

/// Where one lineage lies after n generations of neutral drift, that is with nothing wrong but a finite M. A lineage outside its
/// band has some other force at work: truncation, curation, smoothing.
namespace tailwatch::recursion {

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace band_detail {

/// Mean and deviation of ln(vₙ/v₀).
struct log_drift {
  double mean = 0.0, deviation = 0.0;
};
[[nodiscard]] inline log_drift log_variance_drift(double samples, double generations,
                                                  variance_estimator estimator) noexcept {
  const double x = 0.5 * (samples - 1.0);
  double step = detail::digamma_minus_log(x);
  if (estimator == variance_estimator::biased) step += std::log1p(-1.0 / samples);
  return {generations * step, std::sqrt(generations * math::trigamma(x))};
}
/// The log-normal law of that mean and variance.
[[nodiscard]] inline log_drift log_normal(const variance_moments& m) noexcept {
  const double square = std::log1p(m.variance / (m.mean * m.mean));
  return {std::log(m.mean) - 0.5 * square, std::sqrt(square)};
}
[[nodiscard]] inline double normal_cdf(double z) noexcept { return 0.5 * std::erfc(-z * 0.70710678118654752440); }

/// P(H ≤ h) by the beta law of that mean and variance; H lies in [0, 1].
[[nodiscard]] inline double beta_cdf(const simpson_moments& m, double h) {
  if (h <= 0.0) return 0.0;
  if (h >= 1.0) return 1.0;
  const double room = m.mean * (1.0 - m.mean);
  if (!(m.variance > 0.0) || !(room > 0.0)) return h >= m.mean ? 1.0 : 0.0;
  const double size = room / m.variance - 1.0;
  // very narrow: a normal law, before the beta function loses its digits
  if (size > 1e6) return normal_cdf((h - m.mean) / std::sqrt(m.variance));
  return size > 0.0 ? boost::math::ibeta(m.mean * size, (1.0 - m.mean) * size, h) : h >= m.mean ? 1.0 : 0.0;
}

}  // namespace band_detail

/// Central interval of vₙ/v₀ for a Gaussian lineage: exp(mean ± z deviation) of ln v.
///
/// Replace: mean and variance of ln v are exact, and ln v is the sum of n log-χ² steps (a 90 % band covers 89 to 91 % at M = 50 from the
/// first generation on). Mix with exactly k fresh real units of M, biased estimator: a log-normal law with the exact mean and variance
/// of v (variance_moments.hpp).
/// @param samples       M ≥ 2
/// @param real_samples  0, or 1 ≤ k ≤ M − 1, or M; above 0 the estimator must be biased
/// @throws              std::invalid_argument otherwise, or for a level outside (0, 1)
[[nodiscard]] inline interval variance_band(double samples, std::uint64_t generations, double level = 0.95,
                                            variance_estimator estimator = variance_estimator::biased,
                                            double real_samples = 0.0) {
  constexpr auto function = "recursion::variance_band";
  detail::check_samples(function, samples, 2.0);
  core::check_open_interval(function, "level", level, 0.0, 1.0);
  core::check(real_samples == 0.0 || estimator == variance_estimator::biased, function, "real_samples", real_samples,
              "0 with the unbiased estimator");
  const auto d = real_samples == 0.0
                     ? band_detail::log_variance_drift(samples, static_cast<double>(generations), estimator)
                     : band_detail::log_normal(variance_moments_of(samples, generations, real_samples));
  const double z = core::normal_quantile(0.5 + 0.5 * level);
  return {std::exp(d.mean - z * d.deviation), std::exp(d.mean + z * d.deviation), level};
}

/// Central interval of Simpson's diversity Hₙ of a categorical lineage (replace, or mix with a share of real units): a beta law with
/// the exact mean and variance (simpson_moments.hpp). The shape is the only approximation.
/// @throws  std::invalid_argument for M < 1, a share outside [0, 1] or a level outside (0, 1)
[[nodiscard]] inline interval simpson_band(const power_sums& real, double samples, std::uint64_t generations,
                                           double level = 0.95, double real_share = 0.0) {
  core::check_open_interval("recursion::simpson_band", "level", level, 0.0, 1.0);
  const simpson_moments m = simpson_moments_of(real, samples, generations, real_share);
  const auto quantile = [&](double f) {
    double low = 0.0, high = 1.0;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (low + high);
      (band_detail::beta_cdf(m, middle) < f ? low : high) = middle;
    }
    return 0.5 * (low + high);
  };
  return {quantile(0.5 - 0.5 * level), quantile(0.5 + 0.5 * level), level};
}

/// Central interval of the number of types alive in generation n ≥ 1 (replace, or mix with k real units of M): normal, mean and
/// variance of alive_types.hpp, widened by half a type on each side.
/// @throws  std::invalid_argument for M < 1, k outside [0, M], n = 0 or a level outside (0, 1)
[[nodiscard]] inline interval vocabulary_band(const grouped_law& law, double samples, std::uint64_t generations,
                                              double level = 0.95, double real_samples = 0.0) {
  core::check_open_interval("recursion::vocabulary_band", "level", level, 0.0, 1.0);
  const alive_moments m = alive_types(law, ancestry_of(samples, real_samples, generations));
  const double half = core::normal_quantile(0.5 + 0.5 * level) * std::sqrt(m.variance) + 0.5;
  return {std::max(0.0, m.mean - half), std::min(law.types(), m.mean + half), level};
}

}  // namespace TAILWATCH_ABI_NAMESPACE

/// What the variance of a single lineage says. All z are normal.
struct lineage_verdict {
  double log_ratio = core::nan;          ///< ln(vₙ/v₀) seen
  double neutral_mean = core::nan;       ///< its mean under neutral drift with this M
  double neutral_deviation = core::nan;  ///< √(steps' variance + measurement)
  double neutral_z = core::nan;  ///< far below 0: shrinks faster than neutral drift can; far above: something widens it
  double no_drift_z = core::nan;  ///< against "ln v has no trend at all"
  bool can_tell = false;          ///< whether a trend of the neutral size could have been seen: generations ≥ needed
  double generations_needed = core::nan;  ///< for the neutral trend to exceed `z_wanted` of its own scatter
};

struct judge_lineage_options {
  variance_estimator estimator = variance_estimator::biased;
  double measurement_samples = 0.0;  ///< draws behind each of the two variances; 0: the models' own
  double z_wanted = 3.0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Generations until the trend of ln v exceeds z times its own scatter in one lineage: z²ψ₁((M − 1)/2)/(mean step)², about
/// 2z²(M − 1) with the unbiased estimator (18(M − 1) at z = 3) and z²M/2 with the biased one, whose typical v falls twice as fast.
///
/// Below that a single lineage cannot prove from its own chain that it collapses: drift without a trend looks the same. A fresh
/// sample against the real data can: it shows what *has been* lost, whatever the cause.
/// @throws std::invalid_argument for M < 2 or z ≤ 0
[[nodiscard]] inline double generations_to_see_drift(double samples, double z = 3.0,
                                                     variance_estimator estimator = variance_estimator::biased) {
  constexpr auto function = "recursion::generations_to_see_drift";
  detail::check_samples(function, samples, 2.0);
  core::check_positive(function, "z", z);
  const auto d = band_detail::log_variance_drift(samples, 1.0, estimator);
  return std::ceil(z * z * d.deviation * d.deviation / (d.mean * d.mean));
}

/// Judges vₙ/v₀ of one lineage: consistent with neutral drift, faster, or not to be told.
/// The error of an estimated M is not in the z: a neutral_z of −4 at M_e ± 30 % is what to ask for.
/// @param variance_ratio  vₙ/v₀ > 0
/// @param samples         M, or M_e from effective_samples_from_variances, M ≥ 2
/// @param generations     n ≥ 1
/// @throws                std::invalid_argument otherwise
[[nodiscard]] inline lineage_verdict judge_lineage(double variance_ratio, double samples, std::uint64_t generations,
                                                   const judge_lineage_options& options = {}) {
  constexpr auto function = "recursion::judge_lineage";
  core::check_positive(function, "variance_ratio", variance_ratio);
  detail::check_samples(function, samples, 2.0);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  core::check(options.measurement_samples == 0.0 || options.measurement_samples >= 2.0, function, "measurement_samples",
              options.measurement_samples, "0 or at least 2");
  const auto d = band_detail::log_variance_drift(samples, static_cast<double>(generations), options.estimator);
  const double noise =
      options.measurement_samples == 0.0 ? 0.0 : 2.0 * math::trigamma(0.5 * (options.measurement_samples - 1.0));
  lineage_verdict verdict;
  verdict.log_ratio = std::log(variance_ratio);
  verdict.neutral_mean = d.mean;
  verdict.neutral_deviation = std::sqrt(d.deviation * d.deviation + noise);
  verdict.neutral_z = (verdict.log_ratio - d.mean) / verdict.neutral_deviation;
  verdict.no_drift_z = verdict.log_ratio / verdict.neutral_deviation;
  verdict.generations_needed = generations_to_see_drift(samples, options.z_wanted, options.estimator);
  verdict.can_tell = static_cast<double>(generations) >= verdict.generations_needed;
  return verdict;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
