// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

struct l_moments_result {
  estimate location;  ///< l₁, the mean
  estimate scale;     ///< l₂
  estimate skewness;  ///< t₃ = l₃/l₂
  estimate kurtosis;  ///< t₄ = l₄/l₂
};

namespace detail {

/// l₁, l₂, t₃, t₄ from b₀ … b₃.
[[nodiscard]] inline std::array<double, 4> l_moments_of(const std::array<double, 4>& b) noexcept {
  const double l2 = 2.0 * b[1] - b[0];
  return {b[0], l2, (6.0 * b[2] - 6.0 * b[1] + b[0]) / l2, (20.0 * b[3] - 30.0 * b[2] + 12.0 * b[1] - b[0]) / l2};
}

/// C(below, r)/C(n − 1, r)/n for r = 0 … 3: the weight in b_r of an observation above `below` others of n.
[[nodiscard]] inline std::array<double, 4> l_moment_weights(double below, double n) noexcept {
  std::array<double, 4> w{1.0 / n, 0.0, 0.0, 0.0};
  for (std::size_t r = 1; r < 4; ++r) {
    const auto less = static_cast<double>(r) - 1.0;
    w[r] = w[r - 1] * ((below - less) / (n - 1.0 - less));
  }
  return w;
}

/// L-moments of the n samples without one observation each, l₁ about `middle`, in O(n): those below keep their rank, those above lose one.
/// @param x  descending, n ≥ 5
[[nodiscard]] inline std::vector<std::array<double, 4>> l_moments_without_one(std::span<const double> x,
                                                                              double middle) {
  const std::size_t n = x.size();
  const double rest = static_cast<double>(n) - 1.0;
  std::vector<std::array<double, 4>> without(n);
  std::array<double, 4> sum{};
  for (std::size_t i = n; i-- > 0;) {  // upwards: those below
    without[i] = sum;
    const auto w = l_moment_weights(static_cast<double>(n - 1 - i), rest);
    for (std::size_t r = 0; r < 4; ++r) sum[r] += w[r] * (x[i] - middle);
  }
  sum = {};
  for (std::size_t i = 0; i < n; ++i) {  // downwards: those above
    for (std::size_t r = 0; r < 4; ++r) without[i][r] += sum[r];
    const auto w = l_moment_weights(static_cast<double>(n) - 2.0 - static_cast<double>(i), rest);
    for (std::size_t r = 0; r < 4; ++r) sum[r] += w[r] * (x[i] - middle);
    without[i] = l_moments_of(without[i]);
  }
  return without;
}

/// Jackknife covariance (n − 1)/n Σ (θ₋ᵢ − θ̄)(θ₋ᵢ − θ̄)ᵀ of vectors without one observation each.
template <std::size_t Size>
[[nodiscard]] std::array<std::array<double, Size>, Size> jackknife_covariance(
    std::span<const std::array<double, Size>> without) {
  const auto n = static_cast<double>(without.size());
  std::array<double, Size> mean{};
  for (const auto& v : without)
    for (std::size_t i = 0; i < Size; ++i) mean[i] += v[i] / n;
  std::array<std::array<double, Size>, Size> covariance{};
  for (const auto& v : without)
    for (std::size_t i = 0; i < Size; ++i)
      for (std::size_t j = 0; j < Size; ++j) covariance[i][j] += (n - 1.0) / n * ((v[i] - mean[i]) * (v[j] - mean[j]));
  return covariance;
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Unbiased sample L-moments: location, scale, skewness and kurtosis that exist whenever the mean does.
///
///   b_r = (1/n) Σ C(i − 1, r)/C(n − 1, r) x₍ᵢ₎ (ascending);  l₁ = b₀, l₂ = 2b₁ − b₀, t₃ = (6b₂ − 6b₁ + b₀)/l₂,
///   t₄ = (20b₃ − 30b₂ + 12b₁ − b₀)/l₂
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         standard errors by the jackknife, NaN for n < 6; NaN where n < 4, the values are equal (t₃ and t₄), or an observation is
///                 NaN or infinite
/// @complexity     O(n log n)
/// @bias           none of l₁ and l₂, O(1/n) of the ratios t₃ and t₄
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
    l_moments_result result;
    result.location.count = result.scale.count = result.skewness.count = result.kurtosis.count = n;
    auto x = n < 4 ? std::vector<double>{} : detail::largest(sample, n);
    if (x.empty()) return result;
    const int exponent = detail::scale_down(x);
    // Of the differences from the middle observation, which are exact: what is common to all cancels there and not in the sums.
    const double middle = x[n / 2];
    if (!(x.front() > x.back())) {
      result.location.value = std::ldexp(middle, exponent);
      result.scale.value = 0.0;
      return result;
    }
    std::array<double, 4> b{};
    for (std::size_t i = 0; i < n; ++i) {
      const auto w = detail::l_moment_weights(static_cast<double>(n - 1 - i), static_cast<double>(n));
      for (std::size_t r = 0; r < 4; ++r) b[r] += w[r] * (x[i] - middle);
    }
    const auto l = detail::l_moments_of(b);
    result.location.value = middle + l[0];
    result.scale.value = l[1];
    result.skewness.value = l[2];
    result.kurtosis.value = l[3];
    if (n < 6) {
      result.location = detail::scale_up(result.location, exponent);
      result.scale = detail::scale_up(result.scale, exponent);
      return result;
    }
    const auto without = detail::l_moments_without_one(x, middle);
    const auto covariance = detail::jackknife_covariance<4>(without);
    const auto error = [&](std::size_t i) {  // not finite where the others are equal
      return covariance[i][i] > 0.0 && core::is_finite(covariance[i][i]) ? std::sqrt(covariance[i][i]) : core::nan;
    };
    result.location.standard_error = error(0);
    result.scale.standard_error = error(1);
    result.skewness.standard_error = error(2);
    result.kurtosis.standard_error = error(3);
    result.location = detail::scale_up(result.location, exponent);
    result.scale = detail::scale_up(result.scale, exponent);
    return result;
  }
};
inline constexpr l_moments_fn l_moments{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
