// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstdint>

#include "tailwatch/config.hpp"

namespace tailwatch::math {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// e^x without a call or a branch, so that a loop over an array of them becomes vector code.
///
/// e^x = 2^k e^r, k the nearest integer to x/ln 2, e^r by its series to r¹³ (|r| ≤ ln 2/2: remainder 4e-18).
/// @param x  finite, at most 709
/// @return   relative error below 3e-16; 0 below −708
[[nodiscard]] inline double branchless_exp(double x) noexcept {
  const double y = x < -708.0 ? -708.0 : x;
  const double exponent = y * 1.4426950408889634074;
  const auto k = static_cast<std::int32_t>(exponent + (exponent < 0.0 ? -0.5 : 0.5));
  const auto whole = static_cast<double>(k);
  // ln 2 in two parts: k times the first is exact.
  const double r = (y - whole * 0x1.62e42feep-1) - whole * 0x1.a39ef35793c76p-33;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const double power = std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023) << 52U);
  return x < -708.0 ? 0.0 : p * power;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::math
