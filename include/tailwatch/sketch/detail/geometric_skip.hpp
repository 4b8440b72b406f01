// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tailwatch::sketch::detail {

/// Failures before the first success of trials that succeed with probability `threshold`/2⁶⁴, from one uniform draw.
///
/// The skip s is the largest with (1 − p)^s > u. The powers (1 − p)^(2^i) are taken by squaring in 63-bit fixed point and s
/// is put together bit by bit, so that one seed gives one skip on every machine: a quotient of logarithms would hang on the
/// last digit of the C library. The relative error of the law is below 2⁻³⁰ for any skip below 2³².
[[nodiscard]] inline std::uint64_t geometric_skip(std::uint64_t threshold, std::uint64_t uniform) noexcept {
  __extension__ using wide = unsigned __int128;
  constexpr std::size_t bits = 62;
  const auto times = [](std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>((static_cast<wide>(a) * b) >> 63);
  };
  const std::uint64_t u = uniform >> 1;  // in units of 2⁻⁶³, like all below
  constexpr std::uint64_t one = std::uint64_t{1} << 63;
  std::array<std::uint64_t, bits> power{};
  power[0] = one - (threshold >> 1) - (threshold & 1U);
  std::size_t used = 1;
  while (used < bits && power[used - 1] > u) {
    power[used] = times(power[used - 1], power[used - 1]);
    ++used;
  }
  std::uint64_t skip = 0, left = one;
  for (std::size_t i = used; i-- > 0;) {
    const std::uint64_t next = times(left, power[i]);
    if (next > u) {
      left = next;
      skip += std::uint64_t{1} << i;
    }
  }
  return skip;
}

}  // namespace tailwatch::sketch::detail
