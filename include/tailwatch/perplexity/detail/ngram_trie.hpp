// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::perplexity::detail {

// Words inside a model: three reserved ones, then the training types in ascending order of their token ids.
inline constexpr std::uint32_t unknown_word = 0;
inline constexpr std::uint32_t sentence_start = 1;
inline constexpr std::uint32_t sentence_end = 2;
inline constexpr std::uint32_t first_word = 3;
inline constexpr std::uint32_t no_node = ~std::uint32_t{0};

/// Back-off weights of foreign models are at most this, so that the product along 15 orders is a number.
inline constexpr double largest_backoff = 1e18;

/// Token ids ↔ words. Ids are looked up in a table where they are dense and by binary search beyond it, so that one
/// huge id does not cost a huge table.
class word_map {
 public:
  word_map() = default;
  /// Types seen at most `cutoff` times are the unknown word.
  explicit word_map(const core::token_sequences& training, std::uint64_t cutoff = 0) {
    const auto tokens = training.tokens();
    std::size_t bound = 0;
    for (const auto id : tokens) bound = std::max(bound, std::size_t{id} + 1);
    table_.assign(std::min(bound, std::max<std::size_t>(std::size_t{1} << 20, 4 * tokens.size())), 0);
    std::vector<std::uint32_t> beyond;
    for (const auto id : tokens) {
      if (id < table_.size()) {
        ++table_[id];  // below 2³², as are all tokens: see counted_trie
      } else {
        beyond.push_back(id);
      }
    }
    for (std::size_t id = 0; id < table_.size(); ++id) {
      const bool kept = table_[id] > cutoff;
      table_[id] = kept ? first_word + static_cast<std::uint32_t>(tokens_.size()) : unknown_word;
      if (kept) tokens_.push_back(static_cast<std::uint32_t>(id));
    }
    std::sort(beyond.begin(), beyond.end());
    for (std::size_t begin = 0, end = 0; begin < beyond.size(); begin = end) {
      while (end < beyond.size() && beyond[end] == beyond[begin]) ++end;
      if (end - begin > cutoff) tokens_.push_back(beyond[begin]);
    }
  }

  [[nodiscard]] std::uint32_t word(std::uint32_t token) const noexcept {
    if (token < table_.size()) return table_[token];
    const auto at = std::lower_bound(tokens_.begin(), tokens_.end(), token);
    return at != tokens_.end() && *at == token ? first_word + static_cast<std::uint32_t>(at - tokens_.begin())
                                               : unknown_word;
  }
  [[nodiscard]] std::uint32_t token(std::uint32_t word) const noexcept { return tokens_[word - first_word]; }
  [[nodiscard]] std::size_t types() const noexcept { return tokens_.size(); }

  /// The table follows from the tokens; only its size may differ, with the text it was made from.
  friend bool operator==(const word_map& a, const word_map& b) noexcept { return a.tokens_ == b.tokens_; }

 private:
  std::vector<std::uint32_t> table_;
  std::vector<std::uint32_t> tokens_;
};

/// All n-grams of one length, in lexicographic order of their words: the successors of a context are contiguous and
/// sorted.
struct counted_level {
  std::vector<std::uint32_t> word;    ///< last word
  std::vector<std::uint32_t> parent;  ///< n-gram without its last word, in the level below
  std::vector<std::uint32_t> suffix;  ///< n-gram without its first word, in the level below
  std::vector<std::uint32_t> count;   ///< occurrences
  std::vector<double> expected;       ///< weighted occurrences, where weights are not whole; else empty
  std::size_t from_unknown = 0;       ///< the first so many begin with the unknown word,
  std::size_t from_start = 0;         ///< so many after them with <s>

  /// Whether n-gram i was seen more than `threshold` times.
  [[nodiscard]] bool above(std::size_t i, std::uint64_t threshold) const {
    return expected.empty() ? count[i] > threshold : expected[i] > static_cast<double>(threshold);
  }
};

/// What is done with a level once it is counted: node[i] is the n-gram at position i of all words, <s> and </s> included
/// (no_node where none begins).
struct no_level_visitor {
  void operator()(std::size_t /*length*/, counted_level&, std::span<const std::uint32_t> /*node*/) const noexcept {}
};

