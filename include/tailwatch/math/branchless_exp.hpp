// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "tailwatch/config.hpp"

namespace tailwatch::math {
inline namespace TAILWATCH_ABI_NAMESPACE {

namespace kernel_detail {
/// e^y for −709.2 ≤ y ≤ 709.
[[nodiscard]] inline double exp_in_range(double y) noexcept {
  // Rounded by truncation, above 0. At the lower end k = −1023, whose power below has no bit set: it is 0 without a branch.
  const std::int32_t k = static_cast<std::int32_t>(y * 1.4426950408889634074 + 2048.5) - 2048;
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
  return p * power;
}
}  // namespace kernel_detail

/// e^x without a call or a branch.
///
/// e^x = 2^k e^r, k the nearest integer to x/ln 2, e^r by its series to r¹³ (|r| ≤ ln 2/2: remainder 4e-18).
/// @param x  finite, at most 709
/// @return   relative error below 4e-16 where it is a normal number; 0 below −709.1
[[nodiscard]] inline double branchless_exp(double x) noexcept {
  return kernel_detail::exp_in_range(x < -709.2 ? -709.2 : x);
}

/// The same of `Size` numbers in place, as vector code. Two loops: in one, g++ finds that the bound has a constant result and
/// puts a branch around the polynomial.
template <std::size_t Size>
void branchless_exp(double* x) noexcept {
  double y[Size];
  for (std::size_t i = 0; i < Size; ++i) y[i] = x[i] < -709.2 ? -709.2 : x[i];
  for (std::size_t i = 0; i < Size; ++i) x[i] = kernel_detail::exp_in_range(y[i]);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::math
