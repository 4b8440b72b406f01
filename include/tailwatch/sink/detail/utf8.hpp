// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

namespace tailwatch::sink::detail {

/// Bytes of the UTF-8 sequence that starts at `at`, 0 where none does (Unicode 15, table 3-7).
[[nodiscard]] inline std::size_t sequence_length(std::string_view s, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned b = byte(0);
  if (b < 0x80U) return 1;
  if (b >= 0xC2U && b <= 0xDFU) return continues(1) ? 2 : 0;
  if (b >= 0xE0U && b <= 0xEFU) {
    if (!continues(1) || !continues(2)) return 0;
    return (b == 0xE0U && byte(1) < 0xA0U) || (b == 0xEDU && byte(1) > 0x9FU) ? 0 : 3;
  }
  if (b >= 0xF0U && b <= 0xF4U) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    return (b == 0xF0U && byte(1) < 0x90U) || (b == 0xF4U && byte(1) > 0x8FU) ? 0 : 4;
  }
  return 0;
}

/// Calls piece(view) for each valid sequence of `s` and for U+FFFD in place of each byte that belongs to none.
template <class Piece>
void for_each_character(std::string_view s, Piece&& piece) {
  for (std::size_t i = 0; i < s.size();) {
    const std::size_t length = sequence_length(s, i);
    piece(length == 0 ? std::string_view("\xEF\xBF\xBD") : s.substr(i, length));
    i += length == 0 ? 1 : length;
  }
}

}  // namespace tailwatch::sink::detail
