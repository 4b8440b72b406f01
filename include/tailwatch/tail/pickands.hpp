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

struct pickands_options {
  std::size_t k = square_root_order;  ///< upper order statistics used, k ≥ 1; default ⌊√n⌋
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Pickands' estimator of the extreme value index: shift- and scale-invariant, and noisy.
///
///   γ = log₂((X₍ₖ₎ − X₍₂ₖ₎)/(X₍₂ₖ₎ − X₍₄ₖ₎))        4k ≤ n
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         γ and n; standard error |γ| √(2^{2γ+1} + 1)/(2 |2^γ − 1| ln 2 √k), its limit √3/(2 ln²2 √k) at γ = 0; NaN when
///                 4k > n, a difference is 0, or an observation is NaN or infinite
/// @complexity     O(n + k log k)
/// @bias           depends on k; small beside the scatter
/// @throws         std::invalid_argument for k = 0
/// @see            J. Pickands (1975), Annals of Statistics 3, 119–131; A. L. M. Dekkers, L. de Haan (1989), Annals of
///                 Statistics 17, 1795–1832 (variance)
/// @example        examples/tail/heavy_tail.cpp
struct pickands_fn {
  static constexpr std::string_view name = "tail.pickands";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Pickands (1975)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const pickands_options& options = {}) const {
    core::check_at_least("tail::pickands", "k", options.k, std::size_t{1});
    const std::size_t n = core::as_span(sample).size();
    const std::size_t k = detail::resolve_order(options.k, n);
    const auto x = k <= n / 4 ? detail::largest(sample, 4 * k) : std::vector<double>{};
    if (x.empty()) return {core::nan, core::nan, n};
    const double upper = x[k - 1] - x[2 * k - 1];
    const double lower = x[2 * k - 1] - x[4 * k - 1];
    if (!(upper > 0.0 && lower > 0.0)) return {core::nan, core::nan, n};
    constexpr double ln2 = 0.69314718055994530942;
    const double g = std::log2(upper / lower);
    // g/(2^g − 1)·√(2^{2g+1} + 1), for g > 0 both divided by 2^g
    const double ratio = std::abs(g) < 1e-8 ? 1.0 / ln2 : g / std::abs(std::expm1(-std::abs(g) * ln2));
    const double root = g > 0.0 ? std::sqrt(2.0 + std::exp2(-2.0 * g)) : std::sqrt(std::exp2(2.0 * g + 1.0) + 1.0);
    const double error = std::abs(ratio) * root / (2.0 * ln2);
    return {g, error / std::sqrt(static_cast<double>(k)), n};
  }
};
inline constexpr pickands_fn pickands{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
