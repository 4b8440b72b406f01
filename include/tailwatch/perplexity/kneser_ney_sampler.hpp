// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/perplexity/detail/powered_ngram.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"

namespace tailwatch::perplexity {

/// Applied in this order, as decoders do: temperature, then top_k, then top_p of what top_k kept.
struct sampler_options {
  double temperature = 1.0;                ///< p^(1/T), 0.02 and above; greedy decoding is top_k = 1
  std::size_t top_k = 0;                   ///< keep the k most probable; 0: all
  double top_p = 1.0;                      ///< keep the fewest most probable whose mass reaches this; 1: all
  std::size_t max_sentence_tokens = 1024;  ///< longer sentences are cut here, without a </s>
};

/// Draws text from a Kneser–Ney model.
///
///   q(w|h) ∝ p(w|h)^(1/T) over the training types and </s>, restricted by top_k and top_p
///
/// The unknown word and <s> are never drawn: their mass is shared out in proportion. </s> ends the sentence. Words of
/// equal probability rank by token id, </s> first.
///
/// Exact, and without a pass over the vocabulary. With a = 1/T and p(w|h) = own(w|h) + γ p(w|h′),
///
///   p(w|h)^a = δ(w|h) + γ^a p(w|h′)^a      δ(w|h) = p(w|h)^a − (γ p(w|h′))^a ≥ 0, and 0 for words unseen after h
///
/// so a powered model interpolates like the plain one, with own weights δ and back-off weight γ^a. Their running sums
/// are stored per n-gram; a draw walks down the orders, O(log successors) each. For top_k and top_p the ranks of a
/// context are walked by merging its back-off lists, each sorted by probability once, and the context keeps the last
/// word found inside the cut; draws beyond it are thrown away. Where less than half of the mass is inside, the words
/// themselves are kept.
///
/// The same model, options and random numbers give the same text with every compiler and instruction set whose double
/// is IEEE double, without -ffast-math: no decision hangs on a contracted or reordered operation. At a temperature
/// other than 1 the last bit of the platform's `std::pow` enters.
///
/// @complexity  building O(n-grams), with a cut O(n-grams · log successors); memory 8 bytes per n-gram and per context,
///              16 for T ≠ 1; with a cut 4 more, and 16 per context visited (+ 12 per word where words are kept)
/// @throws      std::invalid_argument  temperature below 0.02 or not finite, top_p outside (0, 1], max_sentence_tokens
///              0
/// @see         A. Holtzman, J. Buys, L. Du, M. Forbes, Y. Choi (2020), ICLR (top-p); A. Fan, M. Lewis, Y. Dauphin
///              (2018), ACL, 889–898 (top-k)
/// @example     examples/perplexity/kneser_ney.cpp
///
/// Holds a pointer to the model, which must outlive it. Fills its caches as it draws: one sampler per thread.
class kneser_ney_sampler {
 public:
  using token = kneser_ney::token;
  using context = kneser_ney::context;
  struct weighted_token {
    token id;  ///< kneser_ney::end_of_sentence for </s>
    double probability;
  };

  explicit kneser_ney_sampler(const kneser_ney& model, const sampler_options& options = {})
      : model_(&checked(model, options)),
        options_(options),
        words_(model.levels_, 1.0 / options.temperature, options.top_k != 0 || options.top_p < 1.0) {
    if (options.top_k == 0 && options.top_p == 1.0) {
      cut_ = cut::none;
    } else {
      cut_ = options.top_k == 0 && options.top_p >= 0.5 ? cut::by_mass : cut::by_list;
      boundary_of_.resize(model.order());
      for (std::size_t n = 0; n < model.order(); ++n)
        boundary_of_[n].assign(n == 0 ? 1 : model.levels_[n - 1].size(), detail::no_node);
    }
  }
  explicit kneser_ney_sampler(kneser_ney&&, const sampler_options& = {}) = delete;

  [[nodiscard]] const sampler_options& options() const noexcept { return options_; }

  /// The next token after c, `kneser_ney::end_of_sentence` included; moves c on by it.
  template <core::random_bits Random>
  token next(context& c, Random& random) {
    std::uint32_t word = 0;
    switch (cut_) {
      case cut::none:
        word = words_.draw(c, random);
        model_->step(c, word);
        break;
      case cut::by_mass: word = draw_by_mass(c, random); break;
      case cut::by_list: word = draw_by_list(c, random); break;
    }
    return external(word);
  }