/// Counts every n-gram of `<s> w₁ … w_k </s>` up to `order`.
///
/// All positions are sorted once by their next `order` words (least significant word first, `order` counting sorts);
/// the n-grams of every length are then runs of that one permutation. O(order·(N + V)) time, 13 bytes per token of
/// scratch.
class counted_trie {
 public:
  template <class Visitor = no_level_visitor>
  counted_trie(const core::token_sequences& training, const word_map& map, std::size_t order, Visitor&& visit = {}) {
    const std::size_t n = training.token_count() + 2 * training.size();
    core::check(n < no_node - order, "perplexity::kneser_ney", "training size", n, "below 2^32 tokens");
    std::vector<std::uint32_t> words;
    words.reserve(n + order);
    for (std::size_t s = 0; s < training.size(); ++s) {
      words.push_back(sentence_start);
      for (const auto id : training[s]) words.push_back(map.word(id));
      words.push_back(sentence_end);
    }
    // What follows a </s> takes part in the sort but in no comparison, so the text needs no padding but at its very
    // end.
    words.resize(n + order, sentence_end);

    const auto position = sorted_positions(words, n, map.types() + first_word, order);
    const auto common = common_prefixes(words, position, order);

    levels.resize(order);
    levels[0].count.assign(map.types() + first_word, 0);
    for (std::size_t i = 0; i < n; ++i) ++levels[0].count[words[i]];
    std::vector<std::uint32_t> node(words.begin(), words.end());
    std::vector<std::uint32_t> next(words.size());
    visit(std::size_t{1}, levels[0], std::span<const std::uint32_t>(node).first(n));
    for (std::size_t length = 2; length <= order; ++length) {
      counted_level& level = levels[length - 1];
      std::fill(next.begin(), next.end(), no_node);
      for (std::size_t rank = 0; rank < n; ++rank) {
        const std::size_t i = position[rank];
        if (node[i] == no_node || words[i + length - 2] == sentence_end) continue;
        if (common[rank] < length) {
          level.word.push_back(words[i + length - 1]);
          level.parent.push_back(node[i]);
          level.suffix.push_back(node[i + 1]);
          level.count.push_back(0);
          if (words[i] == unknown_word) ++level.from_unknown;
          if (words[i] == sentence_start) ++level.from_start;
        }
        ++level.count.back();
        next[i] = static_cast<std::uint32_t>(level.word.size() - 1);
      }
      node.swap(next);
      visit(length, level, std::span<const std::uint32_t>(node).first(n));
    }
  }

  std::vector<counted_level> levels;

 private:
  static std::vector<std::uint32_t> sorted_positions(const std::vector<std::uint32_t>& words, std::size_t n,
                                                     std::size_t vocabulary, std::size_t order) {
    std::vector<std::uint32_t> position(n);
    std::vector<std::uint32_t> sorted(n);
    for (std::size_t i = 0; i < n; ++i) position[i] = static_cast<std::uint32_t>(i);
    std::vector<std::uint32_t> start(vocabulary);
    for (std::size_t k = order; k-- > 0;) {
      std::fill(start.begin(), start.end(), 0);
      for (std::size_t i = 0; i < n; ++i) ++start[words[i + k]];
      std::uint32_t sum = 0;
      for (auto& s : start) sum += std::exchange(s, sum);
      for (const auto i : position) sorted[start[words[i + k]]++] = i;
      position.swap(sorted);
    }
    return position;
  }

  // How many leading words a position shares with the one before it in the sort, up to and including </s>.
  static std::vector<std::uint8_t> common_prefixes(const std::vector<std::uint32_t>& words,
                                                   const std::vector<std::uint32_t>& position, std::size_t order) {
    std::vector<std::uint8_t> common(position.size(), 0);
    for (std::size_t rank = 1; rank < position.size(); ++rank) {
      const std::uint32_t* a = &words[position[rank - 1]];
      const std::uint32_t* b = &words[position[rank]];
      std::uint8_t length = 0;
      while (length < order && a[length] == b[length]) {
        ++length;
        if (a[length - 1] == sentence_end) break;
      }
      common[rank] = length;
    }
    return common;
  }
};

/// One level of the fitted model: n-grams as successors of contexts, and the same n-grams as contexts.
struct ngram_level {
  std::vector<std::uint32_t> word;         ///< last word (unigrams: empty, the index is the word)
  std::vector<std::uint32_t> suffix;       ///< without the first word, in the level below (unigrams: empty)
  std::vector<double> probability;         ///< p(last word | the words before it), interpolated
  std::vector<double> backoff;             ///< γ of the n-gram as a context (highest order: empty)
  std::vector<std::uint32_t> first_child;  ///< successors in the level above: [first_child[i], first_child[i + 1])

  [[nodiscard]] std::size_t size() const noexcept { return probability.size(); }
  friend bool operator==(const ngram_level&, const ngram_level&) = default;
};

/// An n-gram as a context: `length` words, `node` its place in level length − 1. Length 0 is the empty context.
struct ngram_context {
  std::uint32_t length = 0;
  std::uint32_t node = 0;
  friend bool operator==(const ngram_context&, const ngram_context&) = default;
};

/// The context without its first word.
[[nodiscard]] inline ngram_context shortened(const std::vector<ngram_level>& levels, ngram_context c) noexcept {
  return c.length <= 1 ? ngram_context{} : ngram_context{c.length - 1, levels[c.length - 1].suffix[c.node]};
}

}  // namespace tailwatch::perplexity::detail
