// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/detail/ngram_trie.hpp"

namespace tailwatch::perplexity::detail {

/// The unnormalised distribution p(w|h)^a over the words that can be generated (</s> and the training types): drawn
/// from, and walked through by falling probability, without a pass over the vocabulary. The derivation is in
/// kneser_ney_sampler.
class powered_ngram {
 public:
  powered_ngram(const std::vector<ngram_level>& levels, double exponent, bool ranked)
      : levels_(&levels), exponent_(exponent), weights_(levels.size()) {
    if (exponent_ != 1.0) raise();
    sum_up();
    if (ranked) rank();
  }

  /// Σ_w p(w|c)^a
  [[nodiscard]] double mass(ngram_context c) const {
    return c.length == 0 ? weights_[0].running.back() : weights_[c.length - 1].mass[c.node];
  }

  /// A word in proportion to p(w|c)^a; </s> from a model that gives nothing to any word.
  template <class Random>
  [[nodiscard]] std::uint32_t draw(ngram_context c, Random& random) const {
    for (;; c = shortened(*levels_, c)) {
      const auto [begin, end] = successors(c);
      const std::vector<double>& running = weights_[c.length].running;
      // Uniform on [0, mass): below the own mass it picks a successor, above it the shorter context draws anew.
      const double u = core::uniform_01(random) * mass(c);
      if (begin < end && u < running[end - 1]) {
        const auto first = running.begin() + begin;
        const auto found = std::upper_bound(first, running.begin() + end, u);
        return word_of(c.length, begin + static_cast<std::uint32_t>(found - first));
      }
      if (c.length == 0) return sentence_end;
    }
  }

  /// The words by falling probability, handed to visit(word, p, f, g), p^a = f·g, until it returns false.
  ///
  /// One sorted list per order, scaled by the γ on the way down, merged. A word first met in a longer context has its
  /// true probability there; later appearances are not larger and are skipped. Most steps take from the same list as
  /// the one before, hence the inner loop.
  template <class Visitor>
  void visit_ranked(ngram_context c, Visitor visit) {
    struct list {
      const std::uint32_t* at;
      const std::uint32_t* end;
      const double* probability;
      const double* power;
      std::size_t level;
      double scale, power_scale, value;
      void refresh() { value = at == end ? -1.0 : scale * probability[*at]; }
    };
    std::array<list, 17> lists;
    std::size_t count = 0;
    for (double scale = 1.0, power_scale = 1.0;; c = shortened(*levels_, c)) {
      const auto [begin, end] = successors(c);
      const std::uint32_t* ranked = weights_[c.length].ranked.data();
      lists[count] = {
          ranked + begin, ranked + end, level(c.length).probability.data(), power(c.length).data(), c.length, scale,
          power_scale,    0.0};
      lists[count].refresh();
      if (begin < end) ++count;
      if (c.length == 0) break;
      scale *= level(c.length - 1).backoff[c.node];
      power_scale *= backoff(c.length - 1)[c.node];
    }
    if (++epoch_ == 0) {
      std::fill(seen_.begin(), seen_.end(), 0);
      epoch_ = 1;
    }
    while (count > 0) {
      std::size_t best = 0;
      double second = -1.0;
      for (std::size_t j = 1; j < count; ++j) {
        const list& a = lists[j];
        const list& b = lists[best];
        const bool before = a.value > b.value ||
                            (a.value == b.value && a.value >= 0.0 && word_of(a.level, *a.at) < word_of(b.level, *b.at));
        second = std::max(second, before ? b.value : a.value);
        if (before) best = j;
      }
      list& l = lists[best];
      if (!(l.value > 0.0)) return;
      do {
        const std::uint32_t word = word_of(l.level, *l.at);
        if (seen_[word] != epoch_ && word != unknown_word) {
          seen_[word] = epoch_;
          if (!visit(word, l.value, l.power_scale, l.power[*l.at])) return;
        }
        ++l.at;
        l.refresh();
      } while (l.value > second);
    }
  }

