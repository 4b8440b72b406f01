// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/cusum.hpp"
#include "tailwatch/monitor/detail/check_finite.hpp"
#include "tailwatch/monitor/detail/log_math.hpp"

namespace tailwatch::monitor {

/// Shiryaev–Roberts statistic for a shift of a normal mean.
///
///   R_t = (1 + R_{t−1})·L_t, R₀ = 0     ln L = (μ₁ − μ₀)(x − (μ₀ + μ₁)/2)/σ²     alarm: ln R > log_threshold
///
/// Mean time to a false alarm ≥ the threshold when observations are independent normal with mean μ₀ and deviation σ.
/// `log_value()` is −∞ before the first observation.
/// @throws std::invalid_argument  for sigma ≤ 0 or an observation that is not finite
/// @see    S. W. Roberts (1966), Technometrics 8, 411–430
class shiryaev_roberts_normal {
 public:
  explicit shiryaev_roberts_normal(const normal_shift_options& options = {}) : options_(options) {
    core::check_positive("monitor::shiryaev_roberts_normal", "sigma", options.sigma);
  }
  void update(double x) {
    detail::check_finite("monitor::shiryaev_roberts_normal", x);
    const double shift = options_.mean_after - options_.mean_before;
    const double middle = 0.5 * (options_.mean_before + options_.mean_after);
    log_value_ = detail::log_add(0.0, log_value_) + shift * (x - middle) / (options_.sigma * options_.sigma);
  }
  [[nodiscard]] double log_value() const noexcept { return log_value_; }
  [[nodiscard]] bool alarmed() const noexcept { return log_value_ > options_.log_threshold; }
  void reset() noexcept { log_value_ = -core::infinity; }

 private:
  normal_shift_options options_;
  double log_value_ = -core::infinity;
};

}  // namespace tailwatch::monitor
