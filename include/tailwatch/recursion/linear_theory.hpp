// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

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

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::recursion
