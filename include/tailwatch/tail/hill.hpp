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
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

struct hill_options {
  std::size_t k = square_root_order;  ///< upper order statistics used, k ≥ 1; default ⌊√n⌋
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hill's estimator of the tail index of a heavy upper tail.
///
///   γ = (1/k) Σ_{i≤k} ln(X₍ᵢ₎/X₍ₖ₊₁₎)        X₍₁₎ ≥ X₍₂₎ ≥ …;  P(X > x) ~ x^{−1/γ}
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         γ ≥ 0 and n; standard error γ/√k, NaN where all k + 1 values are equal; NaN when k ≥ n, X₍ₖ₊₁₎ ≤ 0, or an observation is NaN or infinite
/// @complexity     O(n + k log k)
/// @bias           depends on k: small k scatters, large k leaves the tail; look at hill_curve
/// @throws         std::invalid_argument for k = 0
/// @see            B. M. Hill (1975), Annals of Statistics 3, 1163–1174
/// @example        examples/tail/heavy_tail.cpp
struct hill_fn {
  static constexpr std::string_view name = "tail.hill";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Hill (1975)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const hill_options& options = {}) const {
    core::check_at_least("tail::hill", "k", options.k, std::size_t{1});
    const std::size_t n = core::as_span(sample).size();
    const std::size_t k = detail::resolve_order(options.k, n);
    const auto x = k < n ? detail::largest(sample, k + 1) : std::vector<double>{};
    if (x.empty() || k == 0 || !(x[k] > 0.0)) return {core::nan, core::nan, n};
    double sum = 0.0;
    for (std::size_t i = 0; i < k; ++i) sum += detail::log_ratio(x[i], x[k]);
    const auto used = static_cast<double>(k);
    return {sum / used, sum > 0.0 ? sum / used / std::sqrt(used) : core::nan, n};
  }
};
inline constexpr hill_fn hill{};

/// Hill's estimator for every k at once: element k − 1 is hill with that k.
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @param largest_order  the last k, ≥ 1
/// @return         min(largest_order, n − 1) values; NaN from the first k with X₍ₖ₊₁₎ ≤ 0; empty where hill would be NaN at k = 1
/// @complexity     O(n + k log k)
/// @throws         std::invalid_argument for largest_order = 0
/// @example        examples/tail/heavy_tail.cpp
template <sample_source Source>
[[nodiscard]] std::vector<double> hill_curve(const Source& sample, std::size_t largest_order) {
  core::check_at_least("tail::hill_curve", "largest_order", largest_order, std::size_t{1});
  const std::size_t n = core::as_span(sample).size();
  auto curve = n < 2 ? std::vector<double>{} : detail::largest(sample, std::min(largest_order, n - 1) + 1);
  double above = 0.0;                               // Σ_{i≤k} ln(X₍ᵢ₎/X₍ₖ₎)
  for (std::size_t k = 1; k < curve.size(); ++k) {  // over the order statistics, which are not needed below k any more
    above += curve[k] > 0.0 ? static_cast<double>(k) * detail::log_ratio(curve[k - 1], curve[k]) : core::nan;
    curve[k - 1] = above / static_cast<double>(k);
  }
  if (!curve.empty()) curve.pop_back();
  return curve;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
