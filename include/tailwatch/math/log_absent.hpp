// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/log_rising_power.hpp"

namespace tailwatch::math {

/// ln[C(N − n, m)/C(N, m)]: log-probability that m draws without replacement from N hold none of n marked ones.
///
/// A product of min(n, m) factors 1 − max(n, m)/(N − i), summed as logarithms: exact to rounding, where a difference of
/// log-gammas loses 9 digits at N = 2e5. Above 4096 factors Stirling's series takes over. −∞ where a marked one must appear.
[[nodiscard]] inline double log_absent(double population, double marked, double draws) noexcept {
  const double few = std::min(marked, draws);
  const double many = std::max(marked, draws);
  if (marked + draws > population) return -core::infinity;
  if (few <= 4096.0) {
    double sum = 0.0;
    for (double i = 0.0; i < few; i += 1.0) {
      sum += std::log1p(-many / (population - i));
      if (sum < -800.0) return -core::infinity;
    }
    return sum;
  }
  const double below = population - many - few + 1.0;
  const double above = population - few + 1.0;
  const double powers = few * std::log1p(-many / above);
  if (powers < -800.0) return -core::infinity;
  return powers + log_rising_power_excess(below, few) - log_rising_power_excess(above, few);
}

}  // namespace tailwatch::math
