// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/log_share.hpp"

namespace tailwatch::math {

/// Plug-in Rényi entropy of order q ≥ 0 in nats, the common root of Rényi, Tsallis, Hill numbers and Shannon's entropy.
///
///   H_q = ln(Σ pᵢ^q)/(1 − q)      H₀ = ln S      H₁ = −Σ p ln p      H_∞ = −ln max p
///
/// Where |1 − q|·max(−ln p) ≤ 1 the sum is taken as 1 + Σ p·expm1((q − 1) ln p), which is exact through q = 1; else the
/// largest share is factored out, so that no power overflows or vanishes.
///
/// The standard error is the delta method's, √(Σ p w²/N) with w = q·expm1((q − 1)(ln p + H_q))/(1 − q), which is 0 for equal
/// counts and tends to Shannon's as q → 1. NaN at q = 0, and at q = ∞ where two counts share the maximum.
/// @param entries  range of {count, multiplicity}, count ≥ 1, ascending
/// @param total    N = Σ count·multiplicity > 0
template <class Entries>
[[nodiscard]] estimate renyi_entropy(const Entries& entries, std::uint64_t total, double order) {
  const auto n = static_cast<double>(total);
  const auto& top = *(std::ranges::end(entries) - 1);
  double types = 0.0;
  for (const auto& e : entries) types += static_cast<double>(e.multiplicity);
  if (order == 0.0) return {std::log(types), core::nan, total};
  const double log_top = log_share(top.count, total);
  if (!core::is_finite(order)) {
    const double p = static_cast<double>(top.count) / n;
    const double rest = static_cast<double>(total - top.count) / n;
    return {0.0 - log_top, top.multiplicity == 1 ? std::sqrt(rest / (p * n)) : core::nan, total};
  }
  const double log_bottom = log_share(std::ranges::begin(entries)->count, total);
  double h = 0.0;
  if (order == 1.0) {
    for (const auto& e : entries)
      h -= static_cast<double>(e.multiplicity) * (static_cast<double>(e.count) / n) * log_share(e.count, total);
  } else if (std::abs(1.0 - order) * -log_bottom <= 1.0) {
    double excess = 0.0;
    for (const auto& e : entries)
      excess += static_cast<double>(e.multiplicity) * (static_cast<double>(e.count) / n) *
                std::expm1((order - 1.0) * log_share(e.count, total));
    h = std::log1p(excess) / (1.0 - order);
  } else {
    double others = static_cast<double>(top.multiplicity - 1);
    for (const auto& e : entries)
      if (e.count != top.count)
        others += static_cast<double>(e.multiplicity) *
                  std::pow(static_cast<double>(e.count) / static_cast<double>(top.count), order);
    h = (order * log_top + std::log1p(others)) / (1.0 - order);
  }
  if (types == 1.0) h = 0.0;
  double variance = 0.0;
  for (const auto& e : entries) {
    const double centred = log_share(e.count, total) + h;
    const double influence = order == 1.0 ? centred : order * std::expm1((order - 1.0) * centred) / (order - 1.0);
    variance += static_cast<double>(e.multiplicity) * (static_cast<double>(e.count) / n) * influence * influence;
  }
  return {h, std::sqrt(variance / n), total};
}

}  // namespace tailwatch::math
