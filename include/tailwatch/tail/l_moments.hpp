// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

struct l_moments_result {
  double location = core::nan;  ///< l₁, the mean
  double scale = core::nan;     ///< l₂
  double skewness = core::nan;  ///< t₃ = l₃/l₂
  double kurtosis = core::nan;  ///< t₄ = l₄/l₂
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Unbiased sample L-moments: location, scale, skewness and kurtosis that exist whenever the mean does.
///
///   b_r = (1/n) Σ C(i − 1, r)/C(n − 1, r) x₍ᵢ₎ (ascending);  l₁ = b₀, l₂ = 2b₁ − b₀, t₃ = (6b₂ − 6b₁ + b₀)/l₂,
///   t₄ = (20b₃ − 30b₂ + 12b₁ − b₀)/l₂
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         NaN where n < 4, the values are equal (t₃ and t₄), or an observation is NaN or infinite
/// @complexity     O(n log n)
/// @see            J. R. M. Hosking (1990), Journal of the Royal Statistical Society B 52, 105–124
/// @example        examples/tail/heavy_tail.cpp
struct l_moments_fn {
  static constexpr std::string_view name = "tail.l_moments";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Hosking (1990)";

  template <sample_source Source>
  [[nodiscard]] l_moments_result operator()(const Source& sample) const {
    const std::size_t n = core::as_span(sample).size();
    const auto x = n < 4 ? std::vector<double>{} : detail::largest(sample, n);
    if (x.empty()) return {};
    const auto size = static_cast<double>(n);
    // Of the differences from the middle observation, which are exact: what is common to all cancels there and not in the sums.
    const double middle = x[n / 2];
    double b0 = 0.0;
    double b1 = 0.0;
    double b2 = 0.0;
    double b3 = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto rank = static_cast<double>(n - 1 - i);  // observations below
      const double value = (x[i] - middle) / size;
      b0 += value;
      const double w1 = rank / (size - 1.0);
      const double w2 = w1 * (rank - 1.0) / (size - 2.0);
      b1 += w1 * value;
      b2 += w2 * value;
      b3 += w2 * (rank - 2.0) / (size - 3.0) * value;
    }
    const double l2 = 2.0 * b1 - b0;
    if (!(x.front() > x.back())) return {middle, 0.0, core::nan, core::nan};
    return {middle + b0, l2, (6.0 * b2 - 6.0 * b1 + b0) / l2, (20.0 * b3 - 30.0 * b2 + 12.0 * b1 - b0) / l2};
  }
};
inline constexpr l_moments_fn l_moments{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
