// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::monitor::detail {

/// ln(eᵃ + eᵇ); −∞ stands for zero. Tests on the bits, so that it holds under -ffast-math.
[[nodiscard]] inline double log_add(double a, double b) noexcept {
  const double high = std::max(a, b);
  const double low = std::min(a, b);
  if (!core::is_finite(low) || !core::is_finite(high)) return high;
  return high + std::log1p(std::exp(low - high));
}

/// ln Σ eˣ; −∞ for an empty list.
[[nodiscard]] inline double log_sum_exp(std::span<const double> x) noexcept {
  double high = -core::infinity;
  for (const double v : x) high = std::max(high, v);
  if (!core::is_finite(high)) return high;
  double sum = 0.0;
  for (const double v : x) sum += core::is_finite(v) ? std::exp(v - high) : 0.0;
  return high + std::log(sum);
}

}  // namespace tailwatch::monitor::detail
