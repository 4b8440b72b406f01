// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::perplexity {

struct token_rank_histogram_options {
  /// Rising ranks that bound the bins [e_i, e_{i+1}); the last bin includes its upper edge. Default: top 10, 100, 1000,
  /// rest.
  std::vector<std::uint64_t> edges{0, 10, 100, 1000, ~std::uint64_t{0}};
};

struct rank_histogram {
  std::vector<std::uint64_t> edges;   ///< of the bins; empty: no text yet
  std::vector<std::uint64_t> counts;  ///< per bin
  std::uint64_t outside = 0;          ///< ranks below the first or above the last edge
  std::uint64_t rejected = 0;         ///< rows with a NaN, ids beyond the row

  /// Adds the histogram of another text, or of the next batch of rows.
  /// @throws std::invalid_argument  for other edges; this one is then as it was
  void merge(const rank_histogram& other) {
    if (other.edges.empty()) return;
    if (edges.empty()) {
      *this = other;
      return;
    }
    core::check(edges == other.edges, "perplexity::rank_histogram::merge", "number of edges", other.edges.size(),
                core::to_text(edges.size()) + ", and each like this histogram's");
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    outside += other.outside;
    rejected += other.rejected;
  }
  friend bool operator==(const rank_histogram&, const rank_histogram&) = default;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// How far down the model's list the observed tokens were: generated text sits in the first ranks, human text reaches
/// further.
///
///   rank = number of logits strictly larger than the observed token's        (0 = the top; equal logits share a rank)
///
/// @param logits  rows(x, n, V), one row per token; probabilities and log-probabilities serve as well, ranks are the
///        same
/// @param tokens  observed ids, n of them
/// @return        counts per bin; see rank_histogram
/// @complexity    O(n·V)
/// @bias          none
/// @throws        std::invalid_argument  n differs from the number of tokens, fewer than two edges, edges that do not
///                rise
/// @see           S. Gehrmann, H. Strobelt, A. M. Rush (2019), ACL demonstrations, 111–116 (GLTR)
/// @example       examples/perplexity/token_perplexity.cpp
struct token_rank_histogram_fn {
  static constexpr std::string_view name = "perplexity.token_rank_histogram";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Gehrmann, Strobelt, Rush (2019)";

  template <std::floating_point T, core::integer_range Tokens>
  [[nodiscard]] rank_histogram operator()(const core::rows_view<T>& logits, const Tokens& tokens,
                                          const token_rank_histogram_options& options = {}) const {
    constexpr const char* function = "perplexity::token_rank_histogram";
    const auto ids = core::as_span(tokens);
    const auto& edges = options.edges;
    core::check_same_size(function, "logits", logits.size, "tokens", ids.size());
    core::check_at_least(function, "number of edges", edges.size(), std::size_t{2});
    for (std::size_t i = 1; i < edges.size(); ++i)
      core::check(edges[i] > edges[i - 1], function, "edge", edges[i], "above the edge before it");
    rank_histogram h;
    h.edges = edges;
    h.counts.assign(edges.size() - 1, 0);
    for (std::size_t r = 0; r < logits.size; ++r) {
      const auto row = logits[r];
      const auto id = static_cast<std::uint64_t>(ids[r]);
      bool usable = id < row.size();
      std::uint64_t rank = 0;
      const T observed = usable ? row[static_cast<std::size_t>(id)] : T{};
      for (const T x : row) {
        usable = usable && !core::is_nan(x);
        rank += x > observed ? 1U : 0U;
      }
      if (!usable) {
        ++h.rejected;
        continue;
      }
      const auto above = std::upper_bound(edges.begin(), edges.end(), rank) - edges.begin();
      if (above == 0 || rank > edges.back()) {
        ++h.outside;
      } else {
        ++h.counts[std::min(static_cast<std::size_t>(above) - 1, h.counts.size() - 1)];
      }
    }
    return h;
  }
};
inline constexpr token_rank_histogram_fn token_rank_histogram{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