  /// Draws one sentence and appends its words to `out`; false if max_sentence_tokens came before </s>.
  template <core::random_bits Random>
  bool sample_sentence(Random& random, std::vector<token>& out) {
    context c = model_->sentence_begin();
    for (std::size_t n = 0; n < options_.max_sentence_tokens; ++n) {
      const token t = next(c, random);
      if (t == kneser_ney::end_of_sentence) return true;
      out.push_back(t);
    }
    return false;
  }

  /// Whole sentences until there are at least `tokens` words. 1000 empty sentences in a row end it: a model without
  /// words.
  template <core::random_bits Random>
  [[nodiscard]] core::token_sequences generate(std::size_t tokens, Random& random) {
    core::token_sequences text;
    text.reserve(tokens + tokens / 8, tokens / 8);
    std::vector<token> sentence;
    for (std::size_t empty = 0; text.token_count() < tokens && empty < 1000;) {
      sentence.clear();
      sample_sentence(random, sentence);
      empty = sentence.empty() ? empty + 1 : 0;
      text.push_back(sentence);
    }
    return text;
  }

  /// q(·|c) in full, most probable first. O(V log V): for inspection and tests.
  [[nodiscard]] std::vector<weighted_token> distribution(context c) const;

 private:
  enum class cut { none, by_mass, by_list };
  /// Draws from everything before the words inside are listed instead. Half of the draws are inside; they may be none in a model
  /// that does not interpolate, read from an ARPA file, whose words have another share of the draws than their probability.
  static constexpr std::size_t most_draws = 256;

  /// The last word that is known to be inside, and how much is known of what follows it.
  struct boundary {
    double probability = core::infinity;
    std::uint32_t word = 0;
    std::uint32_t state = growing;  // growing: words beyond may be inside; settled: none is; else the index of a list

    static constexpr std::uint32_t growing = detail::no_node - 1;
    static constexpr std::uint32_t settled = detail::no_node;
    [[nodiscard]] bool holds(double p, std::uint32_t w) const {
      return p > probability || (p == probability && w <= word);
    }
  };
  struct word_list {
    std::vector<std::uint32_t> words;
    std::vector<double> running;
  };

  [[nodiscard]] static const kneser_ney& checked(const kneser_ney& model, const sampler_options& options) {
    constexpr const char* function = "perplexity::kneser_ney_sampler";
    core::check(options.temperature >= 0.02 && core::is_finite(options.temperature), function, "temperature",
                options.temperature, "at least 0.02 and finite");
    core::check(options.top_p > 0.0 && options.top_p <= 1.0, function, "top_p", options.top_p, "above 0 and at most 1");
    core::check_at_least(function, "max_sentence_tokens", options.max_sentence_tokens, std::size_t{1});
    return model;
  }

  [[nodiscard]] token external(std::uint32_t word) const {
    return word == detail::sentence_end ? kneser_ney::end_of_sentence : model_->words_.token(word);
  }

  // At least half of the mass is inside: draw from everything, throw away what is outside. Whether a word is inside is
  // found by walking down the ranks as far as that word, mostly a small part of the way to the boundary; the context
  // remembers how far. Walking to the boundary at once took four times as long (order 3, top_p 0.95, 100 k words).
  template <class Random>
  std::uint32_t draw_by_mass(context& c, Random& random) {
    boundary& b = boundary_of(c);
    for (std::size_t draws = 0; draws < most_draws; ++draws) {
      if (b.state < boundary::growing) break;  // kept as a list because of what is said at most_draws
      const std::uint32_t word = words_.draw(c, random);
      context moved = c;
      const double p = model_->step(moved, word);
      if (!b.holds(p, word) && (b.state == boundary::settled || !extend(b, c, word))) continue;
      c = moved;
      return word;
    }
    if (b.state >= boundary::growing) settle(b, c, true);
    return draw_listed(b, c, random);
  }

  template <class Random>
  std::uint32_t draw_by_list(context& c, Random& random) {
    boundary& b = boundary_of(c);
    if (b.state == boundary::growing) settle(b, c, false);
    for (std::size_t draws = 0; b.state == boundary::settled && draws < most_draws; ++draws) {
      const std::uint32_t word = words_.draw(c, random);
      context moved = c;
      if (!b.holds(model_->step(moved, word), word)) continue;
      c = moved;
      return word;
    }
    if (b.state == boundary::settled) settle(b, c, true);
    return draw_listed(b, c, random);
  }

  template <class Random>
  std::uint32_t draw_listed(const boundary& b, context& c, Random& random) {
    const word_list& inside = lists_[b.state];
    const double u = core::uniform_01(random) * inside.running.back();
    const auto found = std::upper_bound(inside.running.begin(), inside.running.end() - 1, u);
    const std::uint32_t word = inside.words[static_cast<std::size_t>(found - inside.running.begin())];
    model_->step(c, word);
    return word;
  }

