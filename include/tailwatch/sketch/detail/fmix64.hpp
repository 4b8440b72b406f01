// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "tailwatch/config.hpp"

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
  std::uint64_t x[hash_block];  // a local buffer cannot overlap the keys, which spares the compiler a check
  for (std::size_t i = 0; i < hash_block; ++i) x[i] = fmix64(static_cast<std::uint64_t>(keys[i]) ^ seed);
  for (std::size_t i = 0; i < hash_block; ++i) out[i] = x[i];
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::sketch::detail
