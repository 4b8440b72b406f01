// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/special_functions/beta.hpp>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/interval.hpp"

namespace tailwatch::math {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Exact interval for a share: all p that an equal-tailed binomial test at this level does not reject.
///
///   lower: P(Binomial(n, p) ≥ x) = (1 − level)/2, 0 for x = 0      upper: P(Binomial(n, p) ≤ x) = (1 − level)/2, 1 for x = n
///
/// Covers with at least `level` for every p and n; conservative, most so for small n. [0, 1] without trials.
/// @throws      std::invalid_argument for successes > trials or a level outside (0, 1)
/// @complexity  two inversions of the incomplete beta function, some microseconds
/// @see         C. J. Clopper, E. S. Pearson (1934), Biometrika 26, 404–413
[[nodiscard]] inline interval clopper_pearson(std::uint64_t successes, std::uint64_t trials, double level = 0.95) {
  constexpr auto function = "math::clopper_pearson";
  core::check_open_interval(function, "level", level, 0.0, 1.0);
  core::check_at_most(function, "successes", successes, trials);
  const double tail = 0.5 * (1.0 - level);
  const auto x = static_cast<double>(successes);
  const auto rest = static_cast<double>(trials - successes);
  return {successes == 0 ? 0.0 : boost::math::ibeta_inv(x, rest + 1.0, tail),
          successes == trials ? 1.0 : boost::math::ibetac_inv(x + 1.0, rest, tail), level};
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::math
