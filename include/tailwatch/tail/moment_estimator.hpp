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

struct moment_estimator_options {
  std::size_t k = square_root_order;  ///< upper order statistics used, k ≥ 1; default ⌊√n⌋
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Moment estimator of the extreme value index, for tails of any sign (Dekkers, Einmahl and de Haan).
///
///   γ = M₁ + 1 − 1/(2(1 − M₁²/M₂))        Mⱼ = (1/k) Σ_{i≤k} ln(X₍ᵢ₎/X₍ₖ₊₁₎)^j
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         γ and n; standard error √(v/k), v = 1 + γ² for γ ≥ 0, else
///                 (1 − γ)²(1 − 2γ)(1 − γ + 6γ²)/((1 − 3γ)(1 − 4γ)); NaN when k ≥ n, X₍ₖ₊₁₎ ≤ 0, all k + 1 values are equal,
///                 or an observation is NaN or infinite
/// @complexity     O(n + k log k)
/// @bias           depends on k, as that of hill
/// @throws         std::invalid_argument for k = 0
/// @see            A. L. M. Dekkers, J. H. J. Einmahl, L. de Haan (1989), Annals of Statistics 17, 1833–1855
/// @example        examples/tail/heavy_tail.cpp
struct moment_estimator_fn {
  static constexpr std::string_view name = "tail.moment";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Dekkers, Einmahl and de Haan (1989)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const moment_estimator_options& options = {}) const {
    core::check_at_least("tail::moment_estimator", "k", options.k, std::size_t{1});
    const std::size_t n = core::as_span(sample).size();
    const std::size_t k = detail::resolve_order(options.k, n);
    const auto x = k < n ? detail::largest(sample, k + 1) : std::vector<double>{};
    if (x.empty() || k == 0 || !(x[k] > 0.0)) return {core::nan, core::nan, n};
    double m1 = 0.0;
    double m2 = 0.0;
    for (std::size_t i = 0; i < k; ++i) {
      const double excess = detail::log_ratio(x[i], x[k]);
      m1 += excess;
      m2 += excess * excess;
    }
    const auto used = static_cast<double>(k);
    m1 /= used;
    m2 /= used;
    double variance = 0.0;  // M₂ − M₁², summed about the mean so that it does not cancel
    for (std::size_t i = 0; i < k; ++i) {
      const double centred = detail::log_ratio(x[i], x[k]) - m1;
      variance += centred * centred;
    }
    variance /= used;
    if (!(variance > 0.0)) return {core::nan, core::nan, n};
    const double g = m1 + 1.0 - 0.5 * m2 / variance;
    const double v = g >= 0.0 ? 1.0 + g * g
                              : (1.0 - g) * (1.0 - g) * (1.0 - 2.0 * g) * (1.0 - g + 6.0 * g * g) /
                                    ((1.0 - 3.0 * g) * (1.0 - 4.0 * g));
    return {g, std::sqrt(v / used), n};
  }
};
inline constexpr moment_estimator_fn moment_estimator{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
