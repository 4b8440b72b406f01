// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/special_functions/digamma.hpp>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/recursion/conventions.hpp"

/// Least squares fitted again and again to labels that the last fit produced: y = Xw_{n−1} + noise, X of `rows` × `dimension`
/// independent standard normal entries, noise of variance σ². Risk is E‖wₙ − w*‖². Exact for rows > dimension + 1, where
/// E tr (XᵀX)⁻¹ = d/(rows − d − 1) exists.
namespace tailwatch::recursion {

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {
inline void check_linear(std::string_view function, double dimension, double rows, double noise_variance) {
  core::check_at_least(function, "dimension", dimension, 1.0);
  core::check(core::is_finite(rows) && rows > dimension + 1.0, function, "rows", rows,
              "finite and greater than dimension + 1");
  core::check_not_negative(function, "noise_variance", noise_variance);
}
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Regime replace: σ² d n/(rows − d − 1), linear in n, for the same and for fresh designs alike.
/// @throws std::invalid_argument unless dimension ≥ 1, rows > dimension + 1, noise_variance ≥ 0
/// @see    M. Gerstgrasser et al. (2024), arXiv 2404.01413
[[nodiscard]] inline double linear_replace_risk(double dimension, double rows, double noise_variance,
                                                std::uint64_t generations) {
  detail::check_linear("recursion::linear_replace_risk", dimension, rows, noise_variance);
  return noise_variance * dimension * static_cast<double>(generations) / (rows - dimension - 1.0);
}

/// Regime accumulate: bounded.
///
///   same design   σ² d/(rows − d − 1) Σ_{i≤n} 1/i²          → π²/6 times the risk of one fit
///   fresh design  σ² d Σ_{i≤n} 1/(i(i·rows − d − 1))        smaller: later fits see a better conditioned pool
///
/// The two differ; published code reuses one matrix, published text speaks of fresh ones. O(n).
[[nodiscard]] inline double linear_accumulate_risk(double dimension, double rows, double noise_variance,
                                                   std::uint64_t generations, linear_design design) {
  detail::check_linear("recursion::linear_accumulate_risk", dimension, rows, noise_variance);
  double sum = 0.0;
  for (std::uint64_t g = generations; g >= 1; --g) {  // smallest terms first
    const auto i = static_cast<double>(g);
    sum += design == linear_design::same ? 1.0 / (i * i * (rows - dimension - 1.0))
                                         : 1.0 / (i * (i * rows - dimension - 1.0));
  }
  return noise_variance * dimension * sum;
}

/// Limit of linear_accumulate_risk for n → ∞: π²/6 times the risk of one fit for the same design; for fresh designs
/// σ² (d/(d + 1)) (ψ(1) − ψ(1 − c)), c = (d + 1)/rows, which is smaller. Exact.
///
/// Derivation: 1/(i(i·rows − d − 1)) = (1/(d + 1)) (1/(i − c) − 1/i), summed by the digamma function.
[[nodiscard]] inline double linear_accumulate_risk_limit(double dimension, double rows, double noise_variance,
                                                         linear_design design) {
  detail::check_linear("recursion::linear_accumulate_risk_limit", dimension, rows, noise_variance);
  if (design == linear_design::same)
    return noise_variance * dimension / (rows - dimension - 1.0) * 1.6449340668482264365;  // π²/6
  const double c = (dimension + 1.0) / rows;
  return noise_variance * dimension / (dimension + 1.0) * (boost::math::digamma(1.0) - boost::math::digamma(1.0 - c));
}

/// Test error of the n-th ridgeless fit in the proportional limit d, rows → ∞ with d/rows = ρ < 1:
/// clean error + n σ² ρ/(1 − ρ). ASYMPTOTIC; finite samples have linear_replace_risk, where d/(rows − d − 1) replaces ρ/(1 − ρ).
/// @param clean_error  what remains with unlimited real data, ≥ 0
/// @throws std::invalid_argument unless 0 < ratio < 1, noise_variance ≥ 0, clean_error ≥ 0
/// @see    E. Dohmatob, Y. Feng, J. Kempe (2024), "Model collapse demystified", arXiv 2402.07712
[[nodiscard]] inline double linear_replace_error_asymptotic(double ratio, double noise_variance,
                                                            std::uint64_t generations, double clean_error = 0.0) {
  constexpr auto function = "recursion::linear_replace_error_asymptotic";
  core::check_open_interval(function, "ratio", ratio, 0.0, 1.0);
  core::check_not_negative(function, "noise_variance", noise_variance);
  core::check_not_negative(function, "clean_error", clean_error);
  return clean_error + static_cast<double>(generations) * noise_variance * ratio / (1.0 - ratio);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
