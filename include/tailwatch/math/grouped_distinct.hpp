// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/count_ngrams.hpp"

namespace tailwatch::math {

/// Distinct n-grams per n-gram, or per token, with its delete-a-group jackknife error:
///
///   √((G − 1)/G Σ_g (D₍g₎ − mean D₍g₎)²)      D₍g₎ = (distinct − n-grams that g alone has)/(n-grams − those of g)
///
/// @return  count: n-grams; NaN without n-grams; error NaN with fewer than two groups, where a group holds every n-gram, or
///          where no group differs from another
[[nodiscard]] inline estimate grouped_distinct(const grouped_ngrams& text, bool per_token = false) {
  if (text.ngrams == 0) return {core::nan, core::nan, 0};
  const std::uint64_t whole = per_token ? text.tokens : text.ngrams;
  estimate e{static_cast<double>(text.distinct) / static_cast<double>(whole), core::nan, text.ngrams};
  const auto groups = static_cast<double>(text.groups.size());
  double mean = 0.0;  // of the differences from the whole text's value, which are small
  double squares = 0.0;
  double seen = 0.0;
  for (const auto& group : text.groups) {
    const std::uint64_t rest = whole - (per_token ? group.tokens : group.ngrams);
    if (rest == 0) return e;
    const double difference = static_cast<double>(text.distinct - group.own) / static_cast<double>(rest) - e.value;
    seen += 1.0;
    const double step = difference - mean;
    mean += step / seen;
    squares += step * (difference - mean);
  }
  if (squares > 0.0) e.standard_error = std::sqrt((groups - 1.0) / groups * squares);
  return e;
}

}  // namespace tailwatch::math
