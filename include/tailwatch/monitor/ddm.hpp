// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::monitor {

struct ddm_options {
  std::uint64_t min_instances = 30;  ///< observations before minima are kept and alarms raised
  double warning_level = 2.0;
  double drift_level = 3.0;
};

/// Drift detection method on a stream of errors in [0, 1].
///
///   p_t = running mean, s_t = √(p(1 − p)/t); p_min, s_min those of the least p + s
///   warning: p + s > p_min + warning_level·s_min     alarm: the same with drift_level
///
/// Sees rises only. No bound on false alarms: the minimum is taken over the run, so a lucky start raises one.
/// @throws std::invalid_argument  for an observation outside [0, 1] or NaN
/// @see    J. Gama, P. Medas, G. Castillo, P. Rodrigues (2004), Brazilian Symposium on Artificial Intelligence, 286–295
class ddm {
 public:
  explicit ddm(const ddm_options& options = {}) : options_(options) {}
  void update(double x) {
    core::check_closed_interval("monitor::ddm", "x", x, 0.0, 1.0);
    ++count_;
    const auto t = static_cast<double>(count_);
    mean_ += (x - mean_) / t;
    const double deviation = std::sqrt(mean_ * (1.0 - mean_) / t);
    warned_ = alarmed_ = false;
    if (count_ < options_.min_instances) return;
    if (mean_ + deviation <= least_mean_ + least_deviation_) {
      least_mean_ = mean_;
      least_deviation_ = deviation;
    }
    alarmed_ = mean_ + deviation > least_mean_ + options_.drift_level * least_deviation_;
    warned_ = !alarmed_ && mean_ + deviation > least_mean_ + options_.warning_level * least_deviation_;
  }
  [[nodiscard]] bool alarmed() const noexcept { return alarmed_; }
  [[nodiscard]] bool warned() const noexcept { return warned_; }
  void reset() noexcept { *this = ddm(options_); }

 private:
  ddm_options options_;
  std::uint64_t count_ = 0;
  double mean_ = 0.0;
  double least_mean_ = core::infinity, least_deviation_ = core::infinity;
  bool alarmed_ = false, warned_ = false;
};

}  // namespace tailwatch::monitor
