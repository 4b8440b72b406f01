// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/check_finite.hpp"

/// Cumulative sum charts. Their false-alarm times are empirical: known for independent normal observations with known
/// mean and deviation, and for nothing else. For a bound that needs neither, see shiryaev_mixture and e_cusum.
namespace tailwatch::monitor {

struct cusum_tabular_options {
  double target = 0.0;
  double sigma = 1.0;
  double allowance = 0.5;  ///< k: half the shift to be found, in sigmas
  double threshold = 5.0;  ///< h
};

/// Two-sided tabular CUSUM.
///
///   z = (x − target)/σ    U = max(0, U + z − k)    L = max(0, L − z − k)    alarm: max(U, L) > h
///
/// k = 0.5, h = 5: about 470 independent normal observations between false alarms. No reset after an alarm.
/// @throws std::invalid_argument  for sigma ≤ 0, a negative allowance, an observation that is not finite
/// @see    E. S. Page (1954), Biometrika 41, 100–115
/// @example examples/monitor/change_detectors.cpp
class cusum_tabular {
 public:
  explicit cusum_tabular(const cusum_tabular_options& options = {}) : options_(options) {
    core::check_positive("monitor::cusum_tabular", "sigma", options.sigma);
    core::check_not_negative("monitor::cusum_tabular", "allowance", options.allowance);
  }
  void update(double x) {
    detail::check_finite("monitor::cusum_tabular", x);
    const double z = (x - options_.target) / options_.sigma;
    upper_ = std::max(0.0, upper_ + z - options_.allowance);
    lower_ = std::max(0.0, lower_ - z - options_.allowance);
  }
  [[nodiscard]] double upper() const noexcept { return upper_; }
  [[nodiscard]] double lower() const noexcept { return lower_; }
  [[nodiscard]] bool alarmed() const noexcept { return std::max(upper_, lower_) > options_.threshold; }
  void reset() noexcept { upper_ = lower_ = 0.0; }

 private:
  cusum_tabular_options options_;
  double upper_ = 0.0, lower_ = 0.0;
};

struct cusum_running_mean_options {
  double delta = 0.005;
  double threshold = 5.0;
  std::uint64_t min_instances = 30;
};

/// CUSUM around the running mean, which includes the observation at hand.
///
///   S = max(0, S + x − x̄_t − δ), S₀ = 0     alarm: S > threshold once t ≥ min_instances; no reset
///
/// @throws std::invalid_argument  for an observation that is not finite
/// @see    E. S. Page (1954), Biometrika 41, 100–115
class cusum_running_mean {
 public:
  explicit cusum_running_mean(const cusum_running_mean_options& options = {}) : options_(options) {}
  void update(double x) {
    detail::check_finite("monitor::cusum_running_mean", x);
    ++count_;
    mean_ += (x - mean_) / static_cast<double>(count_);
    sum_ = std::max(0.0, sum_ + x - mean_ - options_.delta);
  }
  [[nodiscard]] double value() const noexcept { return sum_; }
  [[nodiscard]] bool alarmed() const noexcept { return count_ >= options_.min_instances && sum_ > options_.threshold; }
  void reset() noexcept { *this = cusum_running_mean(options_); }

 private:
  cusum_running_mean_options options_;
  std::uint64_t count_ = 0;
  double mean_ = 0.0, sum_ = 0.0;
};

struct normal_shift_options {
  double mean_before = 0.0;
  double mean_after = 1.0;
  double sigma = 1.0;
  double log_threshold = 6.907755278982137;  ///< ln 1000
};

/// Log-likelihood-ratio CUSUM for a shift of a normal mean.
///
///   W_t = max(0, W_{t−1}) + ln L_t, W₀ = 0     ln L = (μ₁ − μ₀)(x − (μ₀ + μ₁)/2)/σ²     alarm: W > log_threshold
///
/// @throws std::invalid_argument  for sigma ≤ 0 or an observation that is not finite
/// @see    G. Lorden (1971), Annals of Mathematical Statistics 42, 1897–1908
class cusum_log_likelihood_ratio_normal {
 public:
  explicit cusum_log_likelihood_ratio_normal(const normal_shift_options& options = {}) : options_(options) {
    core::check_positive("monitor::cusum_log_likelihood_ratio_normal", "sigma", options.sigma);
  }
  void update(double x) {
    detail::check_finite("monitor::cusum_log_likelihood_ratio_normal", x);
    const double shift = options_.mean_after - options_.mean_before;
    const double middle = 0.5 * (options_.mean_before + options_.mean_after);
    value_ = std::max(0.0, value_) + shift * (x - middle) / (options_.sigma * options_.sigma);
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] bool alarmed() const noexcept { return value_ > options_.log_threshold; }
  void reset() noexcept { value_ = 0.0; }

 private:
  normal_shift_options options_;
  double value_ = 0.0;
};

}  // namespace tailwatch::monitor
