// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include "tailwatch/text/detail/letters.hpp"

namespace tailwatch::text::detail {

/// Ranges with an index by page of 256 code points: a look-up starts at the first range that reaches into its page.
template <std::size_t N>
struct indexed_ranges {
  const code_point_range* ranges;
  std::array<std::uint16_t, 0x1100> start{};

  constexpr explicit indexed_ranges(const code_point_range (&x)[N]) : ranges(x) {
    std::size_t i = 0;
    for (std::size_t page = 0; page < start.size(); ++page) {
      while (i < N && x[i].last < page * 256) ++i;
      start[page] = static_cast<std::uint16_t>(i);
    }
  }
  [[nodiscard]] constexpr bool has(char32_t c) const noexcept {
    std::size_t i = start[c >> 8];
    while (i < N && ranges[i].last < c) ++i;
    return i < N && ranges[i].first <= c;
  }
};
inline constexpr indexed_ranges<std::size(letter_ranges)> letters{letter_ranges};

[[nodiscard]] constexpr bool in_ranges(std::span<const code_point_range> ranges, char32_t c) noexcept {
  std::size_t low = 0;
  std::size_t high = ranges.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (ranges[middle].last < c) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < ranges.size() && ranges[low].first <= c;
}

[[nodiscard]] constexpr char32_t fold_by_search(char32_t c) noexcept {
  std::size_t low = 0;
  std::size_t high = std::size(fold_runs);
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (fold_runs[middle].last < c) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == std::size(fold_runs)) return c;
  const fold_run& run = fold_runs[low];
  if (c < run.first || (c - run.first) % run.stride != 0) return c;
  return static_cast<char32_t>(static_cast<std::int64_t>(c) + run.delta);
}

/// Of each character of one or two bytes: what it folds to, 0 where it is no letter.
inline constexpr auto short_letters = [] {
  std::array<std::uint16_t, 0x800> table{};
  for (const code_point_range& r : letter_ranges)
    for (char32_t c = r.first; c <= r.last && c < table.size(); ++c)
      table[c] = static_cast<std::uint16_t>(fold_by_search(c));
  return table;
}();

[[nodiscard]] constexpr bool is_letter(char32_t c) noexcept {
  return c < short_letters.size() ? short_letters[c] != 0 : letters.has(c);
}
/// Simple case folding.
[[nodiscard]] constexpr char32_t fold(char32_t c) noexcept {
  if (c < short_letters.size()) return short_letters[c] != 0 ? short_letters[c] : c;
  return c >= 0x3040 && c < 0xA640 ? c : fold_by_search(c);  // kana, Han, Yi: no case
}
[[nodiscard]] constexpr bool is_digit(char32_t c) noexcept {
  return c < 0x80 ? c >= '0' && c <= '9' : in_ranges(digit_ranges, c);
}
/// A letter of a script without spaces of which each character is a word.
[[nodiscard]] constexpr bool is_single(char32_t c) noexcept {
  return c >= single_ranges[0].first && in_ranges(single_ranges, c);
}
/// What belongs to the character before it, even where that stands alone: voicing marks and variation selectors.
[[nodiscard]] constexpr bool is_attached(char32_t c) noexcept {
  return c == 0x3099 || c == 0x309A || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}

}  // namespace tailwatch::text::detail
