// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/weight_shares.hpp"

namespace tailwatch::recursion {

/// A normal law on the line. A fit to no data, or to one point by the unbiased estimator, has NaN parameters; a variance of 0
/// is a point mass.
struct gaussian {
  double mean = 0.0;
  double variance = 1.0;

  /// False where a parameter is NaN or infinite.
  [[nodiscard]] bool defined() const noexcept { return core::is_finite(mean) && core::is_finite(variance); }

  /// ln f(x); +∞ at the point of a point mass and −∞ beside it.
  [[nodiscard]] double log_density(double x) const noexcept {
    const double d = x - mean;
    if (variance == 0.0) return d == 0.0 ? core::infinity : -core::infinity;
    return -0.5 * (d * d / variance + std::log(variance) + 1.8378770664093454836);  // ln 2π
  }

  /// n independent draws.
  template <core::random_bits Random>
  [[nodiscard]] std::vector<double> sample(std::uint64_t n, Random& random) const {
    boost::random::normal_distribution<double> standard;
    const double deviation = std::sqrt(variance);
    std::vector<double> out(static_cast<std::size_t>(n));
    for (double& x : out) x = mean + deviation * standard(random);
    return out;
  }

  friend bool operator==(const gaussian&, const gaussian&) = default;
};

/// The same law drawn with variance λσ²: guidance or truncation, λ < 1; temperature τ is λ = τ.
/// @throws std::invalid_argument unless 0 ≤ λ < ∞
[[nodiscard]] inline gaussian shrunk(const gaussian& law, double shrinkage) {
  core::check(shrinkage >= 0.0 && core::is_finite(shrinkage), "recursion::shrunk", "shrinkage", shrinkage,
              "at least 0 and finite");
  return {law.mean, shrinkage * law.variance};
}

/// Fits a normal law by its sample mean and variance: a model family for `run`.
///
/// Two passes, the second about the mean with the correction (Σd)²/n, so that a variance far below the squared mean keeps its
/// digits, as a collapsing run needs.
/// With weights, which need not sum to 1: mean Σwx, variance Σw(x − m)² with w shares of the sum, over 1 − Σw² where unbiased.
/// @throws           std::invalid_argument  for a negative weight, no positive one, or sizes that differ
/// @param estimator  divisor n (biased, maximum likelihood) or n − 1
/// @example          examples/recursion/gaussian_collapse.cpp
struct gaussian_model {
  variance_estimator estimator = variance_estimator::biased;

  template <core::number_range Data>
  [[nodiscard]] gaussian fit(const Data& data) const {
    const auto x = core::as_span(data);
    const auto n = static_cast<double>(x.size());
    const double divisor = estimator == variance_estimator::biased ? n : n - 1.0;
    if (!(divisor > 0.0)) return {core::nan, core::nan};
    double sum = 0.0;
    for (const auto value : x) sum += static_cast<double>(value);
    const double centre = sum / n;
    double first = 0.0;
    double second = 0.0;
    for (const auto value : x) {
      const double d = static_cast<double>(value) - centre;
      first += d;
      second += d * d;
    }
    return {centre + first / n, (second - first * first / n) / divisor};
  }

  template <core::number_range Data>
  [[nodiscard]] gaussian fit(const Data& data, std::span<const double> weights) const {
    const auto x = core::as_span(data);
    const detail::weight_shares share("recursion::gaussian_model", weights, x.size());
    const double divisor = estimator == variance_estimator::biased ? 1.0 : 1.0 - share.sum_of_squares();
    if (x.empty() || !(divisor > 0.0)) return {core::nan, core::nan};
    double centre = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) centre += share(i) * static_cast<double>(x[i]);
    double first = 0.0;
    double second = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double d = static_cast<double>(x[i]) - centre;
      first += share(i) * d;
      second += share(i) * d * d;
    }
    return {centre + first, (second - first * first) / divisor};
  }

  /// Units a training set must have.
  [[nodiscard]] std::uint64_t minimum_samples() const noexcept {
    return estimator == variance_estimator::biased ? 1 : 2;
  }

  template <core::random_bits Random>
  [[nodiscard]] std::vector<double> sample(const gaussian& model, std::uint64_t n, Random& random) const {
    return model.sample(n, random);
  }
};

struct gaussian_replace_options {
  std::uint64_t samples = 100;      ///< M ≥ 2, draws per fit
  std::uint64_t generations = 100;  ///< fits
  std::uint64_t replicates = 1000;
  variance_estimator estimator = variance_estimator::biased;
  gaussian real = {};  ///< the law of the real data
};

