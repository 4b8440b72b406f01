// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>

/// Differences of n ln n, what a symbol seen n times puts into an entropy: what jackknives of entropies are made of.
namespace tailwatch::math {

/// n ln n − (n − 1) ln(n − 1) = ln n − (n − 1) ln(1 − 1/n) for n ≥ 1, without cancellation.
[[nodiscard]] inline double n_log_n_step(double n) noexcept {
  return n > 1.0 ? std::log(n) - (n - 1.0) * std::log1p(-1.0 / n) : 0.0;
}

/// What that grows by from n − 1 to n, n ≥ 2; beyond 10⁴ taken as 1/n, which is right to 1e-4.
[[nodiscard]] inline double n_log_n_bend(double n) noexcept {
  return n > 10000.0 ? 1.0 / n : n_log_n_step(n) - n_log_n_step(n - 1.0);
}

}  // namespace tailwatch::math
