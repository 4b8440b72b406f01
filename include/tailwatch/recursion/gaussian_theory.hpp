// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <cstdint>
#include <ranges>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

/// A Gaussian fitted again and again to `samples` = M draws from its own last fit (regime replace): exact expectations.
///
/// With χ²_{M−1} independent of the mean's error, vₙ = v_{n−1} χ²/M (biased) or χ²/(M − 1) (unbiased) and
/// μₙ ~ N(μ_{n−1}, v_{n−1}/M); everything below follows. All values are in units of the real variance s₀². Assumptions: the
/// real data are Gaussian, draws are independent, M is the same in each generation. Exact for every n and M in range.
///
/// Reading them: under the unbiased estimator E v stays 1 for ever while the typical v falls as e^{−n/(M−1)}: watch the
/// logarithm. Single runs scatter widely (`gaussian_replace_variance_relative_variance`).
///
/// @param samples      M ≥ 2
/// @param generations  n ≥ 0, the number of fits so far
/// @complexity         O(1)
/// @throws             std::invalid_argument for M < 2 or not finite
/// @see                I. Shumailov et al. (2024), Nature 631, 755–759, for the process; the forms are derived in
///                     docs/recursion.md
/// @example            examples/recursion/gaussian_collapse.cpp
namespace tailwatch::recursion {

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {
/// ln of E σ₁/s₀: ln c₄ (+ ½ ln(1 − 1/M) biased), c₄(M) = √(2/(M − 1)) Γ(M/2)/Γ((M − 1)/2).
[[nodiscard]] inline double log_standard_deviation_factor(double samples, variance_estimator estimator) noexcept {
  const double log_c4 = log_half_step(0.5 * (samples - 1.0));
  return estimator == variance_estimator::biased ? log_c4 + 0.5 * std::log1p(-1.0 / samples) : log_c4;
}
/// E ln(v₁/s₀²)
[[nodiscard]] inline double log_variance_step(double samples, variance_estimator estimator) noexcept {
  const double step = digamma_minus_log(0.5 * (samples - 1.0));
  return estimator == variance_estimator::biased ? step + std::log1p(-1.0 / samples) : step;
}
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// E vₙ/s₀² = (1 − 1/M)ⁿ biased, 1 unbiased.
[[nodiscard]] inline double gaussian_replace_variance(double samples, std::uint64_t generations,
                                                      variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_variance", samples, 2.0);
  if (estimator == variance_estimator::unbiased) return 1.0;
  return std::exp(static_cast<double>(generations) * std::log1p(-1.0 / samples));
}

/// E (μₙ − μ₀)²/s₀² = 1 − (1 − 1/M)ⁿ biased (the lost variance reappears as drift of the mean), n/M unbiased.
[[nodiscard]] inline double gaussian_replace_mean_squared_displacement(
    double samples, std::uint64_t generations, variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_mean_squared_displacement", samples, 2.0);
  const auto n = static_cast<double>(generations);
  return estimator == variance_estimator::biased ? detail::one_minus_power(1.0 / samples, n) : n / samples;
}

/// E σₙ/s₀ = (c₄ √(1 − 1/M))ⁿ biased, c₄ⁿ unbiased, c₄(M) = √(2/(M − 1)) Γ(M/2)/Γ((M − 1)/2).
[[nodiscard]] inline double gaussian_replace_standard_deviation(
    double samples, std::uint64_t generations, variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_standard_deviation", samples, 2.0);
  return std::exp(static_cast<double>(generations) * detail::log_standard_deviation_factor(samples, estimator));
}

/// E W₂²(generation n, real)/s₀² = 2(1 − E σₙ) biased, n/M + 2(1 − E σₙ) unbiased.
/// The biased form saturates at 2; the unbiased one grows without bound.
[[nodiscard]] inline double gaussian_replace_wasserstein2_squared(
    double samples, std::uint64_t generations, variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_wasserstein2_squared", samples, 2.0);
  const auto n = static_cast<double>(generations);
  const double width = -2.0 * std::expm1(n * detail::log_standard_deviation_factor(samples, estimator));
  return estimator == variance_estimator::biased ? width : width + n / samples;
}

/// E ln(vₙ/s₀²) = n[ψ((M − 1)/2) + ln(2/M)] biased, n[ψ((M − 1)/2) + ln(2/(M − 1))] ≈ −n/(M − 1) unbiased.
[[nodiscard]] inline double gaussian_replace_log_variance(double samples, std::uint64_t generations,
                                                          variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_log_variance", samples, 2.0);
  return static_cast<double>(generations) * detail::log_variance_step(samples, estimator);
}

/// Var ln vₙ = n ψ₁((M − 1)/2) ≈ 2n/(M − 1), the same for both estimators. |E|/√Var ≈ √(n/(2(M − 1))): one lineage alone
/// proves nothing at 3 σ before n ≈ 18(M − 1).
[[nodiscard]] inline double gaussian_replace_log_variance_variance(double samples, std::uint64_t generations) {
  detail::check_samples("recursion::gaussian_replace_log_variance_variance", samples, 2.0);
  return static_cast<double>(generations) * boost::math::trigamma(0.5 * (samples - 1.0));
}

/// Var vₙ/(E vₙ)² = ((M² − 1)/(M − 1)²)ⁿ − 1 = (1 + 2/(M − 1))ⁿ − 1, the same for both estimators. Divide by the squared
/// relative standard error wanted to know how many replicates a simulation needs.
[[nodiscard]] inline double gaussian_replace_variance_relative_variance(double samples, std::uint64_t generations) {
  detail::check_samples("recursion::gaussian_replace_variance_relative_variance", samples, 2.0);
  return std::expm1(static_cast<double>(generations) * std::log1p(2.0 / (samples - 1.0)));
}

/// E KL(generation n ‖ real), nats: −½ E ln(vₙ/s₀²) biased (linear in n), ½[n/M − E ln(vₙ/s₀²)] unbiased.
[[nodiscard]] inline double gaussian_replace_kullback_leibler(
    double samples, std::uint64_t generations, variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_kullback_leibler", samples, 2.0);
  const auto n = static_cast<double>(generations);
  const double log_variance = n * detail::log_variance_step(samples, estimator);
  return 0.5 * ((estimator == variance_estimator::biased ? 0.0 : n / samples) - log_variance);
}

/// E KL(real ‖ generation n), nats: ½[E ln(vₙ/s₀²) + qⁿ + aₙ − 1], q = M/(M − 3) biased, (M − 1)/(M − 3) unbiased,
/// aₙ = (1/M) Σ_{j≤n} q^j: grows exponentially. Infinite for M ≤ 3, n ≥ 1, where E 1/v does not exist.
[[nodiscard]] inline double gaussian_replace_reverse_kullback_leibler(
    double samples, std::uint64_t generations, variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_reverse_kullback_leibler", samples, 2.0);
  if (generations == 0) return 0.0;
  if (samples <= 3.0) return core::infinity;
  const auto n = static_cast<double>(generations);
  const double growth = (estimator == variance_estimator::biased ? 3.0 : 2.0) / (samples - 3.0);  // q − 1
  const double power = std::expm1(n * std::log1p(growth));                                        // qⁿ − 1
  const double drift = (1.0 + growth) * power / (growth * samples);                               // geometric sum
  return 0.5 * (n * detail::log_variance_step(samples, estimator) + power + drift);
}

/// E ln(det Σₙ/det Σ₀) in d dimensions: n[Σ_{i<d} ψ((M − 1 − i)/2) + d ln(2/M)], or 2/(M − 1) unbiased. For the biased
/// estimator E KL(generation n ‖ real) is −½ of it.
/// @throws std::invalid_argument unless 1 ≤ dimension ≤ M − 1 (else Σ̂ is singular)
[[nodiscard]] inline double gaussian_replace_log_determinant(
    double samples, std::uint64_t dimension, std::uint64_t generations,
    variance_estimator estimator = variance_estimator::biased) {
  constexpr auto function = "recursion::gaussian_replace_log_determinant";
  core::check_at_least(function, "dimension", dimension, std::uint64_t{1});
  detail::check_samples(function, samples, static_cast<double>(dimension) + 1.0);
  const double divisor = estimator == variance_estimator::biased ? samples : samples - 1.0;
  double step = 0.0;
  for (std::uint64_t i = 0; i < dimension; ++i) {
    const double freedom = samples - 1.0 - static_cast<double>(i);
    step += detail::digamma_minus_log(0.5 * freedom) + std::log1p((freedom - divisor) / divisor);
  }
  return static_cast<double>(generations) * step;
}

/// E det Σₙ/det Σ₀ in d dimensions: Π_{i<d} ((M − 1 − i)/M)ⁿ, or /(M − 1) unbiased.
/// @throws std::invalid_argument unless 1 ≤ dimension ≤ M − 1
[[nodiscard]] inline double gaussian_replace_determinant(double samples, std::uint64_t dimension,
                                                         std::uint64_t generations,
                                                         variance_estimator estimator = variance_estimator::biased) {
  constexpr auto function = "recursion::gaussian_replace_determinant";
  core::check_at_least(function, "dimension", dimension, std::uint64_t{1});
  detail::check_samples(function, samples, static_cast<double>(dimension) + 1.0);
  const double divisor = estimator == variance_estimator::biased ? samples : samples - 1.0;
  double log_step = 0.0;
  for (std::uint64_t i = 0; i < dimension; ++i)
    log_step += std::log1p((samples - 1.0 - static_cast<double>(i) - divisor) / divisor);
  return std::exp(static_cast<double>(generations) * log_step);
}

/// P(σₙ > threshold · s₀), by a log-normal law with the exact mean and variance of ln vₙ. An approximation, good where many
/// generations or many samples add up: the absolute error is below .02 for n ≥ 10 or M ≥ 30 and reaches .06 at M = 3, n = 1.
/// @throws std::invalid_argument unless threshold > 0
[[nodiscard]] inline double gaussian_replace_survival(double samples, std::uint64_t generations, double threshold,
                                                      variance_estimator estimator = variance_estimator::biased) {
  detail::check_samples("recursion::gaussian_replace_survival", samples, 2.0);
  core::check_positive("recursion::gaussian_replace_survival", "threshold", threshold);
  if (generations == 0) return threshold < 1.0 ? 1.0 : 0.0;
  const double mean = 0.5 * gaussian_replace_log_variance(samples, generations, estimator);
  const double deviation = 0.5 * std::sqrt(gaussian_replace_log_variance_variance(samples, generations));
  return 0.5 * std::erfc((std::log(threshold) - mean) / (deviation * 1.4142135623730950488));
}

/// E vₙ/s₀² when generation t is fitted on sizes[t] draws: Π (1 − 1/nₜ) biased, 1 unbiased. Also E Hₙ/H₀ of a categorical
/// law. Positive in the limit exactly where Σ 1/nₜ converges: samples must grow faster than linearly.
/// @param sizes  units per fit, each ≥ 1
/// @see          S. Xu, H. He, G. Cheng (2025), arXiv 2505.13947
template <core::number_range Sizes>
[[nodiscard]] double growing_replace_variance(const Sizes& sizes,
                                              variance_estimator estimator = variance_estimator::biased) {
  double log_product = 0.0;
  for (const auto size : core::as_span(sizes)) {
    const auto samples = static_cast<double>(size);
    detail::check_samples("recursion::growing_replace_variance", samples, 1.0);
    log_product += std::log1p(-1.0 / samples);
  }
  return estimator == variance_estimator::biased ? std::exp(log_product) : 1.0;
}

/// E (μₙ − μ₀)²/s₀² with sizes[t] draws at generation t: 1 − Π(1 − 1/nₜ) biased, Σ 1/nₜ unbiased. Exact.
template <core::number_range Sizes>
[[nodiscard]] double growing_replace_mean_squared_displacement(
    const Sizes& sizes, variance_estimator estimator = variance_estimator::biased) {
  double log_product = 0.0, sum = 0.0;
  for (const auto size : core::as_span(sizes)) {
    const auto samples = static_cast<double>(size);
    detail::check_samples("recursion::growing_replace_mean_squared_displacement", samples, 1.0);
    log_product += std::log1p(-1.0 / samples);
    sum += 1.0 / samples;
  }
  return estimator == variance_estimator::biased ? -std::expm1(log_product) : sum;
}

/// E ln(vₙ/s₀²) with sizes[t] ≥ 2 draws at generation t: the sum of the steps of gaussian_replace_log_variance. Exact.
template <core::number_range Sizes>
[[nodiscard]] double growing_replace_log_variance(const Sizes& sizes,
                                                  variance_estimator estimator = variance_estimator::biased) {
  double sum = 0.0;
  for (const auto size : core::as_span(sizes)) {
    const auto samples = static_cast<double>(size);
    detail::check_samples("recursion::growing_replace_log_variance", samples, 2.0);
    sum += detail::log_variance_step(samples, estimator);
  }
  return sum;
}

/// E W₂²(generation n, real)/s₀² with sizes[t] ≥ 2 draws at generation t: 2(1 − Πc₄(nₜ)√(1 − 1/nₜ)) biased,
/// Σ1/nₜ + 2(1 − Πc₄(nₜ)) unbiased. Exact. The first order is 3/2 Σ 1/nₜ (growing_replace_wasserstein2_squared_first_order).
template <core::number_range Sizes>
[[nodiscard]] double growing_replace_wasserstein2_squared(const Sizes& sizes,
                                                          variance_estimator estimator = variance_estimator::biased) {
  double log_width = 0.0, sum = 0.0;
  for (const auto size : core::as_span(sizes)) {
    const auto samples = static_cast<double>(size);
    detail::check_samples("recursion::growing_replace_wasserstein2_squared", samples, 2.0);
    log_width += detail::log_standard_deviation_factor(samples, estimator);
    sum += 1.0 / samples;
  }
  const double width = -2.0 * std::expm1(log_width);
  return estimator == variance_estimator::biased ? width : width + sum;
}

/// (3/2) Σ 1/nₜ: the published first-order risk, an APPROXIMATION for Σ 1/nₜ ≪ 1 (unbiased estimator). At n/M = 2 it says 3.0
/// where the exact value is 2.79.
/// @see I. Shumailov et al. (2023), arXiv 2305.17493
template <core::number_range Sizes>
[[nodiscard]] double growing_replace_wasserstein2_squared_first_order(const Sizes& sizes) {
  double sum = 0.0;
  for (const auto size : core::as_span(sizes)) {
    detail::check_samples("recursion::growing_replace_wasserstein2_squared_first_order", static_cast<double>(size),
                          1.0);
    sum += 1.0 / static_cast<double>(size);
  }
  return 1.5 * sum;
}

/// E KL(generation n ‖ real) in d dimensions, nats: −½ E ln det biased, ½[d n/M − E ln det] unbiased. Exact.
/// @throws std::invalid_argument unless 1 ≤ dimension ≤ M − 1
[[nodiscard]] inline double gaussian_replace_multivariate_kullback_leibler(
    double samples, std::uint64_t dimension, std::uint64_t generations,
    variance_estimator estimator = variance_estimator::biased) {
  const double log_determinant = gaussian_replace_log_determinant(samples, dimension, generations, estimator);
  const double drift = estimator == variance_estimator::biased
                           ? 0.0
                           : static_cast<double>(dimension) * static_cast<double>(generations) / samples;
  return 0.5 * (drift - log_determinant);
}

/// The published bound P(σₙ > threshold·s₀) ≤ (1/threshold) e^{−n/(4M)} for the unbiased estimator. Far from tight: at M = 100,
/// n = 800, threshold ½ it says .27 where simulation and gaussian_replace_survival give .048; more than 1 early.
/// @return min(1, bound)
/// @see    A. T. Suresh et al. (2024), arXiv 2412.17646
[[nodiscard]] inline double gaussian_replace_survival_bound(double samples, std::uint64_t generations,
                                                            double threshold) {
  detail::check_samples("recursion::gaussian_replace_survival_bound", samples, 2.0);
  core::check_positive("recursion::gaussian_replace_survival_bound", "threshold", threshold);
  const double bound = std::exp(-static_cast<double>(generations) / (4.0 * samples)) / threshold;
  return bound < 1.0 ? bound : 1.0;
}

/// E vₙ/s₀² where every generation but the first is drawn with variance λ times the fit's (guidance, truncation):
/// λ^{n−1}(1 − 1/M)ⁿ biased, λ^{n−1} unbiased, 1 at n = 0. Exact. (Where the first data are shrunk too, as in the paper's
/// recursion, multiply by λ.) Unlike drift this is systematic: it happens to every lineage and whatever M.
/// @param shrinkage  λ ≥ 0
/// @see              S. Alemohammad et al. (2024), ICLR, eq. (2)
[[nodiscard]] inline double gaussian_shrinking_replace_variance(
    double samples, std::uint64_t generations, double shrinkage,
    variance_estimator estimator = variance_estimator::biased) {
  core::check_not_negative("recursion::gaussian_shrinking_replace_variance", "shrinkage", shrinkage);
  const double drift = gaussian_replace_variance(samples, generations, estimator);
  return generations < 2 ? drift : drift * std::pow(shrinkage, static_cast<double>(generations - 1));
}

/// E ln(vₙ/s₀²) of the same: gaussian_replace_log_variance + (n − 1) ln λ. Exact.
[[nodiscard]] inline double gaussian_shrinking_replace_log_variance(
    double samples, std::uint64_t generations, double shrinkage,
    variance_estimator estimator = variance_estimator::biased) {
  core::check_positive("recursion::gaussian_shrinking_replace_log_variance", "shrinkage", shrinkage);
  const double drift = gaussian_replace_log_variance(samples, generations, estimator);
  return generations < 2 ? drift : drift + static_cast<double>(generations - 1) * std::log(shrinkage);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
