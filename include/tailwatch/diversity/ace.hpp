// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct ace_options {
  std::uint64_t rare_threshold = 10;  ///< counts up to this are rare, ≥ 1
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Abundance-based coverage estimator of the number of symbols (Chao and Lee).
///
///   S_abundant + S_rare/C + f₁ g²/C      rare: counts ≤ rare_threshold, N_rare observations;  C = 1 − f₁/N_rare
///   g² = max(S_rare/C · Σ_rare n(n − 1)/(N_rare(N_rare − 1)) − 1, 0)
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         types; the standard error is not given and NaN; NaN when every rare symbol was seen once (take chao1) or N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @throws         std::invalid_argument for a negative or fractional count, and for rare_threshold = 0
/// @see            A. Chao, S.-M. Lee (1992), Journal of the American Statistical Association 87, 210–217
/// @example        examples/diversity/richness.cpp
struct ace_fn {
  static constexpr std::string_view name = "diversity.ace";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao and Lee (1992)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const ace_options& options = {}) const {
    core::check_at_least("diversity::ace", "rare_threshold", options.rare_threshold, std::uint64_t{1});
    const auto& profile = summary::profile_of(source, "diversity::ace");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    double rare_types = 0.0;
    double rare_total = 0.0;
    double pairs = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      if (r > options.rare_threshold) break;
      const auto count = static_cast<double>(r);
      const auto types = static_cast<double>(f);
      rare_types += types;
      rare_total += types * count;
      pairs += types * count * (count - 1.0);
    }
    const double abundant = static_cast<double>(profile.types()) - rare_types;
    if (rare_types == 0.0) return {abundant, core::nan, profile.total()};
    const auto f1 = static_cast<double>(profile.f(1));
    if (f1 == rare_total) return {core::nan, core::nan, profile.total()};
    const double coverage = (rare_total - f1) / rare_total;
    const double spread = std::max(rare_types / coverage * pairs / (rare_total * (rare_total - 1.0)) - 1.0, 0.0);
    return {abundant + rare_types / coverage + f1 * spread / coverage, core::nan, profile.total()};
  }
};
inline constexpr ace_fn ace{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
