// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/perplexity/detail/expected_counts.hpp"
#include "tailwatch/perplexity/detail/kneser_ney_fit.hpp"
#include "tailwatch/perplexity/detail/ngram_trie.hpp"
#include "tailwatch/perplexity/text_score.hpp"

namespace tailwatch::perplexity {

namespace detail {
struct kneser_ney_parts;
}

/// What a word that the training text does not have is worth. Perplexity with such words in it is a figure about this choice
/// as much as about the model: name it, and report the perplexity without them as well.
enum class unknown_words : std::uint8_t {
  uniform,  ///< γ/V, as every other word gets on top of its own: unigrams interpolated with 1/V (KenLM's default)
  unigram_discount,  ///< all that the unigram discounts took, γ; known words get none of it (KenLM with interpolate_unigrams 0)
  closed,      ///< nothing: 1/(V − 1) over the known words and </s>; a text with an unknown word has probability 0
  rare_types,  ///< training types seen at most `unknown_cutoff` times are the unknown word, counted and predicted like any
};

struct kneser_ney_options {
  std::size_t order = 3;  ///< 1 to 16
  perplexity::unknown_words unknown_words = perplexity::unknown_words::uniform;
  std::uint64_t unknown_cutoff = 1;  ///< of unknown_words::rare_types
  std::uint64_t vocab_pad =
      0;  ///< vocabulary size to smooth over, where larger than the model's own; not with `closed`
  /// N-grams of order n seen at most prune[n − 1] times are left out; the last entry holds for all higher orders.
  /// Starts with 0 and does not decrease.
  std::vector<std::uint64_t> prune{};
  /// D₁, D₂, D₃₊ where the counts of counts allow no estimate.
  std::array<double, 3> fallback_discounts{0.5, 1.0, 1.5};
};

/// Interpolated modified Kneser–Ney n-gram language model over token ids.
///
///   p(w|h) = max(a(hw) − D(a(hw)), 0)/Σ_v a(hv) + γ(h) p(w|h′)        γ(h) = Σ_v D(a(hv))/Σ_v a(hv)
///
/// h′ is h without its first word. a is the adjusted count: occurrences at the highest order and for n-grams that begin
/// with <s>, else the number of distinct words seen before the n-gram. D_k = k − (k+1) Y t_{k+1}/t_k with Y = t₁/(t₁ +
/// 2t₂) for k = 1, 2, 3 and above, per order, t_k = n-grams with a = k. Unigrams are interpolated with 1/V, V =
/// training types + </s> + the unknown word; `unknown_words` names the alternatives. Each sequence is one sentence `<s> w₁ … w_k </s>`; </s> is predicted, <s>
/// is not. An id that was not in the training text is the unknown word, in contexts too.
///
/// Text that repeats itself has no n-grams seen once, so its discounts cannot be estimated. That is what collapsed data
/// look like, so it is not an error here: the order takes `fallback_discounts` and `discounts_estimated(n)` is false, a
/// signal in itself.
///
/// @complexity  fit O(order·(N + V)); a log-probability O(order·log successors). Memory 16 bytes per n-gram of the
///              highest order, 28 per shorter one
/// @throws      std::invalid_argument  order outside 1…16, token ids of 2^32 − 2 and above (reserved), prune that
///              starts above 0 or decreases, a fallback discount outside [0, k], a vocab_pad with unknown_words::closed
/// @see         R. Kneser, H. Ney (1995), ICASSP, 181–184; S. F. Chen, J. Goodman (1999), Computer Speech & Language
///              13, 359–394; K. Heafield, I. Pouzyrevsky, J. H. Clark, P. Koehn (2013), ACL, 690–696 (lmplz, with which
///              this agrees, n-gram counts and discounts included)
/// @example     examples/perplexity/kneser_ney.cpp
class kneser_ney {
 public:
  using token = core::token_sequences::token;
  static constexpr token end_of_sentence = 0xFFFFFFFFU;  ///< </s>, where a token is asked for
  static constexpr token unknown = 0xFFFFFFFEU;          ///< an id that no training text may hold

  /// The words that still matter for the next one: the longest suffix of the history that the model knows as a context.
  using context = detail::ngram_context;

