// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::drift {

/// A statistic of numbers of which only the cells are known. `value` puts every number in the middle of its cell; the statistic
/// of the numbers themselves lies in [lower, upper], whatever they are. The standard error is that of sampling alone.
struct sketched_estimate : estimate {
  double lower = core::nan;
  double upper = core::nan;
};

}  // namespace tailwatch::drift
