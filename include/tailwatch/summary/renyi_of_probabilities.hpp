// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/sum.hpp"
#include "tailwatch/simd/xlogx.hpp"

namespace tailwatch::summary {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Rényi entropy of order q ≥ 0 of known probabilities in nats, the common root of Shannon's, Rényi's and Tsallis's entropies and of the
/// Hill numbers of `probabilities(x)`.
///
///   H_q = ln(Σ p^q)/(1 − q),  p = x/Σ x      q = 0: ln of the positive cells      q = 1: ln Σ x − Σ x ln x/Σ x      q = ∞: −ln max p
///
/// @return      count 0 and standard error NaN: probabilities carry no sample size. NaN for no cells, a sum that is 0 or not finite,
///              and NaN among the cells
/// @complexity  O(n); q = 1 and 2 at the speed of simd::sums_of_probabilities, others a power a cell
/// @throws      std::invalid_argument naming `function` for a negative cell
template <std::floating_point Real>
[[nodiscard]] estimate renyi_of_probabilities(const core::probabilities_view<Real>& x, double order,
                                              std::string_view function) {
  const simd::probability_sums sums = simd::sums_of_probabilities(x.data(), x.size());
  core::check(!(sums.least < 0.0), function, "probability", sums.least, "at least 0");
  const double total = sums.total;
  if (!(total > 0.0) || !core::is_finite(total) || core::is_nan(sums.x_log_x)) return {};
  if (order == 1.0) {
    const double h = std::log(total) - sums.x_log_x / total;
    return {h > 0.0 ? h : 0.0, core::nan, 0};
  }
  if (order == 2.0) {
    const double h = 2.0 * std::log(total) - std::log(simd::sum_of_squares(x.data(), x.size()));
    if (core::is_finite(h)) return {h > 0.0 ? h : 0.0, core::nan, 0};  // else the squares under- or overflowed
  }
  double top = 0.0, cells = 0.0;
  for (const Real v : x) {
    const auto p = static_cast<double>(v);
    if (p > top) top = p;
    if (p > 0.0) cells += 1.0;
  }
  if (order == 0.0) return {std::log(cells), core::nan, 0};
  const double log_top = std::log(top / total);
  if (!core::is_finite(order)) return {0.0 - log_top, core::nan, 0};
  // Near q = 1 as Σ p^q − 1 = Σ p expm1((q − 1) ln p); else by shares of the largest, so that no power under- or overflows.
  const bool near_one = std::abs(order - 1.0) < 0.05;
  simd::compensated_sum sum;
  for (const Real v : x) {
    const auto p = static_cast<double>(v);
    if (p <= 0.0) continue;
    sum.add(near_one ? p / total * std::expm1((order - 1.0) * std::log(p / total)) : std::pow(p / top, order));
  }
  const double log_sum = near_one ? std::log1p(sum.value()) : order * log_top + std::log(sum.value());
  return {log_sum / (1.0 - order), core::nan, 0};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::summary