  kneser_ney() : kneser_ney(core::token_sequences{}) {}
  explicit kneser_ney(const core::token_sequences& training, const kneser_ney_options& options = {}) {
    check(training, options);
    detail::word_map map(training, cutoff(options));
    detail::counted_trie trie(training, map, options.order);
    auto adjusted = detail::adjusted_counts(trie.levels);
    fit(std::move(map), std::move(trie.levels), std::move(adjusted), training.token_count(), options);
  }

  /// Fits to weighted sentences: weights[i] says how often sentence i counts. Unlike the weights of a mean, their scale matters.
  ///
  /// Whole weights are repetition, bit for bit: weight k is k copies, weight 0 is absence, its words unknown. A weight that is not
  /// whole is the expectation of a random text in which the sentence stands ⌊w⌋ times and once more with probability w − ⌊w⌋: every
  /// count has a law, and each step of the fit takes expectations, t_k = Σ P(a = k), D(a) → Σ_k D_k P(a = k), a → E a (expected
  /// Kneser–Ney; weights above 1 are this library's extension). The number of distinct words before an n-gram has its exact
  /// mean; for its spread they are taken to come and go independently. A discount wants t₁, t₂, t₃ ≥ 1, else the order takes
  /// its fallback. `prune` and `unknown_cutoff` compare expected counts.
  ///
  /// @param weights  one a sequence: std::vector<double>, std::span or the like; finite and not negative, not all 0
  /// @complexity     whole weights as without; else 56 bytes more per n-gram while it fits, and O(order·N) more time
  /// @throws         std::invalid_argument  also for another number of weights than sequences, a weight that is negative, NaN or
  ///                 infinite, none that is positive, or 2³² weighted tokens
  /// @see            H. Zhang, D. Chiang (2014), Kneser–Ney smoothing on expected counts, ACL, 765–774
  template <class Weights>
  kneser_ney(
      const core::token_sequences& training, const Weights& weights,
      const kneser_ney_options& options = {}) requires std::convertible_to<const Weights&, std::span<const double>> {
    fit_weighted(training, weights, options);
  }

  [[nodiscard]] std::size_t order() const noexcept { return levels_.size(); }
  /// Types of the training text, without those that unknown_words::rare_types took for the unknown word.
  [[nodiscard]] std::size_t types() const noexcept { return words_.types(); }
  /// V, what the unigrams are smoothed over: types + </s> + unknown (not with unknown_words::closed), or vocab_pad where larger.
  [[nodiscard]] std::uint64_t vocabulary_size() const noexcept { return vocabulary_size_; }
  /// Tokens trained on, without <s> and </s>.
  [[nodiscard]] std::uint64_t training_tokens() const noexcept { return training_tokens_; }
  [[nodiscard]] bool knows(token t) const noexcept { return words_.word(t) != detail::unknown_word; }
  /// N-grams kept, order n = 1 … order(); unigrams include <s>, </s> and unknown.
  [[nodiscard]] std::uint64_t ngram_count(std::size_t n) const { return levels_.at(n - 1).size(); }
  /// D₁, D₂, D₃₊ of order n.
  [[nodiscard]] std::array<double, 3> discounts(std::size_t n) const { return statistics_.at(n - 1).discounts; }
  /// false where the counts of counts allowed no discounts and the fallback was used: a sign of repeated text.
  [[nodiscard]] bool discounts_estimated(std::size_t n) const { return statistics_.at(n - 1).estimated; }
  /// The same, for every order.
  [[nodiscard]] bool discounts_estimated() const {
    return std::all_of(statistics_.begin(), statistics_.end(), [](const auto& s) { return s.estimated; });
  }
  /// How many n-grams of order n have the adjusted count 1, 2, 3, 4 (before pruning): whole numbers, or their expectations where
  /// weights are not whole.
  [[nodiscard]] std::array<double, 4> adjusted_count_of_counts(std::size_t n) const {
    return statistics_.at(n - 1).count_of_counts;
  }

