// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tailwatch/perplexity/detail/ngram_trie.hpp"

namespace tailwatch::perplexity::detail {

/// N-grams of one order as a file lists them.
struct arpa_ngrams {
  std::size_t length = 1;
  std::vector<std::uint32_t> words;  ///< `length` per n-gram
  std::vector<double> probability;   ///< below 0: not in the file, to be had by backing off
  std::vector<double> backoff;

  [[nodiscard]] std::size_t size() const noexcept { return probability.size(); }
  [[nodiscard]] std::span<const std::uint32_t> operator[](std::size_t i) const noexcept {
    return std::span<const std::uint32_t>(words).subspan(i * length, length);
  }
  void push_back(std::span<const std::uint32_t> gram, double p, double gamma) {
    words.insert(words.end(), gram.begin(), gram.end());
    probability.push_back(p);
    backoff.push_back(gamma);
  }
  /// Lexicographic order of the words; false where one comes twice.
  [[nodiscard]] bool sort() {
    std::vector<std::size_t> order(size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto less = [&](std::size_t a, std::size_t b) {
      const auto x = (*this)[a], y = (*this)[b];
      return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
    };
    if (!std::is_sorted(order.begin(), order.end(), less)) {
      std::sort(order.begin(), order.end(), less);
      arpa_ngrams sorted{length, {}, {}, {}};
      sorted.words.reserve(words.size());
      for (const std::size_t i : order) sorted.push_back((*this)[i], probability[i], backoff[i]);
      *this = std::move(sorted);
    }
    for (std::size_t i = 1; i < size(); ++i)
      if (std::equal((*this)[i].begin(), (*this)[i].end(), (*this)[i - 1].begin())) return false;
    return true;
  }
  /// Its place among sorted n-grams, no_node where it is not one.
  [[nodiscard]] std::uint32_t find(std::span<const std::uint32_t> gram) const noexcept {
    std::size_t low = 0, high = size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const auto x = (*this)[middle];
      if (std::lexicographical_compare(x.begin(), x.end(), gram.begin(), gram.end())) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < size() && std::equal(gram.begin(), gram.end(), (*this)[low].begin()) ? static_cast<std::uint32_t>(low)
                                                                                      : no_node;
  }
};

/// The levels of a model. Every n-gram needs its prefix as its context and its suffix to back off to; files that were pruned by
/// entropy may lack some. Those are put in with the probability that backing off gives them, so that the model is the same.
/// `orders` are sorted; unigrams hold every word, in the order of the words.
[[nodiscard]] inline std::vector<ngram_level> linked_levels(std::vector<arpa_ngrams> orders) {
  for (std::size_t n = orders.size(); n-- > 2;) {
    arpa_ngrams& below = orders[n - 1];
    arpa_ngrams missing{n, {}, {}, {}};
    for (std::size_t i = 0; i < orders[n].size(); ++i)
      for (const auto part : {orders[n][i].first(n), orders[n][i].last(n)})
        if (below.find(part) == no_node) missing.push_back(part, -1.0, 1.0);
    if (missing.size() == 0) continue;
    static_cast<void>(missing.sort());
    for (std::size_t i = 0; i < missing.size(); ++i)
      if (i == 0 || !std::equal(missing[i].begin(), missing[i].end(), missing[i - 1].begin()))
        below.push_back(missing[i], -1.0, 1.0);
    static_cast<void>(below.sort());
  }
  std::vector<ngram_level> levels(orders.size());
  levels[0].probability = orders[0].probability;
  levels[0].backoff = orders[0].backoff;
  for (std::size_t n = 1; n < orders.size(); ++n) {
    const arpa_ngrams& grams = orders[n];
    ngram_level& level = levels[n];
    ngram_level& below = levels[n - 1];
    below.first_child.assign(below.size() + 1, 0);
    for (std::size_t i = 0; i < grams.size(); ++i) {
      const auto place = [&](std::span<const std::uint32_t> part) {
        return n == 1 ? part.front() : orders[n - 1].find(part);
      };
      const std::uint32_t context = place(grams[i].first(n));
      const std::uint32_t suffix = place(grams[i].last(n));
      ++below.first_child[context + std::size_t{1}];
      level.word.push_back(grams[i].back());
      level.suffix.push_back(suffix);
      // Above 1 only where the file is no distribution.
      level.probability.push_back(grams.probability[i] >= 0.0
                                      ? grams.probability[i]
                                      : std::min(1.0, below.backoff[context] * below.probability[suffix]));
    }
    level.backoff = grams.backoff;
    for (std::size_t c = 1; c < below.first_child.size(); ++c) below.first_child[c] += below.first_child[c - 1];
  }
  levels.back().backoff.clear();
  levels.back().first_child.clear();
  return levels;
}

}  // namespace tailwatch::perplexity::detail
