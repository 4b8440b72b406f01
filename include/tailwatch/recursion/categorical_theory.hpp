// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/math/special_functions/zeta.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/hurwitz_zeta.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

/// A categorical law refitted to `samples` = M draws from its last fit (regime replace), and Zipf's law: what survives.
///
/// The mean mass of every set of types stays what it was, E pₙ(A) = p₀(A): mean tail mass is no signal of collapse under pure
/// resampling. Types die, and what is lost is diversity: Simpson's H = 1 − Σp² falls by 1 − 1/M a generation. Other regimes
/// have the same laws with their own loss L (accumulation_theory.hpp, mixing_theory.hpp).
namespace tailwatch::recursion {

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {
template <core::number_range Probabilities>
void check_probabilities(std::string_view function, const Probabilities& p) {
  double sum = 0.0;
  for (const auto value : core::as_span(p)) {
    core::check_not_negative(function, "probability", static_cast<double>(value));
    sum += static_cast<double>(value);
  }
  core::check(std::abs(sum - 1.0) <= 1e-6, function, "sum of probabilities", sum, "1");
}

/// Law of the number of distinct ancestors, 0 … M, that M units have n − 1 generations back: a balls in M boxes, again and again.
[[nodiscard]] inline std::vector<double> ancestor_law(std::uint64_t samples, std::uint64_t generations) {
  const auto m = static_cast<std::size_t>(samples);
  const auto boxes = static_cast<double>(samples);
  std::vector<double> ancestors(m + 1, 0.0);  // law of A
  ancestors[m] = 1.0;
  std::vector<double> next(m + 1);
  std::vector<double> occupied(m + 1);  // law of the boxes hit by the first a balls
  for (std::uint64_t g = 1; g < generations; ++g) {
    std::fill(next.begin(), next.end(), 0.0);
    std::fill(occupied.begin(), occupied.end(), 0.0);
    occupied[0] = 1.0;
    for (std::size_t a = 1; a <= m; ++a) {
      for (std::size_t b = a; b >= 1; --b) {
        const auto hit = static_cast<double>(b);
        occupied[b] = occupied[b] * (hit / boxes) + occupied[b - 1] * (1.0 - (hit - 1.0) / boxes);
      }
      occupied[0] = 0.0;
      if (ancestors[a] != 0.0)
        for (std::size_t b = 1; b <= a; ++b) next[b] += ancestors[a] * occupied[b];
    }
    ancestors.swap(next);
  }
  return ancestors;
}

/// 1 − E (1 − p)^A by Horner's rule.
[[nodiscard]] inline double alive_share(const std::vector<double>& ancestors, double p) noexcept {
  double miss = 0.0;
  for (std::size_t a = ancestors.size() - 1; a >= 1; --a) miss = (miss + ancestors[a]) * (1.0 - p);
  return 1.0 - miss;
}
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// E Hₙ/H₀ = (1 − 1/M)ⁿ, H = 1 − Σp² (Gini–Simpson). Exact for every law. Half-life ≈ 0.693 M generations.
/// @param samples  M ≥ 1
/// @see            M. E. A. Seddik et al. (2024), arXiv 2404.05090
[[nodiscard]] inline double categorical_replace_simpson(double samples, std::uint64_t generations) {
  detail::check_samples("recursion::categorical_replace_simpson", samples, 1.0);
  if (generations == 0) return 1.0;
  return samples == 1.0 ? 0.0 : std::exp(static_cast<double>(generations) * std::log1p(-1.0 / samples));
}

/// E Σ (pₙ − p₀)²/p₀ = (K − 1) L for any regime whose loss is L. Exact.
/// @param types  K ≥ 1, the types of the real law
/// @param loss   L in [0, 1]: 1 − categorical_replace_simpson, mix_loss, 1 − accumulate_variance ...
[[nodiscard]] inline double categorical_chi_squared(double types, double loss) {
  core::check_at_least("recursion::categorical_chi_squared", "types", types, 1.0);
  core::check_closed_interval("recursion::categorical_chi_squared", "loss", loss, 0.0, 1.0);
  return (types - 1.0) * loss;
}

/// sₙ: the chance that a line of descent with Poisson(1) offspring lasts n − 1 generations. s₁ = 1, sₙ = 1 − e^{−sₙ₋₁}, about
/// 2/n. After n generations of M draws a type of real probability p is about as present as in one sample of M·sₙ.
/// @param generations  n ≥ 1
/// @complexity         O(n)
[[nodiscard]] inline double lineage_survival(std::uint64_t generations) {
  core::check_at_least("recursion::lineage_survival", "generations", generations, std::uint64_t{1});
  double s = 1.0;
  for (std::uint64_t g = 1; g < generations; ++g) s = -std::expm1(-s);
  return s;
}

/// E (types alive) after n generations: Σ (1 − E (1 − pᵢ)^A), A the number of distinct ancestors of M units n − 1 generations
/// back, a Markov chain (a balls in M boxes). Exact.
/// @param probabilities  p ≥ 0 summing to 1 (to 1e-6), [K]
/// @param samples        M ≥ 1, whole
/// @complexity           O(nM² + KM) time, O(M) memory: for M up to some 1e4; beyond, the approximation below is good
template <core::number_range Probabilities>
[[nodiscard]] double categorical_replace_types(const Probabilities& probabilities, std::uint64_t samples,
                                               std::uint64_t generations) {
  constexpr auto function = "recursion::categorical_replace_types";
  detail::check_probabilities(function, probabilities);
  core::check_at_least(function, "samples", samples, std::uint64_t{1});
  const auto p = core::as_span(probabilities);
  double types = 0.0;
  if (generations == 0) {
    for (const auto value : p) types += value > 0 ? 1.0 : 0.0;
    return types;
  }
  const std::vector<double> ancestors = detail::ancestor_law(samples, generations);
  for (const auto value : p) types += detail::alive_share(ancestors, static_cast<double>(value));
  return types;
}

/// About Σ (1 − e^{−M pᵢ sₙ}) types alive after n ≥ 1 generations. Poisson offspring: within 1 % while no type holds most of
/// the mass and n ≪ M (Zipf 1.1, K = 5000, M = 1e5: 1116 simulated against 1127 at n = 40); some 6 % off where one type
/// holds 60 %.
template <core::number_range Probabilities>
[[nodiscard]] double categorical_replace_types_approximation(const Probabilities& probabilities, double samples,
                                                             std::uint64_t generations) {
  constexpr auto function = "recursion::categorical_replace_types_approximation";
  detail::check_probabilities(function, probabilities);
  detail::check_samples(function, samples, 1.0);
  const double effective = samples * lineage_survival(generations);
  double types = 0.0;
  for (const auto p : core::as_span(probabilities)) types -= std::expm1(-effective * static_cast<double>(p));
  return types;
}

/// P(a type of real probability p is alive after n ≥ 1 generations) = 1 − E (1 − p)^A. Exact; A as above.
/// @param probability  p in [0, 1]
/// @complexity         O(nM²)
[[nodiscard]] inline double categorical_type_survival(double probability, std::uint64_t samples,
                                                      std::uint64_t generations) {
  constexpr auto function = "recursion::categorical_type_survival";
  core::check_closed_interval(function, "probability", probability, 0.0, 1.0);
  core::check_at_least(function, "samples", samples, std::uint64_t{1});
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  return detail::alive_share(detail::ancestor_law(samples, generations), probability);
}

/// The same, about 1 − e^{−λsₙ} with λ = Mp. Poisson offspring (see lineage_survival): at λ = 1.87, n = 10 it gives .2752 for a
/// simulated .2776.
/// @param expected_count  λ ≥ 0
[[nodiscard]] inline double categorical_type_survival_approximation(double expected_count, std::uint64_t generations) {
  core::check_not_negative("recursion::categorical_type_survival_approximation", "expected_count", expected_count);
  return -std::expm1(-expected_count * lineage_survival(generations));
}

/// The same in the diffusion limit, 1 − e^{−2λ/n}: APPROXIMATION for n ≫ 1, 12 % high at λ = 1.87, n = 10, useless at n = 1.
[[nodiscard]] inline double categorical_type_survival_diffusion(double expected_count, std::uint64_t generations) {
  constexpr auto function = "recursion::categorical_type_survival_diffusion";
  core::check_not_negative(function, "expected_count", expected_count);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  return -std::expm1(-2.0 * expected_count / static_cast<double>(generations));
}

/// The published lower bound 1 − e^{−λ/n}: equal to the Poisson value at n = 1, .17 where the truth is .28 at λ = 1.87, n = 10.
/// @see A. T. Suresh et al. (2024), arXiv 2412.17646
[[nodiscard]] inline double categorical_type_survival_bound(double expected_count, std::uint64_t generations) {
  constexpr auto function = "recursion::categorical_type_survival_bound";
  core::check_not_negative(function, "expected_count", expected_count);
  core::check_at_least(function, "generations", generations, std::uint64_t{1});
  return -std::expm1(-expected_count / static_cast<double>(generations));
}

/// Real probability of the types that are extinct after n ≥ 1 generations, about Σ pᵢ e^{−M pᵢ sₙ}. Same validity.
template <core::number_range Probabilities>
[[nodiscard]] double categorical_replace_lost_mass_approximation(const Probabilities& probabilities, double samples,
                                                                 std::uint64_t generations) {
  constexpr auto function = "recursion::categorical_replace_lost_mass_approximation";
  detail::check_probabilities(function, probabilities);
  detail::check_samples(function, samples, 1.0);
  const double effective = samples * lineage_survival(generations);
  double mass = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    mass += p * std::exp(-effective * p);
  }
  return mass;
}

/// Expected generation in which the first type dies, about Σ_{T≥0} Πᵢ (1 − e^{−M pᵢ s_T}), the term of T = 0 being 1: types
/// treated as independent with Poisson offspring. Within 2 % of simulated means from 8 to 580 generations (K = 2 to 20, uniform
/// and Zipf); the quantiles of such a law are not right.
/// @return      +∞ for a single type, which cannot die
/// @complexity  O(K · min(max(2000, M), T)), T the generation at which the product vanishes
/// @see         the mechanism: "first extinction" in docs/recursion.md
template <core::number_range Probabilities>
[[nodiscard]] double categorical_first_extinction_approximation(const Probabilities& probabilities, double samples) {
  constexpr auto function = "recursion::categorical_first_extinction_approximation";
  detail::check_probabilities(function, probabilities);
  detail::check_samples(function, samples, 1.0);
  std::vector<double> expected;  // first-generation counts, rarest first: they decide soonest that a product is 0
  for (const auto p : core::as_span(probabilities))
    if (p > 0) expected.push_back(samples * static_cast<double>(p));
  if (expected.size() < 2) return core::infinity;
  std::sort(expected.begin(), expected.end());
  const auto all_alive = [&expected](double s) {
    double product = 1.0;
    for (const double count : expected) {
      const double rate = count * s;
      if (rate > 40.0) break;  // this and all later factors are 1
      product *= -std::expm1(-rate);
      if (product < 1e-30) break;
    }
    return product;
  };
  const double small = std::min(1e-3, 1.0 / samples);
  double sum = 1.0;
  double s = 1.0;
  double term = all_alive(s);
  for (; s > small; s = -std::expm1(-s), term = all_alive(s)) {
    sum += term;
    if (term < 1e-14 * sum) return sum;
  }
  // The rest Σ F(s_T) by Euler–Maclaurin, in s: the flow through s ↦ 1 − e^{−s} is ds/dT = −s²/2 − s³/12 + O(s⁴).
  constexpr int intervals = 64;
  double integral = 0.0;
  for (int i = 0; i <= intervals; ++i) {
    const double x = std::max(static_cast<double>(i) / intervals, 1e-9) * s;
    const double weight = i == 0 || i == intervals ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
    integral += weight * all_alive(x) / (x * x * (0.5 + x / 12.0));
  }
  return sum + 0.5 * term + integral * s / (3.0 * intervals);
}

/// Mean number of generations until one of two types is alone, the first starting at probability p (real law; the first fit
/// counts as generation 1). Exact: the linear equations of the Markov chain of its count, O(M³) — for M up to a few hundred.
///
/// The chain among 1 … M − 1 copies is Binomial(M, i/M); T_i = 1 + Σ_j P(i → j)T_j. From the real law the first fit draws the
/// count: 1 + Σ_j Binomial(M, p)(j) T_j. The type that is left in the end is each one with its real probability.
/// @throws std::invalid_argument unless 0 < probability < 1, 1 ≤ samples ≤ 2000
[[nodiscard]] inline double categorical_fixation_time(double probability, std::uint64_t samples) {
  constexpr auto function = "recursion::categorical_fixation_time";
  core::check_open_interval(function, "probability", probability, 0.0, 1.0);
  core::check_at_least(function, "samples", samples, std::uint64_t{1});
  core::check_at_most(function, "samples", samples, std::uint64_t{2000});
  const auto m = static_cast<std::size_t>(samples);
  const auto boxes = static_cast<double>(samples);
  std::vector<double> log_choose(m + 1);
  for (std::size_t j = 0; j <= m; ++j) {
    const auto k = static_cast<double>(j);
    log_choose[j] = std::lgamma(boxes + 1.0) - std::lgamma(k + 1.0) - std::lgamma(boxes - k + 1.0);
  }
  const auto binomial = [&](std::size_t j, double p) {
    const auto k = static_cast<double>(j);
    return std::exp(log_choose[j] + k * std::log(p) + (boxes - k) * std::log1p(-p));
  };
  // (I − P) T = 1 by elimination without pivoting: I − P is a diagonally dominant M-matrix
  const std::size_t n = m - 1;
  std::vector<double> a(n * n), t(n, 1.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      a[i * n + j] = (i == j ? 1.0 : 0.0) - binomial(j + 1, static_cast<double>(i + 1) / boxes);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      t[i] -= factor * t[k];
    }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t j = k + 1; j < n; ++j) t[k] -= a[k * n + j] * t[j];
    t[k] /= a[k * n + k];
  }
  double time = 1.0;
  for (std::size_t j = 0; j < n; ++j) time += binomial(j + 1, probability) * t[j];
  return time;
}

