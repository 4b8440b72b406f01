// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

/// Conventions on which papers differ; every closed form and every model names the one it means.
///
/// Generation n (or "n generations") counts fits: n = 1 is the first fit, on real data; n = 0 is the real law itself. The
/// index of a trajectory starts at 0, so that its entry g is generation n = g + 1. `samples` is M, the units per fit; it is
/// a double, because an effective sample size need not be whole.
namespace tailwatch::recursion {

/// Divisor of the sum of squares: M (maximum likelihood) or M − 1.
enum class variance_estimator : std::uint8_t { biased, unbiased };

/// How real data enter a mixed training set of M units: each unit is real with probability k/M, or exactly k units are.
enum class mix_sampling : std::uint8_t { multinomial, fixed };

/// Design matrix of a recursive regression: one matrix for all generations, or a fresh one for each.
enum class linear_design : std::uint8_t { same, fresh };

}  // namespace tailwatch::recursion
