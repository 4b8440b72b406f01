// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/chao1.hpp"
#include "tailwatch/diversity/type_token_ratio.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/math/unseen_share.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

/// How order 1 is extrapolated beyond N: the published formula, or what iNEXT 3 computes.
enum class shannon_extrapolation { chao2014, inext3 };

struct hill_number_at_size_options {
  int order = 0;                  ///< 0, 1 or 2
  std::uint64_t sample_size = 1;  ///< m ≥ 1
  shannon_extrapolation extrapolation = shannon_extrapolation::chao2014;
};

namespace detail {

/// E[−(k/m) ln(k/m)] for the hypergeometric number k of `marked` among `draws` from `population`: from the mode outwards by
/// the ratio of neighbouring probabilities, normalised by their sum, so that no factorial is needed.
[[nodiscard]] inline double expected_entropy_term(double population, double marked, double draws) {
  const double least = std::max(0.0, marked + draws - population);
  const double most = std::min(marked, draws);
  const double mode = std::clamp(std::floor((draws + 1.0) * (marked + 1.0) / (population + 2.0)), least, most);
  const auto up = [&](double k) {  // P(k + 1)/P(k)
    return (marked - k) / (k + 1.0) * ((draws - k) / (population - marked - draws + k + 1.0));
  };
  const auto term = [&](double k) { return k > 0.0 ? -(k / draws) * std::log(k / draws) : 0.0; };
  double mass = 1.0;
  double sum = term(mode);
  double p = 1.0;
  for (double k = mode; k < most && p > 1e-18; k += 1.0) {
    p *= up(k);
    mass += p;
    sum += p * term(k + 1.0);
  }
  p = 1.0;
  for (double k = mode; k > least && p > 1e-18; k -= 1.0) {
    p /= up(k - 1.0);
    mass += p;
    sum += p * term(k - 1.0);
  }
  return sum / mass;
}

/// Expected plug-in entropy of m ≤ N observations drawn without replacement.
[[nodiscard]] inline double rarefied_entropy(const summary::frequency_profile& profile, double draws) {
  const auto n = static_cast<double>(profile.total());
  double h = 0.0;
  for (const auto& e : profile.entries())
    h += static_cast<double>(e.multiplicity) * expected_entropy_term(n, static_cast<double>(e.count), draws);
  return h;
}

[[nodiscard]] inline double types_at_size(const summary::frequency_profile& profile, double m) {
  const auto n = static_cast<double>(profile.total());
  double types = 0.0;
  if (m <= n) {
    for (const auto& e : profile.entries())
      types -= static_cast<double>(e.multiplicity) * std::expm1(math::log_absent(n, static_cast<double>(e.count), m));
    return types;
  }
  types = static_cast<double>(profile.types());
  const auto f1 = static_cast<double>(profile.f(1));
  const double unseen =
      chao1_of(types, f1, static_cast<double>(profile.f(2)), n, chao1_variant::finite_sample).value - types;
  if (f1 == 0.0 || !(unseen > 0.0)) return types;
  return types - unseen * std::expm1((m - n) * std::log1p(-f1 / (n * unseen + f1)));
}

[[nodiscard]] inline double shannon_at_size(const summary::frequency_profile& profile, double m,
                                            shannon_extrapolation rule) {
  const auto n = static_cast<double>(profile.total());
  if (m <= n) return std::exp(rarefied_entropy(profile, m));
  const double observed = math::renyi_entropy(profile.entries(), profile.total(), 1.0).value;
  double asymptotic = math::unseen_entropy(profile.f(1), profile.f(2), profile.total());
  const double psi_n = math::digamma(n);
  for (const auto& e : profile.entries()) {
    const auto count = static_cast<double>(e.count);
    asymptotic += static_cast<double>(e.multiplicity) * (count / n) * (psi_n - math::digamma(count));
  }
  if (rule == shannon_extrapolation::chao2014) return std::exp(n / m * observed + (m - n) / m * asymptotic);
  const double from = std::exp(observed);
  const double to = std::exp(asymptotic);
  if (to == from || profile.total() < 2) return from;
  const double before = std::exp(rarefied_entropy(profile, n - 1.0));
  return from - (to - from) * std::expm1((m - n) * std::log1p(-(from - before) / (to - before)));
}

/// Delete-one jackknife of a sum of φ(nᵢ; N): without one observation of a symbol seen r times it changes by φ(r − 1) − φ(r), both of
/// N − 1 observations, and by a constant.
template <class Term>
[[nodiscard]] double delete_one_of_sum(const summary::frequency_profile& profile, const Term& term) {
  const double rest = static_cast<double>(profile.total()) - 1.0;
  return math::delete_one_standard_error(profile.entries(), profile.total(), [&](std::uint64_t r) {
    return term(rest, static_cast<double>(r - 1)) - term(rest, static_cast<double>(r));
  });
}

/// Standard error of a rarefied number; NaN for orders 0 and 1 beyond N.
[[nodiscard]] inline double error_at_size(const summary::frequency_profile& profile, int order, std::uint64_t size,
                                          double value) {
  const auto n = static_cast<double>(profile.total());
  const auto m = static_cast<double>(size);
  if (profile.total() < 3) return core::nan;
  double error = core::nan;
  if (order == 2) {
    const double pairs = (n - 1.0) * (n - 2.0);
    error = value * value * (1.0 - 1.0 / m) *
            math::delete_one_standard_error(profile.entries(), profile.total(),
                                            [&](std::uint64_t r) { return -2.0 * static_cast<double>(r - 1) / pairs; });
  } else if (size < profile.total()) {
    error = order == 0 ? delete_one_of_sum(profile,
                                           [&](double population, double count) {
                                             return -std::expm1(math::log_absent(population, count, m));
                                           })
                       : value * delete_one_of_sum(profile, [&](double population, double count) {
                           return expected_entropy_term(population, count, m);
                         });
  } else if (size == profile.total()) {
    error = order == 0 ? n * type_ratio_error(profile)
                       : value * math::renyi_entropy(profile.entries(), profile.total(), 1.0).standard_error;
  }
  return error > 0.0 ? error : core::nan;
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hill number that a sample of m observations of the same source would show: rarefied for m ≤ N, extrapolated beyond.
///
///   q = 0  S − Σ C(N − nᵢ, m)/C(N, m);  beyond N: S + f₀[1 − (1 − f₁/(N f₀ + f₁))^{m−N}], f₀ = Chao1 (finite_sample) − S
///   q = 1  exp of the expected entropy of m observations;  beyond N: exp[(N/m)H + (1 − N/m)H_CWJ], or iNEXT's rule
///   q = 2  1/(1/m + (1 − 1/m) Σ nᵢ(nᵢ − 1)/(N(N − 1))), any m
///
/// Compare two corpora of different length at one m; beyond 2N the numbers are guesses.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         effective symbols; standard error by the delete-one jackknife for m < N and for q = 2 at any m, as hill_number
///                 at m = N, NaN for q < 2 beyond N, where it is not known; NaN when N = 0
/// @complexity     O(K) to build the profile; per distinct count O(min(m, nᵢ) ∧ 4096) for q = 0, O(√m) typically for q = 1
/// @throws         std::invalid_argument unless order is 0, 1 or 2 and sample_size ≥ 1, and for a negative or fractional count
/// @see            A. Chao et al. (2014), Ecological Monographs 84, 45–67
/// @example        examples/diversity/richness.cpp
struct hill_number_at_size_fn {
  static constexpr std::string_view name = "diversity.hill_number_at_size";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao et al. (2014)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const hill_number_at_size_options& options = {}) const {
    constexpr std::string_view function = "diversity::hill_number_at_size";
    core::check(options.order >= 0 && options.order <= 2, function, "order", options.order, "0, 1 or 2");
    core::check_at_least(function, "sample_size", options.sample_size, std::uint64_t{1});
    const auto& profile = summary::profile_of(source, function);
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto m = static_cast<double>(options.sample_size);
    double value = 0.0;
    if (options.order == 0) {
      value = detail::types_at_size(profile, m);
    } else if (options.order == 1) {
      value = detail::shannon_at_size(profile, m, options.extrapolation);
    } else {
      const auto n = static_cast<double>(profile.total());
      double agree = 0.0;
      for (const auto& [r, f] : profile.entries())
        agree += static_cast<double>(f) * (static_cast<double>(r) / n) * (static_cast<double>(r - 1) / (n - 1.0));
      value = profile.total() == 1 ? 1.0 : 1.0 / (1.0 / m + (1.0 - 1.0 / m) * agree);
    }
    return {value, detail::error_at_size(profile, options.order, options.sample_size, value), profile.total()};
  }
};
inline constexpr hill_number_at_size_fn hill_number_at_size{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
