// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/perplexity/detail/ngram_trie.hpp"

namespace tailwatch::perplexity::detail {

/// The law of the count of one n-gram in a random text: p[c] = P(c), p[5] = P(5 and above), and the mean.
///
/// The sum starts at 0 and takes independent terms. All operations add and multiply what is not negative: nothing cancels, and
/// terms that are certain leave whole numbers whole.
class expected_count {
 public:
  [[nodiscard]] double mean() const noexcept { return mean_; }
  /// P(1 and above).
  [[nodiscard]] double present() const noexcept { return p_[1] + p_[2] + p_[3] + p_[4] + p_[5]; }

  /// Adds `times` with probability `chance`, in (0, 1].
  void add(std::uint64_t times, double chance) noexcept {
    mean_ = std::fma(static_cast<double>(times), chance, mean_);
    std::array<double, 6> shifted{};
    for (std::size_t c = 0; c < 6; ++c)
      shifted[static_cast<std::size_t>(std::min<std::uint64_t>(c + std::min<std::uint64_t>(times, 5), 5))] += p_[c];
    const double miss = 1.0 - chance;
    for (std::size_t c = 0; c < 6; ++c) p_[c] = std::fma(chance, shifted[c], miss * p_[c]);
  }

  void add_to_count_of_counts(std::array<double, 4>& t) const noexcept {
    for (std::size_t c = 0; c < 4; ++c) t[c] += p_[c + 1];
  }
  void add_to_classes(std::array<double, 3>& classes) const noexcept {
    classes[0] += p_[1];
    classes[1] += p_[2];
    classes[2] += p_[3] + p_[4] + p_[5];
  }
  [[nodiscard]] double discount(const std::array<double, 3>& d) const noexcept {
    return std::fma(d[0], p_[1], std::fma(d[1], p_[2], d[2] * (p_[3] + p_[4] + p_[5])));
  }

 private:
  std::array<double, 6> p_{1.0};
  double mean_ = 0.0;
};

/// The weights of the sentences of a text, position by position of `<s> w₁ … w_k </s>`.
class sentence_weights {
 public:
  sentence_weights(const core::token_sequences& training, std::span<const double> weights) : weights_(weights) {
    end_.reserve(training.size());
    std::size_t end = 0;
    for (std::size_t s = 0; s < training.size(); ++s) end_.push_back(end += training[s].size() + 2);
  }
  [[nodiscard]] std::size_t size() const noexcept { return weights_.size(); }
  [[nodiscard]] double operator[](std::size_t s) const noexcept { return weights_[s]; }
  /// Positions of sentence s: [begin(s), end(s)).
  [[nodiscard]] std::size_t begin(std::size_t s) const noexcept { return s == 0 ? 0 : end_[s - 1]; }
  [[nodiscard]] std::size_t end(std::size_t s) const noexcept { return end_[s]; }

 private:
  std::span<const double> weights_;
  std::vector<std::size_t> end_;
};

/// The word map of a weighted text: types of weight `cutoff` and below are the unknown word.
[[nodiscard]] inline word_map weighted_word_map(const core::token_sequences& training, std::span<const double> weights,
                                                std::uint64_t cutoff) {
  if (cutoff == 0) return word_map(training);
  std::vector<std::pair<std::uint32_t, double>> seen;
  seen.reserve(training.token_count());
  for (std::size_t s = 0; s < training.size(); ++s)
    for (const auto id : training[s]) seen.emplace_back(id, weights[s]);
  std::stable_sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::uint32_t> kept;
  for (std::size_t begin = 0, end = 0; begin < seen.size(); begin = end) {
    double weight = 0.0;
    for (; end < seen.size() && seen[end].first == seen[begin].first; ++end) weight += seen[end].second;
    if (weight > static_cast<double>(cutoff)) kept.push_back(seen[begin].first);
  }
  core::token_sequences once;
  once.push_back(kept);
  return word_map(once);
}

/// Visitor of counted_trie for whole weights: each occurrence counts as many times as its sentence.
struct repeated_sentences {
  const sentence_weights& weights;

  void operator()(std::size_t, counted_level& level, std::span<const std::uint32_t> node) const {
    std::fill(level.count.begin(), level.count.end(), 0);
    for (std::size_t s = 0; s < weights.size(); ++s) {
      const auto times = static_cast<std::uint32_t>(weights[s]);
      for (std::size_t i = weights.begin(s); i < weights.end(s); ++i)
        if (node[i] != no_node) level.count[node[i]] += times;
    }
  }
};

/// Visitor of counted_trie for weights that are not whole: a sentence of weight w occurs ⌊w⌋ times and once more with probability
/// w − ⌊w⌋, independently of the others. Collects the law of every n-gram's number of occurrences.
struct random_sentences {
  const sentence_weights& weights;
  std::vector<std::vector<expected_count>>& occurrences;  ///< a level of the trie each

  void operator()(std::size_t length, counted_level& level, std::span<const std::uint32_t> node) const {
    auto& laws = occurrences[length - 1];
    laws.resize(level.count.size());
    level.expected.assign(level.count.size(), 0.0);
    std::vector<std::uint32_t> inside(level.count.size(), 0);  // occurrences in the sentence at hand
    for (std::size_t s = 0; s < weights.size(); ++s) {
      const double weight = weights[s];
      const auto sure = static_cast<std::uint64_t>(weight);
      const double chance = weight - static_cast<double>(sure);
      for (std::size_t i = weights.begin(s); i < weights.end(s); ++i) {
        if (node[i] == no_node) continue;
        ++inside[node[i]];
        level.expected[node[i]] += weight;  // in the order of the text: no n-gram gets more than its parts
      }
      for (std::size_t i = weights.begin(s); i < weights.end(s); ++i) {
        if (node[i] == no_node) continue;
        const std::uint64_t times = std::exchange(inside[node[i]], 0U);
        if (times == 0) continue;
        if (sure > 0) laws[node[i]].add(times * sure, 1.0);
        if (chance > 0.0) laws[node[i]].add(times, chance);
      }
    }
  }
};

/// Laws of the adjusted counts from those of the occurrences: of a shorter n-gram the number of distinct words before it, each
/// there with the probability that the longer n-gram occurs.
///
/// The mean is exact. That the words before it come and go independently is assumed, as Zhang and Chiang do; it holds but where one
/// sentence of fractional weight has the n-gram behind two words that no surer sentence has.
[[nodiscard]] inline std::vector<std::vector<expected_count>> adjusted_counts(
    const std::vector<counted_level>& counts, std::vector<std::vector<expected_count>> occurrences) {
  for (std::size_t n = 0; n + 1 < counts.size(); ++n) {
    std::vector<expected_count> adjusted(occurrences[n].size());
    for (std::size_t i = 0; i < counts[n + 1].suffix.size(); ++i) {
      // rounding may leave a certain n-gram an ulp short of, or beyond, 1
      const double present = std::min(occurrences[n + 1][i].present(), 1.0);
      if (present > 0.0) adjusted[counts[n + 1].suffix[i]].add(1, present);
    }
    const auto start = static_cast<std::ptrdiff_t>(counts[n].from_unknown);
    std::copy_n(occurrences[n].begin() + start, counts[n].from_start, adjusted.begin() + start);
    occurrences[n] = std::move(adjusted);
  }
  return occurrences;
}

}  // namespace tailwatch::perplexity::detail
