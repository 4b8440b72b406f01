// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace tailwatch::core {

/// The unit of an information measure. The library works in nats; the other two divide value and standard error by ln 2
/// or ln 10.
enum class information_unit { nats, bits, hartleys };

/// Multiply nats by this to get `unit`.
[[nodiscard]] constexpr double nats_to(information_unit unit) noexcept {
  switch (unit) {
    case information_unit::bits: return 1.4426950408889634074;       // 1/ln 2
    case information_unit::hartleys: return 0.43429448190325182765;  // 1/ln 10
    case information_unit::nats: break;
  }
  return 1.0;
}

/// What the number of an estimator is measured in.
enum class unit { none, nats, probability, types, tokens, bits_per_byte, data };

/// Where a metric goes when a model collapses; `either` where both directions hurt.
enum class collapse_direction { falls, rises, either };

}  // namespace tailwatch::core

namespace tailwatch {
using core::collapse_direction;
using core::information_unit;
}  // namespace tailwatch
