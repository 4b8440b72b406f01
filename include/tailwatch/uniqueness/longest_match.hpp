// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

/// The longest run of tokens that two texts share, and where it first stands in each.
struct longest_match_result {
  estimate length;                 ///< tokens; standard error NaN; count: generated tokens
  std::uint64_t generated_at = 0;  ///< index of its first token, borders between sequences ignored
  std::uint64_t reference_at = 0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace detail {

/// Ids of the windows of one length in a joint text; equal ids, equal windows.
struct window_ids {
  std::size_t length;
  std::vector<std::uint32_t> id;
};

/// Windows of `length` ≤ 2 · half.length as pairs of half-length ones, numbered exactly. Returns whether one is in both
/// texts, and where.
[[nodiscard]] inline bool match_windows(const joint_text& text, const window_ids& half, std::size_t length,
                                        window_ids& windows, longest_match_result& found) {
  constexpr std::uint32_t unseen = 0xFFFFFFFFU;
  windows.length = length;
  windows.id.assign(text.words.size(), unseen);
  numbering number;
  std::vector<std::uint32_t> first_at;  // where each window first stands in the first text
  bool match = false;
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    if (text.room[i] < length) continue;
    const std::uint32_t id = number(half.id[i], half.id[i + length - half.length]);
    windows.id[i] = id;
    if (id >= first_at.size()) first_at.resize(id + std::size_t{1}, unseen);
    if (i < text.border) {
      first_at[id] = std::min(first_at[id], static_cast<std::uint32_t>(i));
    } else if (!match && first_at[id] != unseen) {
      match = true;
      found.length.value = static_cast<double>(length);
      found.generated_at = first_at[id];
      found.reference_at = i - text.border;
    }
  }
  return match;
}

}  // namespace detail

/// Longest contiguous run of tokens that a generated text has in common with a reference: verbatim copying.
///
/// Windows of length 1, 2, 4, … are numbered as pairs of the ones before until none is shared, then the length is found by
/// bisection. Windows are compared in full, never by hash alone, and cross no border between sequences.
///
/// @param generated, reference  token ids (integer range, tokens(x)) or core::token_sequences
/// @return         length 0 where no token is shared, NaN where either text is empty; of several longest runs the one that
///                 comes first in the reference, at its first place in the generated text
/// @complexity     O((n + m) log length), about 40 bytes a token
/// @bias           grows with the logarithm of both sizes
/// @see            R. M. Karp, R. E. Miller, A. L. Rosenberg (1972), STOC, 125–136, for the doubling
/// @example        examples/uniqueness/against_a_reference.cpp
struct longest_match_fn {
  static constexpr std::string_view name = "uniqueness.longest_match";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Karp, Miller and Rosenberg (1972)";

  template <detail::text_source Generated, detail::text_source Reference>
  [[nodiscard]] longest_match_result operator()(const Generated& generated, const Reference& reference_text) const {
    const detail::joint_text text(generated, reference_text);
    longest_match_result found;
    found.length.count = text.border;
    if (text.border == 0 || text.border == text.words.size()) return found;
    found.length.value = 0.0;
    detail::window_ids half{1, text.words}, windows;
    if (!detail::match_windows(text, half, 1, windows, found)) return found;
    std::size_t shared = 1;
    while (detail::match_windows(text, half, 2 * shared, windows, found)) {
      shared *= 2;
      half = windows;
    }
    std::size_t too_long = 2 * shared;
    while (too_long - shared > 1) {
      const std::size_t middle = shared + (too_long - shared) / 2;
      (detail::match_windows(text, half, middle, windows, found) ? shared : too_long) = middle;
    }
    return found;
  }
};
inline constexpr longest_match_fn longest_match{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
