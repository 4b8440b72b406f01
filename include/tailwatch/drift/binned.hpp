// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::drift {

/// Counts of numbers in bins: counts[k] of them in [edges[k], edges[k + 1]). Does not own its elements.
struct binned_view {
  std::span<const std::int64_t> counts;
  std::span<const double> edges;
};

/// @param counts  K counts, or a state with `counts()` such as dense_counts over bin numbers
/// @param edges   K + 1 ascending finite edges
/// @throws        std::invalid_argument for sizes that do not fit, edges that do not ascend or are not finite, negative counts
[[nodiscard]] inline binned_view binned(std::span<const std::int64_t> counts, std::span<const double> edges) {
  constexpr std::string_view function = "drift::binned";
  core::check_same_size(function, "edges", edges.size(), "counts and one more", counts.size() + 1);
  for (std::size_t k = 0; k < edges.size(); ++k) {
    core::check(core::is_finite(edges[k]), function, "an edge", edges[k], "finite");
    if (k > 0) core::check(edges[k - 1] < edges[k], function, "an edge", edges[k], "above the one before");
  }
  for (const std::int64_t c : counts) core::check_at_least<std::int64_t>(function, "a count", c, 0);
  return {counts, edges};
}
template <class State>
  requires requires(const State& state) {
    { state.counts() } -> std::convertible_to<std::span<const std::int64_t>>;
  }
[[nodiscard]] binned_view binned(const State& state, std::span<const double> edges) {
  return binned(std::span<const std::int64_t>(state.counts()), edges);
}

}  // namespace tailwatch::drift
