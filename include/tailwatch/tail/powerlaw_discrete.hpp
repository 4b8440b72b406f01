// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/hurwitz_zeta.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

/// `exact`: the likelihood with Hurwitz's zeta; `continuous_approximation`: α = 1 + n/Σ ln(x/(xmin − ½)), poor for xmin < 6.
enum class powerlaw_discrete_method { exact, continuous_approximation };

struct powerlaw_discrete_options {
  std::uint64_t xmin = 1;  ///< ≥ 1
  powerlaw_discrete_method method = powerlaw_discrete_method::exact;
};

struct powerlaw_discrete_distance_options {
  std::uint64_t xmin = 1;  ///< ≥ 1
};

struct powerlaw_discrete_xmin_fit {
  std::uint64_t xmin = 0;       ///< 0: none
  estimate exponent;            ///< α of the observations ≥ xmin
  double distance = core::nan;  ///< Kolmogorov–Smirnov distance there
};

/// Whole-number observations: how often each word occurs, how long each document is. Each count is one observation.
template <class Source>
concept whole_number_source = summary::count_source<Source> || sample_source<Source>;

namespace detail {

using profile_entries = std::span<const summary::frequency_profile::entry>;

template <whole_number_source Source, class Use>
[[nodiscard]] auto with_observations(const Source& source, std::string_view function, const Use& use) {
  if constexpr (summary::count_source<Source>) {
    return use(summary::profile_of(source, function));
  } else {
    return use(summary::frequency_profile(core::counts(core::as_span(source)), function));
  }
}

/// The observations ≥ xmin.
[[nodiscard]] inline profile_entries entries_from(const summary::frequency_profile& profile, std::uint64_t xmin) {
  const profile_entries all = profile.entries();
  const auto at = std::ranges::lower_bound(all, xmin, {}, &summary::frequency_profile::entry::count);
  return all.subspan(static_cast<std::size_t>(at - all.begin()));
}

/// Root α of E_α ln(x/xmin) = mean ln(x/xmin), which falls in α from ∞ at 1 to 0.
[[nodiscard]] inline estimate powerlaw_discrete_exponent(profile_entries tail, double xmin) {
  double sum = 0.0;
  std::uint64_t count = 0;
  for (const auto& e : tail) {
    const double excess = static_cast<double>(e.count) - xmin;
    sum += static_cast<double>(e.multiplicity) * std::log1p(excess / xmin);
    count += e.multiplicity;
  }
  if (!(sum > 0.0)) return {core::nan, core::nan, count};
  const auto n = static_cast<double>(count);
  const double mean = sum / n;
  double low = 1.0;
  double high = core::infinity;
  double alpha = 1.0 + 1.0 / (mean + std::log(xmin / (xmin - 0.5)));
  double variance = core::nan;
  for (int i = 0; i < 200; ++i) {
    const math::hurwitz_zeta_sums z = math::hurwitz_zeta_scaled(alpha, xmin);
    const double expected = z.z1 / z.z0;
    variance = z.z2 / z.z0 - expected * expected;
    (expected > mean ? low : high) = alpha;
    // Newton on the logarithm of the expectation, which is close to a straight line in ln(α − 1).
    double next = 1.0 + (alpha - 1.0) * std::exp(std::log(expected / mean) * expected / (variance * (alpha - 1.0)));
    if (!(next > low && next < high)) next = core::is_finite(high) ? 0.5 * (low + high) : 1.0 + 2.0 * (alpha - 1.0);
    const double step = std::abs(next - alpha);
    alpha = next;
    if (step <= 4e-16 * alpha) break;
  }
  return {alpha, 1.0 / std::sqrt(n * variance), count};
}

/// The distance over every integer from xmin to the largest observation. Between two observed values the empirical distribution
/// stands still and the fitted one rises, so the extremes lie at an observed value and just below the next one. Gives up with
/// whatever exceeds `limit`; looks first at the observed value `probe` and leaves there where it was worst.
[[nodiscard]] inline double powerlaw_discrete_distance(profile_entries tail, double xmin, double alpha, double count,
                                                       double limit, std::uint64_t& probe) {
  const double whole = math::hurwitz_zeta_scaled(alpha, xmin).z0;
  const auto above = [&](double x) {  // P(X ≥ x)
    return std::exp(-alpha * std::log1p((x - xmin) / xmin)) * math::hurwitz_zeta_scaled(alpha, x).z0 / whole;
  };
  const auto gap = [&](const summary::frequency_profile::entry& e, double left) {  // left: observations ≥ e.count
    const auto x = static_cast<double>(e.count);
    const double below = std::abs(left / count - above(x));  // at x − 1; nothing at xmin − 1
    return std::max(below, std::abs((left - static_cast<double>(e.multiplicity)) / count - above(x + 1.0)));
  };
  double left = count;
  if (core::is_finite(limit)) {
    for (const auto& e : tail) {
      if (e.count == probe) {
        const double there = gap(e, left);
        if (there > limit) return there;
      }
      if (e.count >= probe) break;
      left -= static_cast<double>(e.multiplicity);
    }
    left = count;
  }
  double distance = 0.0;
  for (const auto& e : tail) {
    const double here = gap(e, left);
    left -= static_cast<double>(e.multiplicity);
    if (here <= distance) continue;
    distance = here;
    probe = e.count;
    if (distance > limit) break;
  }
  return distance;
}

[[nodiscard]] inline double powerlaw_discrete_distance(profile_entries tail, double xmin, const estimate& alpha) {
  std::uint64_t probe = 0;
  return powerlaw_discrete_distance(tail, xmin, alpha.value, static_cast<double>(alpha.count), core::infinity, probe);
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Exponent of a power law of whole numbers from xmin, by maximum likelihood.
///
///   p(x) = x^{−α}/ζ(α, xmin), x = xmin, xmin + 1, …;  −ζ′(α, xmin)/ζ(α, xmin) = mean ln x
///
/// The law that word frequencies and duplicate-group sizes follow. The continuous `powerlaw` is far off there: it takes the many
/// values equal to xmin for a coincidence.
/// @param source   observations: an integer range, counts(x), a counting state or a profile (each symbol's count is one
///                 observation), sample(x) or a floating range of whole numbers; those below xmin are left out
/// @return         α and the number n of observations ≥ xmin; standard error 1/√(n Var ln x) under the fit, (α − 1)/√n for the
///                 approximation; NaN when none lies above xmin or an observation is NaN or infinite
/// @complexity     O(K) to build the profile, O(distinct values) after it
/// @bias           O(1/n); of continuous_approximation downwards below xmin = 6: 1.94 for 2.31 at xmin = 1
/// @throws         std::invalid_argument for xmin = 0 and a negative or fractional observation
/// @see            A. Clauset, C. R. Shalizi, M. E. J. Newman (2009), SIAM Review 51, 661–703
/// @example        examples/tail/laws_of_words.cpp
struct powerlaw_discrete_fn {
  static constexpr std::string_view name = "tail.powerlaw_alpha_discrete";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Clauset, Shalizi and Newman (2009)";

  template <whole_number_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const powerlaw_discrete_options& options = {}) const {
    constexpr std::string_view function = "tail::powerlaw_discrete";
    core::check_at_least(function, "xmin", options.xmin, std::uint64_t{1});
    return detail::with_observations(source, function, [&](const summary::frequency_profile& profile) -> estimate {
      const auto tail = detail::entries_from(profile, options.xmin);
      const auto xmin = static_cast<double>(options.xmin);
      estimate e = detail::powerlaw_discrete_exponent(tail, xmin);
      if (!profile.defined()) return {core::nan, core::nan, e.count};
      if (options.method == powerlaw_discrete_method::exact || e.count == 0) return e;
      double sum = 0.0;
      for (const auto& x : tail)
        sum += static_cast<double>(x.multiplicity) * std::log(static_cast<double>(x.count) / (xmin - 0.5));
      const auto n = static_cast<double>(e.count);
      return {1.0 + n / sum, std::sqrt(n) / sum, e.count};
    });
  }
};
inline constexpr powerlaw_discrete_fn powerlaw_discrete{};

/// Kolmogorov–Smirnov distance between the whole numbers ≥ xmin and the discrete power law fitted to them.
///
///   max |F(x) − F̂(x)| over every integer x from xmin to the largest observation, observed or not;  F(x) = 1 − ζ(α, x + 1)/ζ(α, xmin)
///
/// @param source   as powerlaw_discrete
/// @return         distance in [0, 1] and the number of observations ≥ xmin, standard error NaN; NaN as powerlaw_discrete
/// @complexity     O(K) to build the profile, O(distinct values) after it
/// @bias           downwards: the exponent was fitted to the same data, so Kolmogorov's law gives no p-value
/// @throws         as powerlaw_discrete
/// @see            A. Clauset, C. R. Shalizi, M. E. J. Newman (2009), SIAM Review 51, 661–703
/// @example        examples/tail/laws_of_words.cpp
struct powerlaw_discrete_distance_fn {
  static constexpr std::string_view name = "tail.powerlaw_kolmogorov_smirnov_discrete";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Clauset, Shalizi and Newman (2009)";

