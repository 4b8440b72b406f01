// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/chao1.hpp"
#include "tailwatch/diversity/detail/asymptotic_profile.hpp"
#include "tailwatch/diversity/simpson.hpp"
#include "tailwatch/diversity/type_token_ratio.hpp"
#include "tailwatch/math/count_difference.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/frequency_count_error.hpp"
#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

/// How order 1 is extrapolated beyond N: the published formula, or what iNEXT 3 computes.
enum class shannon_extrapolation { chao2014, inext3 };

struct hill_number_at_size_options {
  double order = 0.0;             ///< q ≥ 0, finite
  std::uint64_t sample_size = 1;  ///< m ≥ 1
  shannon_extrapolation extrapolation = shannon_extrapolation::chao2014;
};

namespace detail {

/// The expected diversity of a sample of order q as a sum over symbols of φ(share), and back: −p ln p for Shannon, p·expm1((q − 1) ln p)
/// near it, where Σ p^q − 1 keeps its digits, else (p/top)^q, top the largest share there can be, so that no power underflows.
struct order_terms {
  double q;
  double top = 1.0;
  [[nodiscard]] bool near_one() const noexcept { return std::abs(q - 1.0) < 0.5; }
  [[nodiscard]] double operator()(double share) const noexcept {
    if (q == 1.0) return -share * std::log(share);
    return near_one() ? share * std::expm1((q - 1.0) * std::log(share)) : std::pow(share / top, q);
  }
  /// d^k φ/d share^k, k ≥ 2
  [[nodiscard]] double derivative(int k, double share) const noexcept {
    double d = q == 1.0 ? -1.0 / share : q * (q - 1.0) * std::pow(share / top, q) / share / share;
    for (int i = 2; i < k; ++i) d *= (q - static_cast<double>(i)) / share;
    return near_one() && q != 1.0 ? d * std::pow(top, q) : d;
  }
  /// Expected count from which φ is a parabola of fourth degree over the scatter of the count.
  [[nodiscard]] double smooth_from() const noexcept { return 1e6 * std::max(1.0, q * q); }
  /// NaN where the sum of powers leaves the range of a double (q above 1000).
  [[nodiscard]] double number(double sum) const noexcept {
    if (q == 1.0) return std::exp(sum);
    if (!near_one() && !(sum > 0.0)) return core::nan;
    if (near_one()) return std::exp(std::log1p(sum) / (1.0 - q));
    return std::exp(std::log(sum) / (1.0 - q) + q / (1.0 - q) * std::log(top));
  }
  /// d number/d sum
  [[nodiscard]] double slope(double sum) const noexcept {
    if (q == 1.0) return std::exp(sum);
    return number(sum) / ((1.0 - q) * (near_one() ? 1.0 + sum : sum));
  }
};

/// E φ(k/m) for the hypergeometric number k ≥ 1 of `marked` among m `draws` from `population`: from the mode outwards by the ratio of
/// neighbouring probabilities, normalised by their sum, so that no factorial is needed. φ(0) is taken as 0. From a mean of 10⁶ on by
/// Taylor's series to fourth order about it, whose next term is below 10⁻¹⁸ of φ.
[[nodiscard]] inline double expected_share_term(double population, double marked, double draws,
                                                const order_terms& phi) {
  if (const double share = marked / population; share * draws > phi.smooth_from()) {
    const double rest = std::max(0.0, population - draws) / (population - 1.0);
    const double variance = share * ((population - marked) / population) * rest / draws;
    const double third = variance * (1.0 - 2.0 * share) * ((population - 2.0 * draws) / (population - 2.0)) / draws;
    return phi(share) + variance / 2.0 * phi.derivative(2, share) + third / 6.0 * phi.derivative(3, share) +
           variance * variance / 8.0 * phi.derivative(4, share);
  }
  const double least = std::max(0.0, marked + draws - population);
  const double most = std::min(marked, draws);
  const double mode = std::clamp(std::floor((draws + 1.0) * (marked + 1.0) / (population + 2.0)), least, most);
  const auto up = [&](double k) {  // P(k + 1)/P(k)
    return (marked - k) / (k + 1.0) * ((draws - k) / (population - marked - draws + k + 1.0));
  };
  const auto term = [&](double k) { return k > 0.0 ? phi(k / draws) : 0.0; };
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

[[nodiscard]] inline order_terms order_terms_of(const summary::frequency_profile& profile, double order, double draws) {
  return {order, std::min(1.0, static_cast<double>(profile.largest()) / draws)};
}

/// Σ E φ over the symbols, m ≤ N observations drawn without replacement.
[[nodiscard]] inline double rarefied_sum(const summary::frequency_profile& profile, double draws,
                                         const order_terms& phi) {
  const auto n = static_cast<double>(profile.total());
  double sum = 0.0;
  for (const auto& e : profile.entries())
    sum += static_cast<double>(e.multiplicity) * expected_share_term(n, static_cast<double>(e.count), draws, phi);
  return sum;
}

[[nodiscard]] inline double types_at_size(double types, double f1, double f2, double n, double m) {
  const double unseen = chao1_of(types, f1, f2, n, chao1_variant::finite_sample).value - types;
  if (f1 == 0.0 || !(unseen > 0.0)) return types;
  return types - unseen * std::expm1((m - n) * std::log1p(-f1 / (n * unseen + f1)));
}

[[nodiscard]] inline double types_at_size(const summary::frequency_profile& profile, double m) {
  const auto n = static_cast<double>(profile.total());
  double types = 0.0;
  if (m > n)
    return types_at_size(static_cast<double>(profile.types()), static_cast<double>(profile.f(1)),
                         static_cast<double>(profile.f(2)), n, m);
  for (const auto& e : profile.entries())
    types -= static_cast<double>(e.multiplicity) * std::expm1(math::log_absent(n, static_cast<double>(e.count), m));
  return types;
}

/// 1/(1/m + (1 − 1/m) Σ nᵢ(nᵢ − 1)/(N(N − 1))), any m.
[[nodiscard]] inline double simpson_at_size(const summary::frequency_profile& profile, double m) {
  if (profile.total() == 1) return 1.0;
  const auto n = static_cast<double>(profile.total());
  double agree = 0.0;
  for (const auto& [r, f] : profile.entries())
    agree += static_cast<double>(f) * (static_cast<double>(r) / n) * (static_cast<double>(r - 1) / (n - 1.0));
  return 1.0 / (1.0 / m + (1.0 - 1.0 / m) * agree);
}

[[nodiscard]] inline double number_at_size(const summary::frequency_profile& profile, double order, double m,
                                           shannon_extrapolation rule) {
  if (order == 0.0) return types_at_size(profile, m);
  if (order == 2.0) return simpson_at_size(profile, m);
  const auto n = static_cast<double>(profile.total());
  if (m < n) {
    const order_terms phi = order_terms_of(profile, order, m);
    return phi.number(rarefied_sum(profile, m, phi));
  }
  const double observed = math::renyi_entropy(profile.entries(), profile.total(), order).value;
  if (m == n) return std::exp(observed);
  const double asymptotic = asymptotic_renyi(profile, order);
  if (order == 1.0 && rule == shannon_extrapolation::chao2014)
    return std::exp(n / m * observed + (m - n) / m * asymptotic);
  const double from = std::exp(observed);
  const double to = std::exp(asymptotic);
  if (to == from || profile.total() < 2) return from;
  const order_terms phi = order_terms_of(profile, order, n - 1.0);
  const double before = phi.number(rarefied_sum(profile, n - 1.0, phi));
  return from - (to - from) * std::expm1((m - n) * std::log1p(-(from - before) / (to - before)));
}

/// Second-order jackknife of a sum of φ(nᵢ; N): without one observation of a symbol seen r times it changes by φ(r − 1) − φ(r), both of
/// N − 1 observations, and by a constant.
template <class Term>
[[nodiscard]] double delete_one_of_sum(const summary::frequency_profile& profile, const Term& term) {
  const double rest = static_cast<double>(profile.total()) - 1.0;
  return math::delete_one_standard_error(
      profile.entries(), profile.total(),
      [&](std::uint64_t r) { return math::count_drop([&](double count) { return term(rest, count); }, r, rest); },
      [&](std::uint64_t r) {
        return math::count_bend([&](double count) { return term(rest - 1.0, count); }, r, rest - 1.0);
      });
}

/// Error of the number of types in a larger sample.
[[nodiscard]] inline double extrapolated_types_error(const summary::frequency_profile& profile, double m) {
  const auto n = static_cast<double>(profile.total());
  return math::frequency_count_error(profile.entries(), profile.total(), 2, 1.0, [&](const std::vector<double>& f) {
    return types_at_size(0.0, f[0], f[1], n, m);
  });
}

/// Second-order jackknife of (N/m)H + (1 − N/m)H_CWJ, and of `more` as above.
template <class More>
[[nodiscard]] double extrapolated_shannon_error(const summary::frequency_profile& profile, double m, const More& more) {
  if (profile.total() < 4) return core::nan;
  const auto n = static_cast<double>(profile.total());
  const auto of_sample = [&](const asymptotic_profile& of, const unseen_without& unseen, double rest, std::uint64_t r,
                             std::uint64_t gone) {
    const auto observed = [&](std::uint64_t count) {
      const double share = static_cast<double>(count) / rest;
      return count == 0 ? 0.0 : -share * std::log(share);
    };
    return n / m * (observed(r - gone) - observed(r)) +
           (m - n) / m * (of.term(r - gone) - of.term(r) + unseen(r, gone));
  };
  const asymptotic_profile one(profile.total() - 1, 1.0), two(profile.total() - 2, 1.0);
  const unseen_without unseen_one(one, profile.f(1), profile.f(2)), unseen_two(two, profile.f(1), profile.f(2));
  const auto of_count = [&](double count) {
    const double share = count / (n - 1.0);
    return (m - n) / m * one.term(static_cast<std::uint64_t>(count)) - n / m * share * std::log(share);
  };
  return math::delete_one_standard_error(
      profile.entries(), profile.total(),
      [&](std::uint64_t r) {
        if (r < 1000000) return of_sample(one, unseen_one, n - 1.0, r, 1) + more(r);
        return math::count_drop(of_count, r, n - 1.0) + (m - n) / m * unseen_one(r, 1) + more(r);
      },
      [&](std::uint64_t r) {
        if (r > 10000) return -1.0 / (static_cast<double>(r) * (n - 2.0));  // of both −p ln p and its unbiased form
        return of_sample(two, unseen_two, n - 2.0, r, 0) - 2.0 * of_sample(two, unseen_two, n - 2.0, r, 1) +
               of_sample(two, unseen_two, n - 2.0, r, 2);
      });
}

/// Standard error at size m; NaN beyond N for orders other than 0, 1 (chao2014) and 2.
[[nodiscard]] inline double error_at_size(const summary::frequency_profile& profile,
                                          const hill_number_at_size_options& options, double value) {
  const auto n = static_cast<double>(profile.total());
  const auto m = static_cast<double>(options.sample_size);
  const double order = options.order;
  if (profile.total() < 3) return core::nan;
  const auto none = [](std::uint64_t) { return 0.0; };
  double error = core::nan;
  if (order == 2.0) {
    error = value * value * (1.0 - 1.0 / m) * simpson_of(profile).unbiased_error;
  } else if (options.sample_size < profile.total()) {
    const order_terms phi = order_terms_of(profile, order, m);
    error = order == 0.0 ? delete_one_of_sum(profile,
                                             [&](double population, double count) {
                                               return -std::expm1(math::log_absent(population, count, m));
                                             })
                         : std::abs(phi.slope(rarefied_sum(profile, m, phi))) *
                               delete_one_of_sum(profile, [&](double population, double count) {
                                 return expected_share_term(population, count, m, phi);
                               });
  } else if (options.sample_size == profile.total()) {
    error = order == 0.0
                ? n * type_ratio_error(profile)
                : value * math::renyi_jackknife_error(profile.entries(), profile.total(), order, std::log(value));
  } else if (order == 0.0) {
    error = extrapolated_types_error(profile, m);
  } else if (order == 1.0 && options.extrapolation == shannon_extrapolation::chao2014) {
    error = value * extrapolated_shannon_error(profile, m, none);
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
///   other  (Σ_k (k/m)^q E f_k(m))^{1/(1−q)};  beyond N, as iNEXT: D(N) + (D(∞) − D(N))(1 − (1 − b)^{m−N}), D(∞) =
///          hill_number_asymptotic, b = (D(N) − D(N − 1))/(D(∞) − D(N − 1))
///
/// Compare two corpora of different length at one m; beyond 2N the numbers are guesses.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         effective symbols; standard error by the second-order jackknife, as hill_number at m = N, of order 0 beyond N by
///                 math::frequency_count_error; NaN beyond N for orders other than 0, 1 and 2 and for inext3: see hill_number_bands. NaN when N = 0
/// @complexity     O(K) to build the profile; per distinct count O(min(m, nᵢ) ∧ 4096) for q = 0, O(1) for q = 2, else O(√m) typically
/// @bias           none at q = 0 for m ≤ N, and small at other q; beyond N that of hill_number_asymptotic comes in with m/N
/// @throws         std::invalid_argument unless order ≥ 0 is finite and sample_size ≥ 1, and for a negative or fractional count
/// @see            A. Chao et al. (2014), Ecological Monographs 84, 45–67; R. K. Colwell et al. (2012), Journal of Plant Ecology 5,
///                 3–21; T. C. Hsieh, K. H. Ma, A. Chao (2016), Methods in Ecology and Evolution 7, 1451–1456
/// @example        examples/diversity/richness.cpp
struct hill_number_at_size_fn {
  static constexpr std::string_view name = "diversity.hill_number_at_size";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao et al. (2014)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const hill_number_at_size_options& options = {}) const {
    constexpr std::string_view function = "diversity::hill_number_at_size";
    core::check(core::is_finite(options.order) && options.order >= 0.0, function, "order", options.order,
                "at least 0 and finite");
    core::check_at_least(function, "sample_size", options.sample_size, std::uint64_t{1});
    const auto& profile = summary::profile_of(source, function);
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double value =
        detail::number_at_size(profile, options.order, static_cast<double>(options.sample_size), options.extrapolation);
    return {value, detail::error_at_size(profile, options, value), profile.total()};
  }
};
inline constexpr hill_number_at_size_fn hill_number_at_size{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
