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
#include "tailwatch/math/digamma.hpp"

namespace tailwatch::entropy {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Differential entropy of a sample from its one-sided m-spacings (van Es).
///
///   H = 1/(n−m) Σ_{i≤n−m} ln( (n+1)/m · (x₍ᵢ₊ₘ₎ − x₍ᵢ₎) ) + Σ_{k=m}^{n} 1/k + ln m − ln(n+1)
///
/// No index is cut off, and the constants remove the bias of the logarithm: exact in the mean for a uniform density.
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @param options  window m ≥ 1, default ⌊√n + 1/2⌋; unit
/// @return         nats (or `unit`); standard error by the jackknife at the same m, less what it
///                 counts twice for a flat density (detail::spacing_noise); NaN where m ≥ n, a spacing is 0 (ties), or
///                 an observation is NaN or infinite
/// @complexity     O(n log n), 40n bytes
/// @bias           negative for densities with tails: each end is seen through one spacing
/// @throws         std::invalid_argument for window = 0
/// @see            B. van Es (1992), Scandinavian Journal of Statistics 19, 61–72
/// @example        examples/entropy/differential_entropy.cpp
struct differential_van_es_fn {
  static constexpr std::string_view name = "entropy.differential_van_es";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "van Es (1992)";

  template <core::sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const differential_spacing_options& options = {}) const {
    const std::size_t n = core::as_span(sample).size();
    const std::size_t m = detail::resolve_window("entropy::differential_van_es", options.window, n);
    const auto x = m < n ? detail::sorted_finite(sample) : std::vector<double>{};
    if (x.empty()) return {core::nan, core::nan, n};
    std::vector<double> terms(n - m);
    for (std::size_t i = 0; i < terms.size(); ++i) terms[i] = std::log(x[i + m] - x[i]);
    const double mean = detail::term_moments(terms).mean;
    if (!core::is_finite(mean)) return {core::nan, core::nan, n};
    // ln((n+1)/m) + ln m − ln(n+1) = 0, and Σ 1/k = ψ(n+1) − ψ(m)
    const double constant = math::digamma(static_cast<double>(n) + 1.0) - math::digamma(static_cast<double>(m));
    double error = core::nan;
    if (m + 1 < n) {
      auto without = detail::log_spacing_sums_without_one(x, m);
      for (double& sum : without) sum /= static_cast<double>(n - 1 - m);
      error = detail::spacing_noise::one_sided(m, n).error(detail::delete_one_error(without), n);
    }
    return core::in_unit({mean + constant, error, n}, options.unit);
  }
};
inline constexpr differential_van_es_fn differential_van_es{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
