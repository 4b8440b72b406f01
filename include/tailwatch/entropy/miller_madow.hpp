// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/n_log_n.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct miller_madow_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Shannon entropy with the Miller–Madow correction.
///
///   H = −Σ p̂ᵢ ln p̂ᵢ + (S − 1)/(2N)        S = observed symbols, not the alphabet
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error by the second-order jackknife, S included, NaN for N < 3; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           O(1/N²) once every symbol was seen; under-estimates when S is close to N: see chao_wang_jost
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            G. A. Miller (1955), in H. Quastler (ed.), Information Theory in Psychology, 95–100
/// @example        examples/entropy/entropy_of_counts.cpp
struct miller_madow_fn {
  static constexpr std::string_view name = "entropy.miller_madow";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Miller (1955)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const miller_madow_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::miller_madow");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const double h = math::renyi_entropy(profile.entries(), profile.total(), 1.0).value +
                     (static_cast<double>(profile.types()) - 1.0) / (2.0 * n);
    // Less ½ for the symbol that goes with its only observation.
    const double error =
        profile.total() < 3
            ? core::nan
            : math::delete_one_standard_error(
                  profile.entries(), profile.total(),
                  [&](std::uint64_t r) {
                    return (r == 1 ? -0.5 : math::n_log_n_step(static_cast<double>(r))) / (n - 1.0);
                  },
                  [&](std::uint64_t r) {
                    return (math::n_log_n_bend(static_cast<double>(r)) + (r == 2 ? 0.5 : 0.0)) / (n - 2.0);
                  });
    return core::in_unit({h, error, profile.total()}, options.unit);
  }
};
inline constexpr miller_madow_fn miller_madow{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
