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

/// Second-order jackknife of a function of the plug-in entropy and the number of types; NaN for N < 4.
/// @param h   the plug-in entropy, nats
/// @param of  callable (entropy, types) → value
template <class Of>
[[nodiscard]] double entropy_and_types_error(const summary::frequency_profile& profile, double h, const Of& of) {
  if (profile.total() < 4) return core::nan;
  const auto n = static_cast<double>(profile.total());
  const auto types = static_cast<double>(profile.types());
  const auto step = [](std::uint64_t r) {  // r ln r − (r − 1) ln(r − 1)
    const auto count = static_cast<double>(r);
    return r == 1 ? 0.0 : std::log(count) - (count - 1.0) * std::log1p(-1.0 / count);
  };
  return math::delete_one_standard_error(
      profile.entries(), profile.total(),
      [&](std::uint64_t r) {
        return of(h + std::log1p(-1.0 / n) + (h - std::log(n) + step(r)) / (n - 1.0), r == 1 ? types - 1.0 : types);
      },
      [&](std::uint64_t r) {
        const double one = step(r) / (n - 2.0);
        const double two = one + step(r - 1) / (n - 2.0);
        return of(h, types) - 2.0 * of(h + one, types) + of(h + two, r == 2 ? types - 1.0 : types);
      });
}

}  // namespace tailwatch::diversity::detail
