// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/monitor/detail/check_finite.hpp"

namespace tailwatch::monitor {

struct generalized_likelihood_ratio_cusum_options {
  double mean_null = 0.0;
  double log_threshold = 6.907755278982137;  ///< ln 1000
  std::size_t window = 100;                  ///< how far back a change may lie
};

/// Generalised-likelihood-ratio CUSUM for a rise of a normal mean of unknown size, deviation 1.
///
///   max over n = 1 … min(window, t) of max(0, Σ last n (x − m))²/(2n)     alarm: > log_threshold
///
/// O(window) per observation, 8·window bytes. For a fall feed −x.
/// @throws std::invalid_argument  for window 0 or an observation that is not finite
/// @see    D. Siegmund, E. S. Venkatraman (1995), Annals of Statistics 23, 255–271
class generalized_likelihood_ratio_cusum {
 public:
  explicit generalized_likelihood_ratio_cusum(const generalized_likelihood_ratio_cusum_options& options = {})
      : options_(options) {
    core::check_at_least("monitor::generalized_likelihood_ratio_cusum", "window", options.window, std::size_t{1});
    ring_.resize(options.window);
  }
  void update(double x) {
    detail::check_finite("monitor::generalized_likelihood_ratio_cusum", x);
    ring_[next_] = x - options_.mean_null;
    next_ = next_ + 1 == ring_.size() ? 0 : next_ + 1;
    if (filled_ < ring_.size()) ++filled_;
    value_ = 0.0;
    double sum = 0.0;
    for (std::size_t n = 1; n <= filled_; ++n) {  // newest first
      sum += ring_[(next_ + ring_.size() - n) % ring_.size()];
      const double rise = std::max(0.0, sum);
      value_ = std::max(value_, rise * rise / (2.0 * static_cast<double>(n)));
    }
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] bool alarmed() const noexcept { return value_ > options_.log_threshold; }
  void reset() noexcept {
    next_ = filled_ = 0;
    value_ = 0.0;
  }

 private:
  generalized_likelihood_ratio_cusum_options options_;
  std::vector<double> ring_;
  std::size_t next_ = 0, filled_ = 0;
  double value_ = 0.0;
};

}  // namespace tailwatch::monitor