 private:
  struct weights {
    std::vector<double> running;        // Σ δ within a context, up to and including this n-gram
    std::vector<double> power;          // p^a, where a ≠ 1
    std::vector<double> backoff;        // γ^a as a context, where a ≠ 1
    std::vector<double> mass;           // Σ_w p(w|h)^a as a context
    std::vector<std::uint32_t> ranked;  // the n-grams of each context by falling probability
  };

  [[nodiscard]] const ngram_level& level(std::size_t n) const { return (*levels_)[n]; }
  [[nodiscard]] const std::vector<double>& power(std::size_t n) const {
    return exponent_ == 1.0 ? level(n).probability : weights_[n].power;
  }
  [[nodiscard]] const std::vector<double>& backoff(std::size_t n) const {
    return exponent_ == 1.0 ? level(n).backoff : weights_[n].backoff;
  }
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> successors(ngram_context c) const {
    if (c.length == 0) return {sentence_end, static_cast<std::uint32_t>(level(0).size())};
    const auto& first = level(c.length - 1).first_child;
    return {first[c.node], first[c.node + 1]};
  }
  [[nodiscard]] std::uint32_t word_of(std::size_t n, std::uint32_t node) const {
    return n == 0 ? node : level(n).word[node];
  }

  void raise() {
    for (std::size_t n = 0; n < levels_->size(); ++n) {
      const auto raised = [this](const std::vector<double>& x) {
        std::vector<double> y(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::pow(x[i], exponent_);
        return y;
      };
      weights_[n].power = raised(level(n).probability);
      weights_[n].backoff = raised(level(n).backoff);
    }
  }

  // std::fma, so that the bits do not depend on whether a compiler contracts.
  void sum_up() {
    double sum = 0.0;
    weights_[0].running.assign(level(0).size(), 0.0);
    for (std::size_t w = sentence_end; w < level(0).size(); ++w) weights_[0].running[w] = sum += power(0)[w];
    for (std::size_t n = 1; n < levels_->size(); ++n) {
      const ngram_level& below = level(n - 1);
      const auto& lower = power(n - 1);
      const auto& gamma = backoff(n - 1);
      std::vector<double>& total = weights_[n - 1].mass;
      weights_[n].running.resize(level(n).size());
      total.resize(below.size());
      for (std::size_t c = 0; c < below.size(); ++c) {
        double own = 0.0;
        for (std::uint32_t i = below.first_child[c]; i < below.first_child[c + 1]; ++i) {
          if (level(n).word[i] != unknown_word)  // never drawn
            own += std::max(0.0, std::fma(-gamma[c], lower[level(n).suffix[i]], power(n)[i]));
          weights_[n].running[i] = own;
        }
        const ngram_context context{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(c)};
        total[c] = std::fma(gamma[c], mass(shortened(*levels_, context)), own);
      }
    }
  }

  void rank() {
    for (std::size_t n = 0; n < levels_->size(); ++n) {
      std::vector<std::uint32_t>& ranked = weights_[n].ranked;
      const std::vector<double>& p = level(n).probability;
      ranked.resize(p.size());
      std::iota(ranked.begin(), ranked.end(), 0U);
      // Within a context the index rises with the word, so equal probabilities rank by word.
      const auto falling = [&](std::uint32_t a, std::uint32_t b) { return p[a] > p[b] || (p[a] == p[b] && a < b); };
      const auto sort = [&](std::uint32_t begin, std::uint32_t end) {
        if (end - begin > 1) std::sort(ranked.begin() + begin, ranked.begin() + end, falling);
      };
      if (n == 0) {
        sort(sentence_end, static_cast<std::uint32_t>(p.size()));
      } else {
        const auto& first = level(n - 1).first_child;
        for (std::size_t c = 0; c + 1 < first.size(); ++c) sort(first[c], first[c + 1]);
      }
    }
    seen_.assign(level(0).size(), 0);
  }

  const std::vector<ngram_level>* levels_;
  double exponent_;
  std::vector<weights> weights_;
  std::vector<std::uint32_t> seen_;  // words of the walk numbered epoch_
  std::uint32_t epoch_ = 0;
};

}  // namespace tailwatch::perplexity::detail
