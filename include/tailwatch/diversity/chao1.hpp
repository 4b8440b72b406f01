// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/math/frequency_count_error.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

/// Published forms of Chao1; software that only says "Chao1" may mean any of them.
///
///   bias_corrected  S + f₁(f₁ − 1)/(2(f₂ + 1))
///   classic         S + f₁²/(2f₂);  f₂ = 0: S + f₁(f₁ − 1)/2
///   finite_sample   the classic increment times (N − 1)/N: Chao's current form (iNEXT, SpadeR)
enum class chao1_variant { bias_corrected, classic, finite_sample };

/// Standard error of Chao1.
///
///   frequency_counts  the scatter over samples with f₁, f₂ and the unseen symbols about what rare counts promise (math::frequency_count_error)
///   published         Chao (1987) as EstimateS gives it: the delta method at the observed f₁ and f₂
enum class chao1_error { frequency_counts, published };

struct chao1_options {
  chao1_variant variant = chao1_variant::bias_corrected;
  chao1_error error = chao1_error::frequency_counts;
};

struct chao1_interval_options {
  chao1_variant variant = chao1_variant::bias_corrected;
  double level = 0.95;  ///< in (0, 1)
  chao1_error error = chao1_error::published;
};

struct chao2_options {
  std::uint64_t sampling_units = 1;  ///< T ≥ 1
  chao1_variant variant = chao1_variant::finite_sample;
};

namespace detail {

/// The increment over S and its variance; `size` is N (or T), used by finite_sample alone.
[[nodiscard]] inline estimate chao1_of(double types, double f1, double f2, double size, chao1_variant variant) {
  const double k = variant == chao1_variant::finite_sample ? (size - 1.0) / size : 1.0;
  double unseen = 0.0;
  if (variant == chao1_variant::bias_corrected) {
    unseen = f1 * (f1 - 1.0) / (2.0 * (f2 + 1.0));
  } else {
    unseen = k * (f2 > 0.0 ? f1 * f1 / (2.0 * f2) : f1 * (f1 - 1.0) / 2.0);
  }
  const double value = types + unseen;
  double variance = core::nan;
  if (f1 > 0.0 && f2 > 0.0) {
    if (variant == chao1_variant::bias_corrected) {
      const double g = f2 + 1.0;
      const double twice = 2.0 * f1 - 1.0;
      variance = f1 * (f1 - 1.0) / (2.0 * g) + f1 * twice * twice / (4.0 * g * g) +
                 f1 * f1 * f2 * (f1 - 1.0) * (f1 - 1.0) / (4.0 * g * g * g * g);
    } else {
      const double r = f1 / f2;
      variance = f2 * (k * r * r / 2.0 + k * k * r * r * r + k * k * r * r * r * r / 4.0);
    }
  } else if (f1 > 0.0 && (f1 > 1.0 || variant != chao1_variant::finite_sample)) {
    const double twice = 2.0 * f1 - 1.0;
    variance = k * f1 * (f1 - 1.0) / 2.0 + k * k * f1 * twice * twice / 4.0 - k * k * f1 * f1 * f1 * f1 / (4.0 * value);
  }
  return {value, std::sqrt(variance), 0};
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Chao1: a lower bound on the number of symbols of the source, from those seen once and twice.
///
///   S + f₁(f₁ − 1)/(2(f₂ + 1)), or another variant
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         types; standard error as chao1_error says: `frequency_counts` is NaN where nothing was seen six times or less, `published`
///                 when f₁ = 0 (and for finite_sample when f₁ = 1, f₂ = 0). For an interval see chao1_confidence_interval. NaN
///                 when N = 0
/// @complexity     O(K) to build the profile, some 20 µs after it; with `published` O(log distinct counts)
/// @bias           a lower bound in expectation; unbiased when the rare symbols are equally frequent
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            A. Chao (1984), Scandinavian Journal of Statistics 11, 265–270; A. Chao (1987), Biometrics 43, 783–791
/// @example        examples/diversity/richness.cpp
struct chao1_fn {
  static constexpr std::string_view name = "diversity.chao1";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao (1984)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const chao1_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "diversity::chao1");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    estimate e = detail::chao1_of(static_cast<double>(profile.types()), static_cast<double>(profile.f(1)),
                                  static_cast<double>(profile.f(2)), n, options.variant);
    e.count = profile.total();
    if (options.error == chao1_error::frequency_counts)
      e.standard_error = math::frequency_count_error(
          profile.entries(), profile.total(), 2, 1.0,
          [&](const std::vector<double>& f) { return detail::chao1_of(0.0, f[0], f[1], n, options.variant).value; });
    return e;
  }
};
inline constexpr chao1_fn chao1{};

/// Log-normal interval for the number of symbols, never below S.
///
///   [S + T/R, S + T R]        T = Chao1 − S,  R = exp(z √(ln(1 + Var/T²)))
///
/// It never holds S itself: where every symbol may have been seen take value ± z standard errors of chao1 instead (docs/diversity.md).
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         ends NaN when T = 0 or the variance is not defined; `error` names the variance, the published one unless asked otherwise
/// @throws         std::invalid_argument unless 0 < level < 1, and for a negative or fractional count
/// @see            A. Chao (1987), Biometrics 43, 783–791
/// @example        examples/diversity/richness.cpp
template <summary::count_source Source>
[[nodiscard]] core::interval chao1_confidence_interval(const Source& source,
                                                       const chao1_interval_options& options = {}) {
  core::check_open_interval("diversity::chao1_confidence_interval", "level", options.level, 0.0, 1.0);
  const auto& profile = summary::profile_of(source, "diversity::chao1_confidence_interval");
  const estimate e = chao1(profile, {.variant = options.variant, .error = options.error});
  const auto types = static_cast<double>(profile.types());
  const double unseen = e.value - types;
  if (!(unseen > 0.0) || core::is_nan(e.standard_error)) return {core::nan, core::nan, options.level};
  const double ratio = e.standard_error / unseen;
  const double spread =
      std::exp(core::normal_quantile(0.5 + 0.5 * options.level) * std::sqrt(std::log1p(ratio * ratio)));
  return {types + unseen / spread, types + unseen * spread, options.level};
}

/// Chao2: Chao1 for incidence data, how many of T sampling units hold each symbol.
///
///   S + ((T − 1)/T) Q₁²/(2Q₂)  and the other variants, with units for counts
///
/// @param frequencies  units per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         types, count T; standard error as published for chao1; NaN when nothing was seen
/// @complexity     O(K) to build the profile
/// @throws         std::invalid_argument for a negative or fractional frequency, or one above sampling_units
/// @see            A. Chao (1987), Biometrics 43, 783–791
/// @example        examples/diversity/richness.cpp
struct chao2_fn {
  static constexpr std::string_view name = "diversity.chao2";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao (1987)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& frequencies, const chao2_options& options = {}) const {
    const auto& profile = summary::profile_of(frequencies, "diversity::chao2");
    core::check_at_least("diversity::chao2", "sampling_units", options.sampling_units,
                         profile.largest() == 0 ? std::uint64_t{1} : profile.largest());
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, options.sampling_units};
    estimate e = detail::chao1_of(static_cast<double>(profile.types()), static_cast<double>(profile.f(1)),
                                  static_cast<double>(profile.f(2)), static_cast<double>(options.sampling_units),
                                  options.variant);
    e.count = options.sampling_units;
    return e;
  }
};
inline constexpr chao2_fn chao2{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
