// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/monitor/detail/check_finite.hpp"

namespace tailwatch::monitor {

struct mosum_options {
  std::size_t bandwidth = 50;
  double sigma = 1.0;
  double threshold = 4.0;
};

/// Moving sums: the latest G observations against the G before them.
///
///   T = (Σ last G − Σ previous G)/(√(2G)·σ), 0 before 2G observations     alarm: |T| > threshold
///
/// Needs no baseline; sees a change only while it passes through the window. Memory 16·G bytes; the two sums are taken
/// anew at each observation, O(G), and so never drift.
/// @throws std::invalid_argument  for bandwidth 0, sigma ≤ 0, or an observation that is not finite
/// @see    B. Eichinger, C. Kirch (2018), Bernoulli 24, 526–564
class mosum {
 public:
  explicit mosum(const mosum_options& options = {}) : options_(options) {
    core::check_at_least("monitor::mosum", "bandwidth", options.bandwidth, std::size_t{1});
    core::check_positive("monitor::mosum", "sigma", options.sigma);
    ring_.resize(2 * options.bandwidth);
  }
  void update(double x) {
    detail::check_finite("monitor::mosum", x);
    ring_[next_] = x;
    next_ = next_ + 1 == ring_.size() ? 0 : next_ + 1;
    if (filled_ < ring_.size()) ++filled_;
    if (filled_ < ring_.size()) return;
    double difference = 0.0;  // next_ is the oldest of the 2G
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const double v = ring_[(next_ + i) % ring_.size()];
      difference += i < options_.bandwidth ? -v : v;
    }
    value_ = difference / (std::sqrt(2.0 * static_cast<double>(options_.bandwidth)) * options_.sigma);
  }
  [[nodiscard]] double value() const noexcept { return value_; }
  [[nodiscard]] bool alarmed() const noexcept { return std::abs(value_) > options_.threshold; }
  void reset() noexcept {
    next_ = filled_ = 0;
    value_ = 0.0;
  }

 private:
  mosum_options options_;
  std::vector<double> ring_;
  std::size_t next_ = 0, filled_ = 0;
  double value_ = 0.0;
};

}  // namespace tailwatch::monitor
