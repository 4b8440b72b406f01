// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

/// Differences in the count of one symbol, as math::delete_one_standard_error asks for them, of a φ known by its values alone. Of large counts
/// neighbouring values agree in all but their last digits (10¹² observations: Δφ keeps four, Δ²φ none), so they are taken over a wider step, over which a
/// smooth φ is as good as a parabola.
namespace tailwatch::math {

namespace detail {
/// A step of r/256 where r + step stays within `most`; 0: none does.
[[nodiscard]] inline double count_step(double r, double most) noexcept {
  const double step = std::floor(r / 256.0);
  return r + step <= most ? step : 0.0;
}
}  // namespace detail

/// φ(r − 1) − φ(r), relative error below 3e-6·r²φ‴/φ′ from 10⁶ on.
/// @param most  largest argument φ may be asked for
template <class Function>
[[nodiscard]] double count_drop(const Function& phi, std::uint64_t r, double most) {
  const auto count = static_cast<double>(r);
  if (r < 1000000) return phi(count - 1.0) - phi(count);
  const double h = std::floor(count / 256.0);
  if (detail::count_step(count, most) > 0.0) return (phi(count - h) - phi(count + h)) / (2.0 * h);
  return (4.0 * (phi(count - h) - phi(count)) - (phi(count - 2.0 * h) - phi(count))) /
         (2.0 * h);  // of a parabola, from one side
}

/// φ(r) − 2φ(r − 1) + φ(r − 2) for r ≥ 2, relative error below 1 % from 10⁴ on for powers and logarithms of r.
template <class Function>
[[nodiscard]] double count_bend(const Function& phi, std::uint64_t r, double most) {
  const auto count = static_cast<double>(r);
  if (r < 10000) return phi(count) - 2.0 * phi(count - 1.0) + phi(count - 2.0);
  double middle = count - 1.0, h = detail::count_step(middle, most);
  if (h == 0.0) {  // nearly all there is is this symbol
    h = std::floor(middle / 256.0);
    middle -= h;
  }
  return (phi(middle + h) - 2.0 * phi(middle) + phi(middle - h)) / (h * h);
}

}  // namespace tailwatch::math