/// Parameters of the last generation, one entry per replicate.
struct gaussian_replicates {
  std::vector<double> mean;
  std::vector<double> variance;

  friend bool operator==(const gaussian_replicates&, const gaussian_replicates&) = default;
};

namespace detail {

/// Gamma(shape, 1) for shape ≥ ½, G. Marsaglia and W. W. Tsang (2000), ACM TOMS 26, 363–372. Their d(1 + cx)³ with the
/// squeeze costs one normal and one uniform number in 96 % of the draws; Boost's gamma distribution needs a tangent and two
/// logarithms. Shape below 1 steps up by Gamma(a) = Gamma(a + 1) U^{1/a}.
class gamma_variate {
 public:
  explicit gamma_variate(double shape) noexcept
      : power_(shape < 1.0 ? 1.0 / shape : 0.0),
        d_((shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0),
        c_(1.0 / std::sqrt(9.0 * d_)) {}

  template <core::random_bits Random>
  [[nodiscard]] double operator()(boost::random::normal_distribution<double>& normal, Random& random) const {
    const double x = draw(normal, random);
    return power_ == 0.0 ? x : x * std::pow(1.0 - core::uniform_01(random), power_);
  }

 private:
  template <core::random_bits Random>
  [[nodiscard]] double draw(boost::random::normal_distribution<double>& normal, Random& random) const {
    for (;;) {
      const double x = normal(random);
      const double root = 1.0 + c_ * x;
      if (root <= 0.0) continue;
      const double v = root * root * root;
      const double u = 1.0 - core::uniform_01(random);  // (0, 1]
      const double square = x * x;
      if (u < 1.0 - 0.0331 * square * square) return d_ * v;
      if (std::log(u) < 0.5 * square + d_ * (1.0 - v + std::log(v))) return d_ * v;
    }
  }

  double power_;
  double d_;
  double c_;
};

struct ignore_generation {
  constexpr void operator()(std::uint64_t, std::span<const double>, std::span<const double>) const noexcept {}
};

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Many replicates of "fit a Gaussian to M draws from the last fit" (regime replace) without drawing the data: mean and sum of
/// squares are sufficient and independent, mean ~ N(μ, v/M), SS ~ v χ²_{M−1}. The same law as `run` with gaussian_model,
/// O(1) instead of O(M) per generation.
///
/// @param options   M, generations, replicates, estimator, real law
/// @param random    any core::random_bits; one stream for all replicates (split work over threads with `replicate`)
/// @param observer  observer(n, means, variances) after fit n = 1 … generations, spans over the replicates
/// @return          parameters after the last fit
/// @complexity      O(replicates · generations), some 25 ns a step; memory 16 bytes a replicate
/// @numerics        a variance below 1e-308 becomes 0: a typical biased run gets there after 360 fits at M = 2, 35 000 at M = 100
/// @throws          std::invalid_argument for M < 2 or a negative variance
template <core::random_bits Random, class Observer = detail::ignore_generation>
gaussian_replicates gaussian_replace(const gaussian_replace_options& options, Random& random,
                                     Observer&& observer = {}) {
  constexpr auto function = "recursion::gaussian_replace";
  core::check_at_least(function, "samples", options.samples, std::uint64_t{2});
  core::check_not_negative(function, "variance of real", options.real.variance);
  const auto replicates = static_cast<std::size_t>(options.replicates);
  gaussian_replicates state{std::vector<double>(replicates, options.real.mean),
                            std::vector<double>(replicates, options.real.variance)};
  const auto m = static_cast<double>(options.samples);
  const double divisor = options.estimator == variance_estimator::biased ? m : m - 1.0;
  const double inverse_root = 1.0 / std::sqrt(m);
  const double scale = 2.0 / divisor;  // chi-squared is twice a gamma variate
  const detail::gamma_variate gamma(0.5 * (m - 1.0));
  boost::random::normal_distribution<double> normal;
  for (std::uint64_t g = 1; g <= options.generations; ++g) {
    for (std::size_t i = 0; i < replicates; ++i) {
      const double v = state.variance[i];
      state.mean[i] += std::sqrt(v) * inverse_root * normal(random);
      state.variance[i] = v * (scale * gamma(normal, random));
    }
    observer(g, std::span<const double>(state.mean), std::span<const double>(state.variance));
  }
  return state;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