/// The same in the DIFFUSION limit, −2M(p ln p + (1 − p) ln(1 − p)): 69.3 generations at M = 50, p = ½, where the chain needs
/// 67.5; the relative error falls about as 1/M.
[[nodiscard]] inline double categorical_fixation_time_diffusion(double probability, double samples) {
  constexpr auto function = "recursion::categorical_fixation_time_diffusion";
  core::check_open_interval(function, "probability", probability, 0.0, 1.0);
  detail::check_samples(function, samples, 1.0);
  return -2.0 * samples * (probability * std::log(probability) + (1.0 - probability) * std::log1p(-probability));
}

/// Mean number of generations until one type is alone when all M units start distinct, about 2M(1 − 1/M): the APPROXIMATION of
/// one merger a generation (Kingman's coalescent), 2 % high at M = 20 and 50.
[[nodiscard]] inline double categorical_coalescence_time(double samples) {
  detail::check_samples("recursion::categorical_coalescence_time", samples, 1.0);
  return 2.0 * (samples - 1.0);
}

/// E ‖pₙ − p₀‖₁ ≈ Σ √(2/π · pᵢ(1 − pᵢ)L) for any regime whose loss is L: each deviation taken for normal. Good early (.1421 for a
/// simulated .1422), 7 % high once types have died. Total variation is half of it.
/// @param probabilities  p summing to 1, [K]
/// @param loss           L in [0, 1]
template <core::number_range Probabilities>
[[nodiscard]] double categorical_l1_approximation(const Probabilities& probabilities, double loss) {
  constexpr auto function = "recursion::categorical_l1_approximation";
  detail::check_probabilities(function, probabilities);
  core::check_closed_interval(function, "loss", loss, 0.0, 1.0);
  double sum = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    sum += std::sqrt(0.63661977236758134308 * p * std::max(0.0, 1.0 - p) * loss);  // 2/π
  }
  return sum;
}

