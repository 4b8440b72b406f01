// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

inline namespace TAILWATCH_ABI_NAMESPACE {

struct mean_excess_options {
  double threshold = 0.0;  ///< u, finite
};

/// Mean excess over a threshold.
///
///   e(u) = mean of x − u over x > u, strictly
///
/// Linear in u with slope ξ/(1 − ξ) over a generalised Pareto tail; it falls when the largest values vanish.
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         in units of the data, and the number of excesses; standard error sd/√count, denominator count − 1; NaN
///                 when nothing lies above u or an observation is NaN or infinite
/// @complexity     O(n), two passes, no allocation
/// @bias           none
/// @throws         std::invalid_argument for a threshold that is not finite
/// @see            A. C. Davison, R. L. Smith (1990), Journal of the Royal Statistical Society B 52, 393–442
/// @example        examples/tail/heavy_tail.cpp
struct mean_excess_fn {
  static constexpr std::string_view name = "tail.mean_excess";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Davison and Smith (1990)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const mean_excess_options& options = {}) const {
    core::check(core::is_finite(options.threshold), "tail::mean_excess", "threshold", options.threshold, "finite");
    double largest = std::abs(options.threshold);
    for (const auto value : core::as_span(sample)) {
      const auto x = static_cast<double>(value);
      if (!core::is_finite(x)) return {core::nan, core::nan, 0};
      largest = std::max(largest, std::abs(x));
    }
    const int exponent = detail::extreme_exponent({&largest, 1});
    detail::spread excesses;
    for (const auto value : core::as_span(sample)) {
      const auto x = static_cast<double>(value);
      if (!(x > options.threshold)) continue;
      excesses.add(exponent == 0 ? x - options.threshold
                                 : std::ldexp(x, -exponent) - std::ldexp(options.threshold, -exponent));
    }
    const auto count = static_cast<std::uint64_t>(excesses.count);
    if (count == 0) return {core::nan, core::nan, 0};
    return detail::scale_up({excesses.mean, excesses.standard_error(), count}, exponent);
  }
};
inline constexpr mean_excess_fn mean_excess{};

struct mean_excess_at_order_options {
  std::size_t k = square_root_order;  ///< upper order statistics used, k ≥ 1; default ⌊√n⌋
};

/// Mean excess of the k largest observations over the next one.
///
///   (1/k) Σ_{i≤k} (X₍ᵢ₎ − X₍ₖ₊₁₎)
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         in units of the data, and n; standard error sd/√k given X₍ₖ₊₁₎; NaN when k ≥ n or an observation is NaN or
///                 infinite
/// @complexity     O(n + k log k)
/// @bias           none, given X₍ₖ₊₁₎
/// @throws         std::invalid_argument for k = 0
/// @see            A. C. Davison, R. L. Smith (1990), Journal of the Royal Statistical Society B 52, 393–442
/// @example        examples/tail/heavy_tail.cpp
struct mean_excess_at_order_fn {
  static constexpr std::string_view name = "tail.mean_excess_at_order";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Davison and Smith (1990)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const mean_excess_at_order_options& options = {}) const {
    core::check_at_least("tail::mean_excess_at_order", "k", options.k, std::size_t{1});
    const std::size_t n = core::as_span(sample).size();
    const std::size_t k = detail::resolve_order(options.k, n);
    auto x = k < n ? detail::largest(sample, k + 1) : std::vector<double>{};
    if (x.empty() || k == 0) return {core::nan, core::nan, n};
    const int exponent = detail::scale_down(x);
    detail::spread excesses;
    for (std::size_t i = 0; i < k; ++i) excesses.add(x[i] - x[k]);
    return detail::scale_up({excesses.mean, excesses.standard_error(), n}, exponent);
  }
};
inline constexpr mean_excess_at_order_fn mean_excess_at_order{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
