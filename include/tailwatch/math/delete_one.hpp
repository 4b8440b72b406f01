// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::math {

/// Jackknife standard error of a function of counts, in O(distinct counts).
///
///   √((N − 1)/N · Σ_r r f_r (θ_r − θ̄)²)      θ_r: the estimate without one observation of a symbol that was seen r times
///
/// A constant may be left out of θ_r: only differences count, and without it they do not cancel.
/// Consistent for smooth functions of the shares; on average a little too large (Efron and Stein 1981, Annals of
/// Statistics 9, 586–596). NaN for N < 2.
/// @param entries  range of {count, multiplicity}, count ≥ 1
/// @param theta    callable std::uint64_t r → double
template <class Entries, class Theta>
[[nodiscard]] double delete_one_standard_error(const Entries& entries, std::uint64_t total, const Theta& theta) {
  if (total < 2) return core::nan;
  const auto n = static_cast<double>(total);
  double mean = 0.0;
  double squares = 0.0;
  double weight = 0.0;
  for (const auto& e : entries) {  // West's weighted update: no second evaluation of theta
    const double w = static_cast<double>(e.count) * static_cast<double>(e.multiplicity);
    const double delta = theta(e.count) - mean;
    weight += w;
    mean += delta * (w / weight);
    squares += w * delta * (delta - delta * (w / weight));
  }
  return std::sqrt((n - 1.0) / n * squares);
}

}  // namespace tailwatch::math
