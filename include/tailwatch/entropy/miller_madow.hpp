// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
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
/// @return         nats (or `unit`); the plug-in's standard error by the delta method; NaN when N = 0
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
    estimate h = math::renyi_entropy(profile.entries(), profile.total(), 1.0);
    h.value += (static_cast<double>(profile.types()) - 1.0) / (2.0 * static_cast<double>(profile.total()));
    return core::in_unit(h, options.unit);
  }
};
inline constexpr miller_madow_fn miller_madow{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
