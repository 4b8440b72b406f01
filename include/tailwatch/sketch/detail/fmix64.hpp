// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/sketch/detail/prefetch.hpp"

namespace tailwatch::sketch::detail {

/// Finaliser of MurmurHash3 (A. Appleby): a bijection of 64 bits.
[[nodiscard]] constexpr std::uint64_t fmix64(std::uint64_t x) noexcept {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

/// Number of the hash x ↦ fmix64(x ⊕ split_seed(seed, 0)) in saved states.
inline constexpr std::uint32_t fmix64_hash_id = 2;

/// Keys hashed at once: a constant, so that compilers vectorise the loop at -O2 too.
inline constexpr std::size_t hash_block = 256;

inline namespace TAILWATCH_ABI_NAMESPACE {

/// out[i] = fmix64(keys[i] ⊕ seed) for one block.
template <class Arch, std::integral Key>
void fmix64_block(const Key* keys, std::uint64_t seed, std::uint64_t* out) noexcept {
  prefetch_ahead<hash_block * sizeof(Key)>(keys);
  std::uint64_t x[hash_block];  // a local buffer cannot overlap the keys, which spares the compiler a check
  for (std::size_t i = 0; i < hash_block; ++i) x[i] = fmix64(static_cast<std::uint64_t>(keys[i]) ^ seed);
  for (std::size_t i = 0; i < hash_block; ++i) out[i] = x[i];
}

/// A block is screened in columns of 8.
inline constexpr std::size_t screen_columns = 32;

/// The same, and the top bit of borrow[c] says whether any hash of column c, those at c, c + 32, …, has no bit of `mask`, which
/// is below 2⁶³: then hash & mask is 0, and 1 less has its top bit set.
template <class Arch, std::integral Key>
void fmix64_screened_block(const Key* keys, std::uint64_t seed, std::uint64_t mask, std::uint64_t* out,
                           std::uint64_t* borrow) noexcept {
  prefetch_ahead<hash_block * sizeof(Key)>(keys);
  std::uint64_t x[hash_block], any[screen_columns] = {};
  for (std::size_t r = 0; r < hash_block; r += screen_columns) {
    for (std::size_t c = 0; c < screen_columns; ++c) {
      x[r + c] = fmix64(static_cast<std::uint64_t>(keys[r + c]) ^ seed);
      any[c] |= (x[r + c] & mask) - 1;
    }
  }
  for (std::size_t i = 0; i < hash_block; ++i) out[i] = x[i];
  for (std::size_t c = 0; c < screen_columns; ++c) borrow[c] = any[c];
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::sketch::detail
