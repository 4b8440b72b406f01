// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::sink {

/// What an event file holds of a distribution: counts between limits, and a few sums.
struct histogram {
  double minimum = core::nan;
  double maximum = core::nan;
  double sum = 0.0;
  double sum_of_squares = 0.0;
  std::uint64_t count = 0;
  std::uint64_t rejected = 0;        ///< values that were NaN or infinite
  std::vector<double> upper_limits;  ///< of each bucket, rising
  std::vector<double> counts;
};

/// The histogram of a sample in `buckets` cells of equal width between its least and its greatest value; one cell where
/// all values are equal, none where no value is finite.
/// @complexity  two passes
/// @throws      std::invalid_argument  for 0 buckets
[[nodiscard]] inline histogram histogram_of(std::span<const double> sample, std::size_t buckets = 30) {
  core::check_at_least("sink::histogram_of", "buckets", buckets, std::size_t{1});
  histogram h;
  for (const double x : sample) {
    if (!core::is_finite(x)) {
      ++h.rejected;
      continue;
    }
    if (h.count == 0) h.minimum = h.maximum = x;
    h.minimum = std::min(h.minimum, x);
    h.maximum = std::max(h.maximum, x);
    h.sum += x;
    h.sum_of_squares += x * x;
    ++h.count;
  }
  if (h.count == 0) return h;
  const double half = 0.5 * h.maximum - 0.5 * h.minimum;  // halves, so that no width overflows
  const auto cells = half > 0.0 ? static_cast<double>(buckets) : 1.0;
  for (std::size_t i = 1; i < static_cast<std::size_t>(cells); ++i)
    h.upper_limits.push_back(h.minimum + half * (2.0 * static_cast<double>(i) / cells));
  h.upper_limits.push_back(h.maximum);
  h.counts.resize(h.upper_limits.size());
  for (const double x : sample) {
    if (!core::is_finite(x)) continue;
    const auto cell = std::lower_bound(h.upper_limits.begin(), h.upper_limits.end() - 1, x);
    h.counts[static_cast<std::size_t>(cell - h.upper_limits.begin())] += 1.0;
  }
  return h;
}

}  // namespace tailwatch::sink
