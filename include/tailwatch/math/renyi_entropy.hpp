// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/log_share.hpp"
#include "tailwatch/math/n_log_n.hpp"

namespace tailwatch::math {

/// Plug-in Rényi entropy of order q ≥ 0 in nats, the common root of Rényi, Tsallis, Hill numbers and Shannon's entropy.
///
///   H_q = ln(Σ pᵢ^q)/(1 − q)      H₀ = ln S      H₁ = −Σ p ln p      H_∞ = −ln max p
///
/// Where |1 − q|·max(−ln p) ≤ 1 the sum is taken as 1 + Σ p·expm1((q − 1) ln p), which is exact through q = 1; else the
/// largest share is factored out, so that no power overflows or vanishes.
///
/// The standard error is the delta method's, √(Σ p w²/N) with w = q·expm1((q − 1)(ln p + H_q))/(1 − q), which is 0 for equal
/// counts and tends to Shannon's as q → 1. NaN at q = 0, and at q = ∞ where two counts share the maximum
/// or there is but one.
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
    return {0.0 - log_top, top.multiplicity == 1 && rest > 0.0 ? std::sqrt(rest / (p * n)) : core::nan, total};
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

/// Standard error of the plug-in Rényi entropy by the second-order jackknife of its sum, which holds where the delta method falls
/// short (rare symbols, small q) or doubles (equal shares). NaN where renyi_entropy has none, and for N < 3.
/// @param h  the entropy, nats
template <class Entries>
[[nodiscard]] double renyi_jackknife_error(const Entries& entries, std::uint64_t total, double order, double h) {
  if (order == 0.0 || total < 3) return core::nan;
  if (!core::is_finite(order)) return renyi_entropy(entries, total, order).standard_error;
  const bool shannon = std::abs(order - 1.0) < 1e-6;
  const double q = shannon ? 1.0 : order;
  const auto n = static_cast<double>(total);
  // 1 − (1 − 1/r)^q and 1 − 2(1 − 1/r)^q + (1 − 2/r)^q; for q = 1 those of −r ln r, but for the constant
  const auto step = [&](std::uint64_t r) {
    const auto count = static_cast<double>(r);
    if (r == 1) return 1.0;
    return -std::expm1(q * std::log1p(-1.0 / count));
  };
  const auto bend = [&](std::uint64_t r) {
    const auto count = static_cast<double>(r);
    if (r > 10000) return q * (q - 1.0) / (count * count);
    return 1.0 - 2.0 * std::pow(1.0 - 1.0 / count, q) + (r > 2 ? std::pow(1.0 - 2.0 / count, q) : 0.0);
  };
  // p^q/Σ p^q, without a power that over- or underflows
  const auto weight = [&](std::uint64_t r) {
    const double log_p = log_share(r, total);
    return std::exp(log_p + (q - 1.0) * (log_p + h));
  };
  return delete_one_standard_error(
      entries, total,
      [&](std::uint64_t r) {
        return shannon ? n_log_n_step(static_cast<double>(r)) / (n - 1.0)
                       : std::log1p(-weight(r) * step(r)) / (1.0 - q);
      },
      [&](std::uint64_t r) {
        if (!shannon) return weight(r) * bend(r) / (q - 1.0) * (n / (n - 2.0));
        return n_log_n_bend(static_cast<double>(r)) / (n - 2.0);
      });
}

}  // namespace tailwatch::math
