// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "tailwatch/core/error.hpp"

namespace tailwatch::recursion::detail {

/// Weights of training units as shares of their sum, checked.
class weight_shares {
 public:
  /// @throws std::invalid_argument  for a negative weight, no positive one, or a size other than `units`
  weight_shares(std::string_view function, std::span<const double> weights, std::size_t units) : weights_(weights) {
    core::check_same_size(function, "weights", weights.size(), "data", units);
    for (const double w : weights) {
      core::check_not_negative(function, "weight", w);
      total_ += w;
    }
    if (units > 0) core::check_positive(function, "sum of weights", total_);
  }

  [[nodiscard]] double operator()(std::size_t i) const noexcept { return weights_[i] / total_; }
  /// Σw²: 1 over the effective number of units.
  [[nodiscard]] double sum_of_squares() const noexcept {
    double sum = 0.0;
    for (std::size_t i = 0; i < weights_.size(); ++i) sum += (*this)(i) * (*this)(i);
    return sum;
  }

 private:
  std::span<const double> weights_;
  double total_ = 0.0;
};

}  // namespace tailwatch::recursion::detail
