// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::provenance {

/// A statistic beside the law it has when nothing is to be found: a text without the watermark, one drawn from the model, or one of a
/// kind with known human texts (empirical_null).
/// @example examples/provenance/watermarks.cpp
struct null_test {
  estimate statistic;           ///< on its own scale; the error is its scatter over tokens, whoever wrote them
  double expected = core::nan;  ///< under the null
  double z = core::nan;         ///< (statistic − expected)/its deviation under the null
  double log_p_value =
      core::nan;  ///< ln P(at least this far | null), in nats: no underflow; which side says the statistic

  /// 0 below 1e-308.
  [[nodiscard]] double p_value() const noexcept { return std::exp(log_p_value); }
  friend constexpr bool operator==(const null_test&, const null_test&) = default;
};

}  // namespace tailwatch::provenance
