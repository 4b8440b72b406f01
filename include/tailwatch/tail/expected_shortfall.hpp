// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/tail/detail/order_statistics.hpp"

namespace tailwatch::tail {

struct expected_shortfall_options {
  double level = 0.99;  ///< in (0, 1)
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Empirical expected shortfall: the mean of the upper (1 − level) share of a sample.
///
///   w = n(1 − level);  ES = (sum of the ⌊w⌋ largest + (w − ⌊w⌋)·the next)/w
///
/// For the lower tail negate the sample.
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @return         in units of the data, and n; standard error √((s² + level·(ES − VaR)²)/w), s² the variance of the
///                 observations above VaR = X₍⌊w⌋₊₁₎; NaN standard error when ⌊w⌋ < 2; NaN when n = 0 or an observation is NaN or
///                 infinite
/// @complexity     O(n + w log w)
/// @bias           small and negative: O(1/w)
/// @throws         std::invalid_argument unless 0 < level < 1
/// @see            C. Acerbi, D. Tasche (2002), Journal of Banking and Finance 26, 1487–1503; B. J. Manistre, G. H. Hancock
///                 (2005), North American Actuarial Journal 9(2), 129–156 (standard error)
/// @example        examples/tail/heavy_tail.cpp
struct expected_shortfall_fn {
  static constexpr std::string_view name = "tail.expected_shortfall_empirical";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Acerbi and Tasche (2002)";

  template <sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const expected_shortfall_options& options = {}) const {
    core::check_open_interval("tail::expected_shortfall", "level", options.level, 0.0, 1.0);
    const std::size_t n = core::as_span(sample).size();
    const double w = static_cast<double>(n) * (1.0 - options.level);
    const auto whole = static_cast<std::size_t>(std::min(std::floor(w), static_cast<double>(n)));
    auto x = detail::largest(sample, std::min(whole + 1, n));
    if (x.empty()) return {core::nan, core::nan, n};
    const int exponent = detail::scale_down(x);
    detail::spread above;
    for (std::size_t i = 0; i < whole; ++i) above.add(x[i]);
    const double next = x.back();  // X₍⌊w⌋₊₁₎ = value at risk
    const double rest = w - static_cast<double>(whole);
    const double shortfall = (above.mean * above.count + rest * next) / w;
    if (whole < 2) return detail::scale_up({shortfall, core::nan, n}, exponent);
    const double gap = shortfall - next;
    const double variance = above.squares / (above.count - 1.0) + options.level * gap * gap;
    return detail::scale_up({shortfall, std::sqrt(variance / w), n}, exponent);
  }
};
inline constexpr expected_shortfall_fn expected_shortfall{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
