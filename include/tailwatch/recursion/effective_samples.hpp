// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

/// M_e: the sample size at which ideal refitting (regime replace) drifts as much as what was observed. It turns the closed forms
/// into forecasts for models whose real training size says little: smoothing, repeated text and correlated tokens make it smaller.
///
///   effective_samples_from_variances    by how far ln v moves from one generation to the next
///   effective_samples_from_counts       by how far the shares of types move (the temporal method of population genetics)
///   effective_samples_from_contraction  by how much diversity was lost: the forecast's own clock, but far less precise
///
/// The first two read the size of the steps, the third their mean. In T generations the steps tell M to a relative error of
/// √(2/T) (a variance) or √(2/(KT)) (K types); the drop of one lineage only to √(2M/T). A contraction faster than the steps
/// explain is no neutral drift: judge_lineage in null_band.hpp.
namespace tailwatch::recursion {

struct effective_sample_size {
  estimate samples;  ///< M_e; +∞ where the data show no drift beyond their own noise. count = steps seen
  interval bounds;   ///< not symmetric; the upper end may be +∞

  friend bool operator==(const effective_sample_size&, const effective_sample_size&) = default;
};

struct effective_samples_from_variances_options {
  variance_estimator estimator = variance_estimator::biased;  ///< of the models: sets the drift of ln v
  /// Draws behind each observed variance; 0: the variances are the models' own, without noise.
  double measurement_samples = 0.0;
  double level = 0.95;
};

struct effective_samples_from_counts_options {
  /// Types with fewer occurrences in the generation before the step (two before, for samples) are left out: their movement says little
  /// and costs precision.
  std::uint64_t rarest = 10;
  /// The counts are the models' own frequencies and not samples from them: no noise to subtract.
  bool exact_models = false;
  double level = 0.95;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace lineage_detail {

/// ln-likelihood of the observed ln v at M: a random walk of drift δ(M) and step variance ψ₁((M − 1)/2) seen through noise of
/// variance s, by the Kalman filter from an unknown start.
[[nodiscard]] inline double log_likelihood(const std::vector<double>& y, double m, variance_estimator estimator,
                                           double noise) {
  const double x = 0.5 * (m - 1.0);
  double drift = detail::digamma_minus_log(x);
  if (estimator == variance_estimator::biased) drift += std::log1p(-1.0 / m);
  const double step = math::trigamma(x);
  double mean = y[0], variance = noise, sum = 0.0;
  for (std::size_t t = 1; t < y.size(); ++t) {
    const double predicted = mean + drift;
    const double spread = variance + step + noise;
    const double miss = y[t] - predicted;
    sum -= 0.5 * (std::log(spread) + miss * miss / spread);
    const double gain = (variance + step) / spread;
    mean = predicted + gain * miss;
    variance = (1.0 - gain) * (variance + step);
  }
  return sum;
}

}  // namespace lineage_detail

/// M_e of a Gaussian lineage from the variances of its generations, by maximum likelihood.
///
/// ln v is taken as a random walk with the exact mean and variance of its step, normal steps (good from M ≈ 10), seen through the
/// sampling noise of `measurement_samples` draws a generation.
///
/// @param variances  v of consecutive generations, [T + 1], positive; units do not matter
/// @return           M_e with its error from the curvature in ln M; bounds by the profile likelihood. NaN below two steps or where a
///                   variance is not positive and finite
/// @complexity       O(T) per likelihood, some hundred of them
/// @bias             M̂ is too large by about 2/T of itself; 1/M̂ is nearly unbiased
/// @throws           std::invalid_argument for measurement_samples that are neither 0 nor at least 2, or a level outside (0, 1)
/// @see              the local level model: A. C. Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter
/// @example          examples/recursion/forecast.cpp
template <core::floating_range Variances>
[[nodiscard]] effective_sample_size effective_samples_from_variances(
    const Variances& variances, const effective_samples_from_variances_options& options = {}) {
  constexpr auto function = "recursion::effective_samples_from_variances";
  core::check_open_interval(function, "level", options.level, 0.0, 1.0);
  core::check(options.measurement_samples == 0.0 || options.measurement_samples >= 2.0, function, "measurement_samples",
              options.measurement_samples, "0 or at least 2");
  effective_sample_size result;
  const auto v = core::as_span(variances);
  const std::size_t steps = v.empty() ? 0 : v.size() - 1;
  result.samples.count = steps;
  result.bounds = {core::nan, core::nan, options.level};
  if (steps < 2) return result;
  std::vector<double> y;
  for (const auto value : v) {
    const auto x = static_cast<double>(value);
    if (!core::is_finite(x) || !(x > 0.0)) return result;
    y.push_back(std::log(x));
  }
  const double noise =
      options.measurement_samples == 0.0 ? 0.0 : math::trigamma(0.5 * (options.measurement_samples - 1.0));
  constexpr double low = 0.75, high = 32.0;  // ln M: 2.1 to 8e13
  const auto f = [&](double log_m) {
    return lineage_detail::log_likelihood(y, std::exp(log_m), options.estimator, noise);
  };
  double best = low, value = f(low);
  for (double x = low + 0.25; x <= high; x += 0.25) {
    const double there = f(x);
    if (there > value) {
      value = there;
      best = x;
    }
  }
  constexpr double golden = 0.61803398874989484820;
  double a = std::max(low, best - 0.25), b = std::min(high, best + 0.25);
  while (b - a > 1e-9) {
    const double c = b - golden * (b - a), d = a + golden * (b - a);
    (f(c) > f(d) ? b : a) = f(c) > f(d) ? d : c;
  }
  best = 0.5 * (a + b);
  value = f(best);
  const double z = core::normal_quantile(0.5 + 0.5 * options.level);
  const double bar = value - 0.5 * z * z;
  const auto crossing = [&](double inside, double outside) {
    if (f(outside) >= bar) return outside;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (inside + outside);
      (f(middle) >= bar ? inside : outside) = middle;
    }
    return inside;
  };
  const double lower = crossing(best, low), upper = crossing(best, high);
  result.bounds.lower = std::exp(lower);
  result.bounds.upper = upper >= high ? core::infinity : std::exp(upper);
  if (best > high - 1e-3) {
    result.samples.value = core::infinity;
    return result;
  }
  constexpr double h = 1e-3;
  const double curvature = (2.0 * value - f(best - h) - f(best + h)) / (h * h);
  result.samples.value = std::exp(best);
  if (curvature > 0.0) result.samples.standard_error = result.samples.value / std::sqrt(curvature);
  return result;
}

/// M_e of a categorical lineage by the temporal method: how far the shares of types move between generations, less what sampling
/// explains.
///
/// For consecutive samples of S and S' draws with shares x and y, and any weights w that do not look at the step,
///   1/M_e = Σ w[(x − y)² − x(1 − x)/(S − 1) − y(1 − y)/(S' − 1)] / Σ w x(1 − x)S/(S − 1)
/// with both sums over types and steps: each is unbiased. w = 1/share makes rare types count as much as frequent ones, but a share from
/// either sample of the step would pick the types that just moved (seen: 8 % off on Zipf's law), so it comes from the generation
/// before; the first step has none and is left out. With two generations w = 1, which is far less precise. Exact models: w = 1/x.
/// The movement has ν = (Σwσ)²/ΣΣ wᵢwⱼσᵢⱼ² degrees of freedom, σ the multinomial covariance; ν·F̄/F ~ χ² gives the bounds, F = 1/M + noise
/// (after Waples 1989). Assumes samples independent of the training sets and of each other.
///
/// @param generations  counts per generation over the same types, a range of ranges of integers
/// @return             M_e, +∞ where the movement does not exceed the noise; error M²F̄√(2/ν). NaN for fewer than two generations or where
///                     fewer than two types are left
/// @complexity         O(types · generations)
/// @bias               none in 1/M_e up to the ratio of two sums; steps must be small, M ≫ 1
/// @throws             std::invalid_argument for sizes that differ or a level outside (0, 1)
/// @see                M. Nei, F. Tajima (1981), Genetics 98, 625–640; R. S. Waples (1989), Genetics 121, 379–391; P. E. Jorde, N. Ryman
///                     (2007), Genetics 177, 927–935, for ratios of sums
/// @example            examples/recursion/forecast.cpp
template <class Generations>
[[nodiscard]] effective_sample_size effective_samples_from_counts(
    const Generations& generations, const effective_samples_from_counts_options& options = {}) {
  constexpr auto function = "recursion::effective_samples_from_counts";
  core::check_open_interval(function, "level", options.level, 0.0, 1.0);
  effective_sample_size result;
  result.bounds = {core::nan, core::nan, options.level};
  const std::size_t count = generations.size();
  std::vector<double> totals;
  for (std::size_t t = 0; t < count; ++t) {
    const auto sample = core::as_span(generations[t]);
    core::check_same_size(function, "the first generation", core::as_span(generations[0]).size(), "another one",
                          sample.size());
    double total = 0.0;
    for (const auto n : sample) total += static_cast<double>(n);
    if (!(total > 1.0)) return result;
    totals.push_back(total);
  }
  double movement = 0.0, size = 0.0, noise = 0.0, squares = 0.0;
  const std::size_t first = options.exact_models || count < 3 ? 1 : 2;
  for (std::size_t t = first; t < count; ++t) {
    const auto before = core::as_span(generations[t - 1]);
    const auto after = core::as_span(generations[t]);
    const auto past = core::as_span(generations[options.exact_models ? t - 1 : t - first]);
    const bool weighted = options.exact_models || first == 2;
    const double s = totals[t - 1], s2 = totals[t], past_total = totals[options.exact_models ? t - 1 : t - first];
    const double correction = options.exact_models ? 1.0 : s / (s - 1.0);
    double types = 0.0, diagonal = 0.0, cross = 0.0, cross_squares = 0.0, step_size = 0.0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      double w = 1.0;
      if (weighted) {
        const auto n = static_cast<double>(past[i]);
        if (n < static_cast<double>(options.rarest) || n == 0.0) continue;
        w = past_total / n;
      }
      const double x = static_cast<double>(before[i]) / s, y = static_cast<double>(after[i]) / s2;
      if (x > 0.0 || y > 0.0) types += 1.0;
      const double own = x * (1.0 - x) * correction;
      const double own_after = y * (1.0 - y) * s2 / (s2 - 1.0);
      const double sampling = options.exact_models ? 0.0 : own / s + own_after / s2;
      movement += w * ((x - y) * (x - y) - sampling);
      noise += w * sampling;
      step_size += w * own;
      diagonal += w * w * own * own;
      cross += w * x * x;
      cross_squares += w * w * x * x * x * x;
    }
    if (types < 2.0) continue;
    size += step_size;
    squares += diagonal + cross * cross - cross_squares;
    ++result.samples.count;
  }
  if (!(size > 0.0) || !(squares > 0.0)) return result;
  const double freedom = size * size / squares;
  const double background = noise / size;
  const double f = movement / size + background;
  const auto inverse = [&](double moved) { return moved > background ? 1.0 / (moved - background) : core::infinity; };
  const double tail = 0.5 * (1.0 - options.level);
  const double most = 2.0 * boost::math::gamma_p_inv(0.5 * freedom, 1.0 - tail);
  const double least = 2.0 * boost::math::gamma_p_inv(0.5 * freedom, tail);
  result.samples.value = inverse(f);
  result.bounds.lower = inverse(f * freedom / least);
  result.bounds.upper = inverse(f * freedom / most);
  if (core::is_finite(result.samples.value))
    result.samples.standard_error = result.samples.value * result.samples.value * f * std::sqrt(2.0 / freedom);
  return result;
}

