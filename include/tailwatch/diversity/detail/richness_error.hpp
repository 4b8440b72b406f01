// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity::detail {

/// Standard error of an estimator of the number of types as a function of f₁ … f_k and of the types above: delta method with the f as
/// cells of a multinomial of all Ŝ types.
///
///   Σ_r f_r d_r² − (Σ_r f_r d_r)²/Ŝ      d_r = ∂Ŝ/∂f_r by central differences, 1 above k
///
/// @param of     callable (const std::vector<double>& f, types above k) → Ŝ; f[r − 1] = f_r
/// @param value  Ŝ
/// @see          A. Chao, S.-M. Lee (1992), JASA 87, 210–217, section 2.3; A. Chao et al., SpadeR
template <class Of>
[[nodiscard]] double richness_error(const summary::frequency_profile& profile, std::size_t k, double value,
                                    const Of& of) {
  std::vector<double> f(k);
  double above = static_cast<double>(profile.types());
  for (std::size_t r = 1; r <= k; ++r) {
    f[r - 1] = static_cast<double>(profile.f(r));
    above -= f[r - 1];
  }
  double squares = above, sum = above;
  for (std::size_t r = 0; r < k; ++r) {
    const double here = f[r];
    if (here == 0.0) continue;
    const double step = 1e-5 * here;
    f[r] = here + step;
    const double up = of(f, above);
    f[r] = here - step;
    const double down = of(f, above);
    f[r] = here;
    const double slope = (up - down) / (2.0 * step);
    squares += here * slope * slope;
    sum += here * slope;
  }
  const double variance = squares - sum * sum / value;
  return variance > 0.0 ? std::sqrt(variance) : core::nan;
}

/// Standard error of Σ_r a_r f_r, a_r = 1 above 2: jackknife with the terms of 0, 1 and 2 apart. NaN where it is 0.
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