  /// The context right after <s>.
  [[nodiscard]] context sentence_begin() const noexcept {
    return order() == 1 ? context{} : context{1, detail::sentence_start};
  }
  /// The context after `history`, the words of a sentence so far.
  [[nodiscard]] context context_after(std::span<const token> history) const {
    context c = sentence_begin();
    // Earlier words are out of reach; after `order − 1` words from anywhere the context is the same.
    if (history.size() >= order()) {
      history = history.last(order() - 1);
      c = {};
    }
    for (const token t : history) advance(c, t);
    return c;
  }

  /// p(t | c); t may be `end_of_sentence` or an unknown id.
  [[nodiscard]] double probability(context c, token t) const { return advance(c, t); }
  /// ln p(t | <s> history), nats.
  [[nodiscard]] double log_probability(std::span<const token> history, token t) const {
    return std::log(probability(context_after(history), t));
  }
  /// p(t | c); moves c on by t.
  double advance(context& c, token t) const {
    return step(c, t == end_of_sentence ? detail::sentence_end : words_.word(t));
  }

  /// One sentence: its words and </s>.
  [[nodiscard]] sentence_score score_sentence(std::span<const token> sentence) const {
    sentence_score s;
    visit(sentence, [&](double log_p, bool known) {
      s.log_likelihood += log_p;
      if (known) s.log_likelihood_known += log_p;
      ++s.tokens;
      if (!known) ++s.oov;
    });
    return s;
  }
  /// Every sequence as one sentence.
  [[nodiscard]] text_score score(const core::token_sequences& text) const {
    text_score total;
    total.sentences.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) total.push_back(score_sentence(text[i]));
    return total;
  }
  /// ln p of every token of `sentence`, then of </s>.
  [[nodiscard]] std::vector<double> log_probabilities(std::span<const token> sentence) const {
    std::vector<double> out;
    out.reserve(sentence.size() + 1);
    visit(sentence, [&](double log_p, bool) { out.push_back(log_p); });
    return out;
  }

  friend bool operator==(const kneser_ney&, const kneser_ney&) = default;

 private:
  friend class kneser_ney_sampler;
  friend struct detail::kneser_ney_parts;  // kneser_ney_archive.hpp, arpa.hpp

  static constexpr const char* function = "perplexity::kneser_ney";

  static void check(const core::token_sequences& training, const kneser_ney_options& options) {
    core::check_at_least(function, "order", options.order, std::size_t{1});
    core::check_at_most(function, "order", options.order, std::size_t{16});
    std::uint64_t least = 0;
    for (std::size_t n = 0; n < options.prune.size(); ++n) {
      if (n == 0) core::check_at_most(function, "prune[0]", options.prune[0], std::uint64_t{0});
      core::check_at_least(function, "prune", options.prune[n], least);
      least = options.prune[n];
    }
    for (std::size_t k = 0; k < 3; ++k)
      core::check_closed_interval(function, "fallback discount", options.fallback_discounts[k], 0.0,
                                  static_cast<double>(k + 1));
    for (const token id : training.tokens()) core::check_at_most(function, "token id", id, token{unknown - 1});
    if (options.unknown_words == unknown_words::closed)
      core::check_at_most(function, "vocab_pad", options.vocab_pad, std::uint64_t{0});
  }
  static std::uint64_t cutoff(const kneser_ney_options& options) noexcept {
    return options.unknown_words == unknown_words::rare_types ? options.unknown_cutoff : 0;
  }

  template <class Count>
  void fit(detail::word_map map, std::vector<detail::counted_level> counts, std::vector<std::vector<Count>> adjusted,
           std::uint64_t tokens, const kneser_ney_options& options) {
    const bool closed = options.unknown_words == unknown_words::closed;
    words_ = std::move(map);
    training_tokens_ = tokens;
    vocabulary_size_ = std::max<std::uint64_t>(words_.types() + (closed ? 1 : 2), options.vocab_pad);
    detail::kneser_ney_fit<Count> fitted(std::move(counts), std::move(adjusted), options.prune,
                                         options.fallback_discounts, static_cast<double>(vocabulary_size_),
                                         options.unknown_words != unknown_words::unigram_discount, !closed);
    levels_ = std::move(fitted.levels);
    statistics_ = std::move(fitted.statistics);
  }

