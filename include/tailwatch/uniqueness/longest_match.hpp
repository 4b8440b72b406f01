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
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"
#include "tailwatch/uniqueness/detail/suffix_array.hpp"

namespace tailwatch::uniqueness {

/// The longest run of tokens that two texts share, and where it first stands in each.
struct longest_match_result {
  estimate length;                 ///< tokens; standard error NaN; count: generated tokens
  std::uint64_t generated_at = 0;  ///< index of its first token, borders between sequences ignored
  std::uint64_t reference_at = 0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace detail {

/// Both texts as one: words from 2 on, a 1 after every sequence, 0 at the end.
struct bordered_text {
  std::vector<std::uint32_t> symbols;
  std::size_t border = 0;  ///< where the second text starts
  std::size_t words = 0;   ///< above the largest symbol

  explicit bordered_text(const joint_text& text) {
    symbols.reserve(text.words.size() + 2);
    std::uint32_t largest = 1;
    for (std::size_t i = 0; i < text.words.size(); ++i) {
      symbols.push_back(text.words[i] + 2);
      largest = std::max(largest, symbols.back());
      if (text.room[i] == 1) symbols.push_back(1);
      if (i + 1 == text.border) border = symbols.size();
    }
    symbols.push_back(0);
    words = largest + std::size_t{1};
  }
  /// Tokens in [begin, end).
  [[nodiscard]] std::uint64_t tokens(std::size_t begin, std::size_t end) const noexcept {
    std::uint64_t n = 0;
    for (std::size_t i = begin; i < end; ++i) n += symbols[i] > 1 ? 1U : 0U;
    return n;
  }
};

/// For each place of the text, how many tokens its suffix shares with the one before it in order, up to a border. Takes
/// Kärkkäinen, Manzini and Puglisi's (2009) way through the text, so that no token is compared twice.
[[nodiscard]] inline std::vector<std::uint32_t> shared_with_the_one_before(const std::vector<std::uint32_t>& text,
                                                                           const std::vector<std::uint32_t>& suffixes) {
  std::vector<std::uint32_t> shared(text.size());  // at first: the suffix before
  for (std::size_t i = 1; i < suffixes.size(); ++i) shared[suffixes[i]] = suffixes[i - 1];
  std::uint32_t length = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {  // the last suffix is the first in order
    const std::size_t j = shared[i];
    while (text[i + length] > 1 && text[i + length] == text[j + length]) ++length;
    shared[i] = length;
    length -= length != 0 ? 1U : 0U;
  }
  shared.back() = 0;
  return shared;
}

}  // namespace detail

/// Longest contiguous run of tokens that a generated text has in common with a reference: verbatim copying.
///
/// The longest prefix that neighbours in the suffix array of both texts share. Tokens are compared in full, never by hash
/// alone, and no run crosses a border between sequences.
///
/// Against a fixed reference generated sequences stream: the longest of several batches is the largest of theirs.
///
/// @param generated, reference  token ids (integer range, tokens(x)) or core::token_sequences
/// @return         length 0 where no token is shared, NaN where either text is empty; of several longest runs the one that
///                 comes first in the reference, at its first place in the generated text
/// @complexity     O(n + m) whatever the length, about 40 bytes a token. For 1e6 tokens each 0.26 to 0.30 s on one AMD Zen 5 core;
///                 numbering windows of 1, 2, 4, … tokens as pairs of shorter ones (Karp, Miller, Rosenberg 1972) took 1.3 to 4.7 s
/// @bias           grows with the logarithm of both sizes
/// @throws         std::invalid_argument  2³² − 1 tokens and sequences or more
/// @see            U. Manber, G. Myers (1993), SIAM Journal on Computing 22, 935–948, for suffix arrays; G. Nong, S. Zhang,
///                 W. H. Chan (2009), Data Compression Conference, 193–202, for building one
/// @example        examples/uniqueness/against_a_reference.cpp
struct longest_match_fn {
  static constexpr std::string_view name = "uniqueness.longest_match";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Manber and Myers (1993)";

  template <detail::text_source Generated, detail::text_source Reference>
  [[nodiscard]] longest_match_result operator()(const Generated& generated, const Reference& reference_text) const {
    const detail::joint_text text(generated, reference_text);
    longest_match_result found;
    found.length.count = text.border;
    if (text.border == 0 || text.border == text.words.size()) return found;
    found.length.value = 0.0;
    const detail::bordered_text both(text);
    core::check_at_most<std::size_t>("uniqueness::longest_match", "tokens and sequences", both.symbols.size(),
                                     0xFFFFFFFEU);
    const std::vector<std::uint32_t> suffixes = detail::suffix_sorter::sort(both.symbols, both.words);
    const std::vector<std::uint32_t> shared = detail::shared_with_the_one_before(both.symbols, suffixes);
    const auto of_generated = [&](std::size_t i) { return i < both.border; };
    // Some longest match is between neighbours in order.
    std::uint32_t length = 0;
    for (std::size_t k = 1; k < suffixes.size(); ++k)
      if (of_generated(suffixes[k]) != of_generated(suffixes[k - 1])) length = std::max(length, shared[suffixes[k]]);
    if (length == 0) return found;
    // All places of one run of tokens are neighbours too.
    constexpr std::uint32_t nowhere = 0xFFFFFFFFU;
    std::uint32_t generated_at = nowhere, reference_at = nowhere;
    for (std::size_t k = 0; k < suffixes.size();) {
      std::uint32_t in_generated = nowhere, in_reference = nowhere;
      do {
        std::uint32_t& first = of_generated(suffixes[k]) ? in_generated : in_reference;
        first = std::min(first, suffixes[k]);
        ++k;
      } while (k < suffixes.size() && shared[suffixes[k]] >= length);
      if (in_generated == nowhere || in_reference >= reference_at) continue;
      generated_at = in_generated;
      reference_at = in_reference;
    }
    found.length.value = static_cast<double>(length);
    found.generated_at = both.tokens(0, generated_at);
    found.reference_at = both.tokens(both.border, reference_at);
    return found;
  }
};
inline constexpr longest_match_fn longest_match{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
