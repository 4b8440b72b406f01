// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/log_tail.hpp"

/// One p-value from several tests of the same null: pieces of a text, or several watermark keys.
///
///   fisher    −2Σ ln p ~ χ²(2k)                    independent; strong where one test is strong
///   stouffer  Σ z/√k ~ N(0, 1)                     independent; strong where all are weakly so
///   cauchy    mean of tan((½ − p)π) ~ Cauchy(0, 1)  nearly valid in its tail under any dependence
///
/// All read and give natural logarithms, so that nothing underflows.
namespace tailwatch::provenance {
namespace detail {
template <core::number_range Logs>
[[nodiscard]] bool usable_log_p_values(const char* function, const Logs& logs) {
  bool usable = core::as_span(logs).size() > 0;
  for (const auto value : core::as_span(logs)) {
    const auto x = static_cast<double>(value);
    if (core::is_nan(x))
      usable = false;
    else
      core::check(x <= 0.0, function, "log_p_value", x, "at most 0");
  }
  return usable;
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// ln p of Fisher's method, exact for continuous independent tests; NaN for none or a NaN among them.
/// @see  R. A. Fisher (1932), Statistical Methods for Research Workers, 4th ed., § 21.1
template <core::floating_range Logs>
[[nodiscard]] double fisher_log_p_value(const Logs& log_p_values) {
  if (!detail::usable_log_p_values("provenance::fisher_log_p_value", log_p_values)) return core::nan;
  double sum = 0.0;
  for (const auto x : core::as_span(log_p_values)) sum -= static_cast<double>(x);
  return math::log_gamma_tail(core::as_span(log_p_values).size(), sum);  // Σ −ln p ~ Gamma(k, 1)
}

/// ln p of Stouffer's method, all tests of equal weight. p-values of 0 or 1 give −∞ or 0.
/// @see  S. A. Stouffer et al. (1949), The American Soldier, vol. 1
template <core::floating_range Logs>
[[nodiscard]] double stouffer_log_p_value(const Logs& log_p_values) {
  if (!detail::usable_log_p_values("provenance::stouffer_log_p_value", log_p_values)) return core::nan;
  const auto x = core::as_span(log_p_values);
  double sum = 0.0;
  for (const auto value : x) {
    const auto log_p = static_cast<double>(value);
    double z = -core::normal_quantile(std::exp(log_p));
    if (log_p < -600.0) {  // z² ≈ −2 ln p − ln(2π z²), by Newton's method on the exact tail
      z = std::sqrt(-2.0 * log_p);
      for (int step = 0; step < 6 && core::is_finite(z); ++step) z += (math::log_normal_tail(z) - log_p) / z;
    }
    sum += z;
  }
  return math::log_normal_tail(sum / std::sqrt(static_cast<double>(x.size())));
}

/// ln p of the Cauchy combination. The level holds asymptotically for small p under any dependence between the tests.
/// @see  Y. Liu, J. Xie (2020), JASA 115, 393–402
template <core::floating_range Logs>
[[nodiscard]] double cauchy_log_p_value(const Logs& log_p_values) {
  if (!detail::usable_log_p_values("provenance::cauchy_log_p_value", log_p_values)) return core::nan;
  constexpr double pi = 3.14159265358979323846;
  const auto x = core::as_span(log_p_values);
  const auto k = static_cast<double>(x.size());
  // tan((½ − p)π) = 1/tan(πp) ≈ 1/(πp): scaled by the smallest p, so that 1e-600 is no infinity
  double smallest = 0.0;
  for (const auto value : x) smallest = std::fmin(smallest, static_cast<double>(value));
  if (!core::is_finite(smallest)) return -core::infinity;
  const double scale = std::exp(smallest);  // may underflow to 0: then only terms as small matter
  double sum = 0.0;                         // Σ p_min/tan(πp)
  for (const auto value : x) {
    const auto log_p = static_cast<double>(value);
    if (log_p < -30.0) {
      sum += std::exp(smallest - log_p) / pi;
    } else {
      sum += scale / std::tan(pi * std::exp(log_p));
    }
  }
  if (smallest > -30.0) {
    const double t = sum / scale / k;
    const double p = t > 0.0 ? std::atan(1.0 / t) / pi : 0.5 - std::atan(t) / pi;
    return std::log(p);
  }
  return std::fmin(0.0, smallest - std::log(pi * sum / k));  // P(Cauchy ≥ t) = 1/(πt) for large t
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
