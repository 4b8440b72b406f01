// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/recursion/detail/gamma_differences.hpp"

/// A Gaussian kernel density estimate sampled and fitted again (regime replace), one dimension. It does not lose variance, it
/// smooths: an alarm on falling variance alone misses it. Exact for every n; no assumption on the real law but a variance.
namespace tailwatch::recursion {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Fixed bandwidth h: expected biased variance of the data after n rounds of "estimate, draw M", rⁿV + h²(M − 1)(1 − rⁿ),
/// r = 1 − 1/M. V = `variance` is the biased variance of the first training data (E V = r s₀² for a real sample of M). It
/// tends to h²(M − 1) and grows where that exceeds V. The estimated density is wider than its data by h².
///
/// Derivation: a draw of M from the estimate has variance V + h², of which its biased sample variance keeps the share r.
/// @param generations  n ≥ 0 rounds of resampling after the first training data
/// @throws std::invalid_argument unless M ≥ 1, bandwidth > 0, variance ≥ 0
[[nodiscard]] inline double kernel_density_replace_variance(double samples, double bandwidth, double variance,
                                                            std::uint64_t generations) {
  constexpr auto function = "recursion::kernel_density_replace_variance";
  detail::check_samples(function, samples, 1.0);
  core::check_positive(function, "bandwidth", bandwidth);
  core::check_not_negative(function, "variance", variance);
  const double forgotten = detail::one_minus_power(1.0 / samples, static_cast<double>(generations));
  return (1.0 - forgotten) * variance + bandwidth * bandwidth * (samples - 1.0) * forgotten;
}

/// Bandwidth h = c·s·M^{−1/5} with s² the biased variance of the current data (c ≈ 1.06 is Silverman's rule):
/// [(1 − 1/M)(1 + c²M^{−2/5})]ⁿ V, exponential growth. V and n as above.
[[nodiscard]] inline double kernel_density_scaled_replace_variance(double samples, double factor, double variance,
                                                                   std::uint64_t generations) {
  constexpr auto function = "recursion::kernel_density_scaled_replace_variance";
  detail::check_samples(function, samples, 2.0);
  core::check_positive(function, "factor", factor);
  core::check_not_negative(function, "variance", variance);
  const double log_step = std::log1p(-1.0 / samples) + std::log1p(factor * factor * std::pow(samples, -0.4));
  return variance * std::exp(static_cast<double>(generations) * log_step);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