  boundary& boundary_of(context c) {
    std::uint32_t& index = boundary_of_[c.length][c.node];
    if (index == detail::no_node) {
      index = static_cast<std::uint32_t>(boundaries_.size());
      boundaries_.emplace_back();
    }
    return boundaries_[index];
  }

  // Walks down to `word` and says whether it is inside.
  bool extend(boundary& b, context c, std::uint32_t word) {
    const double target = options_.top_p * words_.mass(c);
    double sum = 0.0;
    bool found = false;
    bool reached = false;
    words_.visit_ranked(c, [&](std::uint32_t w, double p, double factor, double power) {
      sum = std::fma(factor, power, sum);  // one rounding, whatever the compiler contracts
      b.probability = p;
      b.word = w;
      found = w == word;
      reached = sum >= target;
      return !found && !reached;
    });
    if (reached || !found) b.state = boundary::settled;
    if (sum > 0.0) return found;
    b.probability = 0.0;  // no word has any mass: </s> is all there is
    b.word = detail::sentence_end;
    return true;
  }

  // Finds all words inside; keeps them where that is less work than throwing draws away, or where it must.
  void settle(boundary& b, context c, bool keep) {
    word_list inside;
    const double total = words_.mass(c);
    double target = options_.top_p * total;
    double sum = 0.0;
    words_.visit_ranked(c, [&](std::uint32_t word, double, double factor, double power) {
      sum = std::fma(factor, power, sum);
      inside.words.push_back(word);
      inside.running.push_back(sum);
      return options_.top_k != 0 ? inside.words.size() < options_.top_k : sum < target;
    });
    if (options_.top_k != 0 && options_.top_p < 1.0) {
      target = options_.top_p * sum;
      const auto kept = static_cast<std::size_t>(
          std::lower_bound(inside.running.begin(), inside.running.end(), target) - inside.running.begin());
      inside.words.resize(std::min(kept + 1, inside.words.size()));
      inside.running.resize(inside.words.size());
    }
    b.state = boundary::settled;
    b.word = inside.words.empty() ? detail::sentence_end : inside.words.back();
    context at = c;
    b.probability = model_->step(at, b.word);
    if (!keep && (inside.words.empty() || inside.running.back() >= 0.5 * total)) return;
    if (inside.words.empty()) {
      inside.words.push_back(detail::sentence_end);
      inside.running.push_back(0.0);
    }
    inside.words.shrink_to_fit();
    inside.running.shrink_to_fit();
    b.state = static_cast<std::uint32_t>(lists_.size());
    lists_.push_back(std::move(inside));
  }

  const kneser_ney* model_;
  sampler_options options_;
  detail::powered_ngram words_;
  cut cut_ = cut::none;
  std::vector<std::vector<std::uint32_t>> boundary_of_;  // by length and node of the context, index into boundaries_
  std::vector<boundary> boundaries_;
  std::vector<word_list> lists_;
};

inline std::vector<kneser_ney_sampler::weighted_token> kneser_ney_sampler::distribution(context c) const {
  std::vector<weighted_token> all;
  for (std::uint32_t w = detail::sentence_end; w < model_->levels_[0].size(); ++w) {
    context at = c;
    const double p = model_->step(at, w);
    if (p > 0.0) all.push_back({w, p});
  }
  std::sort(all.begin(), all.end(), [](const weighted_token& a, const weighted_token& b) {
    return a.probability > b.probability || (a.probability == b.probability && a.id < b.id);
  });
  double total = 0.0;
  for (weighted_token& t : all) total += t.probability = std::pow(t.probability, 1.0 / options_.temperature);
  if (options_.top_k != 0 && options_.top_k < all.size()) {
    all.resize(options_.top_k);
    total = 0.0;
    for (const weighted_token& t : all) total += t.probability;
  }
  if (options_.top_p < 1.0) {
    const double target = options_.top_p * std::exchange(total, 0.0);
    std::size_t kept = 0;
    while (kept < all.size() && total < target) total += all[kept++].probability;
    all.resize(kept);
  }
  for (weighted_token& t : all) t = {external(t.id), t.probability / total};
  if (all.empty()) all.push_back({kneser_ney::end_of_sentence, 1.0});
  return all;
}

/// `tokens` words of text, in whole sentences: the same as kneser_ney_sampler(model, options).generate(tokens, random).
template <core::random_bits Random>
[[nodiscard]] core::token_sequences generate(const kneser_ney& model, std::size_t tokens,
                                             const sampler_options& options, Random& random) {
  return kneser_ney_sampler(model, options).generate(tokens, random);
}

}  // namespace tailwatch::perplexity