  void fit_weighted(const core::token_sequences& all, std::span<const double> all_weights,
                    const kneser_ney_options& options) {
    check(all, options);
    core::check_same_size(function, "weights", all_weights.size(), "training", all.size());
    core::token_sequences training;  // without what weighs nothing
    std::vector<double> weights;
    double tokens = 0.0, positions = 0.0;
    bool whole = true;
    for (std::size_t s = 0; s < all.size(); ++s) {
      const double w = all_weights[s];
      core::check(core::is_finite(w) && w >= 0.0, function, "weight", w, "finite and at least 0");
      if (w == 0.0) continue;
      training.push_back(all[s]);
      weights.push_back(w);
      tokens += w * static_cast<double>(all[s].size());
      positions += w * static_cast<double>(all[s].size() + 2);
      whole = whole && w == std::floor(w);
    }
    core::check(all.empty() || !weights.empty(), function, "sum of weights", 0.0, "positive");
    core::check(positions < 0x1p32 - 32.0, function, "weighted training size", positions, "below 2^32 tokens");

    detail::word_map map = detail::weighted_word_map(training, weights, cutoff(options));
    const detail::sentence_weights of_sentences(training, weights);
    const auto rounded = static_cast<std::uint64_t>(std::llround(tokens));
    if (whole) {
      detail::counted_trie trie(training, map, options.order, detail::repeated_sentences{of_sentences});
      auto adjusted = detail::adjusted_counts(trie.levels);
      fit(std::move(map), std::move(trie.levels), std::move(adjusted), rounded, options);
    } else {
      std::vector<std::vector<detail::expected_count>> occurrences(options.order);
      detail::counted_trie trie(training, map, options.order, detail::random_sentences{of_sentences, occurrences});
      auto adjusted = detail::adjusted_counts(trie.levels, std::move(occurrences));
      fit(std::move(map), std::move(trie.levels), std::move(adjusted), rounded, options);
    }
  }

  template <class Visitor>
  void visit(std::span<const token> sentence, Visitor visitor) const {
    context c = sentence_begin();
    for (const token t : sentence) {
      const std::uint32_t word = words_.word(t);
      const double p = step(c, word);
      visitor(std::log(p), word != detail::unknown_word);
    }
    visitor(std::log(step(c, detail::sentence_end)), true);
  }

  // The n-gram "context, word" in the level above the context.
  [[nodiscard]] std::uint32_t successor(context c, std::uint32_t word) const noexcept {
    if (c.length == 0) return word;
    const detail::ngram_level& at = levels_[c.length - 1];
    const std::vector<std::uint32_t>& words = levels_[c.length].word;
    std::uint32_t begin = at.first_child[c.node];
    const std::uint32_t end = at.first_child[c.node + 1];
    for (std::uint32_t size = end - begin; size > 0;) {
      const std::uint32_t half = size / 2;
      if (words[begin + half] < word) begin += size - half;
      size = half;
    }
    return begin < end && words[begin] == word ? begin : detail::no_node;
  }

  double step(context& c, std::uint32_t word) const noexcept {
    double scale = 1.0;
    std::uint32_t found = successor(c, word);
    while (found == detail::no_node) {
      scale *= levels_[c.length - 1].backoff[c.node];
      c = detail::shortened(levels_, c);
      found = successor(c, word);
    }
    const double p = scale * levels_[c.length].probability[found];
    c = {c.length + 1, found};
    if (c.length == order()) c = detail::shortened(levels_, c);
    return p;
  }

  detail::word_map words_;
  std::vector<detail::ngram_level> levels_;
  std::vector<detail::order_statistics> statistics_;
  std::uint64_t vocabulary_size_ = 0;
  std::uint64_t training_tokens_ = 0;
};

/// Fits the model; the same as its constructors.
[[nodiscard]] inline kneser_ney fit_kneser_ney(const core::token_sequences& training,
                                               const kneser_ney_options& options = {}) {
  return kneser_ney(training, options);
}
template <class Weights>
[[nodiscard]] kneser_ney fit_kneser_ney(
    const core::token_sequences& training, const Weights& weights,
    const kneser_ney_options& options = {}) requires std::convertible_to<const Weights&, std::span<const double>> {
  return kneser_ney(training, weights, options);
}

}  // namespace tailwatch::perplexity