/// E ‖pₙ − p₀‖₁ ≤ √((K − 1)L), by Cauchy and Schwarz from categorical_chi_squared. Always holds.
[[nodiscard]] inline double categorical_l1_bound(double types, double loss) {
  core::check_at_least("recursion::categorical_l1_bound", "types", types, 1.0);
  core::check_closed_interval("recursion::categorical_l1_bound", "loss", loss, 0.0, 1.0);
  return std::sqrt((types - 1.0) * loss);
}

/// E ‖pₙ − p₀‖₂² = H₀ L, H₀ = 1 − Σp². Exact for any regime whose loss is L.
template <core::number_range Probabilities>
[[nodiscard]] double categorical_squared_distance(const Probabilities& probabilities, double loss) {
  constexpr auto function = "recursion::categorical_squared_distance";
  detail::check_probabilities(function, probabilities);
  core::check_closed_interval(function, "loss", loss, 0.0, 1.0);
  double simpson = 0.0;
  for (const auto p : core::as_span(probabilities)) simpson += static_cast<double>(p) * (1.0 - static_cast<double>(p));
  return simpson * loss;
}

/// E H(p̂) of one sample of M, nats: H − (K − 1)/(2M) − (Σ1/pᵢ − 1)/(12M²). An EXPANSION for M·pᵢ ≫ 1: 3.02809 for a simulated
/// 3.02793 at K = 50, M = 1e4; fails at M = 100 (2.73 for 2.77). Entropy has no exact law over generations; Simpson's index and
/// chi-squared have.
/// @param probabilities  p > 0 summing to 1 (zeros are left out), [K]
template <core::number_range Probabilities>
[[nodiscard]] double categorical_resample_entropy(const Probabilities& probabilities, double samples) {
  constexpr auto function = "recursion::categorical_resample_entropy";
  detail::check_probabilities(function, probabilities);
  detail::check_samples(function, samples, 1.0);
  double entropy = 0.0, inverse = 0.0, types = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    if (p == 0.0) continue;
    entropy -= p * std::log(p);
    inverse += 1.0 / p;
    types += 1.0;
  }
  return entropy - (types - 1.0) / (2.0 * samples) - (inverse - 1.0) / (12.0 * samples * samples);
}

