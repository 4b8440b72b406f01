// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string_view>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/betting_scheme.hpp"

namespace tailwatch::monitor {

namespace detail {
struct e_cusum_step {
  static constexpr std::string_view name = "monitor::e_cusum";
  static constexpr double start = -core::infinity;
  [[nodiscard]] static double next(double log_m, double log_l) noexcept { return std::max(0.0, log_m) + log_l; }
};
}  // namespace detail

/// CUSUM e-detector: mean time to a false alarm ≥ A when the alarm is M ≥ A, more cautious than e_sr at the same A.
///
///   M_t = max(1, M_{t−1})·L_t per bet, M₀ = 0     M = Σ wₖMₖ
///
/// Never above the Shiryaev–Roberts statistic, so its bound holds here too. `log_value()` is −∞ before the first
/// observation.
/// @complexity  O(K) per update
/// @see         J. Shin, A. Ramdas, A. Rinaldo (2024), New England Journal of Statistics in Data Science 2, 229–260
/// @example     examples/monitor/change_detectors.cpp
using e_cusum = detail::mixed_e_detector<detail::e_cusum_step>;

}  // namespace tailwatch::monitor
