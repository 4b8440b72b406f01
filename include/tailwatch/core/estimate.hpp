// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"

namespace tailwatch::core {

/// What every estimator returns.
///
///   value            NaN: not defined for these data
///   standard_error   NaN: no formula is known; never 0 for unknown
///   count            observations behind the value; 0 where the input carries no sample size (probabilities)
struct estimate {
  double value = nan;
  double standard_error = nan;
  std::uint64_t count = 0;

  [[nodiscard]] constexpr bool defined() const noexcept { return !is_nan(value); }
  friend constexpr bool operator==(const estimate&, const estimate&) = default;
};

/// Value and standard error times `factor`: change of unit or of scale.
[[nodiscard]] constexpr estimate scaled(estimate e, double factor) noexcept {
  return {e.value * factor, e.standard_error * (factor < 0 ? -factor : factor), e.count};
}

/// The same estimate of an information measure, nats → `to`.
[[nodiscard]] constexpr estimate in_unit(estimate nats, information_unit to) noexcept {
  return to == information_unit::nats ? nats : scaled(nats, nats_to(to));
}

}  // namespace tailwatch::core

namespace tailwatch {
using core::estimate;
}  // namespace tailwatch
