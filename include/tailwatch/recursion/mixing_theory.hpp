// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

/// Regimes with real data in every generation. L is the chance that two draws from model n descend from one real unit:
/// E vₙ/s₀² (Gaussian, biased variance) = E Hₙ/H₀ (categorical, H = 1 − Σp²) = 1 − L.
namespace tailwatch::recursion {

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {
inline void check_mix(std::string_view function, double samples, double real_samples) {
  check_samples(function, samples, 1.0);
  core::check_closed_interval(function, "real_samples", real_samples, 0.0, samples);
}
/// 1 − ρ of the affine recursion L' = 1/M + ρL.
[[nodiscard]] inline double mix_relaxation(double samples, double real_samples, mix_sampling sampling) noexcept {
  const double a = real_samples / samples;
  const double kept = 1.0 - a;
  return a * (2.0 - a) + (sampling == mix_sampling::multinomial ? kept * kept : kept) / samples;
}
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Loss L after n generations of M units of which k are fresh real data, a = k/M (regime mix).
///
///   multinomial  L' = 1/M + (1 − 1/M)(1 − a)² L             each unit real with probability a
///   fixed        L' = (1 − a)² L + (1 − (1 − a)L)/M         exactly k units real
///
/// from L = 0 (the real law); both affine, so Lₙ = (1 − ρⁿ)/(M(1 − ρ)).
///
/// @param samples       M ≥ 1 units per fit
/// @param real_samples  0 ≤ k ≤ M
/// @param generations   n ≥ 0 fits, the first on M real units
/// @return              1 − E v/s₀², in [0, 1]; exact for a Gaussian with the biased variance and for a categorical law
/// @complexity          O(1)
/// @throws              std::invalid_argument for M < 1 or k outside [0, M]
[[nodiscard]] inline double mix_loss(double samples, double real_samples, std::uint64_t generations,
                                     mix_sampling sampling = mix_sampling::fixed) {
  detail::check_mix("recursion::mix_loss", samples, real_samples);
  const double relaxation = detail::mix_relaxation(samples, real_samples, sampling);
  const auto n = static_cast<double>(generations);
  // ρ < 0 where less than one unit is synthetic: a power of a negative number, |ρ| ≤ 1/(4M²)
  const double reached =
      relaxation > 1.0 ? 1.0 - std::pow(1.0 - relaxation, n) : detail::one_minus_power(relaxation, n);
  return reached / (samples * relaxation);
}

/// Fixed point of mix_loss: (1/M)/(1 − (1 − 1/M)(1 − a)²), or (1/M)/(1 − (1 − a)² + (1 − a)/M) for exactly k.
/// 1 for k = 0: everything is lost in the end.
[[nodiscard]] inline double mix_loss_limit(double samples, double real_samples,
                                           mix_sampling sampling = mix_sampling::fixed) {
  detail::check_mix("recursion::mix_loss_limit", samples, real_samples);
  return 1.0 / (samples * detail::mix_relaxation(samples, real_samples, sampling));
}

/// The one-migrant rule: the fixed point is about 1/(1 + 2k), whatever M. Good for 1 ≪ M and k ≪ M: at M = 100, k = 10 it
/// gives .0476 where the exact value is .0505 (multinomial) or .0503 (fixed).
[[nodiscard]] inline double mix_loss_limit_approximation(double real_samples) {
  core::check_not_negative("recursion::mix_loss_limit_approximation", "real_samples", real_samples);
  return 1.0 / (1.0 + 2.0 * real_samples);
}

/// Smallest share a of fresh real data that keeps the limit of the multinomial loss at or below `loss`:
/// a = 1 − √((1 − 1/(loss·M))/(1 − 1/M)). 1 where loss ≤ 1/M: even real data alone lose 1/M by sampling.
/// @throws std::invalid_argument unless 0 < loss ≤ 1, M > 1
[[nodiscard]] inline double mix_real_share_for_loss(double samples, double loss) {
  constexpr auto function = "recursion::mix_real_share_for_loss";
  detail::check_samples(function, samples, 2.0);
  core::check_positive(function, "loss", loss);
  core::check_at_most(function, "loss", loss, 1.0);
  const double inside = 1.0 - 1.0 / (loss * samples);
  return inside <= 0.0 ? 1.0 : 1.0 - std::sqrt(inside / (1.0 - 1.0 / samples));
}

/// Loss relative to the real *sample* when the same n_r real units are used again each generation beside n_s new synthetic
/// ones: d' = (1 − a)²(d(1 − 1/n_s) + 1/n_s), d₁ = 0, a = n_r/(n_r + n_s). E vₙ/s₀² = (1 − 1/n_r)(1 − dₙ), biased.
/// @param real_samples       n_r ≥ 1
/// @param synthetic_samples  n_s ≥ 1
/// @param generations        n ≥ 1 fits; the first sees the real sample only
[[nodiscard]] inline double fixed_real_loss(double real_samples, double synthetic_samples, std::uint64_t generations) {
  constexpr auto function = "recursion::fixed_real_loss";
  core::check_at_least(function, "real_samples", real_samples, 1.0);
  core::check_at_least(function, "synthetic_samples", synthetic_samples, 1.0);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  const double kept = synthetic_samples / (real_samples + synthetic_samples);
  const double fixed_point = kept * kept / synthetic_samples / (1.0 - kept * kept * (1.0 - 1.0 / synthetic_samples));
  const double rate = kept * kept * (1.0 - 1.0 / synthetic_samples);
  return fixed_point * detail::one_minus_power(1.0 - rate, static_cast<double>(generations - 1));
}

/// Limit of fixed_real_loss: ((1 − a)²/n_s)/(1 − (1 − a)²(1 − 1/n_s)).
[[nodiscard]] inline double fixed_real_loss_limit(double real_samples, double synthetic_samples) {
  constexpr auto function = "recursion::fixed_real_loss_limit";
  core::check_at_least(function, "real_samples", real_samples, 1.0);
  core::check_at_least(function, "synthetic_samples", synthetic_samples, 1.0);
  const double kept = synthetic_samples / (real_samples + synthetic_samples);
  return kept * kept / synthetic_samples / (1.0 - kept * kept * (1.0 - 1.0 / synthetic_samples));
}

/// Expected variance and squared displacement of the mean, units of s₀².
struct expected_moments {
  double variance = 1.0;
  double displacement = 0.0;
};

/// Gaussian mix with exactly k fresh real units of M and a sampler that draws with variance λv (guidance, truncation), biased
/// estimator: S' = a + (1 − a)(λv + d), d' = (1 − a)²d + (a + (1 − a)λv)/M, v' = S' − d', from v₁ = 1 − 1/M, d₁ = 1/M.
/// λ = 1 is mix_loss(…, fixed). For large M the limit of v is a/(1 − (1 − a)λ).
/// @param shrinkage  λ in [0, 1]; more than 1 widens
/// @complexity       O(n)
/// @see              S. Alemohammad et al. (2024), "Self-consuming generative models go MAD", ICLR, for the sampler
[[nodiscard]] inline expected_moments mix_shrinking_moments(double samples, double real_samples,
                                                            std::uint64_t generations, double shrinkage) {
  constexpr auto function = "recursion::mix_shrinking_moments";
  detail::check_mix(function, samples, real_samples);
  core::check_not_negative(function, "shrinkage", shrinkage);
  if (generations == 0) return {};
  const double a = real_samples / samples;
  expected_moments m{1.0 - 1.0 / samples, 1.0 / samples};
  for (std::uint64_t g = 1; g < generations; ++g) {
    const double spread = a + (1.0 - a) * shrinkage * m.variance;
    const double second = spread + (1.0 - a) * m.displacement;
    m.displacement = (1.0 - a) * (1.0 - a) * m.displacement + spread / samples;
    m.variance = second - m.displacement;
  }
  return m;
}

/// Fixed point of mix_shrinking_moments, from the two linear equations. Exact; large M gives a/(1 − (1 − a)λ) for the variance.
/// @throws std::invalid_argument unless 0 < k ≤ M and 0 ≤ λ ≤ 1 (without real data or with λ > 1 there need be none)
[[nodiscard]] inline expected_moments mix_shrinking_moments_limit(double samples, double real_samples,
                                                                  double shrinkage) {
  constexpr auto function = "recursion::mix_shrinking_moments_limit";
  detail::check_mix(function, samples, real_samples);
  core::check_positive(function, "real_samples", real_samples);
  core::check_closed_interval(function, "shrinkage", shrinkage, 0.0, 1.0);
  const double a = real_samples / samples;
  const double kept = 1.0 - a;
  // spread s = a + kept λ v, d = s/(M(1 − kept²)), v = s + kept d − d = s(1 − a/(M(1 − kept²))) = s·c
  const double c = 1.0 - 1.0 / (samples * (2.0 - a));
  const double spread = a / (1.0 - kept * shrinkage * c);
  return {c * spread, spread / (samples * a * (2.0 - a))};
}

/// Size of a real sample whose mean is as good as that of the fresh-data loop in its limit: n_r(2 − a) + (1 − a),
/// a = n_r/(n_r + n_s). Always at least n_r and below 2n_r + 1: naive pooling at most doubles the worth of real data.
[[nodiscard]] inline double mix_effective_sample_size(double real_samples, double synthetic_samples) {
  constexpr auto function = "recursion::mix_effective_sample_size";
  core::check_positive(function, "real_samples", real_samples);
  core::check_not_negative(function, "synthetic_samples", synthetic_samples);
  const double a = real_samples / (real_samples + synthetic_samples);
  return real_samples * (2.0 - a) + (1.0 - a);
}

/// Weight of the real part that minimises the limiting error of θₜ = w·(mean of n fresh real) + (1 − w)·(mean of m draws from
/// θₜ₋₁): w* = (√(κ² + 4κ) − κ)/2, κ = n/m = `ratio`. κ = 1 gives 1/golden ratio. The error it leaves is w* s²/n.
/// @param ratio  κ ≥ 0
/// @see          H. He, S. Xu, G. Cheng (2025), arXiv 2502.18049
[[nodiscard]] inline double optimal_mixing_weight(double ratio) {
  core::check_not_negative("recursion::optimal_mixing_weight", "ratio", ratio);
  if (ratio == 0.0) return 0.0;
  if (!core::is_finite(ratio)) return 1.0;
  return 2.0 / (std::sqrt(1.0 + 4.0 / ratio) + 1.0);  // the same number without the cancellation at large ratio
}

/// Limiting mean squared error of the weighted mean above, units of s²: [w²/n + (1 − w)²/m]/(1 − (1 − w)²).
/// Infinite for w = 0: without real data the mean wanders off.
/// @param weight  w in [0, 1]
[[nodiscard]] inline double weighted_mixing_error(double real_samples, double synthetic_samples, double weight) {
  constexpr auto function = "recursion::weighted_mixing_error";
  core::check_positive(function, "real_samples", real_samples);
  core::check_positive(function, "synthetic_samples", synthetic_samples);
  core::check_closed_interval(function, "weight", weight, 0.0, 1.0);
  if (weight == 0.0) return core::infinity;
  const double rest = 1.0 - weight;
  return (weight * weight / real_samples + rest * rest / synthetic_samples) / (weight * (2.0 - weight));
}

/// The risk of the weighted mean after n generations, units of s²; the first is the mean of n + m real draws. Exact:
/// Vₙ = w²/n + (1 − w)²/m + (1 − w)² Vₙ₋₁.
/// @param generations  ≥ 1 fits
[[nodiscard]] inline double weighted_mixing_error(double real_samples, double synthetic_samples, double weight,
                                                  std::uint64_t generations) {
  constexpr auto function = "recursion::weighted_mixing_error";
  core::check_positive(function, "real_samples", real_samples);
  core::check_positive(function, "synthetic_samples", synthetic_samples);
  core::check_closed_interval(function, "weight", weight, 0.0, 1.0);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  const double rest = 1.0 - weight;
  const double added = weight * weight / real_samples + rest * rest / synthetic_samples;
  double error = 1.0 / (real_samples + synthetic_samples);
  for (std::uint64_t g = 1; g < generations; ++g) error = added + rest * rest * error;
  return error;
}

/// Loss L of an ensemble: P models, each refitted to M fresh draws, M/P of each model (run_population with all models alike,
/// M a multiple of P).
///
///   F' = 1/M + (1 − 1/M)(πF + (1 − π)G)     two draws of one model      π = (M/P − 1)/(M − 1)
///   G' = F/P + (1 − 1/P)G                   draws of two models
///
/// from F = 1/M, G = 0 after the first fit, each model on real data of its own. Exact for a Gaussian with the biased variance and
/// a categorical law: E vₙ/s₀² = 1 − F for every model, and 1 − F/P − (1 − 1/P)G for the mixture of all (categorical). About one
/// model of P·M draws.
struct ensemble_loss_result {
  double within = 0.0;   ///< F
  double between = 0.0;  ///< G
  double mixture = 0.0;  ///< F/P + (1 − 1/P)G
};
/// @param models       P ≥ 1
/// @param samples      M ≥ 2, draws a fit
/// @param generations  n ≥ 1 fits
/// @complexity         O(n)
[[nodiscard]] inline ensemble_loss_result ensemble_loss(double models, double samples, std::uint64_t generations) {
  constexpr auto function = "recursion::ensemble_loss";
  core::check_at_least(function, "models", models, 1.0);
  detail::check_samples(function, samples, 2.0);
  core::check_at_most(function, "models", models, samples);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  const double same = (samples / models - 1.0) / (samples - 1.0);
  double within = 1.0 / samples;
  double between = 0.0;
  for (std::uint64_t g = 1; g < generations; ++g) {
    const double next = 1.0 / samples + (1.0 - 1.0 / samples) * (same * within + (1.0 - same) * between);
    between = within / models + (1.0 - 1.0 / models) * between;
    within = next;
  }
  return {within, between, within / models + (1.0 - 1.0 / models) * between};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
