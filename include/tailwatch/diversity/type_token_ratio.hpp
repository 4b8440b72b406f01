// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/word_profile.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

namespace detail {
/// Standard error of V/N for independent tokens: see type_token_ratio.
[[nodiscard]] inline double type_ratio_error(const summary::frequency_profile& profile) {
  const double error = math::delete_one_standard_error(
      profile.entries(), profile.total(), [](std::uint64_t r) { return r == 1 ? -1.0 : 0.0; },
      [](std::uint64_t r) { return r == 2 ? -1.0 : 0.0; });
  return error > 0.0 ? error / static_cast<double>(profile.total()) : core::nan;
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Type–token ratio.
///
///   V/N
///
/// Falls with the length of the text whatever its wealth of words: compare texts of one length only, or take mattr, mtld or hdd.
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         types per token; standard error for independent tokens by the jackknife with rare types apart (math::delete_one_standard_error): Var V
///                 is the number of new types expected in N further tokens less f₁²/N. Good and Toulmin's Σ_r (−1)^{r+1} f_r is unbiased
///                 for the former, and noise where most types are frequent; NaN where nothing was seen six times or less; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            W. Johnson (1944), Psychological Monographs 56(2), 1–15; I. J. Good, G. H. Toulmin (1956), Biometrika
///                 43, 45–63
/// @example        examples/diversity/lexical_diversity.cpp
struct type_token_ratio_fn {
  static constexpr std::string_view name = "diversity.type_token_ratio";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Johnson (1944)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::type_token_ratio");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    return {static_cast<double>(profile.types()) / static_cast<double>(profile.total()),
            detail::type_ratio_error(profile), profile.total()};
  }
};
inline constexpr type_token_ratio_fn type_token_ratio{};

/// Root type–token ratio, Guiraud's index.
///
///   V/√N
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         standard error √N times that of type_token_ratio; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            P. Guiraud (1954), Les caractères statistiques du vocabulaire
/// @example        examples/diversity/lexical_diversity.cpp
struct root_type_token_ratio_fn {
  static constexpr std::string_view name = "diversity.root_type_token_ratio";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Guiraud (1954)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::root_type_token_ratio");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double root = std::sqrt(static_cast<double>(profile.total()));
    return {static_cast<double>(profile.types()) / root, root * detail::type_ratio_error(profile), profile.total()};
  }
};
inline constexpr root_type_token_ratio_fn root_type_token_ratio{};

/// Corrected type–token ratio, Carroll's index.
///
///   V/√(2N)
///
/// @param source   token ids (an integer range, tokens(x), token_sequences), or counts(x), a counting state or a profile
/// @return         standard error √(N/2) times that of type_token_ratio; NaN when N = 0
/// @complexity     O(tokens), or O(K) from counts
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            J. B. Carroll (1964), Language and Thought
/// @example        examples/diversity/lexical_diversity.cpp
struct corrected_type_token_ratio_fn {
  static constexpr std::string_view name = "diversity.corrected_type_token_ratio";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Carroll (1964)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = detail::word_profile(source, "diversity::corrected_type_token_ratio");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double root = std::sqrt(2.0 * static_cast<double>(profile.total()));
    return {static_cast<double>(profile.types()) / root, 0.5 * root * detail::type_ratio_error(profile),
            profile.total()};
  }
};
inline constexpr corrected_type_token_ratio_fn corrected_type_token_ratio{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