/// M_e = 1/(1 − (after/before)^{1/n}) from a quantity that falls by 1 − 1/M a generation on average: a biased variance, or Simpson's
/// diversity H = 1 − Σp² estimated without bias.
///
/// The errors given with the two estimates are measurement alone. One lineage drifts besides, by √(2n/M) in ln v: average over
/// replicates, or take one of the methods above.
/// @param before, after  the quantity, positive, n generations apart
/// @return               M_e with its error by the delta method; +∞ where nothing was lost; bounds from ± z errors of ln(after/before)
/// @throws               std::invalid_argument for n = 0 or a level outside (0, 1)
[[nodiscard]] inline effective_sample_size effective_samples_from_contraction(const estimate& before,
                                                                              const estimate& after,
                                                                              std::uint64_t generations,
                                                                              double level = 0.95) {
  constexpr auto function = "recursion::effective_samples_from_contraction";
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  core::check_open_interval(function, "level", level, 0.0, 1.0);
  effective_sample_size result;
  result.samples.count = generations;
  result.bounds = {core::nan, core::nan, level};
  if (!(before.value > 0.0) || !(after.value > 0.0) || !core::is_finite(before.value) || !core::is_finite(after.value))
    return result;
  const auto n = static_cast<double>(generations);
  const double log_ratio = std::log(after.value / before.value);
  const double error = std::hypot(before.standard_error / before.value, after.standard_error / after.value);
  const auto size = [n](double x) { return x < 0.0 ? -1.0 / std::expm1(x / n) : core::infinity; };
  const double z = core::normal_quantile(0.5 + 0.5 * level);
  result.samples.value = size(log_ratio);
  result.bounds.lower = size(log_ratio - z * error);
  result.bounds.upper = size(log_ratio + z * error);
  if (core::is_finite(result.samples.value)) {
    const double m = result.samples.value;
    result.samples.standard_error = m * m * std::exp(log_ratio / n) * error / n;
  }
  return result;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