/// Expected missing mass of one sample of M: Σ pᵢ(1 − pᵢ)^M. Exact.
template <core::number_range Probabilities>
[[nodiscard]] double categorical_missing_mass(const Probabilities& probabilities, double samples) {
  constexpr auto function = "recursion::categorical_missing_mass";
  detail::check_probabilities(function, probabilities);
  detail::check_samples(function, samples, 0.0);
  double mass = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    if (p > 0.0 && p < 1.0) mass += p * std::exp(samples * std::log1p(-p));
    if (p >= 1.0 && samples == 0.0) mass += p;
  }
  return mass;
}

/// Bias of the Good–Turing estimate N₁/M of the missing mass: Σ pᵢ²(1 − pᵢ)^{M−1}, never negative. Exact.
template <core::number_range Probabilities>
[[nodiscard]] double categorical_good_turing_bias(const Probabilities& probabilities, double samples) {
  constexpr auto function = "recursion::categorical_good_turing_bias";
  detail::check_probabilities(function, probabilities);
  detail::check_samples(function, samples, 1.0);
  double bias = 0.0;
  for (const auto value : core::as_span(probabilities)) {
    const auto p = static_cast<double>(value);
    if (p > 0.0) bias += p < 1.0 ? p * p * std::exp((samples - 1.0) * std::log1p(-p)) : (samples == 1.0 ? 1.0 : 0.0);
  }
  return bias;
}

