// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
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
/// are stored per n-gram; a draw walks down the orders, O(log successors) each. For top_k and top_p a context keeps the
/// probability and the id of the last word inside the cut, found on the context's first visit by merging the back-off
/// lists, each sorted by probability; draws beyond it are thrown away. Where less than half of the mass is inside, the
/// words themselves are kept.
///
/// The same model, options and random numbers give the same text with every compiler and instruction set whose double
/// is IEEE double, without -ffast-math: no decision hangs on a contracted or reordered operation. At a temperature
/// other than 1 the last bit of the platform's `std::pow` enters.
///
/// @complexity  building O(n-grams), with a cut O(n-grams · log successors); memory 8 bytes per n-gram and per context,
///              16 for T ≠ 1; with a cut 4 more, and 64 per context visited (+ 12 per word where words are kept)
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
      : model_(&model), options_(options), exponent_(1.0 / options.temperature) {
    constexpr const char* function = "perplexity::kneser_ney_sampler";
    core::check(options.temperature >= 0.02 && core::is_finite(options.temperature), function, "temperature",
                options.temperature, "at least 0.02 and finite");
    core::check(options.top_p > 0.0 && options.top_p <= 1.0, function, "top_p", options.top_p, "above 0 and at most 1");
    core::check_at_least(function, "max_sentence_tokens", options.max_sentence_tokens, std::size_t{1});
    cut_ = options.top_k != 0 || options.top_p < 1.0;
    build_weights();
    if (cut_) sort_successors();
  }
  explicit kneser_ney_sampler(kneser_ney&&, const sampler_options& = {}) = delete;

  [[nodiscard]] const sampler_options& options() const noexcept { return options_; }

  /// The next token after c, `kneser_ney::end_of_sentence` included; moves c on by it.
  template <core::random_bits Random>
  token next(context& c, Random& random) {
    return external(cut_ ? draw_cut(c, random) : draw_all(c, random));
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
  struct level_weights {
    std::vector<double> running;        // Σ δ within a context, up to and including this n-gram
    std::vector<double> power;          // p^a, where a ≠ 1
    std::vector<std::uint32_t> ranked;  // n-grams of a context by falling probability
    std::vector<double> backoff;        // γ^a as a context, where a ≠ 1
    std::vector<double> mass;           // Σ_w p(w|h)^a as a context
    std::vector<std::uint32_t> cut;     // as a context: index into cuts_, no_node until it is known
  };
  struct cut {
    double last_probability = 0.0;
    std::uint32_t last_word = detail::no_node;
    std::vector<std::uint32_t> words;  // empty: draw from everything, throw away what is beyond the last
    std::vector<double> running;
  };

  [[nodiscard]] token external(std::uint32_t word) const {
    return word == detail::sentence_end ? kneser_ney::end_of_sentence : model_->words_.token(word);
  }
  [[nodiscard]] const detail::ngram_level& level(std::size_t n) const { return model_->levels_[n]; }
  // p^a of an n-gram and γ^a of a context.
  [[nodiscard]] const std::vector<double>& power(std::size_t n) const {
    return exponent_ == 1.0 ? level(n).probability : weights_[n].power;
  }
  [[nodiscard]] const std::vector<double>& backoff(std::size_t n) const {
    return exponent_ == 1.0 ? level(n).backoff : weights_[n].backoff;
  }
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> successors(context c) const {
    if (c.length == 0) return {detail::sentence_end, static_cast<std::uint32_t>(level(0).size())};
    const auto& first = level(c.length - 1).first_child;
    return {first[c.node], first[c.node + 1]};
  }
  [[nodiscard]] std::uint32_t word_of(std::size_t n, std::uint32_t node) const {
    return n == 0 ? node : level(n).word[node];
  }
  [[nodiscard]] double mass(context c) const {
    return c.length == 0 ? weights_[0].running.back() : weights_[c.length - 1].mass[c.node];
  }

  void build_weights() {
    const std::size_t order = model_->order();
    weights_.resize(order);
    const bool powered = exponent_ != 1.0;
    for (std::size_t n = 0; n < order; ++n) {
      const auto& from = level(n);
      level_weights& to = weights_[n];
      if (powered) {
        to.power.resize(from.size());
        for (std::size_t i = 0; i < from.size(); ++i) to.power[i] = std::pow(from.probability[i], exponent_);
        to.backoff.resize(from.backoff.size());
        for (std::size_t i = 0; i < from.backoff.size(); ++i) to.backoff[i] = std::pow(from.backoff[i], exponent_);
      }
      to.running.assign(from.size(), 0.0);
      if (cut_) to.cut.assign(n + 1 < order ? from.size() : 0, detail::no_node);
    }
    double sum = 0.0;
    for (std::size_t w = detail::sentence_end; w < level(0).size(); ++w) weights_[0].running[w] = sum += power(0)[w];
    for (std::size_t n = 1; n < order; ++n) {
      const auto& below = level(n - 1);
      const auto& lower = power(n - 1);
      const auto& gamma = backoff(n - 1);
      std::vector<double>& total = weights_[n - 1].mass;
      total.resize(below.size());
      for (std::size_t c = 0; c < below.size(); ++c) {
        double own = 0.0;
        for (std::uint32_t i = below.first_child[c]; i < below.first_child[c + 1]; ++i) {
          own += std::max(0.0, std::fma(-gamma[c], lower[level(n).suffix[i]], power(n)[i]));
          weights_[n].running[i] = own;
        }
        const context shorter = model_->shortened({static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(c)});
        total[c] = std::fma(gamma[c], mass(shorter), own);
      }
    }
  }

  void sort_successors() {
    for (std::size_t n = 0; n < model_->order(); ++n) {
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
        sort(detail::sentence_end, static_cast<std::uint32_t>(p.size()));
      } else {
        const auto& first = level(n - 1).first_child;
        for (std::size_t c = 0; c + 1 < first.size(); ++c) sort(first[c], first[c + 1]);
      }
    }
    seen_.assign(level(0).size(), 0);
  }

  // A word from the powered model, and c moved on by it; `p` is p(word | c).
  template <class Random>
  std::uint32_t draw(context& c, Random& random, double& p) {
    std::uint32_t word = detail::sentence_end;  // all that is left to a model without any mass on known words
    for (context at = c;; at = model_->shortened(at)) {
      const auto [begin, end] = successors(at);
      const std::vector<double>& running = weights_[at.length].running;
      // Uniform on [0, mass): below the own mass it picks a successor, above it the shorter context draws anew.
      const double u = core::uniform_01(random) * mass(at);
      if (begin < end && u < running[end - 1]) {
        const auto first = running.begin() + begin;
        const auto found = std::upper_bound(first, running.begin() + end, u);
        word = word_of(at.length, begin + static_cast<std::uint32_t>(found - first));
        break;
      }
      if (at.length == 0) break;
    }
    p = model_->step(c, word);
    return word;
  }

  template <class Random>
  std::uint32_t draw_all(context& c, Random& random) {
    double p = 0.0;
    return draw(c, random, p);
  }

  template <class Random>
  std::uint32_t draw_cut(context& c, Random& random) {
    const cut& inside = cut_of(c);
    if (!inside.words.empty()) {
      const double u = core::uniform_01(random) * inside.running.back();
      const auto found = std::upper_bound(inside.running.begin(), inside.running.end() - 1, u);
      const std::uint32_t word = inside.words[static_cast<std::size_t>(found - inside.running.begin())];
      model_->step(c, word);
      return word;
    }
    for (;;) {
      context moved = c;
      double p = 0.0;
      const std::uint32_t word = draw(moved, random, p);
      if (p > inside.last_probability || (p == inside.last_probability && word <= inside.last_word)) {
        c = moved;
        return word;
      }
    }
  }

  const cut& cut_of(context c) {
    std::uint32_t& index = c.length == 0 ? root_cut_ : weights_[c.length - 1].cut[c.node];
    if (index == detail::no_node) {
      index = static_cast<std::uint32_t>(cuts_.size());
      cuts_.push_back(find_cut(c));
    }
    return cuts_[index];
  }

  // The context's words by falling probability, handed to visit(word, p, f, g), p^a = f·g, until it says stop. One
  // sorted list per order, scaled by the γ on the way down; a word first met in a longer context has its true
  // probability there, and any later appearance is smaller.
  template <class Visitor>
  void visit_ranked(context c, Visitor visit) {
    struct list {
      const std::uint32_t* at;
      const std::uint32_t* end;
      const double* probability;
      std::size_t level;
      double scale, power_scale, value;
    };
    std::array<list, 17> lists;
    std::size_t count = 0;
    const auto refresh = [](list& l) { l.value = l.at == l.end ? -1.0 : l.scale * l.probability[*l.at]; };
    for (double scale = 1.0, power_scale = 1.0;; c = model_->shortened(c)) {
      const auto [begin, end] = successors(c);
      const std::uint32_t* ranked = weights_[c.length].ranked.data();
      list& l = lists[count] = {ranked + begin, ranked + end, level(c.length).probability.data(), c.length, scale,
                                power_scale,    0.0};
      refresh(l);
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
        const double value = lists[j].value;
        const bool before = value > lists[best].value ||
                            (value == lists[best].value && value >= 0.0 &&
                             word_of(lists[j].level, *lists[j].at) < word_of(lists[best].level, *lists[best].at));
        second = std::max(second, before ? lists[best].value : value);
        if (before) best = j;
      }
      list& l = lists[best];
      if (!(l.value > 0.0)) return;
      const double* const powers = power(l.level).data();
      do {
        const std::uint32_t word = word_of(l.level, *l.at);
        if (seen_[word] != epoch_) {
          seen_[word] = epoch_;
          if (!visit(word, l.value, l.power_scale, powers[*l.at])) return;
        }
        ++l.at;
        refresh(l);
      } while (l.value > second);
    }
  }

  cut find_cut(context c) {
    scratch_words_.clear();
    scratch_running_.clear();
    cut found;
    const double total = mass(c);
    double target = options_.top_p * total;
    double sum = 0.0;
    visit_ranked(c, [&](std::uint32_t word, double p, double factor, double power) {
      sum = std::fma(factor, power, sum);  // one rounding, whatever the compiler contracts
      scratch_words_.push_back(word);
      scratch_running_.push_back(sum);
      found.last_probability = p;
      found.last_word = word;
      return options_.top_k != 0 ? scratch_words_.size() < options_.top_k : sum < target;
    });
    if (options_.top_k != 0 && options_.top_p < 1.0 && !scratch_words_.empty()) {
      target = options_.top_p * sum;
      const auto kept = static_cast<std::size_t>(
          std::lower_bound(scratch_running_.begin(), scratch_running_.end(), target) - scratch_running_.begin());
      scratch_words_.resize(std::min(kept + 1, scratch_words_.size()));
      scratch_running_.resize(scratch_words_.size());
      found.last_word = scratch_words_.back();
      context at = c;
      found.last_probability = model_->step(at, found.last_word);
    }
    if (!scratch_words_.empty() && scratch_running_.back() < 0.5 * total) {
      found.words.assign(scratch_words_.begin(), scratch_words_.end());
      found.running.assign(scratch_running_.begin(), scratch_running_.end());
    }
    return found;
  }

  const kneser_ney* model_;
  sampler_options options_;
  double exponent_;
  bool cut_ = false;
  std::vector<level_weights> weights_;
  std::uint32_t root_cut_ = detail::no_node;
  std::vector<cut> cuts_;
  std::vector<std::uint32_t> seen_;
  std::uint32_t epoch_ = 0;
  std::vector<std::uint32_t> scratch_words_;
  std::vector<double> scratch_running_;
};

inline std::vector<kneser_ney_sampler::weighted_token> kneser_ney_sampler::distribution(context c) const {
  std::vector<weighted_token> all;
  for (std::uint32_t w = detail::sentence_end; w < level(0).size(); ++w) {
    context at = c;
    const double p = model_->step(at, w);
    if (p > 0.0) all.push_back({w, p});
  }
  std::sort(all.begin(), all.end(), [](const weighted_token& a, const weighted_token& b) {
    return a.probability > b.probability || (a.probability == b.probability && a.id < b.id);
  });
  double total = 0.0;
  for (weighted_token& t : all) total += t.probability = std::pow(t.probability, exponent_);
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
