// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/sketch/detail/prefetch.hpp"

namespace tailwatch::sketch::detail {

/// Pair-multiply-shift: 32 pairwise independent bits of a 64-bit key, scaled to [0, width), width ≤ 2³¹.
struct count_min_hash {
  std::uint64_t high;
  std::uint64_t low;
  std::uint64_t offset;

  [[nodiscard]] constexpr std::uint32_t operator()(std::uint64_t key, std::uint64_t width) const noexcept {
    const std::uint64_t mixed = (high + (key >> 32)) * (low + (key & 0xffffffffU)) + offset;
    return static_cast<std::uint32_t>(((mixed >> 32) * width) >> 32);
  }
};

inline constexpr std::size_t count_min_block = 128;

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Cells of one block of keys in one row.
template <class Arch, std::integral Key>
void count_min_cells(const Key* keys, const count_min_hash& hash, std::uint64_t width, std::uint32_t* out) noexcept {
  prefetch_ahead<count_min_block * sizeof(Key)>(keys);
  const count_min_hash local = hash;
  std::uint32_t at[count_min_block];
  for (std::size_t i = 0; i < count_min_block; ++i) at[i] = local(static_cast<std::uint64_t>(keys[i]), width);
  for (std::size_t i = 0; i < count_min_block; ++i) out[i] = at[i];
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::sketch::detail
