// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string_view>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/betting_scheme.hpp"
#include "tailwatch/monitor/detail/log_math.hpp"
#include "tailwatch/monitor/ordered_block.hpp"

namespace tailwatch::monitor {

namespace detail {
struct e_sr_step {
  static constexpr std::string_view name = "monitor::e_sr";
  static constexpr double start = -core::infinity;
  [[nodiscard]] static double next(double log_r, double log_l) noexcept { return log_add(0.0, log_r) + log_l; }
};
}  // namespace detail

/// Shiryaev–Roberts e-detector: mean time to a false alarm ≥ A when the alarm is R ≥ A.
///
///   R_t = (1 + R_{t−1})·L_t per bet, R₀ = 0     R = Σ wₖRₖ
///
/// R_t − t is a supermartingale under the null, hence the bound, which is nearly tight. For runs in which an occasional
/// false alarm is fine: it sees changes sooner than shiryaev_mixture, and will in the end alarm on any stream. Restart
/// after an alarm. `log_value()` is −∞ before the first observation.
/// @complexity  O(K) per update, one logarithm and one exponential per bet
/// @see         J. Shin, A. Ramdas, A. Rinaldo (2024), New England Journal of Statistics in Data Science 2, 229–260
/// @example     examples/monitor/change_detectors.cpp
using e_sr = detail::mixed_e_detector<detail::e_sr_step>;

/// The affine map R → A·R + B of an ordered block under one bounded bet; B is R of the block alone. ln R after
/// consecutive blocks: compose with `then`, apply to −∞.
/// @throws std::invalid_argument  for a null mean or bet that cannot be right, and x outside [0, 1] or NaN
[[nodiscard]] inline ordered_block e_sr_block(double null_mean, double bet, std::span<const double> x) {
  detail::check_bets("monitor::e_sr_block", increment::bounded, null_mean, std::span<const double>(&bet, 1));
  ordered_block block;
  for (const double value : x) {
    detail::check_observation("monitor::e_sr_block", increment::bounded, value);
    const double log_l = detail::log_increment(increment::bounded, null_mean, bet, value);
    block = block.then({log_l, log_l});
  }
  return block;
}

}  // namespace tailwatch::monitor
