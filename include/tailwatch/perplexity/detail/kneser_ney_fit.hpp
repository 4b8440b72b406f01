// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/perplexity/detail/ngram_trie.hpp"

namespace tailwatch::perplexity::detail {

/// Statistics of one order.
struct order_statistics {
  std::array<double, 4> count_of_counts{};  ///< n-grams with adjusted count 1, 2, 3, 4: whole, or expected
  std::array<double, 3> discounts{};        ///< D₁, D₂, D₃₊
  bool estimated = false;                   ///< false: the fallback was used

  /// Discounts by their bits: those of a model that was read from ARPA are NaN, and it equals itself.
  friend bool operator==(const order_statistics& a, const order_statistics& b) noexcept {
    return a.count_of_counts == b.count_of_counts && a.estimated == b.estimated &&
           std::equal(a.discounts.begin(), a.discounts.end(), b.discounts.begin(), [](double x, double y) {
             return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
           });
  }
};

/// The law of a count that is known: all of it at one value.
struct known_count {
  std::uint32_t value = 0;

  [[nodiscard]] double mean() const noexcept { return static_cast<double>(value); }
  void add_to_count_of_counts(std::array<double, 4>& t) const noexcept {
    if (value >= 1 && value <= 4) t[value - 1] += 1.0;
  }
  /// Adds P(1), P(2), P(3 and above).
  void add_to_classes(std::array<double, 3>& classes) const noexcept {
    if (value != 0) classes[std::min(value, 3U) - 1] += 1.0;
  }
  /// E D(a).
  [[nodiscard]] double discount(const std::array<double, 3>& d) const noexcept {
    return value == 0 ? 0.0 : d[std::min(value, 3U) - 1];
  }
};

/// Adjusted counts of a counted trie: distinct left neighbours, except at the highest order and for n-grams that begin with <s>.
[[nodiscard]] inline std::vector<std::vector<known_count>> adjusted_counts(const std::vector<counted_level>& counts) {
  const std::size_t order = counts.size();
  std::vector<std::vector<known_count>> adjusted(order);
  const auto occurrences = [&](std::size_t n, std::size_t i) { adjusted[n][i].value = counts[n].count[i]; };
  for (std::size_t n = 0; n < order; ++n) adjusted[n].resize(counts[n].count.size());
  for (std::size_t n = 0; n + 1 < order; ++n) {
    for (const auto s : counts[n + 1].suffix) ++adjusted[n][s].value;
    for (std::size_t i = 0; i < counts[n].from_start; ++i) occurrences(n, counts[n].from_unknown + i);
  }
  for (std::size_t i = 0; i < adjusted[order - 1].size(); ++i) occurrences(order - 1, i);
  return adjusted;
}

// Products that feed a sum go through std::fma here, so that the bits do not depend on whether a compiler contracts
// them.
/// @tparam Count  known_count, or expected_count where sentences have weights that are not whole
template <class Count>
class kneser_ney_fit {
 public:
  kneser_ney_fit(std::vector<counted_level> counts, std::vector<std::vector<Count>> adjusted,
                 std::vector<std::uint64_t> prune, std::array<double, 3> fallback, double vocabulary,
                 bool interpolate_unigrams, bool open)
      : counts_(std::move(counts)), prune_(std::move(prune)), fallback_(fallback), adjusted_(std::move(adjusted)) {
    const std::size_t order = counts_.size();
    levels.resize(order);
    statistics.resize(order);
    adjusted_[0][sentence_start] = {};  // never predicted
    for (std::size_t n = 0; n < order; ++n) statistics[n] = estimate_discounts(n);
    unigrams(vocabulary, interpolate_unigrams, open);
    for (std::size_t n = 1; n < order; ++n) successors(n);
    levels[order - 1].first_child.clear();
    levels[order - 1].backoff.clear();
  }

  std::vector<ngram_level> levels;
  std::vector<order_statistics> statistics;

 private:
  [[nodiscard]] order_statistics estimate_discounts(std::size_t n) const {
    order_statistics s;
    for (const Count& a : adjusted_[n]) a.add_to_count_of_counts(s.count_of_counts);
    const auto& t = s.count_of_counts;
    s.estimated = t[0] >= 1.0 && t[1] >= 1.0 && t[2] >= 1.0;
    if (s.estimated) {
      const double y = t[0] / (t[0] + 2.0 * t[1]);
      for (std::size_t i = 0; i < 3; ++i) {
        const auto k = static_cast<double>(i + 1);
        s.discounts[i] = k - (k + 1.0) * y * t[i + 1] / t[i];
        s.estimated = s.estimated && s.discounts[i] >= 0.0 && s.discounts[i] <= k;
      }
    }
    if (!s.estimated) s.discounts = fallback_;
    return s;
  }

