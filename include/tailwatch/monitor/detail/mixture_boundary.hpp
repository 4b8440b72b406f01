// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/special_functions/log1p.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"

/// What the uniform boundaries share.
namespace tailwatch::monitor::detail {

using quiet_policy = boost::math::policies::policy<
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
    boost::math::policies::rounding_error<boost::math::policies::ignore_error>,
    boost::math::policies::indeterminate_result_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

/// ρ of the normal mixture whose two-sided boundary at level a is close to its narrowest at intrinsic time v.
[[nodiscard]] inline double tuned_rho(double v, double a) noexcept {
  const double l = -2.0 * std::log(a);
  return v / (l + std::log1p(l));
}

/// ln Γ(x) − (x − ½)·ln x + x − ½·ln 2π for x > 0, to 1e-15 absolute: what Stirling's formula leaves out. Differences
/// of large ln Γ are taken as differences of these.
[[nodiscard]] inline double stirling_remainder(double x) noexcept {
  double shift = 0.0;
  for (; x < 12.0; x += 1.0) shift += (x + 0.5) * std::log1p(1.0 / x) - 1.0;
  const double y = 1.0 / (x * x);
  return shift +
         (1.0 / 12.0 -
          y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0 - y * 691.0 / 360360.0))))) /
             x;
}

/// x − ln(1 + x) without cancellation near 0; x > −1.
[[nodiscard]] inline double minus_log1pmx(double x) noexcept { return -boost::math::log1pmx(x, quiet_policy()); }

/// The s in [low, high] with f(s) = 0, f increasing, f(low) ≤ 0 ≤ f(high).
template <class Function>
[[nodiscard]] double increasing_root(const Function& f, double low, double high) {
  const double at_low = f(low);
  const double at_high = f(high);
  if (at_low >= 0.0) return low;
  if (at_high <= 0.0) return high;
  std::uintmax_t iterations = 200;
  const auto ends = boost::math::tools::toms748_solve(
      f, low, high, at_low, at_high, boost::math::tools::eps_tolerance<double>(50), iterations, quiet_policy());
  return 0.5 * (ends.first + ends.second);
}

/// The same from a first guess of `high` > 0; f must grow without bound.
template <class Function>
[[nodiscard]] double increasing_root_above(const Function& f, double guess) {
  double high = guess;
  while (f(high) < 0.0 && core::is_finite(high)) high *= 2.0;
  return increasing_root(f, 0.0, high);
}

}  // namespace tailwatch::monitor::detail
