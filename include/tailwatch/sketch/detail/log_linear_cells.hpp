// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "tailwatch/config.hpp"
#include "tailwatch/sketch/detail/prefetch.hpp"

namespace tailwatch::sketch::detail {

/// A double as an integer of the same order; −0 is 0.
[[nodiscard]] constexpr std::int64_t ordered_bits(double x) noexcept {
  auto bits = std::bit_cast<std::int64_t>(x);
  if (bits == std::numeric_limits<std::int64_t>::min()) bits = 0;
  return bits ^ ((bits >> 63) & std::numeric_limits<std::int64_t>::max());
}
[[nodiscard]] constexpr double from_ordered_bits(std::int64_t key) noexcept {
  return std::bit_cast<double>(key ^ ((key >> 63) & std::numeric_limits<std::int64_t>::max()));
}

/// Where a double lies: by sign, exponent and top mantissa bits, read off its bits, so that no flag of floating arithmetic
/// changes it. Cells in ascending order of their values:
///
///   0 −∞ · 1 beyond −2^E · B cells of ever smaller magnitude · 0 and |x| < 2^e · B cells · beyond 2^E · +∞ · NaN
struct log_linear_cells {
  int shift = 0;            // 52 − m
  std::int64_t first = 0;   // bits of 2^e, shifted
  std::int64_t inside = 0;  // B = (E − e) 2^m

  static constexpr std::int64_t infinity_bits = 0x7ff0000000000000LL;

  [[nodiscard]] constexpr std::int64_t centre() const noexcept { return inside + 2; }
  [[nodiscard]] constexpr std::int64_t nan_cell() const noexcept { return 2 * centre() + 1; }
  /// All cells, that of NaN included.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return static_cast<std::size_t>(nan_cell()) + 1; }

  [[nodiscard]] constexpr std::int64_t operator()(std::int64_t bits) const noexcept {
    const std::int64_t magnitude = bits & std::numeric_limits<std::int64_t>::max();
    std::int64_t step = std::max<std::int64_t>((magnitude >> shift) - first + 1, 0);
    step = std::min(step, inside + 1);
    step += magnitude == infinity_bits ? 1 : 0;
    const std::int64_t cell = centre() + (bits < 0 ? -step : step);
    return magnitude > infinity_bits ? nan_cell() : cell;
  }

  /// Magnitude at which step s ≥ 1 of one side begins; that of s = B + 1 is 2^E.
  [[nodiscard]] double edge(std::int64_t step) const noexcept {
    return std::bit_cast<double>((first + step - 1) << shift);
  }
  /// Middle of step 1 ≤ s ≤ B.
  [[nodiscard]] double middle(std::int64_t step) const noexcept {
    return std::bit_cast<double>(((first + step - 1) << shift) + (std::int64_t{1} << (shift - 1)));
  }
};

inline constexpr std::size_t cell_block = 256;

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Cells of one block of finite numbers, and the first and the last of them, in 32-bit lanes: with m ≤ 10 the upper half of
/// a double decides.
/// @return  false, and nothing of use, where the block holds NaN or infinity
template <class Arch, std::floating_point Real>
[[nodiscard]] bool log_linear_block(const Real* x, const log_linear_cells& cells, std::int32_t* out,
                                    std::int32_t& first, std::int32_t& last) noexcept {
  prefetch_ahead<cell_block * sizeof(Real)>(x);
  constexpr std::size_t lanes = 16;
  constexpr std::int32_t magnitude_bits = 0x7fffffff;
  constexpr std::uint32_t exponent_step =
      0x00100000U;  // carries into the top bit from the exponent of NaN and infinity
  const int shift = cells.shift - 32;
  const auto below = static_cast<std::int32_t>(cells.first - 1), top = static_cast<std::int32_t>(cells.inside + 1),
             centre = static_cast<std::int32_t>(cells.centre());
  std::int32_t half[cell_block], low[lanes], high[lanes];
  std::uint32_t bad[lanes] = {};
  for (std::size_t i = 0; i < lanes; ++i) low[i] = std::numeric_limits<std::int32_t>::max();
  for (std::size_t i = 0; i < lanes; ++i) high[i] = 0;
  for (std::size_t i = 0; i < cell_block; ++i)
    half[i] = static_cast<std::int32_t>(std::bit_cast<std::int64_t>(static_cast<double>(x[i])) >> 32);
  for (std::size_t r = 0; r < cell_block; r += lanes) {
    for (std::size_t i = 0; i < lanes; ++i) {
      const std::int32_t magnitude = half[r + i] & magnitude_bits;
      const std::int32_t sign = half[r + i] >> 31;
      const std::int32_t step = std::min(std::max((magnitude >> shift) - below, 0), top);
      const std::int32_t cell = centre + ((step ^ sign) - sign);
      bad[i] |= static_cast<std::uint32_t>(magnitude) + exponent_step;
      low[i] = std::min(low[i], cell);
      high[i] = std::max(high[i], cell);
      half[r + i] = cell;
    }
  }
  for (std::size_t i = 0; i < cell_block; ++i) out[i] = half[i];
  std::uint32_t any = 0;
  first = low[0];
  last = high[0];
  for (std::size_t i = 0; i < lanes; ++i) {
    any |= bad[i];
    first = std::min(first, low[i]);
    last = std::max(last, high[i]);
  }
  return (any >> 31) == 0;
}

/// Widens [least, greatest], in ordered bits, to the numbers of one block, which are finite.
template <class Arch, std::floating_point Real>
void log_linear_ends(const Real* x, std::int64_t& least, std::int64_t& greatest) noexcept {
  constexpr std::size_t lanes = 16;
  double low[lanes], high[lanes];
  for (std::size_t i = 0; i < lanes; ++i) low[i] = high[i] = static_cast<double>(x[i]);
  for (std::size_t r = lanes; r < cell_block; r += lanes) {
    for (std::size_t i = 0; i < lanes; ++i) {
      const auto value = static_cast<double>(x[r + i]);
      low[i] = value < low[i] ? value : low[i];
      high[i] = value > high[i] ? value : high[i];
    }
  }
  for (std::size_t i = 0; i < lanes; ++i) {
    least = std::min(least, ordered_bits(low[i]));
    greatest = std::max(greatest, ordered_bits(high[i]));
  }
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::sketch::detail
