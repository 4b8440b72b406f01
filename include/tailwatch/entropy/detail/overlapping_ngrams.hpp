// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/math/count_ngrams.hpp"

namespace tailwatch::entropy::detail {

/// What the overlap of neighbouring n-grams adds to the variance of Σ u(g) over the n-grams g of a text, from their counts alone.
///
///   2 Σ_{l=1}^{n−1} Σ_h N_h ū(… h) ū(h …)      h: all n − l tokens in a row, N_h of them followed and preceded by others
///
/// with ū(… h) and ū(h …) the means of u − ū over the n-grams that end and that begin with h. Right where, given the tokens that two n-grams share,
/// what stands before them tells nothing of what follows: independent tokens for every l, a Markov chain of order n − 1 for l = 1.
/// The same of Σ v over pairs of n-grams, with N_h(N_h − 1)/2 for N_h and the means over pairs that both end and that both begin with h.
class overlapping_ngrams {
 public:
  /// `count` n-grams `gram`.
  /// @param u          of each of them
  /// @param beginning  v summed over its pairs with n-grams that begin alike; with others that begin alike but are not the same, half of it
  /// @param ending     over those that end alike
  /// @complexity       O(n²) and a look-up for each of them
  void add(std::span<const std::uint32_t> gram, double count, double u, double beginning, double ending) {
    order_ = gram.size();
    weight_ += count;
    sum_ += count * u;
    add_beginning(gram.first(order_ - 1), count, u, beginning);
    for (std::size_t from = 1; from < order_; ++from) {
      std::uint32_t at = 0;
      for (std::size_t to = from; to < order_; ++to) at = child(at, to - from, gram[to]);
      nodes_[at - 1].end.add(count, u, ending);
    }
  }
  /// The same of `count` times n − 1 tokens that begin no n-gram, because their sequence ends with them. They follow upon an n-gram
  /// too, but none upon them.
  void add_end(std::span<const std::uint32_t> gram, double count, double u, double beginning) {
    ends_ += count;
    add_beginning(gram, count, u, beginning);
  }
  /// How many n-grams begin with these n − 1 tokens.
  [[nodiscard]] double begun(std::span<const std::uint32_t> gram) {
    std::uint32_t at = 0;
    for (std::size_t to = 0; to < gram.size(); ++to) at = child(at, to, gram[to]);
    return nodes_[at - 1].begin.weight;
  }
  [[nodiscard]] double mean() const noexcept { return sum_ / weight_; }
  [[nodiscard]] double covariance() const {
    double sum = 0.0;
    for (const node& h : nodes_)
      if (const double n = h.both(); n > 0.0)
        sum += n * followed(h) * (h.begin.sum / h.begin.weight - mean()) * (h.end.sum / h.end.weight - mean());
    return 2.0 * sum;
  }
  [[nodiscard]] double covariance_of_pairs() const {
    double sum = 0.0;
    for (const node& h : nodes_)
      if (const double n = h.both(); n > 1.0)
        sum += n * (n - 1.0) * followed(h) * (h.begin.pairs / h.begin.weight / (h.begin.weight - 1.0)) *
               (h.end.pairs / h.end.weight / (h.end.weight - 1.0));
    return 4.0 * sum;
  }

 private:
  struct part {
    double weight = 0.0, sum = 0.0, pairs = 0.0;
    void add(double count, double u, double of_pairs) noexcept {
      weight += count;
      sum += count * u;
      pairs += of_pairs;
    }
  };
  struct node {
    part begin, end;  ///< of n-grams that begin, that end with these tokens
    std::size_t length = 0;
    [[nodiscard]] double both() const noexcept { return std::min(begin.weight, end.weight); }
  };
  /// The node of `length` tokens at `at`, 0 for none, and one more.
  std::uint32_t child(std::uint32_t at, std::size_t length, std::uint32_t token) {
    const std::uint32_t to = number_((std::uint64_t{at} << 32) | token) + 1;
    if (to > nodes_.size()) {
      nodes_.resize(to);
      nodes_.back().length = length + 1;
    }
    return to;
  }
  void add_beginning(std::span<const std::uint32_t> gram, double count, double u, double pairs) {
    std::uint32_t at = 0;
    for (std::size_t to = 0; to < gram.size(); ++to) {
      at = child(at, to, gram[to]);
      nodes_[at - 1].begin.add(count, u, pairs);
    }
  }
  /// Share of the n-grams which another follows that begins n − |h| tokens later, or the end of a sequence at the latest.
  [[nodiscard]] double followed(const node& h) const noexcept {
    return std::max(0.0, 1.0 - static_cast<double>(order_ - h.length - 1) * ends_ / weight_);
  }

  math::detail::numbering number_;
  std::vector<node> nodes_;
  std::size_t order_ = 0;
  double weight_ = 0.0, sum_ = 0.0, ends_ = 0.0;
};

}  // namespace tailwatch::entropy::detail
