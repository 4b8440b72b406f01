// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

/// A power law (or, by its logarithm, an exponential law) refitted by maximum likelihood to M draws of its last fit, x_min known.
///
/// θ = 1/(α − 1) is the mean of ln(x/x_min), and its estimate is θ times a Gamma(M, 1)/M variate: θₙ = θ₀ Π Gᵢ/M. Everything below
/// is exact for every n and M ≥ 1 unless said. θ is a martingale (the mean does not move) while the typical θ shrinks as
/// e^{−n/(2M)}: the tail thins in almost every lineage.
namespace tailwatch::recursion {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// E ln(θₙ/θ₀) = n[ψ(M) − ln M] ≈ −n/(2M).
/// @throws std::invalid_argument for M < 1 or not finite, here and below
[[nodiscard]] inline double power_law_replace_log_scale(double samples, std::uint64_t generations) {
  detail::check_samples("recursion::power_law_replace_log_scale", samples, 1.0);
  return static_cast<double>(generations) * detail::digamma_minus_log(samples);
}

/// Var ln θₙ = n ψ₁(M) ≈ n/M.
[[nodiscard]] inline double power_law_replace_log_scale_variance(double samples, std::uint64_t generations) {
  detail::check_samples("recursion::power_law_replace_log_scale_variance", samples, 1.0);
  return static_cast<double>(generations) * boost::math::trigamma(samples);
}

/// Var θₙ/θ₀² = (1 + 1/M)ⁿ − 1; E θₙ = θ₀.
[[nodiscard]] inline double power_law_replace_scale_relative_variance(double samples, std::uint64_t generations) {
  detail::check_samples("recursion::power_law_replace_scale_relative_variance", samples, 1.0);
  return std::expm1(static_cast<double>(generations) * std::log1p(1.0 / samples));
}

/// E (αₙ − 1)/(α₀ − 1) = (M/(M − 1))ⁿ: the mean exponent grows. Infinite for M = 1, n ≥ 1.
[[nodiscard]] inline double power_law_replace_exponent(double samples, std::uint64_t generations) {
  detail::check_samples("recursion::power_law_replace_exponent", samples, 1.0);
  if (generations == 0) return 1.0;
  if (samples == 1.0) return core::infinity;
  return std::exp(-static_cast<double>(generations) * std::log1p(-1.0 / samples));
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
