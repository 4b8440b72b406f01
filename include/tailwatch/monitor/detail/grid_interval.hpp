// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "tailwatch/core/interval.hpp"

namespace tailwatch::monitor::detail {

/// From one cell below the least accepted grid point j/breaks to one above the greatest, within [0, 1]; [0, 1] where
/// none is accepted.
template <class Accepts>
[[nodiscard]] interval grid_interval(std::size_t breaks, double level, const Accepts& accepts) {
  std::size_t low = 0;
  while (low <= breaks && !accepts(low)) ++low;
  if (low > breaks) return {0.0, 1.0, level};
  std::size_t high = breaks;
  while (high > low && !accepts(high)) --high;
  const auto cells = static_cast<double>(breaks);
  return {static_cast<double>(low == 0 ? 0 : low - 1) / cells, static_cast<double>(std::min(high + 1, breaks)) / cells,
          level};
}

}  // namespace tailwatch::monitor::detail
