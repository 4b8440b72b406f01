// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"

namespace tailwatch::core {

/// An interval with its nominal level.
struct interval {
  double lower = nan;
  double upper = nan;
  double level = nan;

  friend constexpr bool operator==(const interval&, const interval&) = default;
};

/// Quantile of the standard normal distribution.
///
/// Rational approximation AS 241 (PPND16), relative error about 1e-16. Here rather than from Boost.Math, because every
/// estimate needs it and Boost's normal distribution costs 1.5 s of compile time per unit.
/// @param p  in (0, 1); 0 and 1 give −∞ and +∞
/// @see      M. J. Wichura (1988), Applied Statistics 37, 477–484
[[nodiscard]] inline double normal_quantile(double p) noexcept {
  if (!(p >= 0.0 && p <= 1.0)) return nan;
  if (p == 0.0) return -infinity;
  if (p == 1.0) return infinity;
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q *
           (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
                45921.953931549871457) *
                   r +
               13731.693765509461125) *
                  r +
              1971.5909503065514427) *
                 r +
             133.14166789178437745) *
                r +
            3.387132872796366608) /
           (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
                21213.794301586595867) *
                   r +
               5394.1960214247511077) *
                  r +
              687.1870074920579083) *
                 r +
             42.313330701600911252) *
                r +
            1.0);
  }
  double r = std::sqrt(-std::log(q < 0 ? p : 1.0 - p));
  double x = 0.0;
  if (r <= 5.0) {
    r -= 1.6;
    x = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
             1.27045825245236838258) *
                r +
            3.64784832476320460504) *
               r +
           5.7694972214606914055) *
              r +
          4.6303378461565452959) *
             r +
         1.42343711074968357734) /
        (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r +
             0.14810397642748007459) *
                r +
            0.68976733498510000455) *
               r +
           1.6763848301838038494) *
              r +
          2.05319162663775882187) *
             r +
         1.0);
  } else {
    r -= 5.0;
    x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r +
             0.026532189526576123093) *
                r +
            0.29656057182850489123) *
               r +
           1.7848265399172913358) *
              r +
          5.4637849111641143699) *
             r +
         6.6579046435011037772) /
        (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
             7.868691311456132591e-4) *
                r +
            0.0148753612908506148525) *
               r +
           0.13692988092273580531) *
              r +
          0.59983220655588793769) *
             r +
         1.0);
  }
  return q < 0 ? -x : x;
}

/// Normal interval value ± z·standard_error, z the (1+level)/2 quantile; NaN ends where either is unknown.
/// @throws std::invalid_argument  unless 0 < level < 1
[[nodiscard]] inline interval confidence_interval(const estimate& e, double level = 0.95) {
  check_open_interval("confidence_interval", "level", level, 0.0, 1.0);
  const double half_width = normal_quantile(0.5 + 0.5 * level) * e.standard_error;
  return {e.value - half_width, e.value + half_width, level};
}

}  // namespace tailwatch::core

namespace tailwatch {
using core::confidence_interval;
using core::interval;
}  // namespace tailwatch