/// Zipf's law p_i = i^{−β}/ζ(β), i = 1, 2, …, β > 1: expected missing mass of a sample of M,
/// (1/β) ζ(β)^{−1/β} Γ(1 − 1/β) M^{−(1 − 1/β)}. Asymptotic: .4 % low at β = 2, M = 100, four digits from M = 1e4 on.
/// @throws std::invalid_argument unless exponent > 1 and finite, M ≥ 1
/// @see    E. Dohmatob et al. (2024), "A tale of tails", arXiv 2402.07043, for the exponent
[[nodiscard]] inline double zipf_missing_mass(double exponent, double samples) {
  constexpr auto function = "recursion::zipf_missing_mass";
  core::check(exponent > 1.0 && core::is_finite(exponent), function, "exponent", exponent, "finite and greater than 1");
  detail::check_samples(function, samples, 1.0);
  const double inverse = 1.0 / exponent;
  return inverse * std::pow(boost::math::zeta(exponent), -inverse) * std::tgamma(1.0 - inverse) *
         std::pow(samples, inverse - 1.0);
}

/// Expected number of distinct types in a sample of M from the same law: ζ(β)^{−1/β} Γ(1 − 1/β) M^{1/β} − ½ (Heaps' law with
/// its constant). Asymptotic: 43.202 for 43.207 at β = 2, M = 1000.
[[nodiscard]] inline double zipf_types(double exponent, double samples) {
  constexpr auto function = "recursion::zipf_types";
  core::check(exponent > 1.0 && core::is_finite(exponent), function, "exponent", exponent, "finite and greater than 1");
  detail::check_samples(function, samples, 1.0);
  const double inverse = 1.0 / exponent;
  return std::pow(boost::math::zeta(exponent), -inverse) * std::tgamma(1.0 - inverse) * std::pow(samples, inverse) -
         0.5;
}

