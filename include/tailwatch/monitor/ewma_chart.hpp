// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

#include "tailwatch/core/error.hpp"
#include "tailwatch/monitor/detail/check_finite.hpp"

namespace tailwatch::monitor {

struct ewma_chart_options {
  double lambda = 0.2;  ///< weight of the newest observation
  double target = 0.0;
  double sigma = 1.0;
  double limit_width = 2.962;  ///< in standard deviations of z; with lambda 0.2 about 500 observations to a false alarm
};

/// Exponentially weighted moving average chart with exact limits.
///
///   z_t = λx + (1 − λ)z_{t−1}, z₀ = target
///   limits target ± w·σ·√(λ/(2 − λ)·(1 − (1 − λ)^{2t})), alarm strictly outside
///
/// The false-alarm time is that of independent normal observations with known mean and deviation.
/// @throws std::invalid_argument  unless 0 < lambda ≤ 1, sigma > 0, limit_width > 0, and for an observation that is not
///         finite
/// @see    S. W. Roberts (1959), Technometrics 1, 239–250; J. M. Lucas, M. S. Saccucci (1990), Technometrics 32, 1–12
/// @example examples/monitor/change_detectors.cpp
class ewma_chart {
 public:
  explicit ewma_chart(const ewma_chart_options& options = {}) : options_(options), value_(options.target) {
    core::check_positive("monitor::ewma_chart", "lambda", options.lambda);
    core::check_at_most("monitor::ewma_chart", "lambda", options.lambda, 1.0);
    core::check_positive("monitor::ewma_chart", "sigma", options.sigma);
    core::check_positive("monitor::ewma_chart", "limit_width", options.limit_width);
  }
  void update(double x) {
    detail::check_finite("monitor::ewma_chart", x);
    ++count_;
    value_ = options_.lambda * x + (1.0 - options_.lambda) * value_;
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  /// Half width of the limits after the observations so far.
  [[nodiscard]] double limit() const noexcept {
    const double settled = 1.0 - std::pow(1.0 - options_.lambda, 2.0 * static_cast<double>(count_));
    return options_.limit_width * options_.sigma * std::sqrt(options_.lambda / (2.0 - options_.lambda) * settled);
  }
  [[nodiscard]] bool alarmed() const noexcept { return std::abs(value_ - options_.target) > limit(); }
  void reset() noexcept {
    value_ = options_.target;
    count_ = 0;
  }

 private:
  ewma_chart_options options_;
  double value_;
  std::uint64_t count_ = 0;
};

}  // namespace tailwatch::monitor
