// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Berger–Parker dominance: the share of the most frequent symbol.
///
///   max p̂ᵢ
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error √(p̂(1 − p̂)/N) where the largest count c₁ leads the second by more than
///                 2√(c₁ + c₂), else NaN, as for a single symbol: among symbols that are equally frequent the largest count scatters several times
///                 less, and no error is known that holds for both; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           positive where several symbols are nearly as frequent
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            W. H. Berger, F. L. Parker (1970), Science 168, 1345–1347
/// @example        examples/diversity/richness.cpp
struct berger_parker_fn {
  static constexpr std::string_view name = "diversity.berger_parker";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Berger and Parker (1970)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::berger_parker");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const std::uint64_t top = profile.largest();
    const double p = static_cast<double>(top) / n;
    const double rest = static_cast<double>(profile.total() - top) / n;
    const auto entries = profile.entries();
    const std::uint64_t second = profile.f(top) > 1 ? top : entries.size() > 1 ? entries[entries.size() - 2].count : 0;
    const double lead = static_cast<double>(top - second);
    const bool ahead = lead > 2.0 * std::sqrt(static_cast<double>(top) + static_cast<double>(second));
    return {p, ahead && rest > 0.0 ? std::sqrt(p * rest / n) : core::nan, profile.total()};
  }
};
inline constexpr berger_parker_fn berger_parker{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