  // a − D(a), which rounding may take below 0 where a is an expectation.
  [[nodiscard]] double discounted(std::size_t n, const Count& a) const {
    return std::max(a.mean() - a.discount(statistics[n].discounts), 0.0);
  }

  // γ: what the discounts took, and the whole of what was pruned, over the sum of the adjusted counts. The sums of whole counts
  // are exact, all are below 2⁵³.
  struct context_sums {
    std::array<double, 3> kept{};
    double pruned = 0.0, total = 0.0;
    void add(const Count& count, bool keep) {
      const double mean = count.mean();
      total += mean;
      if (keep) {
        count.add_to_classes(kept);
      } else {
        pruned += mean;
      }
    }
    [[nodiscard]] double backoff(const std::array<double, 3>& d) const {
      if (total == 0.0) return 1.0;
      double mass = pruned;
      for (std::size_t i = 0; i < 3; ++i) mass = std::fma(kept[i], d[i], mass);
      return mass / total;
    }
  };

  // `interpolate`: γ is shared among all words, the unknown one too if the vocabulary is open; else it is the unknown word's.
  void unigrams(double vocabulary, bool interpolate, bool open) {
    ngram_level& level = levels[0];
    const auto& adjusted = adjusted_[0];
    context_sums sums;
    for (const Count& a : adjusted) sums.add(a, true);
    const double gamma = sums.backoff(statistics[0].discounts);
    const double floor = interpolate ? gamma / vocabulary : 0.0;
    const double total = sums.total == 0.0 ? 1.0 : sums.total;
    level.probability.resize(adjusted.size());
    for (std::size_t w = 0; w < adjusted.size(); ++w) level.probability[w] = discounted(0, adjusted[w]) / total + floor;
    if (!interpolate) level.probability[unknown_word] += gamma;
    if (!open) level.probability[unknown_word] = 0.0;
    level.probability[sentence_start] = 0.0;
    level.backoff.assign(adjusted.size(), 1.0);
    level.first_child.assign(adjusted.size() + 1, 0);
    renumbered_.resize(adjusted.size());
    for (std::size_t w = 0; w < adjusted.size(); ++w) renumbered_[w] = static_cast<std::uint32_t>(w);
  }

  // Level n (0-based) from its counts: γ of the contexts below it, probabilities, links; pruned n-grams vanish. An
  // n-gram that is kept has its prefix and its suffix kept too: they are at least as frequent and their threshold is
  // not higher.
  void successors(std::size_t n) {
    const counted_level& from = counts_[n];
    ngram_level& below = levels[n - 1];
    ngram_level& level = levels[n];
    const std::uint64_t threshold = prune_.empty() ? 0 : prune_[std::min(n, prune_.size() - 1)];
    const std::size_t size = from.word.size();
    std::vector<std::uint32_t> renumbered(size, no_node);
    level.word.reserve(size);
    level.suffix.reserve(size);
    level.probability.reserve(size);
    std::vector<std::uint32_t> children(below.size(), 0);
    for (std::size_t begin = 0, end = 0; begin < size; begin = end) {
      const std::uint32_t context = renumbered_[from.parent[begin]];
      context_sums sums;
      for (end = begin; end < size && from.parent[end] == from.parent[begin]; ++end)
        sums.add(adjusted_[n][end], from.above(end, threshold));
      if (context == no_node) continue;  // a pruned context: all its successors are pruned
      const double gamma = sums.backoff(statistics[n].discounts);
      below.backoff[context] = gamma;
      for (std::size_t i = begin; i < end; ++i) {
        if (!from.above(i, threshold)) continue;
        const std::uint32_t suffix = renumbered_[from.suffix[i]];
        const double own = discounted(n, adjusted_[n][i]) / sums.total;
        renumbered[i] = static_cast<std::uint32_t>(level.word.size());
        level.word.push_back(from.word[i]);
        level.suffix.push_back(suffix);
        level.probability.push_back(std::fma(gamma, below.probability[suffix], own));
        ++children[context];
      }
    }
    std::uint32_t sum = 0;
    for (std::size_t c = 0; c < children.size(); ++c) below.first_child[c] = std::exchange(sum, sum + children[c]);
    below.first_child[children.size()] = sum;
    level.backoff.assign(level.size(), 1.0);
    level.first_child.assign(level.size() + 1, 0);
    renumbered_ = std::move(renumbered);
    counts_[n - 1] = {};
    adjusted_[n - 1] = {};
  }

  std::vector<counted_level> counts_;
  std::vector<std::uint64_t> prune_;
  std::array<double, 3> fallback_;
  std::vector<std::vector<Count>> adjusted_;
  std::vector<std::uint32_t> renumbered_;  // level below: counted n-gram → kept n-gram
};

}  // namespace tailwatch::perplexity::detail
