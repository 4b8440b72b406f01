// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity::detail {

/// Standard error of Σ_r a_r f_r, a_r = 1 above 2: jackknife with the terms of 0, 1 and 2 apart. NaN where nothing is rare.
/// @param weights  a₀ = 0, a₁, a₂
[[nodiscard]] inline double error_of_weights(const summary::frequency_profile& profile,
                                             const std::array<double, 3>& weights) {
  const auto weight = [&](std::uint64_t r) { return r < 3 ? weights[static_cast<std::size_t>(r)] : 1.0; };
  const double error = math::delete_one_standard_error(
      profile.entries(), profile.total(), [&](std::uint64_t r) { return weight(r - 1) - weight(r); },
      [&](std::uint64_t r) { return weight(r) - 2.0 * weight(r - 1) + weight(r - 2); });
  return error > 0.0 ? error : core::nan;
}

/// Second-order jackknife of a function of the plug-in entropy and the number of types, linear in both; NaN for N < 4.
/// @param by_entropy, by_types  its derivatives
[[nodiscard]] inline double entropy_and_types_error(const summary::frequency_profile& profile, double by_entropy,
                                                    double by_types) {
  if (profile.total() < 4) return core::nan;
  const auto n = static_cast<double>(profile.total());
  const auto step = [](std::uint64_t r) {  // r ln r − (r − 1) ln(r − 1)
    const auto count = static_cast<double>(r);
    return r == 1 ? 0.0 : std::log(count) - (count - 1.0) * std::log1p(-1.0 / count);
  };
  return math::delete_one_standard_error(
      profile.entries(), profile.total(),
      [&](std::uint64_t r) { return by_entropy * step(r) / (n - 1.0) - (r == 1 ? by_types : 0.0); },
      [&](std::uint64_t r) {
        const double bend = r > 10000 ? 1.0 / static_cast<double>(r) : step(r) - step(r - 1);
        return by_entropy * bend / (n - 2.0) + (r == 2 ? by_types : 0.0);
      });
}

}  // namespace tailwatch::diversity::detail