  template <whole_number_source Source>
  [[nodiscard]] estimate operator()(const Source& source,
                                    const powerlaw_discrete_distance_options& options = {}) const {
    constexpr std::string_view function = "tail::powerlaw_discrete_distance";
    core::check_at_least(function, "xmin", options.xmin, std::uint64_t{1});
    return detail::with_observations(source, function, [&](const summary::frequency_profile& profile) -> estimate {
      const auto tail = detail::entries_from(profile, options.xmin);
      const auto xmin = static_cast<double>(options.xmin);
      const estimate alpha = detail::powerlaw_discrete_exponent(tail, xmin);
      if (!profile.defined() || !alpha.defined()) return {core::nan, core::nan, alpha.count};
      return {detail::powerlaw_discrete_distance(tail, xmin, alpha), core::nan, alpha.count};
    });
  }
};
inline constexpr powerlaw_discrete_distance_fn powerlaw_discrete_distance{};

/// Start of the discrete power-law tail: the observed value whose tail is closest to its fitted power law.
///
/// Candidates are the distinct positive observations except the two largest; the smallest one wins a tie.
/// @param source   as powerlaw_discrete
/// @return         xmin, exponent and distance; xmin = 0 and NaN with fewer than three distinct values or where an observation is
///                 NaN or infinite. The exponent's standard error takes xmin as given
/// @complexity     O(K) to build the profile, O(distinct values²) after it; most candidates are given up early
/// @bias           towards short tails, which fit by chance
/// @throws         std::invalid_argument for a negative or fractional observation
/// @see            A. Clauset, C. R. Shalizi, M. E. J. Newman (2009), SIAM Review 51, 661–703
/// @example        examples/tail/laws_of_words.cpp
struct powerlaw_discrete_xmin_fn {
  static constexpr std::string_view name = "tail.powerlaw_discrete_xmin_scan";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Clauset, Shalizi and Newman (2009)";

  template <whole_number_source Source>
  [[nodiscard]] powerlaw_discrete_xmin_fit operator()(const Source& source) const {
    return detail::with_observations(source, "tail::powerlaw_discrete_xmin",
                                     [](const summary::frequency_profile& profile) {
                                       powerlaw_discrete_xmin_fit best;
                                       const detail::profile_entries all = profile.entries();
                                       if (!profile.defined()) return best;
                                       double closest = core::infinity;
                                       std::uint64_t probe = 0;
                                       for (std::size_t i = 0; i + 2 < all.size(); ++i) {
                                         const auto tail = all.subspan(i);
                                         const auto xmin = static_cast<double>(tail.front().count);
                                         const estimate alpha = detail::powerlaw_discrete_exponent(tail, xmin);
                                         const double distance = detail::powerlaw_discrete_distance(
                                             tail, xmin, alpha.value, static_cast<double>(alpha.count), closest, probe);
                                         if (distance < closest) {
                                           closest = distance;
                                           best = {tail.front().count, alpha, distance};
                                         }
                                       }
                                       return best;
                                     });
  }
};
inline constexpr powerlaw_discrete_xmin_fn powerlaw_discrete_xmin{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
