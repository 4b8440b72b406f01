// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

namespace tailwatch::math {

/// ln(part/whole) for 0 < part ≤ whole, to full relative precision also where the share is close to one: there the rounding
/// of part/whole alone would cost up to all digits (1e12 of 1e12 + 1 observations).
[[nodiscard]] inline double log_share(std::uint64_t part, std::uint64_t whole) noexcept {
  const auto total = static_cast<double>(whole);
  return part > whole / 2 ? std::log1p(-static_cast<double>(whole - part) / total)
                          : std::log(static_cast<double>(part) / total);
}

}  // namespace tailwatch::math
