// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"

namespace tailwatch::sketch {

/// Bands of a signature for locality-sensitive hashing: two sets are a candidate pair when they agree in every row of at
/// least one band.
struct lsh_bands {
  std::size_t bands = 1;
  std::size_t rows = 1;  ///< per band; bands · rows ≤ k

  /// P(candidate) of two sets with Jaccard index j: 1 − (1 − j^rows)^bands.
  [[nodiscard]] double candidate_probability(double j) const noexcept {
    return -std::expm1(static_cast<double>(bands) * std::log1p(-std::pow(j, static_cast<double>(rows))));
  }
  friend bool operator==(const lsh_bands&, const lsh_bands&) = default;
};

/// The bands with the fewest false candidates that still find a pair at `threshold` with probability ≥ `recall`: the most
/// rows a band, and as many bands as k allows. Where no split reaches the recall, single rows.
///
/// @throws std::invalid_argument  for k = 0, a threshold outside (0, 1], a recall outside (0, 1)
/// @see    J. Leskovec, A. Rajaraman, J. D. Ullman (2020), Mining of Massive Datasets, §3.4
[[nodiscard]] inline lsh_bands bands_for(std::size_t permutations, double threshold, double recall = 0.99) {
  constexpr const char* function = "sketch::bands_for";
  core::check_at_least(function, "permutations", permutations, std::size_t{1});
  core::check(threshold > 0.0 && threshold <= 1.0, function, "threshold", threshold, "above 0 and at most 1");
  core::check_open_interval(function, "recall", recall, 0.0, 1.0);
  for (std::size_t rows = permutations; rows > 1; --rows) {
    const lsh_bands split{permutations / rows, rows};
    if (split.candidate_probability(threshold) >= recall) return split;
  }
  return {permutations, 1};
}

/// Calls visit(span of indices) for every group of two or more signatures that agree in one band, band by band, indices
/// ascending. Bands are compared by a 64-bit hash of their rows: a group may hold a stranger with probability 2⁻⁶⁴ a pair.
///
/// @param signatures  n signatures of `permutations` values each, one after the other
/// @complexity        O(bands · n log n), 16 bytes a signature
/// @throws            std::invalid_argument  where the sizes do not fit
template <class Visit>
void for_each_bucket(std::span<const std::int64_t> signatures, std::size_t permutations, const lsh_bands& split,
                     Visit&& visit) {
  constexpr const char* function = "sketch::for_each_bucket";
  core::check_at_least(function, "permutations", permutations, std::size_t{1});
  core::check(signatures.size() % permutations == 0, function, "number of values", signatures.size(),
              "a multiple of the permutations");
  core::check(split.rows >= 1 && split.bands <= permutations / split.rows, function, "bands * rows",
              split.bands * split.rows, "at most the permutations, with at least one row");
  const std::size_t n = signatures.size() / permutations;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keyed(n);
  std::vector<std::uint32_t> members;
  for (std::size_t band = 0; band < split.bands; ++band) {
    for (std::size_t i = 0; i < n; ++i) {
      std::uint64_t key = 0;
      const std::int64_t* const at = signatures.data() + i * permutations + band * split.rows;
      for (std::size_t r = 0; r < split.rows; ++r) key = core::mix64(key ^ static_cast<std::uint64_t>(at[r]));
      keyed[i] = {key, static_cast<std::uint32_t>(i)};
    }
    std::sort(keyed.begin(), keyed.end());
    for (std::size_t begin = 0, end = 0; begin < n; begin = end) {
      while (end < n && keyed[end].first == keyed[begin].first) ++end;
      if (end - begin < 2) continue;
      members.clear();
      for (std::size_t i = begin; i < end; ++i) members.push_back(keyed[i].second);
      visit(std::span<const std::uint32_t>(members));
    }
  }
}

}  // namespace tailwatch::sketch
