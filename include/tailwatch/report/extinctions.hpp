// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/report/collapse_report.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace tailwatch::report {

/// Follows the n-grams of a training text through the generations and tells which went extinct, when, and which of them
/// were the most common: what a reader of the report wants to see named.
/// @complexity  O(distinct n-grams) per generation; memory 16 bytes per distinct n-gram of the training text
class extinctions {
 public:
  extinctions(const core::token_sequences& training, std::size_t order, std::size_t vocabulary)
      : order_(order), vocabulary_(vocabulary) {
    summary::ngram_counts counts({.order = order, .vocabulary = vocabulary});
    counts.update(training);
    counts.for_each([&](auto gram, std::uint64_t count) {
      grams_.insert(grams_.end(), gram.begin(), gram.end());
      followed_.push_back({count, never});
    });
  }

  /// The text of the next generation.
  void observe(const core::token_sequences& text) {
    summary::ngram_counts seen({.order = order_, .vocabulary = vocabulary_});
    seen.update(text);
    for (std::size_t i = 0; i < followed_.size(); ++i)
      if (seen.contains(gram(i))) followed_[i].last_seen = generations_;
    ++generations_;
  }

  /// For each generation the `each` most common n-grams of the training text that neither it nor any later one wrote.
  [[nodiscard]] std::vector<extinction> most_common(const text::vocabulary& words, std::size_t each) const {
    std::vector<std::vector<std::size_t>> lost(generations_);
    for (std::size_t i = 0; i < followed_.size(); ++i) {
      const std::size_t gone_from = followed_[i].last_seen == never ? 0 : followed_[i].last_seen + 1;
      if (gone_from < generations_) lost[gone_from].push_back(i);
    }
    std::vector<extinction> out;
    for (std::size_t g = 0; g < generations_; ++g) {
      const auto commoner = [&](std::size_t a, std::size_t b) {
        return std::pair(followed_[b].count, text_of(a, words)) < std::pair(followed_[a].count, text_of(b, words));
      };
      const std::size_t n = std::min(each, lost[g].size());
      std::partial_sort(lost[g].begin(), lost[g].begin() + static_cast<std::ptrdiff_t>(n), lost[g].end(), commoner);
      for (std::size_t k = 0; k < n; ++k) out.push_back({text_of(lost[g][k], words), followed_[lost[g][k]].count, g});
    }
    return out;
  }

 private:
  static constexpr std::size_t never = ~std::size_t{0};
  struct followed {
    std::uint64_t count;
    std::size_t last_seen;
  };

  [[nodiscard]] std::span<const std::uint32_t> gram(std::size_t i) const {
    return std::span<const std::uint32_t>(grams_).subspan(i * order_, order_);
  }
  [[nodiscard]] std::string text_of(std::size_t i, const text::vocabulary& words) const {
    std::string out;
    for (const std::uint32_t id : gram(i)) {
      if (!out.empty()) out += ' ';
      out += words.word(id);
    }
    return out;
  }

  std::size_t order_;
  std::size_t vocabulary_;
  std::size_t generations_ = 0;
  std::vector<std::uint32_t> grams_;
  std::vector<followed> followed_;
};

}  // namespace tailwatch::report
