// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::recursion {

/// One generation over many lineages.
struct generation_spread {
  estimate mean;  ///< with its standard error over lineages; NaN error for one lineage
  double median = core::nan;
  double lower = core::nan;  ///< quantile (1 − level)/2
  double upper = core::nan;  ///< quantile (1 + level)/2

  friend bool operator==(const generation_spread&, const generation_spread&) = default;
};

/// What replicates say of each generation: mean, median and a central band. A mean alone misleads here: under the unbiased
/// variance it stays where it was while the median collapses.
///
///   auto runs = replicate(1000, seed, [&](auto, auto s) { …; return run(…).records; });
///   auto curve = spread_over_replicates(runs, [](const auto& record) { return record.variance; });
///
/// @param runs   [lineages] of [generations] records; a lineage that ended early counts in the generations it reached
/// @param field  field(record) → a number; those that are not finite are left out
/// @param level  of the band, 0 < level < 1
/// @return       one entry a generation, as many as the longest lineage has; quantiles are interpolated order statistics
/// @complexity   O(generations · lineages log lineages)
/// @throws       std::invalid_argument  for a level out of range
template <class Record, class Field>
[[nodiscard]] std::vector<generation_spread> spread_over_replicates(const std::vector<std::vector<Record>>& runs,
                                                                    Field field, double level = 0.9) {
  core::check_open_interval("recursion::spread_over_replicates", "level", level, 0.0, 1.0);
  std::size_t generations = 0;
  for (const auto& records : runs) generations = std::max(generations, records.size());
  std::vector<generation_spread> out(generations);
  std::vector<double> x;
  for (std::size_t g = 0; g < generations; ++g) {
    x.clear();
    for (const auto& records : runs)
      if (g < records.size())
        if (const auto value = static_cast<double>(field(records[g])); core::is_finite(value)) x.push_back(value);
    const auto n = static_cast<double>(x.size());
    out[g].mean = {core::nan, core::nan, x.size()};
    if (x.empty()) continue;
    std::sort(x.begin(), x.end());
    double sum = 0.0, square = 0.0;
    for (const double value : x) sum += value / n;
    for (const double value : x) square += (value - sum) * (value - sum);
    out[g].mean.value = sum;
    if (x.size() > 1) out[g].mean.standard_error = std::sqrt(square / (n - 1.0) / n);
    const auto quantile = [&x, n](double q) {
      const double at = q * (n - 1.0);
      const auto low = static_cast<std::size_t>(at);
      const double rest = at - static_cast<double>(low);
      return rest == 0.0 ? x[low] : x[low] + rest * (x[low + 1] - x[low]);
    };
    out[g].median = quantile(0.5);
    out[g].lower = quantile(0.5 * (1.0 - level));
    out[g].upper = quantile(0.5 * (1.0 + level));
  }
  return out;
}

}  // namespace tailwatch::recursion
