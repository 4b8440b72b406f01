// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/monitor/detail/log_math.hpp"

namespace tailwatch::monitor {

/// One ordered block of a stream as the affine map S → A·S + B of a Shiryaev (weights 1/(t(t+1))) or Shiryaev–Roberts
/// (weights 1) statistic, in logs.
///
///   A = Π Lᵢ      B = Σⱼ wⱼ Πᵢ≥ⱼ Lᵢ      first (A₁,B₁), then (A₂,B₂): (A₁A₂, A₂B₁ + B₂)      identity (1, 0)
///
/// Blocks worked out apart, on lanes, shards or between checkpoints, compose exactly into the whole stream.
struct ordered_block {
  double log_a = 0.0;
  double log_b = -core::infinity;

  /// This block, then `next`.
  [[nodiscard]] ordered_block then(const ordered_block& next) const noexcept {
    return {log_a + next.log_a, detail::log_add(next.log_a + log_b, next.log_b)};
  }
  /// ln(A·S + B) from ln S.
  [[nodiscard]] double apply(double log_s) const noexcept { return detail::log_add(log_a + log_s, log_b); }

  friend bool operator==(const ordered_block&, const ordered_block&) = default;
};

}  // namespace tailwatch::monitor
