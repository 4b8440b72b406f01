// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/richness_error.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Pielou's evenness: entropy relative to its maximum for the observed symbols.
///
///   H/ln S
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         in [0, 1]; standard error by the second-order jackknife, S included; NaN when S < 2
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           H and ln S both under-estimate
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            E. C. Pielou (1966), Journal of Theoretical Biology 13, 131–144
/// @example        examples/diversity/richness.cpp
struct pielou_evenness_fn {
  static constexpr std::string_view name = "diversity.pielou_evenness";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Pielou (1966)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::pielou_evenness");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    if (profile.types() < 2) return {core::nan, core::nan, profile.total()};
    const double h = math::renyi_entropy(profile.entries(), profile.total(), 1.0).value;
    const auto types = static_cast<double>(profile.types());
    const double most = std::log(types);
    return {h / most, detail::entropy_and_types_error(profile, 1.0 / most, -h / (types * most * most)),
            profile.total()};
  }
};
inline constexpr pielou_evenness_fn pielou_evenness{};

/// Heip's evenness.
///
///   (e^H − 1)/(S − 1)
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         in [0, 1]; standard error by the second-order jackknife, S included; NaN when S < 2
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           e^H and S both under-estimate
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            C. Heip (1974), Journal of the Marine Biological Association 54, 555–557
/// @example        examples/diversity/richness.cpp
struct heip_evenness_fn {
  static constexpr std::string_view name = "diversity.heip_evenness";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Heip (1974)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::heip_evenness");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    if (profile.types() < 2) return {core::nan, core::nan, profile.total()};
    const double h = math::renyi_entropy(profile.entries(), profile.total(), 1.0).value;
    const double others = static_cast<double>(profile.types()) - 1.0;
    const double value = std::expm1(h) / others;
    return {value, detail::entropy_and_types_error(profile, std::exp(h) / others, -value / others), profile.total()};
  }
};
inline constexpr heip_evenness_fn heip_evenness{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
