// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/word_profile.hpp"
#include "tailwatch/diversity/simpson.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Yule's K: how often two tokens of the text agree, times 10⁴.
///
///   10⁴ (Σ i² V_i − N)/N² = 10⁴ ((N − 1)/N) Σ nᵢ(nᵢ − 1)/(N(N − 1))
///
/// Governed by the most frequent words; blind to the loss of rare ones. Rises when a text collapses onto few words.
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         standard error for independent tokens, from the variance of the U-statistic of pairs; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @bias           none for the part after the factor (N − 1)/N: nearly independent of length
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            G. U. Yule (1944), The Statistical Study of Literary Vocabulary
/// @example        examples/diversity/lexical_diversity.cpp
struct yule_k_fn {
  static constexpr std::string_view name = "diversity.yule_k";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Yule (1944)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::yule_k");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    if (profile.total() < 2) return {0.0, core::nan, profile.total()};
    const auto s = detail::simpson_of(profile);
    const double scale = 1e4 * (n - 1.0) / n;
    return {scale * s.unbiased, scale * s.unbiased_error, profile.total()};
  }
};
inline constexpr yule_k_fn yule_k{};

/// Yule's I.
///
///   V²/(Σ i² V_i − V)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; +∞ when every word occurs once; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            G. U. Yule (1944), The Statistical Study of Literary Vocabulary
/// @example        examples/diversity/lexical_diversity.cpp
struct yule_i_fn {
  static constexpr std::string_view name = "diversity.yule_i";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Yule (1944)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::yule_i");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    double excess = 0.0;  // Σ (i² − 1) V_i
    for (const auto& [r, f] : profile.entries()) {
      const auto count = static_cast<double>(r);
      excess += static_cast<double>(f) * (count - 1.0) * (count + 1.0);
    }
    const auto types = static_cast<double>(profile.types());
    return {excess > 0.0 ? types / excess * types : core::infinity, core::nan, profile.total()};
  }
};
inline constexpr yule_i_fn yule_i{};

/// Herdan's V_m.
///
///   √(Σ V_i (i/N)² − 1/V)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            G. Herdan (1955), Language 31, 409–417
/// @example        examples/diversity/lexical_diversity.cpp
struct herdan_vm_fn {
  static constexpr std::string_view name = "diversity.herdan_vm";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Herdan (1955)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::herdan_vm");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const double mean = 1.0 / static_cast<double>(profile.types());
    double spread = 0.0;  // Σ V_i (i/N − 1/V)², the same number without cancellation
    for (const auto& [r, f] : profile.entries()) {
      const double centred = static_cast<double>(r) / n - mean;
      spread += static_cast<double>(f) * centred * centred;
    }
    return {std::sqrt(spread), core::nan, profile.total()};
  }
};
inline constexpr herdan_vm_fn herdan_vm{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
