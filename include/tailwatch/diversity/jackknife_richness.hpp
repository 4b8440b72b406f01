// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/richness_error.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// First-order jackknife of the number of symbols.
///
///   S + ((N − 1)/N) f₁
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         types; standard error by the jackknife of Σ aᵣ f_r with rare types apart (Burnham and Overton's Σ aᵣ² f_r − Ŝ assumes that
///                 Ŝ has no bias, and falls short where it has), NaN where
///                 nothing was seen six times or less; NaN when N = 0
/// @complexity     O(K) to build the profile, O(1) after it
/// @bias           downwards wherever many symbols are unseen, less than that of the symbols seen
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            K. P. Burnham, W. S. Overton (1978), Biometrika 65, 625–633
/// @example        examples/diversity/richness.cpp
struct jackknife1_fn {
  static constexpr std::string_view name = "diversity.jackknife1";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Burnham and Overton (1978)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::jackknife1");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const double value = static_cast<double>(profile.types()) + (n - 1.0) / n * static_cast<double>(profile.f(1));
    return {value, detail::error_of_weights(profile, {0.0, 1.0 + (n - 1.0) / n, 1.0}), profile.total()};
  }
};
inline constexpr jackknife1_fn jackknife1{};

/// Second-order jackknife of the number of symbols.
///
///   S + ((2N − 3)/N) f₁ − ((N − 2)²/(N(N − 1))) f₂,  not clamped: it may fall below S
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         types; standard error as jackknife1; NaN when N < 2
/// @complexity     O(K) to build the profile, O(1) after it
/// @bias           less than that of jackknife1; upwards for equal shares
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            K. P. Burnham, W. S. Overton (1978), Biometrika 65, 625–633
/// @example        examples/diversity/richness.cpp
struct jackknife2_fn {
  static constexpr std::string_view name = "diversity.jackknife2";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Burnham and Overton (1978)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::jackknife2");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    if (profile.total() < 2) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const double value = static_cast<double>(profile.types()) +
                         (2.0 * n - 3.0) / n * static_cast<double>(profile.f(1)) -
                         (n - 2.0) / n * ((n - 2.0) / (n - 1.0)) * static_cast<double>(profile.f(2));
    return {value,
            detail::error_of_weights(profile,
                                     {0.0, 1.0 + (2.0 * n - 3.0) / n, 1.0 - (n - 2.0) / n * ((n - 2.0) / (n - 1.0))}),
            profile.total()};
  }
};
inline constexpr jackknife2_fn jackknife2{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
