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

namespace detail {

/// ln of the clamped spacings x₍ᵢ₊ₘ₎ − x₍ᵢ₋ₘ₎; −∞ for ties.
[[nodiscard]] inline std::vector<double> log_clamped_spacings(const std::vector<double>& x, std::size_t window) {
  const std::size_t n = x.size();
  std::vector<double> terms(n);
  for (std::size_t i = 0; i < n; ++i)
    terms[i] = std::log(x[i + window < n ? i + window : n - 1] - x[i < window ? 0 : i - window]);
  return terms;
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Differential entropy of a sample from its m-spacings (Vasicek).
///
///   H = (1/n) Σᵢ ln( n/(2m) · (x₍ᵢ₊ₘ₎ − x₍ᵢ₋ₘ₎) )      x ascending, indices cut off at 1 and n
///
/// @param sample   observations, a floating range or sample(x); not modified, copied once
/// @param options  window m ≥ 1, default ⌊√n + 1/2⌋; unit
/// @return         nats (or `unit`), negative for densities above 1; standard error by the jackknife at the same m,
///                 less what it counts twice for a flat density (detail::spacing_noise); NaN where 2m ≥ n, a spacing is 0
///                 (ties), or an observation is NaN or infinite
/// @complexity     O(n log n), 40n bytes
/// @bias           negative: near the ends 2m is more than the gaps there are, −(2m/n)(1 − ln 2): differential_ebrahimi
/// @throws         std::invalid_argument for window = 0
/// @see            O. Vasicek (1976), Journal of the Royal Statistical Society B 38, 54–59; N. Cressie
///                 (1976), Biometrika 63, 343–355 (variance under flatness); B. Efron, C. Stein (1981), Annals of Statistics 9,
///                 586–596 (what the jackknife counts twice)
/// @example        examples/entropy/differential_entropy.cpp
struct differential_vasicek_fn {
  static constexpr std::string_view name = "entropy.differential_vasicek";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Vasicek (1976)";

  template <core::sample_source Source>
  [[nodiscard]] estimate operator()(const Source& sample, const differential_spacing_options& options = {}) const {
    const std::size_t n = core::as_span(sample).size();
    const std::size_t m = detail::resolve_window("entropy::differential_vasicek", options.window, n);
    const auto x = m < n && m < n - m ? detail::sorted_finite(sample) : std::vector<double>{};
    if (x.empty()) return {core::nan, core::nan, n};
    const double mean = detail::term_moments(detail::log_clamped_spacings(x, m)).mean;
    if (!core::is_finite(mean)) return {core::nan, core::nan, n};
    const double scale = std::log(static_cast<double>(n) / (2.0 * static_cast<double>(m)));
    const double error = detail::spacing_noise::two_sided(m, n).error(detail::clamped_spacing_error(x, m), n);
    return core::in_unit({scale + mean, error, n}, options.unit);
  }
};
inline constexpr differential_vasicek_fn differential_vasicek{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
