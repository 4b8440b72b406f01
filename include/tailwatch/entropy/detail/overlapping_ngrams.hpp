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
    weight_ += count;
    sum_ += count * u;
    for (std::size_t from = 0; from < gram.size(); ++from) {
      std::uint32_t at = 0;
      for (std::size_t to = from; to < gram.size() - (from == 0 ? 1 : 0); ++to) {
        at = number_((std::uint64_t{at} << 32) | gram[to]) + 1;
        if (at > nodes_.size()) nodes_.resize(at);
        if (from == 0) nodes_[at - 1].begin.add(count, u, beginning);
      }
      if (from > 0) nodes_[at - 1].end.add(count, u, ending);
    }
  }
  [[nodiscard]] double covariance() const {
    const double mean = sum_ / weight_;
    double sum = 0.0;
    for (const node& h : nodes_)
      if (const double n = h.both(); n > 0.0)
        sum += n * (h.begin.sum / h.begin.weight - mean) * (h.end.sum / h.end.weight - mean);
    return 2.0 * sum;
  }
  [[nodiscard]] double covariance_of_pairs() const {
    double sum = 0.0;
    for (const node& h : nodes_)
      if (const double n = h.both(); n > 1.0)
        sum += n * (n - 1.0) * (h.begin.pairs / h.begin.weight / (h.begin.weight - 1.0)) *
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
    [[nodiscard]] double both() const noexcept { return std::min(begin.weight, end.weight); }
  };
  math::detail::numbering number_;
  std::vector<node> nodes_;
  double weight_ = 0.0, sum_ = 0.0;
};

}  // namespace tailwatch::entropy::detail
