// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/frequency_count_error.hpp"
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
/// @return         types; standard error by math::frequency_count_error of the f_r of rare counts, NaN where nothing was seen six times or
///                 less; NaN when every rare symbol was seen once (take chao1) or N = 0
/// @complexity     O(K) to build the profile, about 0.2 ms after it for the default threshold
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
    // The highest count that is rare and was seen: beyond it there is nothing to sum.
    std::size_t k = 0;
    for (const auto& e : profile.entries())
      if (e.count <= options.rare_threshold) k = static_cast<std::size_t>(e.count);
    const auto of = [](const std::vector<double>& f, double above) {
      double types = 0.0, total = 0.0, pairs = 0.0;
      for (std::size_t r = 1; r <= f.size(); ++r) {
        const auto count = static_cast<double>(r);
        types += f[r - 1];
        total += f[r - 1] * count;
        pairs += f[r - 1] * count * (count - 1.0);
      }
      const double coverage = (total - f[0]) / total;
      const double spread = std::max(types / coverage * pairs / (total * (total - 1.0)) - 1.0, 0.0);
      return above + types / coverage + f[0] * spread / coverage;
    };
    std::vector<double> f(k);
    double above = static_cast<double>(profile.types());
    double rare_total = 0.0;
    for (std::size_t r = 1; r <= k; ++r) {
      f[r - 1] = static_cast<double>(profile.f(r));
      above -= f[r - 1];
      rare_total += f[r - 1] * static_cast<double>(r);
    }
    if (k == 0) return {above, core::nan, profile.total()};
    if (f[0] == rare_total) return {core::nan, core::nan, profile.total()};
    const double value = of(f, above);
    const std::size_t rarest =  // another sample may hold all rare counts
        std::max(k, static_cast<std::size_t>(std::min<std::uint64_t>(options.rare_threshold, 10)));
    const double error =
        math::frequency_count_error(profile.entries(), profile.total(), rarest, 1.0, [&](const std::vector<double>& g) {
          double seen = 0.0;
          for (const double r : g) seen += r;
          return seen == 0.0 ? 0.0 : of(g, 0.0) - seen;
        });
    return {value, error, profile.total()};
  }
};
inline constexpr ace_fn ace{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
