// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "tailwatch/config.hpp"

namespace tailwatch::sketch::detail {

/// A double as an integer of the same order; −0 lies just below +0.
[[nodiscard]] constexpr std::int64_t ordered_bits(double x) noexcept {
  const auto bits = std::bit_cast<std::int64_t>(x);
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

/// Cells of one block, and the smallest and largest number in it, as ordered bits.
template <class Arch, std::floating_point Real>
void log_linear_block(const Real* x, const log_linear_cells& cells, std::int64_t* out, std::int64_t& smallest,
                      std::int64_t& largest) noexcept {
  constexpr std::int64_t top = std::numeric_limits<std::int64_t>::max();
  const log_linear_cells local = cells;
  std::int64_t bits[cell_block];
  for (std::size_t i = 0; i < cell_block; ++i) bits[i] = std::bit_cast<std::int64_t>(static_cast<double>(x[i]));
  std::int64_t low = top, high = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < cell_block; ++i) {
    const std::int64_t key = bits[i] ^ ((bits[i] >> 63) & top);
    const bool number = (bits[i] & top) <= log_linear_cells::infinity_bits;
    low = std::min(low, number ? key : top);
    high = std::max(high, number ? key : std::numeric_limits<std::int64_t>::min());
  }
  for (std::size_t i = 0; i < cell_block; ++i) out[i] = local(bits[i]);
  smallest = std::min(smallest, low);
  largest = std::max(largest, high);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::sketch::detail
