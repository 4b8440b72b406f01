// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/sample_source.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/entropy/detail/spacings.hpp"

namespace tailwatch::entropy {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Differential entropy of a sample from local regressions of rank on value (Correa).
///
///   H = −(1/n) Σᵢ ln bᵢ      bᵢ = Σⱼ (x₍ⱼ₎ − x̄ᵢ)(j − i) / (n Σⱼ (x₍ⱼ₎ − x̄ᵢ)²),   j = i−m … i+m
///
/// bᵢ is the slope of the empirical distribution function at x₍ᵢ₎ by least squares. Only the index of x is cut off at 1 and n,
/// j − i is not; x̄ᵢ is the mean of those 2m + 1 values.
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @param options  window m ≥ 1, default ⌊√n + 1/2⌋; unit
/// @return         nats (or `unit`); standard error from the jackknife of differential_vasicek for the same m: both follow −ln f of
///                 the smoothed density to first order, and a jackknife of its own would take O(n·m²); the scatter of its
///                 slopes under a flat density takes the place of that of spacings; NaN where 2m ≥ n, a whole
///                 window is tied, or an observation is NaN or infinite
/// @complexity     O(n log n + n·m), 40n bytes. Not O(n): running sums of squares would cancel where a density has tails
/// @bias           smaller than differential_vasicek's for most densities
/// @throws         std::invalid_argument for window = 0
/// @see            J. C. Correa (1995), Communications in Statistics: Theory and Methods 24, 2439–2449
/// @example        examples/entropy/differential_entropy.cpp
struct differential_correa_fn {
  static constexpr std::string_view name = "entropy.differential_correa";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Correa (1995)";

  template <core::sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const differential_spacing_options& options = {}) const {
    const std::size_t n = core::as_span(sample).size();
    const std::size_t m = detail::resolve_window("entropy::differential_correa", options.window, n);
    auto x = m < n && m < n - m ? detail::sorted_finite(sample) : std::vector<double>{};
    if (x.empty()) return {core::nan, core::nan, n};
    const double error = detail::spacing_noise::regression(m, n).error(detail::clamped_spacing_error(x, m), n);
    x.insert(x.begin(), m, x.front());  // the cut-off indices, written out
    x.insert(x.end(), m, x.back());
    const double points = 2.0 * static_cast<double>(m) + 1.0;
    std::vector<double> terms(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double* const centre = x.data() + i + m;
      // Σ (j − i) = 0, so x̄ drops out of the numerator.
      double slope = 0.0, sum = 0.0;
      for (std::size_t t = 1; t <= m; ++t) {
        const double right = centre[t], left = *(centre - t);
        slope += static_cast<double>(t) * (right - left);
        sum += (right - *centre) + (left - *centre);
      }
      const double mean = sum / points;
      double squares = mean * mean;
      for (std::size_t t = 1; t <= m; ++t) {
        const double right = centre[t] - *centre - mean, left = *(centre - t) - *centre - mean;
        squares += right * right + left * left;
      }
      if (!(squares > 0.0)) return {core::nan, core::nan, n};
      terms[i] = std::log(static_cast<double>(n) * (squares / slope));
    }
    const double mean = detail::term_moments(terms).mean;
    if (!core::is_finite(mean)) return {core::nan, core::nan, n};
    return core::in_unit({mean, error, n}, options.unit);
  }
};
inline constexpr differential_correa_fn differential_correa{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
