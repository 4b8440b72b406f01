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
#include "tailwatch/entropy/differential_vasicek.hpp"

namespace tailwatch::entropy {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Differential entropy of a sample from its m-spacings, corrected at the ends (Ebrahimi, Pflughoeft, Soofi).
///
///   H = (1/n) Σᵢ ln( n/(cᵢ m) · (x₍ᵢ₊ₘ₎ − x₍ᵢ₋ₘ₎) )
///   cᵢ = 1 + (i − 1)/m for i ≤ m, 1 + (n − i)/m for i > n − m, else 2: cᵢ m is the number of gaps that the spacing spans
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @param options  window m ≥ 1, default ⌊√n + 1/2⌋; unit
/// @return         nats (or `unit`); standard error as differential_vasicek; NaN where 2m ≥ n, a spacing is 0 (ties), or an
///                 observation is NaN or infinite
/// @complexity     O(n log n), 40n bytes
/// @bias           smaller than differential_vasicek's by the ends; smoothing over 2m gaps still bends it
/// @throws         std::invalid_argument for window = 0
/// @see            N. Ebrahimi, K. Pflughoeft, E. S. Soofi (1994), Statistics & Probability Letters 20, 225–234
/// @example        examples/entropy/differential_entropy.cpp
struct differential_ebrahimi_fn {
  static constexpr std::string_view name = "entropy.differential_ebrahimi";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Ebrahimi, Pflughoeft and Soofi (1994)";

  template <core::sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const differential_spacing_options& options = {}) const {
    const std::size_t n = core::as_span(sample).size();
    const std::size_t m = detail::resolve_window("entropy::differential_ebrahimi", options.window, n);
    const auto x = m < n && m < n - m ? detail::sorted_finite(sample) : std::vector<double>{};
    if (x.empty()) return {core::nan, core::nan, n};
    auto terms = detail::log_clamped_spacings(x, m);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t gaps = (i < m ? i : m) + (n - 1 - i < m ? n - 1 - i : m);
      terms[i] += std::log(static_cast<double>(n) / static_cast<double>(gaps));
    }
    const double mean = detail::term_moments(terms).mean;
    if (!core::is_finite(mean)) return {core::nan, core::nan, n};
    const double error = detail::spacing_noise::two_sided(m, n).error(detail::clamped_spacing_error(x, m), n);
    return core::in_unit({mean, error, n}, options.unit);
  }
};
inline constexpr differential_ebrahimi_fn differential_ebrahimi{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
