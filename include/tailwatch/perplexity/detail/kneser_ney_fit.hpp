// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/perplexity/detail/ngram_trie.hpp"

namespace tailwatch::perplexity::detail {

/// Statistics of one order.
struct order_statistics {
  std::array<std::uint64_t, 4> count_of_counts{};  ///< n-grams with adjusted count 1, 2, 3, 4
  std::array<double, 3> discounts{};               ///< D₁, D₂, D₃₊
  bool estimated = false;                          ///< false: the fallback was used

  friend bool operator==(const order_statistics&, const order_statistics&) = default;
};

// Products that feed a sum go through std::fma here, so that the bits do not depend on whether a compiler contracts
// them.
class kneser_ney_fit {
 public:
  kneser_ney_fit(counted_trie trie, std::vector<std::uint64_t> prune, std::array<double, 3> fallback, double vocabulary,
                 bool interpolate_unigrams, bool open)
      : counts_(std::move(trie.levels)), prune_(std::move(prune)), fallback_(fallback) {
    const std::size_t order = counts_.size();
    levels.resize(order);
    statistics.resize(order);
    adjust();
    for (std::size_t n = 0; n < order; ++n) statistics[n] = estimate_discounts(n);
    unigrams(vocabulary, interpolate_unigrams, open);
    for (std::size_t n = 1; n < order; ++n) successors(n);
    levels[order - 1].first_child.clear();
    levels[order - 1].backoff.clear();
  }

  std::vector<ngram_level> levels;
  std::vector<order_statistics> statistics;

 private:
  // Distinct left neighbours, except at the highest order and for n-grams that begin with <s>.
  void adjust() {
    const std::size_t order = counts_.size();
    adjusted_.resize(order);
    for (std::size_t n = 0; n + 1 < order; ++n) {
      adjusted_[n].assign(counts_[n].count.size(), 0);
      for (const auto s : counts_[n + 1].suffix) ++adjusted_[n][s];
      const auto start = static_cast<std::ptrdiff_t>(counts_[n].from_unknown);
      std::copy_n(counts_[n].count.begin() + start, counts_[n].from_start, adjusted_[n].begin() + start);
    }
    adjusted_[order - 1] = counts_[order - 1].count;
    adjusted_[0][sentence_start] = 0;  // never predicted
  }

  [[nodiscard]] order_statistics estimate_discounts(std::size_t n) const {
    order_statistics s;
    for (const auto a : adjusted_[n])
      if (a >= 1 && a <= 4) ++s.count_of_counts[a - 1];
    const auto& t = s.count_of_counts;
    s.estimated = t[0] != 0 && t[1] != 0 && t[2] != 0;
    if (s.estimated) {
      const auto t1 = static_cast<double>(t[0]);
      const double y = t1 / (t1 + 2.0 * static_cast<double>(t[1]));
      for (std::size_t i = 0; i < 3; ++i) {
        const auto k = static_cast<double>(i + 1);
        s.discounts[i] = k - (k + 1.0) * y * static_cast<double>(t[i + 1]) / static_cast<double>(t[i]);
        s.estimated = s.estimated && s.discounts[i] >= 0.0 && s.discounts[i] <= k;
      }
    }
    if (!s.estimated) s.discounts = fallback_;
    return s;
  }

  [[nodiscard]] double discount(std::size_t n, std::uint32_t count) const {
    return count == 0 ? 0.0 : statistics[n].discounts[std::min(count, 3U) - 1];
  }

  // γ: what the discounts took, and the whole of what was pruned, over the sum of the adjusted counts.
  struct context_sums {
    std::array<std::uint64_t, 3> kept{};
    std::uint64_t pruned = 0, total = 0;
    void add(std::uint32_t count, bool keep) {
      total += count;
      if (count == 0) return;
      if (keep) {
        ++kept[std::min(count, 3U) - 1];
      } else {
        pruned += count;
      }
    }
    [[nodiscard]] double backoff(const std::array<double, 3>& d) const {
      if (total == 0) return 1.0;
      double mass = static_cast<double>(pruned);
      for (std::size_t i = 0; i < 3; ++i) mass = std::fma(static_cast<double>(kept[i]), d[i], mass);
      return mass / static_cast<double>(total);
    }
  };

  // `interpolate`: γ is shared among all words, the unknown one too if the vocabulary is open; else it is the unknown word's.
  void unigrams(double vocabulary, bool interpolate, bool open) {
    ngram_level& level = levels[0];
    const auto& adjusted = adjusted_[0];
    context_sums sums;
    for (const auto a : adjusted) sums.add(a, true);
    const double gamma = sums.backoff(statistics[0].discounts);
    const double floor = interpolate ? gamma / vocabulary : 0.0;
    const double total = sums.total == 0 ? 1.0 : static_cast<double>(sums.total);
    level.probability.resize(adjusted.size());
    for (std::size_t w = 0; w < adjusted.size(); ++w)
      level.probability[w] = (static_cast<double>(adjusted[w]) - discount(0, adjusted[w])) / total + floor;
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
        sums.add(adjusted_[n][end], from.count[end] > threshold);
      if (context == no_node) continue;  // a pruned context: all its successors are pruned
      const double gamma = sums.backoff(statistics[n].discounts);
      const auto total = static_cast<double>(sums.total);
      below.backoff[context] = gamma;
      for (std::size_t i = begin; i < end; ++i) {
        if (from.count[i] <= threshold) continue;
        const std::uint32_t suffix = renumbered_[from.suffix[i]];
        const double own = (static_cast<double>(adjusted_[n][i]) - discount(n, adjusted_[n][i])) / total;
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
  std::vector<std::vector<std::uint32_t>> adjusted_;
  std::vector<std::uint32_t> renumbered_;  // level below: counted n-gram → kept n-gram
};

}  // namespace tailwatch::perplexity::detail
