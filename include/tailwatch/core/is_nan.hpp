// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace tailwatch::core {

/// NaN and finiteness tested on the bits. `std::isnan(x)` and `x != x` are folded to `false` under `-ffast-math`; an
/// integer comparison is not.
[[nodiscard]] constexpr bool is_nan(double x) noexcept {
  return (std::bit_cast<std::uint64_t>(x) & 0x7fffffffffffffffULL) > 0x7ff0000000000000ULL;
}
[[nodiscard]] constexpr bool is_nan(float x) noexcept {
  return (std::bit_cast<std::uint32_t>(x) & 0x7fffffffU) > 0x7f800000U;
}
[[nodiscard]] constexpr bool is_finite(double x) noexcept {
  return (std::bit_cast<std::uint64_t>(x) & 0x7fffffffffffffffULL) < 0x7ff0000000000000ULL;
}
[[nodiscard]] constexpr bool is_finite(float x) noexcept {
  return (std::bit_cast<std::uint32_t>(x) & 0x7fffffffU) < 0x7f800000U;
}

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace tailwatch::core
