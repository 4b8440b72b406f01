// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

struct weissman_quantile_options {
  std::size_t k = square_root_order;  ///< upper order statistics used, k ≥ 1; default ⌊√n⌋
  double p = 0.001;                   ///< exceedance probability, in (0, 1)
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Weissman's extreme quantile of a heavy upper tail, beyond the sample if need be.
///
///   x = X₍ₖ₊₁₎ (k/(n p))^γ        p = exceedance probability, γ = hill
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         in units of the data, and n; standard error x γ √((1 + ln²(k/(np)))/k), the scatter of X₍ₖ₊₁₎ and that of γ;
///                 NaN where that of hill is and where it leaves the range of a double; NaN where hill is
/// @complexity     O(n + k log k)
/// @bias           that of hill times ln(k/(np)): it grows the farther out the quantile lies
/// @throws         std::invalid_argument for k = 0, and unless 0 < p < 1
/// @see            I. Weissman (1978), Journal of the American Statistical Association 73, 812–815
/// @example        examples/tail/heavy_tail.cpp
struct weissman_quantile_fn {
  static constexpr std::string_view name = "tail.weissman_quantile";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Weissman (1978)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const weissman_quantile_options& options = {}) const {
    core::check_open_interval("tail::weissman_quantile", "p", options.p, 0.0, 1.0);
    core::check_at_least("tail::weissman_quantile", "k", options.k, std::size_t{1});
    const std::size_t n = core::as_span(sample).size();
    const std::size_t k = detail::resolve_order(options.k, n);
    const auto x = k < n ? detail::largest(sample, k + 1) : std::vector<double>{};
    if (x.empty() || k == 0 || !(x[k] > 0.0)) return {core::nan, core::nan, n};
    double sum = 0.0;
    for (std::size_t i = 0; i < k; ++i) sum += detail::log_ratio(x[i], x[k]);
    const auto used = static_cast<double>(k);
    const double index = sum / used;
    const double reach = std::log(used / (static_cast<double>(n) * options.p));
    const double quantile = x[k] * std::exp(index * reach);
    const double error = quantile * index * std::sqrt((1.0 + reach * reach) / used);
    return {quantile, error > 0.0 && core::is_finite(error) ? error : core::nan, n};
  }
};
inline constexpr weissman_quantile_fn weissman_quantile{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
