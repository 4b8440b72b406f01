// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/grid_interval.hpp"

namespace tailwatch::monitor {

struct betting_sequence_options {
  double alpha = 0.05;        ///< both sides together
  double theta = 0.5;         ///< share of the capital that bets on a mean above m
  double truncation = 0.5;    ///< bets are cut at truncation/m and truncation/(1 − m)
  bool convex = false;        ///< the sum of the two sides (never wider); false, as published: the larger
  std::size_t breaks = 1000;  ///< cells of the grid of means
};

/// Confidence sequence for the mean of observations in [0, 1] by betting: the narrowest one here for few observations.
///
///   {m : max(θ·Π(1 + min(aᵢ, c/m)(xᵢ − m)), (1 − θ)·Π(1 − min(bᵢ, c/(1−m))(xᵢ − m))) ≤ 1/α}
///   a, b as in betting_capital, of level αθ and α(1 − θ)
///
/// The grid points m = j/breaks that are not rejected, and one cell on either side. P(it misses a constant conditional
/// mean at any time) ≤ α. No running intersection.
///
/// Capitals are held as mantissa and power of two, so that an update takes a multiply-add per grid point and side and
/// no transcendental.
/// @complexity  O(breaks) per observation and per value, 24 bytes per grid point
/// @throws      std::invalid_argument  unless 0 < alpha, theta, truncation < 1 and breaks ≥ 2 (at most 2²⁰); for x
///              outside [0, 1]
/// @see         I. Waudby-Smith, A. Ramdas (2024), Journal of the Royal Statistical Society B 86, 1–27 (section 4)
/// @example     examples/monitor/windows_and_sequences.cpp
class betting_sequence {
 public:
  explicit betting_sequence(const betting_sequence_options& options = {}) : options_(options) {
    constexpr std::string_view function = "monitor::betting_sequence";
    core::check_open_interval(function, "alpha", options.alpha, 0.0, 1.0);
    core::check_open_interval(function, "theta", options.theta, 0.0, 1.0);
    core::check_open_interval(function, "truncation", options.truncation, 0.0, 1.0);
    core::check_at_least(function, "breaks", options.breaks, std::size_t{2});
    core::check_at_most(function, "breaks", options.breaks, std::size_t{1} << 20U);
    above_.resize(options.breaks + 1);
    below_.resize(options.breaks + 1);
    reset();
  }

  void update(double x) {
    core::check_closed_interval("monitor::betting_sequence", "x", x, 0.0, 1.0);
    static_cast<void>(try_update(x));
  }
  /// The same without exceptions: false, and nothing changed, where x cannot be used.
  [[nodiscard]] bool try_update(double x) noexcept {
    if (!core::is_finite(x) || x < 0.0 || x > 1.0) return false;
    multiply(x);
    ++count_;
    sum_ += x;
    const double mean = (0.5 + sum_) / (static_cast<double>(count_) + 1.0);
    squares_ += (x - mean) * (x - mean);
    if (count_ % steps_between_rescaling == 0) {
      above_.rescale();
      below_.rescale();
    }
    return true;
  }

  /// ln of the capital against "the mean is j/breaks", j ≤ breaks.
  [[nodiscard]] double log_capital(std::size_t j) const noexcept {
    const double above = std::log(options_.theta) + above_.log(j);
    const double below = std::log1p(-options_.theta) + below_.log(j);
    const double high = std::max(above, below);
    return options_.convex ? high + std::log1p(std::exp(std::min(above, below) - high)) : high;
  }
  /// The interval after the observations so far; [0, 1] before the first.
  [[nodiscard]] interval value() const noexcept {
    const double bar = -std::log(options_.alpha);
    return detail::grid_interval(options_.breaks, 1.0 - options_.alpha,
                                 [&](std::size_t j) { return log_capital(j) <= bar; });
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  void reset() noexcept {
    above_.reset();
    below_.reset();
    count_ = 0;
    sum_ = squares_ = 0.0;
  }

 private:
  // A factor lies between 1 − truncation and 1 + 2²⁰, and the mantissa starts below 1: 2^(20·32) stays in range, and
  // so does (1 − truncation)^32 for truncation < 1 − 2⁻³⁰.
  static constexpr std::uint64_t steps_between_rescaling = 32;

  /// One capital per grid point: mantissa·2^exponent.
  struct capitals {
    std::vector<double> mantissa;
    std::vector<std::int32_t> exponent;

    void resize(std::size_t n) {
      mantissa.resize(n);
      exponent.resize(n);
    }
    void reset() noexcept {
      std::fill(mantissa.begin(), mantissa.end(), 1.0);
      std::fill(exponent.begin(), exponent.end(), 0);
    }
    void rescale() noexcept {
      for (std::size_t j = 0; j < mantissa.size(); ++j) {
        int shift = 0;
        mantissa[j] = std::frexp(mantissa[j], &shift);
        exponent[j] += shift;
      }
    }
    [[nodiscard]] double log(std::size_t j) const noexcept {
      return std::log(mantissa[j]) + 0.69314718055994530942 * static_cast<double>(exponent[j]);
    }
  };

  [[nodiscard]] double bet(double level) const noexcept {
    const double t = static_cast<double>(count_) + 1.0;
    return std::sqrt(-2.0 * std::log(level) / (t * std::log1p(t) * ((0.25 + squares_) / t)));
  }
  void multiply(double x) noexcept {
    const double above = bet(options_.alpha * options_.theta);
    const double below = bet(options_.alpha * (1.0 - options_.theta));
    const double cut = options_.truncation;
    const double cell = 1.0 / static_cast<double>(options_.breaks);
    const std::size_t size = above_.mantissa.size();
    double* const up = above_.mantissa.data();
    double* const down = below_.mantissa.data();
    // min(a, c/m) = c/max(m, c/a): one division a side, and nothing to guard at m = 0 and m = 1
    const double least_up = cut / above;
    const double least_down = cut / below;
    for (std::size_t j = 0; j < size; ++j) {
      const double m = static_cast<double>(j) * cell;
      up[j] *= 1.0 + cut * (x - m) / std::max(m, least_up);
      down[j] *= 1.0 - cut * (x - m) / std::max(1.0 - m, least_down);
    }
  }

  betting_sequence_options options_;
  capitals above_, below_;
  std::uint64_t count_ = 0;
  double sum_ = 0.0, squares_ = 0.0;
};

}  // namespace tailwatch::monitor
