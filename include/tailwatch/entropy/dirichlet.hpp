// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

/// Pseudo-counts per cell: jeffreys 1/2, laplace 1, perks 1/K, minimax √N/K, or `pseudocount` itself.
enum class dirichlet_prior { jeffreys, laplace, perks, minimax, pseudocount };

/// What the standard error of a posterior mean says.
///
///   posterior  standard deviation of the entropy under the posterior, as published: how far the data settle it, given the prior
///   sampling   how the estimate scatters over samples of the source: second-order jackknife, the prior held fixed
enum class posterior_error { posterior, sampling };

struct dirichlet_options {
  dirichlet_prior prior = dirichlet_prior::jeffreys;
  double pseudocount = 1.0;         ///< used where prior is `pseudocount`
  std::uint64_t alphabet_size = 0;  ///< K; 0: the cells that the source lists, zeros included
  information_unit unit = information_unit::nats;
};

struct dirichlet_posterior_mean_options {
  dirichlet_prior prior = dirichlet_prior::jeffreys;
  double pseudocount = 1.0;
  std::uint64_t alphabet_size = 0;
  posterior_error error = posterior_error::posterior;
  information_unit unit = information_unit::nats;
};

namespace detail {
struct dirichlet_setting {
  double cells;   ///< K
  double pseudo;  ///< a
};
[[nodiscard]] inline dirichlet_setting dirichlet_check(const summary::frequency_profile& profile,
                                                       const dirichlet_options& options, std::string_view function) {
  if (options.alphabet_size != 0)
    core::check_at_least(function, "alphabet_size", options.alphabet_size, profile.types());
  const auto cells = static_cast<double>(options.alphabet_size == 0 ? profile.cells() : options.alphabet_size);
  switch (options.prior) {
    case dirichlet_prior::jeffreys: return {cells, 0.5};
    case dirichlet_prior::laplace: return {cells, 1.0};
    case dirichlet_prior::perks: return {cells, 1.0 / cells};
    case dirichlet_prior::minimax: return {cells, std::sqrt(static_cast<double>(profile.total())) / cells};
    case dirichlet_prior::pseudocount: break;
  }
  core::check_positive(function, "pseudocount", options.pseudocount);
  return {cells, options.pseudocount};
}

/// Second-order jackknife of −Σ (αᵢ/A) ln(αᵢ/A), αᵢ = nᵢ + a: over α − 1 → α the term α ln α grows by ln α − (α − 1) ln(1 − 1/α).
[[nodiscard]] inline double share_entropy_error(const summary::frequency_profile& profile, double pseudo, double a) {
  const auto x_log_x = [](double x) { return x > 0.0 ? x * std::log(x) : 0.0; };
  const auto step = [&](std::uint64_t r) {
    const double alpha = static_cast<double>(r) + pseudo;
    return r < 10 ? x_log_x(alpha) - x_log_x(alpha - 1.0) : std::log(alpha) - (alpha - 1.0) * std::log1p(-1.0 / alpha);
  };
  return math::delete_one_standard_error(
      profile.entries(), profile.total(), [&](std::uint64_t r) { return step(r) / (a - 1.0); },
      [&](std::uint64_t r) { return (r > 10000 ? 1.0 / static_cast<double>(r) : step(r) - step(r - 1)) / (a - 2.0); });
}

/// Mean and variance of the entropy under the posterior Dirichlet(nᵢ + a), αᵢ = nᵢ + a, A = N + aK.
///
///   mean      m = Σ (αᵢ/A)(ψ(A + 1) − ψ(αᵢ + 1))
///   variance  v = [Σ αᵢ Lᵢ² + Σ αᵢ g(αᵢ + 1) − A g(A + 1)]/(A(A + 1))
///             Lᵢ = ψ(αᵢ + 1) − ψ(A + 1) + m,  g(x) = x ψ′(x) − 1
///
/// The variance follows from Wolpert and Wolf's E[H²] by taking every digamma relative to its mean −m: the terms in m² then
/// drop out before anything is subtracted, where E[H²] − m² loses the digits of m²/v.
struct posterior_moments {
  double mean;
  double variance;
};
[[nodiscard]] inline posterior_moments dirichlet_posterior(const summary::frequency_profile& profile, double cells,
                                                           double pseudo) {
  const double a = static_cast<double>(profile.total()) + pseudo * cells;
  const double unseen = cells - static_cast<double>(profile.types());
  // αᵢ, ψ(A + 1) − ψ(αᵢ + 1) from what is not in αᵢ, and the number of such cells
  const auto each = [&](const auto& visit) {
    const auto cell = [&](std::uint64_t r, double f) {
      const double alpha = static_cast<double>(r) + pseudo;
      const double others = static_cast<double>(profile.total() - r) + pseudo * (cells - 1.0);
      visit(alpha, math::digamma_difference(alpha + 1.0, others), f);
    };
    if (unseen > 0.0) cell(0, unseen);
    for (const auto& [r, f] : profile.entries()) cell(r, static_cast<double>(f));
  };
  double mean = 0.0;
  each([&](double alpha, double deficit, double f) { mean += f * (alpha / a) * deficit; });
  double sum = -a * math::trigamma_excess(a + 1.0);
  each([&](double alpha, double deficit, double f) {
    const double centred = mean - deficit;
    sum += f * alpha * (centred * centred + math::trigamma_excess(alpha + 1.0));
  });
  return {mean, sum / (a * (a + 1.0))};
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Plug-in Shannon entropy of the shares under a Dirichlet prior.
///
///   H = −Σ p ln p over all K cells        p = (nᵢ + a)/(N + aK)
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error by the second-order jackknife with the prior held fixed, the scatter over samples, NaN for
///                 N < 4; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           towards ln K by about aK/N: with K ≫ N the prior is the answer
/// @throws         std::invalid_argument for a negative or fractional count, an alphabet smaller than the symbols seen, or a
///                 pseudo-count that is not positive
/// @see            T. Schürmann, P. Grassberger (1996), Chaos 6, 414–427; S. Trybula (1958), Annals of Mathematical
///                 Statistics 29, 140–144 (minimax)
/// @example        examples/entropy/entropy_of_counts.cpp
struct dirichlet_fn {
  static constexpr std::string_view name = "entropy.dirichlet";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Schürmann and Grassberger (1996)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const dirichlet_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::dirichlet");
    const auto prior = detail::dirichlet_check(profile, options, "entropy::dirichlet");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double a = static_cast<double>(profile.total()) + prior.pseudo * prior.cells;
    const double empty = prior.pseudo / a;
    double h = -(prior.cells - static_cast<double>(profile.types())) * empty * std::log(empty);
    for (const auto& [r, f] : profile.entries()) {
      const double p = (static_cast<double>(r) + prior.pseudo) / a;
      const double rest = (static_cast<double>(profile.total() - r) + prior.pseudo * (prior.cells - 1.0)) / a;
      h -= static_cast<double>(f) * p * (p > 0.5 ? std::log1p(-rest) : std::log(p));
    }
    const double error = profile.total() < 4 ? core::nan : detail::share_entropy_error(profile, prior.pseudo, a);
    return core::in_unit({h, error, profile.total()}, options.unit);
  }
};
inline constexpr dirichlet_fn dirichlet{};

/// Posterior mean of the Shannon entropy under a Dirichlet prior.
///
///   E[H] = ψ(A + 1) − Σ (αᵢ/A) ψ(αᵢ + 1) over all K cells        αᵢ = nᵢ + a,  A = N + aK
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); the standard error is the standard deviation of H under the same posterior, or with
///                 posterior_error::sampling the scatter of the estimate over samples, NaN for N < 4; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           as dirichlet
/// @throws         as dirichlet
/// @see            D. H. Wolpert, D. R. Wolf (1995), Physical Review E 52, 6841–6854
/// @example        examples/entropy/entropy_of_counts.cpp
struct dirichlet_posterior_mean_fn {
  static constexpr std::string_view name = "entropy.dirichlet_posterior_mean";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Wolpert and Wolf (1995)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const dirichlet_posterior_mean_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::dirichlet_posterior_mean");
    const auto prior = detail::dirichlet_check(
        profile, {.prior = options.prior, .pseudocount = options.pseudocount, .alphabet_size = options.alphabet_size},
        "entropy::dirichlet_posterior_mean");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto moments = detail::dirichlet_posterior(profile, prior.cells, prior.pseudo);
    double error = moments.variance > 0.0 || prior.cells == 1.0 ? std::sqrt(moments.variance)
                                                                : core::nan;  // underflowed: pseudo-counts of 1e300
    if (options.error == posterior_error::sampling) {
      // α ψ(α + 1) grows by ψ(α) + 1 over α − 1 → α.
      const double a = static_cast<double>(profile.total()) + prior.pseudo * prior.cells;
      error = profile.total() < 4
                  ? core::nan
                  : math::delete_one_standard_error(
                        profile.entries(), profile.total(),
                        [&](std::uint64_t r) {
                          return (math::digamma(static_cast<double>(r) + prior.pseudo) + 1.0) / (a - 1.0);
                        },
                        [&](std::uint64_t r) {
                          return -1.0 / ((static_cast<double>(r) - 1.0 + prior.pseudo) * (a - 2.0));
                        });
    }
    return core::in_unit({moments.mean, error, profile.total()}, options.unit);
  }
};
inline constexpr dirichlet_posterior_mean_fn dirichlet_posterior_mean{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
