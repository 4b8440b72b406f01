// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace tailwatch::drift {

/// Which estimate of the squared maximum mean discrepancy E k(X, X′) + E k(Y, Y′) − 2 E k(X, Y).
enum class mmd_estimator {
  biased,       ///< all pairs, an observation with itself included: never negative but for rounding
  unbiased,     ///< pairs of different observations
  u_statistic,  ///< n = m alone: also without k(xᵢ, yᵢ), so that every term is h of two different index pairs
  linear,       ///< h of consecutive pairs: O(n), noisier, with an error bar that holds for equal distributions too
};

}  // namespace tailwatch::drift
