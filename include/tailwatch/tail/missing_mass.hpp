// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::tail {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Missing mass after Good and Turing: the probability that the next observation is a symbol not seen so far.
///
///   M = f₁/N
///
/// The first number to watch when tails thin out: a model that has lost its rare words makes no new ones.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error √((f₁(N − f₁) + 2N f₂)/N³) (Esty): the error of M as an estimate of the mass
///                 that this sample misses. It is NaN where it comes to 0 (f₁ = f₂ = 0, or f₁ = N and f₂ = 0): the formula
///                 then knows nothing of rarer symbols, which is no certainty; take missing_mass_mcallester_schapire_upper.
///                 NaN when N = 0
/// @complexity     O(K) to build the profile, O(1) after it
/// @bias           at most 1/N in expectation, whatever the distribution
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            I. J. Good (1953), Biometrika 40, 237–264; W. W. Esty (1983), Annals of Statistics 11, 905–912
/// @example        examples/tail/missing_mass.cpp
struct missing_mass_fn {
  static constexpr std::string_view name = "tail.missing_mass_good_turing";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Good (1953)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "tail::missing_mass");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const auto f1 = static_cast<double>(profile.f(1));
    const auto f2 = static_cast<double>(profile.f(2));
    const double variance = (f1 / n * (1.0 - f1 / n) + 2.0 * f2 / n) / n;
    return {f1 / n, variance > 0.0 ? std::sqrt(variance) : core::nan, profile.total()};
  }
};
inline constexpr missing_mass_fn missing_mass{};

struct missing_mass_interval_options {
  double level = 0.95;  ///< in (0, 1)
};

/// Normal interval for the missing mass, f₁/N ∓ z √((f₁(N − f₁) + 2N f₂)/N³), not clamped to [0, 1]; as published, so of no width
/// where f₁ = f₂ = 0.
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         ends NaN when N = 0
/// @throws         std::invalid_argument unless 0 < level < 1, and for a negative or fractional count
/// @see            W. W. Esty (1983), Annals of Statistics 11, 905–912
/// @example        examples/tail/missing_mass.cpp
template <summary::count_source Source>
[[nodiscard]] core::interval missing_mass_esty_interval(const Source& source,
                                                        const missing_mass_interval_options& options = {}) {
  core::check_open_interval("tail::missing_mass_esty_interval", "level", options.level, 0.0, 1.0);
  estimate mass = missing_mass(source);
  if (mass.defined() && core::is_nan(mass.standard_error)) mass.standard_error = 0.0;
  return core::confidence_interval(mass, options.level);
}

struct missing_mass_upper_options {
  double delta = 0.05;  ///< in (0, 1): the bound fails with probability at most delta
};

/// Upper bound on the missing mass that holds for every distribution and every N with probability ≥ 1 − δ.
///
///   min(1, f₁/N + (2√2 + √3) √(ln(3/δ)/N))
///
/// Distribution-free and therefore wide: 0.12 above f₁/N at N = 5629.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability, standard error NaN (it is a bound); NaN when N = 0
/// @throws         std::invalid_argument unless 0 < delta < 1, and for a negative or fractional count
/// @see            D. McAllester, R. E. Schapire (2000), Proceedings of COLT 13, 1–6
/// @example        examples/tail/missing_mass.cpp
template <summary::count_source Source>
[[nodiscard]] estimate missing_mass_mcallester_schapire_upper(const Source& source,
                                                              const missing_mass_upper_options& options = {}) {
  core::check_open_interval("tail::missing_mass_mcallester_schapire_upper", "delta", options.delta, 0.0, 1.0);
  const estimate mass = missing_mass(source);
  if (!mass.defined()) return mass;
  constexpr double constant = 4.5604779323150670;  // 2√2 + √3
  const double bound =
      mass.value + constant * std::sqrt(std::log(3.0 / options.delta) / static_cast<double>(mass.count));
  return {std::min(1.0, bound), core::nan, mass.count};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
