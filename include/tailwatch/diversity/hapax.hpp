// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/word_profile.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

enum class hapax_denominator { types, tokens };

struct hapax_ratio_options {
  hapax_denominator denominator = hapax_denominator::types;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Share of words that occur once.
///
///   V₁/V of the types, or V₁/N of the tokens
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         probability; the standard error is not known and NaN (V₁/N as missing mass: see tail::missing_mass); NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            F. Tweedie, R. H. Baayen (1998), Computers and the Humanities 32, 323–352
/// @example        examples/diversity/lexical_diversity.cpp
struct hapax_ratio_fn {
  static constexpr std::string_view name = "diversity.hapax_ratio";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Tweedie and Baayen (1998)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const hapax_ratio_options& options = {}) const {
    const auto& profile = detail::word_profile(source, "diversity::hapax_ratio");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto once = static_cast<double>(profile.f(1));
    const std::uint64_t whole = options.denominator == hapax_denominator::types ? profile.types() : profile.total();
    return {once / static_cast<double>(whole), core::nan, profile.total()};
  }
};
inline constexpr hapax_ratio_fn hapax_ratio{};

/// Honoré's H.
///
///   100 ln N/(1 − V₁/V)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; +∞ when every word occurs once; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            A. Honoré (1979), Association for Literary and Linguistic Computing Bulletin 7, 172–177
/// @example        examples/diversity/lexical_diversity.cpp
struct honore_h_fn {
  static constexpr std::string_view name = "diversity.honore_h";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Honoré (1979)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::honore_h");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const std::uint64_t repeated = profile.types() - profile.f(1);
    const double log_n = std::log(static_cast<double>(profile.total()));
    const double value = repeated == 0
                             ? core::infinity
                             : 100.0 * log_n * static_cast<double>(profile.types()) / static_cast<double>(repeated);
    return {value, core::nan, profile.total()};
  }
};
inline constexpr honore_h_fn honore_h{};

/// Sichel's S: the share of words that occur twice.
///
///   V₂/V
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            H. S. Sichel (1975), Journal of the American Statistical Association 70, 542–547
/// @example        examples/diversity/lexical_diversity.cpp
struct sichel_s_fn {
  static constexpr std::string_view name = "diversity.sichel_s";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Sichel (1975)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::sichel_s");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    return {static_cast<double>(profile.f(2)) / static_cast<double>(profile.types()), core::nan, profile.total()};
  }
};
inline constexpr sichel_s_fn sichel_s{};

/// Michéa's M, the inverse of sichel_s.
///
///   V/V₂
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         the standard error is not known and NaN; +∞ when V₂ = 0; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            R. Michéa (1969), Cahiers de lexicologie 14, 31–48
/// @example        examples/diversity/lexical_diversity.cpp
struct michea_m_fn {
  static constexpr std::string_view name = "diversity.michea_m";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Michéa (1969)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::michea_m");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto twice = static_cast<double>(profile.f(2));
    const auto types = static_cast<double>(profile.types());
    return {twice > 0.0 ? types / twice : core::infinity, core::nan, profile.total()};
  }
};
inline constexpr michea_m_fn michea_m{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
