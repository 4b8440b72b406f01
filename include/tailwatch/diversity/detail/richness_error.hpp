// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/n_log_n.hpp"
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
  return math::delete_one_standard_error(
      profile.entries(), profile.total(),
      [&](std::uint64_t r) {
        return by_entropy * math::n_log_n_step(static_cast<double>(r)) / (n - 1.0) - (r == 1 ? by_types : 0.0);
      },
      [&](std::uint64_t r) {
        return by_entropy * math::n_log_n_bend(static_cast<double>(r)) / (n - 2.0) + (r == 2 ? by_types : 0.0);
      });
}

}  // namespace tailwatch::diversity::detail
