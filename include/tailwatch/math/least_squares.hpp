// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::math {

struct line {
  double intercept = core::nan;
  double slope = core::nan;
};

/// Ordinary least squares of y on x, one point at a time, with centred sums that do not cancel (Welford).
class line_fit {
 public:
  void add(double x, double y) noexcept {
    size_ += 1.0;
    const double dx = x - mean_x_;
    mean_x_ += dx / size_;
    mean_y_ += (y - mean_y_) / size_;
    xx_ += dx * (x - mean_x_);
    xy_ += dx * (y - mean_y_);
  }
  [[nodiscard]] double size() const noexcept { return size_; }
  /// NaN where all x are equal or there are fewer than two points.
  [[nodiscard]] line fit() const noexcept {
    if (!(xx_ > 0.0)) return {};
    const double slope = xy_ / xx_;
    return {mean_y_ - slope * mean_x_, slope};
  }

 private:
  double size_ = 0.0, mean_x_ = 0.0, mean_y_ = 0.0, xx_ = 0.0, xy_ = 0.0;
};

}  // namespace tailwatch::math
