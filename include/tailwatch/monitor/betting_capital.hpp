// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/log_math.hpp"

namespace tailwatch::monitor {

struct betting_capital_options {
  double alpha = 0.05;      ///< level the bets are tuned for
  double theta = 0.5;       ///< share of the capital that bets on a mean above m
  double truncation = 0.5;  ///< bets are cut at truncation/m and truncation/(1 − m)
  bool convex = true;       ///< the sum of the two sides; false: the larger
};

/// Capital of a hedged bet against "the mean is m", bets from the past alone.
///
///   K = θ Π(1 + aᵢ(xᵢ − m)) + (1 − θ) Π(1 − bᵢ(xᵢ − m))        P(ever K ≥ 1/α) ≤ α while the conditional mean is m
///   a_t, b_t = min(cut, √(2 ln(1/level)/(t ln(1+t) σ̂²_{t−1}))), level αθ and α(1 − θ)
///
/// A two-sided e-process that needs no choice of bets; the m with ln K ≤ ln(1/α) form a confidence set.
/// @throws std::invalid_argument  unless 0 < m < 1, 0 < alpha < 1, 0 < theta < 1, 0 < truncation < 1, and for x outside
///         [0, 1]
/// @see    I. Waudby-Smith, A. Ramdas (2024), Journal of the Royal Statistical Society B 86, 1–27 (section 4)
class betting_capital {
 public:
  explicit betting_capital(double m, const betting_capital_options& options = {}) : m_(m), options_(options) {
    core::check_open_interval("monitor::betting_capital", "m", m, 0.0, 1.0);
    core::check_open_interval("monitor::betting_capital", "alpha", options.alpha, 0.0, 1.0);
    core::check_open_interval("monitor::betting_capital", "theta", options.theta, 0.0, 1.0);
    core::check_open_interval("monitor::betting_capital", "truncation", options.truncation, 0.0, 1.0);
  }
  void update(double x) {
    core::check_closed_interval("monitor::betting_capital", "x", x, 0.0, 1.0);
    const double above = std::min(options_.truncation / m_, bet(options_.alpha * options_.theta));
    const double below = std::min(options_.truncation / (1.0 - m_), bet(options_.alpha * (1.0 - options_.theta)));
    log_above_ += std::log1p(above * (x - m_));
    log_below_ += std::log1p(-below * (x - m_));
    ++count_;
    sum_ += x;
    const double mean = (0.5 + sum_) / (static_cast<double>(count_) + 1.0);
    squares_ += (x - mean) * (x - mean);
  }
  [[nodiscard]] double log_value() const noexcept {
    const double above = std::log(options_.theta) + log_above_;
    const double below = std::log1p(-options_.theta) + log_below_;
    return options_.convex ? detail::log_add(above, below) : std::max(above, below);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  [[nodiscard]] double bet(double level) const noexcept {
    const double t = static_cast<double>(count_) + 1.0;
    return std::sqrt(-2.0 * std::log(level) / (t * std::log1p(t) * ((0.25 + squares_) / t)));
  }

  double m_;
  betting_capital_options options_;
  std::uint64_t count_ = 0;
  double sum_ = 0.0, squares_ = 0.0, log_above_ = 0.0, log_below_ = 0.0;
};

}  // namespace tailwatch::monitor
