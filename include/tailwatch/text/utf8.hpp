// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// UTF-8, read with full validation: overlong forms, surrogates and code points above U+10FFFF are invalid. Each
/// maximal part of an ill-formed sequence counts as one U+FFFD, as Unicode and WHATWG recommend.
namespace tailwatch::text {

inline constexpr char32_t replacement_character = 0xFFFD;

struct decoded_character {
  char32_t value;      ///< U+FFFD where the bytes are invalid
  std::uint8_t bytes;  ///< bytes consumed, at least 1
  bool valid;
};

/// The character that starts at `at`, which must be below text.size().
[[nodiscard]] constexpr decoded_character decode_utf8(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xC2 || lead > 0xF4) return {replacement_character, 1, false};
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  // The second byte alone tells overlong forms, surrogates and values beyond U+10FFFF.
  unsigned char least = 0x80;
  unsigned char most = 0xBF;
  if (lead == 0xE0) least = 0xA0;
  if (lead == 0xED) most = 0x9F;
  if (lead == 0xF0) least = 0x90;
  if (lead == 0xF4) most = 0x8F;
  char32_t value = lead & (0x3FU >> more);
  for (int i = 1; i <= more; ++i) {
    const std::size_t next = at + static_cast<std::size_t>(i);
    if (next >= text.size() || byte(next) < least || byte(next) > most)
      return {replacement_character, static_cast<std::uint8_t>(i), false};
    value = (value << 6) | (byte(next) & 0x3FU);
    least = 0x80;
    most = 0xBF;
  }
  return {value, static_cast<std::uint8_t>(more + 1), true};
}

/// Appends one character, which must be a Unicode scalar value.
inline void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

/// Number of ill-formed parts; 0 for valid UTF-8.
[[nodiscard]] constexpr std::uint64_t count_invalid_utf8(std::string_view text) noexcept {
  std::uint64_t invalid = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const decoded_character c = decode_utf8(text, i);
    invalid += c.valid ? 0 : 1;
    i += c.bytes;
  }
  return invalid;
}

}  // namespace tailwatch::text
