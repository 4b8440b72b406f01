// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/sketch/detail/fmix64.hpp"

namespace tailwatch::sketch::detail {

/// Number of the hash x ↦ first half of MurmurHash3_x64_128(x, seed) >> 1 in saved states.
inline constexpr std::uint32_t murmur3_hash_id = 4;

inline constexpr std::uint64_t murmur3_c1 = 0x87c37b91114253d5ULL, murmur3_c2 = 0x4cf5ad432745937fULL;

/// First 64 bits of MurmurHash3_x64_128 (A. Appleby, public domain) over the bytes of a text.
[[nodiscard]] constexpr std::uint64_t murmur3_x64_128(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t h1 = seed, h2 = seed;
  const auto scramble = [](std::uint64_t k, std::uint64_t first, int turn, std::uint64_t second) {
    return std::rotl(k * first, turn) * second;
  };
  const auto word = [&text](std::size_t at, std::size_t bytes) {
    std::uint64_t x = 0;
    for (std::size_t i = 0; i < bytes; ++i) x |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
    return x;
  };
  std::size_t at = 0;
  for (; text.size() - at >= 16; at += 16) {
    h1 ^= scramble(word(at, 8), murmur3_c1, 31, murmur3_c2);
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= scramble(word(at + 8, 8), murmur3_c2, 33, murmur3_c1);
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  const std::size_t rest = text.size() - at;
  if (rest > 8) h2 ^= scramble(word(at + 8, rest - 8), murmur3_c2, 33, murmur3_c1);
  if (rest > 0) h1 ^= scramble(word(at, rest < 8 ? rest : 8), murmur3_c1, 31, murmur3_c2);
  h1 ^= text.size();
  h2 ^= text.size();
  h1 += h2;
  h2 += h1;
  return fmix64(h1) + fmix64(h2);
}

/// The same over the 8 bytes of a key, least significant first: one block without its loop, for vector code.
[[nodiscard]] constexpr std::uint64_t murmur3_x64_128(std::uint64_t key, std::uint64_t seed) noexcept {
  const std::uint64_t h2 = seed ^ 8;
  const std::uint64_t h1 = (seed ^ (std::rotl(key * murmur3_c1, 31) * murmur3_c2) ^ 8) + h2;
  return fmix64(h1) + fmix64(h2 + h1);
}

}  // namespace tailwatch::sketch::detail
