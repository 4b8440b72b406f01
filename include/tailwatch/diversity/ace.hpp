// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
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
///                 less; where counts above 1000 are rare by the delta method with the f_r as cells of a multinomial of all types,
///                 Σ f_r d_r² − (Σ f_r d_r)²/Ŝ, d_r = ∂Ŝ/∂f_r; NaN when every rare symbol was seen once (take chao1) or N = 0
/// @complexity     O(K) to build the profile, about 0.2 ms after it for the default threshold
/// @bias           downwards where rare symbols are uneven, less than that of chao1
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
    double types = 0.0, total = 0.0, pairs = 0.0;  // of the rare: Σ f, Σ f r, Σ f r(r − 1)
    for (const auto& [r, f] : profile.entries()) {
      if (r > options.rare_threshold) break;
      const auto count = static_cast<double>(r);
      types += static_cast<double>(f);
      total += static_cast<double>(f) * count;
      pairs += static_cast<double>(f) * count * (count - 1.0);
    }
    const double above = static_cast<double>(profile.types()) - types;
    if (types == 0.0) return {above, core::nan, profile.total()};
    const auto f1 = static_cast<double>(profile.f(1));
    if (f1 == total) return {core::nan, core::nan, profile.total()};
    const double coverage = (total - f1) / total;
    const double agree = pairs / total / (total - 1.0);
    const double spread = types / coverage * agree - 1.0;  // g²
    const double value = above + types / coverage + f1 * std::max(spread, 0.0) / coverage;
    std::uint64_t most = 0;  // the highest count that is rare and was seen
    for (const auto& e : profile.entries())
      if (e.count <= options.rare_threshold) most = e.count;
    const double error = most > 1000 ? delta_error(profile, options.rare_threshold, above, types, total, agree, value)
                                     : frequency_error(profile, options.rare_threshold, most);
    return {value, error, profile.total()};
  }

 private:
  static double frequency_error(const summary::frequency_profile& profile, std::uint64_t threshold,
                                std::uint64_t most) {
    // another sample may hold all rare counts
    const auto k = static_cast<std::size_t>(std::max(most, std::min<std::uint64_t>(threshold, 10)));
    return math::frequency_count_error(profile.entries(), profile.total(), k, 1.0, [](const std::vector<double>& f) {
      double types = 0.0, total = 0.0, pairs = 0.0;
      for (std::size_t r = 1; r <= f.size(); ++r) {
        const auto count = static_cast<double>(r);
        types += f[r - 1];
        total += f[r - 1] * count;
        pairs += f[r - 1] * count * (count - 1.0);
      }
      if (types == 0.0) return 0.0;
      const double coverage = (total - f[0]) / total;
      const double spread = std::max(types / coverage * pairs / (total * (total - 1.0)) - 1.0, 0.0);
      return types / coverage + f[0] * spread / coverage - types;
    });
  }

  static double delta_error(const summary::frequency_profile& profile, std::uint64_t threshold, double above,
                            double types, double total, double agree, double value) {
    const auto f1 = static_cast<double>(profile.f(1));
    const double coverage = (total - f1) / total, spread = types / coverage * agree - 1.0;
    // ∂/∂f_r by the chain rule over Σ f, Σ f r, Σ f r(r − 1) and f₁, which are what f_r moves
    double squares = above, sum = above;
    for (const auto& [r, f] : profile.entries()) {
      if (r > threshold) break;
      const auto count = static_cast<double>(r);
      const double once = r == 1 ? 1.0 : 0.0;
      const double by_coverage = (f1 * count - once * total) / total / total;
      const double by_agree = (count * (count - 1.0) - agree * count * (2.0 * total - 1.0)) / total / (total - 1.0);
      double slope = (1.0 - types / coverage * by_coverage) / coverage;
      if (spread > 0.0) {
        const double by_spread = (agree + types * by_agree - types * agree / coverage * by_coverage) / coverage;
        slope += (once * spread + f1 * by_spread - f1 * spread / coverage * by_coverage) / coverage;
      }
      squares += static_cast<double>(f) * slope * slope;
      sum += static_cast<double>(f) * slope;
    }
    const double variance = squares - sum / value * sum;
    return variance > 0.0 ? std::sqrt(variance) : core::nan;
  }
};
inline constexpr ace_fn ace{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
