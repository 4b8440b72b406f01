// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/random.hpp"

namespace tailwatch::fuzz {

inline void put_little_endian(std::vector<std::byte>& bytes, std::size_t at, std::uint64_t x, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<std::byte>((x >> (8 * i)) & 0xFFU);
}

/// Gives every record in the bytes, those inside others first, a right length and checksum, so that what lies behind them is
/// reached: a forger would. The outermost takes all bytes there are; inner ones whose length does not fit are left.
inline void repair(std::vector<std::byte>& bytes) {
  constexpr std::size_t header = core::detail::record_header_bytes;
  if (bytes.size() < header + 4) return;
  put_little_endian(bytes, header - 8, bytes.size() - header - 4, 8);
  for (std::size_t start = bytes.size() - header - 4 + 1; start-- > 0;) {
    constexpr std::array<char, 4> magic{'T', 'W', 'S', 'K'};
    if (start != 0 && !std::equal(magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(start),
                                  [](char c, std::byte b) { return static_cast<std::byte>(c) == b; }))
      continue;
    std::uint64_t payload = 0;
    for (std::size_t i = 8; i-- > 0;)
      payload = payload << 8 | static_cast<std::uint64_t>(bytes[start + header - 8 + i]);
    if (payload > bytes.size() - start - header - 4) continue;
    const std::size_t crc_at = start + header + static_cast<std::size_t>(payload);
    put_little_endian(bytes, crc_at, core::crc32c(std::span<const std::byte>(bytes).subspan(start, crc_at - start)), 4);
  }
}

/// One to four changes, each of: a bit, a byte, an eight-byte number (small, huge, next to a power of two), a piece cut out,
/// put in twice or taken from elsewhere, the end cut off.
inline std::vector<std::byte> mutated(std::vector<std::byte> bytes, core::random_engine& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(core::uniform_below(random, n)); };
  for (std::size_t changes = 1 + below(4); changes > 0 && bytes.size() > 8; --changes) {
    const std::size_t at = below(bytes.size()), size = std::min(1 + below(24), bytes.size() - at);
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at),
               last = first + static_cast<std::ptrdiff_t>(size);
    switch (below(8)) {
      case 0: bytes[at] ^= static_cast<std::byte>(1U << below(8)); break;
      case 1: bytes[at] = static_cast<std::byte>(below(256)); break;
      case 2:
      case 3: {
        const std::array<std::uint64_t, 6> numbers{below(4),
                                                   std::numeric_limits<std::uint64_t>::max() - below(3),
                                                   (std::uint64_t{1} << below(64)) - below(2),
                                                   bytes.size() / 8,
                                                   0x7FF0000000000000ULL + below(2),
                                                   random()};
        put_little_endian(bytes, std::min(at, bytes.size() - 8), numbers[below(numbers.size())], 8);
        break;
      }
      case 4: bytes.erase(first, last); break;
      case 5: {
        const std::vector<std::byte> piece(first, last);
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())), piece.begin(), piece.end());
        break;
      }
      case 6: {
        const std::vector<std::byte> piece(first, last);
        std::copy(piece.begin(), piece.end(),
                  bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size() - size + 1)));
        break;
      }
      default: bytes.resize(bytes.size() - below(std::min<std::size_t>(bytes.size(), 12))); break;
    }
  }
  return bytes;
}

}  // namespace tailwatch::fuzz