/// Mass beyond rank k of the same law, about k^{1−β}/((β − 1)ζ(β)): the floor that a tail cut at rank k leaves under the
/// error of any learner. .5 % high at β = 2, k = 100.
[[nodiscard]] inline double zipf_tail_mass(double exponent, double rank) {
  constexpr auto function = "recursion::zipf_tail_mass";
  core::check(exponent > 1.0 && core::is_finite(exponent), function, "exponent", exponent, "finite and greater than 1");
  core::check_at_least(function, "rank", rank, 1.0);
  return std::pow(rank, 1.0 - exponent) / ((exponent - 1.0) * boost::math::zeta(exponent));
}

/// Real mass lost after n generations of M draws (regime replace): zipf_missing_mass at the effective size M·sₙ, about
/// (n/2)^{1−1/β} times the first. Asymptotic, and Poisson offspring (lineage_survival): n ≪ M, no type with most of the mass; 6 %
/// off at β = 2, n = 20.
/// @throws std::invalid_argument unless exponent > 1 and finite, M·sₙ ≥ 1, n ≥ 1
[[nodiscard]] inline double zipf_replace_lost_mass(double exponent, double samples, std::uint64_t generations) {
  return zipf_missing_mass(exponent, samples * lineage_survival(generations));
}

/// Types alive after n generations: zipf_types at M·sₙ, so V_n/V_1 ≈ sₙ^{1/β}. Same validity.
[[nodiscard]] inline double zipf_replace_types(double exponent, double samples, std::uint64_t generations) {
  return zipf_types(exponent, samples * lineage_survival(generations));
}

/// Missing mass of a learner that saw M draws of Zipf's law cut at rank k: Σ_{i≤k} pᵢe^{−Mpᵢ} + Σ_{i>k} pᵢ, the second part a
/// floor that no number of draws removes. (Draws from the cut law number M, so that rank i is seen M·pᵢ/(1 − floor) times on
/// average; this is in the sum.) Poisson counts; the tail by the Hurwitz zeta function. O(k).
/// @param rank  k ≥ 1, the last rank that is still produced
/// @see         E. Dohmatob et al. (2024), arXiv 2402.07043: error ∝ M^{−(1−1/β)} + k^{−(β−1)}
[[nodiscard]] inline double zipf_cut_missing_mass(double exponent, double samples, std::uint64_t rank) {
  constexpr auto function = "recursion::zipf_cut_missing_mass";
  core::check(exponent > 1.0 && core::is_finite(exponent), function, "exponent", exponent, "finite and greater than 1");
  detail::check_samples(function, samples, 0.0);
  core::check_at_least(function, "rank", rank, std::uint64_t{1});
  const double norm = boost::math::zeta(exponent);
  const double floor = math::hurwitz_zeta(exponent, static_cast<double>(rank) + 1.0) / norm;
  double mass = 0.0;
  for (std::uint64_t i = rank; i >= 1; --i) {  // smallest first
    const double p = std::pow(static_cast<double>(i), -exponent) / norm;
    mass += p * std::exp(-samples * p / (1.0 - floor));
  }
  return mass + floor;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
