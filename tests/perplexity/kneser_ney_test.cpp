// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/perplexity/kneser_ney.hpp"

#include <boost/random/mersenne_twister.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace {

using tailwatch::token_sequences;
using tailwatch::perplexity::kneser_ney;
using tailwatch::perplexity::kneser_ney_options;
using tailwatch::perplexity::unknown_words;
using tailwatch::testing::close;
using sequence = std::vector<std::uint32_t>;

token_sequences kneser_ney_lines(const std::vector<sequence>& lines) {
  token_sequences text;
  for (const auto& line : lines) text.push_back(line);
  return text;
}

// Sentences of random length over ids 10, 17, 24, … with falling frequencies, so that low counts of every kind occur.
token_sequences kneser_ney_random_text(std::size_t sentences, std::uint32_t types, std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  token_sequences text;
  for (std::size_t s = 0; s < sentences; ++s) {
    sequence line(tailwatch::core::uniform_below(random, 9));
    for (auto& t : line) {
      const double u = tailwatch::core::uniform_01(random);
      t = 10 + 7 * static_cast<std::uint32_t>(u * u * u * types);
    }
    text.push_back(line);
  }
  return text;
}

// The definition, by maps of whole n-grams: words as ids + 3, 0 unknown, 1 <s>, 2 </s>.
class kneser_ney_by_definition {
 public:
  kneser_ney_by_definition(const token_sequences& text, kneser_ney_options options) : options_(std::move(options)) {
    raw_.resize(options_.order + 1);
    std::set<std::uint32_t> types;
    std::map<std::uint32_t, std::uint64_t> seen;
    for (const auto t : text.tokens()) ++seen[t];
    for (const auto& [t, count] : seen)
      if (options_.unknown_words != unknown_words::rare_types || count > options_.unknown_cutoff) types.insert(t + 3);
    for (std::size_t s = 0; s < text.size(); ++s) {
      sequence line{1};
      for (const auto t : text[s]) line.push_back(types.count(t + 3) != 0 ? t + 3 : 0);
      line.push_back(2);
      for (std::size_t n = 1; n <= options_.order; ++n)
        for (std::size_t i = 0; i + n <= line.size(); ++i)
          ++raw_[n][sequence(line.begin() + static_cast<std::ptrdiff_t>(i),
                             line.begin() + static_cast<std::ptrdiff_t>(i + n))];
    }
    words_.assign(types.begin(), types.end());
    words_.push_back(2);
    const double own = static_cast<double>(words_.size() + (options_.unknown_words == unknown_words::closed ? 0 : 1));
    vocabulary_ = std::max(own, static_cast<double>(options_.vocab_pad));
    adjusted_ = raw_;
    for (std::size_t n = 1; n < options_.order; ++n) {
      for (auto& [gram, count] : adjusted_[n])
        if (gram[0] != 1) count = 0;
      for (const auto& [gram, count] : raw_[n + 1]) ++adjusted_[n][sequence(gram.begin() + 1, gram.end())];
    }
    adjusted_[1].erase({1});
    discounts_.resize(options_.order + 1);
    for (std::size_t n = 1; n <= options_.order; ++n) {
      std::map<std::uint64_t, double> t;
      for (const auto& [gram, count] : adjusted_[n]) t[count] += 1.0;
      discounts_[n] = options_.fallback_discounts;
      if (t[1] == 0.0 || t[2] == 0.0 || t[3] == 0.0) continue;
      const double y = t[1] / (t[1] + 2.0 * t[2]);
      std::array<double, 3> d{};
      bool valid = true;
      for (std::size_t k = 1; k <= 3; ++k) {
        d[k - 1] = static_cast<double>(k) - static_cast<double>(k + 1) * y * t[k + 1] / t[k];
        valid = valid && d[k - 1] >= 0.0 && d[k - 1] <= static_cast<double>(k);
      }
      if (valid) discounts_[n] = d;
    }
  }

  double probability(sequence history, std::uint32_t word) const {
    const std::size_t n = history.size() + 1;
    double total = 0.0, taken = 0.0, own = 0.0;
    for (const auto& [gram, count] : adjusted_[n]) {
      if (!std::equal(history.begin(), history.end(), gram.begin())) continue;
      const auto c = static_cast<double>(count);
      total += c;
      const double d = count == 0 ? 0.0 : discounts_[n][std::min<std::uint64_t>(count, 3) - 1];
      const bool pruned =
          !options_.prune.empty() && raw_[n].at(gram) <= options_.prune[std::min(n, options_.prune.size()) - 1];
      taken += pruned ? c : d;
      if (gram.back() == word && !pruned) own = c - d;
    }
    if (n == 1) {
      const double gamma = total > 0.0 ? taken / total : 1.0;
      if (options_.unknown_words == unknown_words::closed && word == 0) return 0.0;
      const bool interpolated = options_.unknown_words != unknown_words::unigram_discount;
      const double share = interpolated ? gamma / vocabulary_ : (word == 0 ? gamma : 0.0);
      return (total > 0.0 ? own / total : 0.0) + share;
    }
    history.erase(history.begin());
    const double lower = probability(history, word);
    return total > 0.0 ? own / total + taken / total * lower : lower;
  }

  const sequence& words() const { return words_; }

 private:
  kneser_ney_options options_;
  std::vector<std::map<sequence, std::uint64_t>> raw_, adjusted_;
  std::vector<std::array<double, 3>> discounts_;
  sequence words_;
  double vocabulary_ = 0.0;
};

double sum_over_vocabulary(const kneser_ney& model, const token_sequences& text, kneser_ney::context c) {
  std::set<std::uint32_t> types(text.tokens().begin(), text.tokens().end());
  double sum = model.probability(c, kneser_ney::end_of_sentence) + model.probability(c, kneser_ney::unknown);
  for (const auto t : types)
    if (model.knows(t)) sum += model.probability(c, t);
  return sum;
}

}  // namespace

TEST_CASE("kneser_ney: every probability agrees with the definition", "[perplexity]") {
  const auto text = kneser_ney_random_text(60, 12, 7);
  for (const kneser_ney_options& options :
       {kneser_ney_options{.order = 1}, kneser_ney_options{.order = 2}, kneser_ney_options{.order = 3},
        kneser_ney_options{.order = 4},
        kneser_ney_options{.order = 3, .unknown_words = unknown_words::unigram_discount},
        kneser_ney_options{.order = 3, .vocab_pad = 500}, kneser_ney_options{.order = 3, .prune = {0, 0, 1}},
        kneser_ney_options{.order = 4, .prune = {0, 1, 2}},
        kneser_ney_options{.order = 3, .unknown_words = unknown_words::closed},
        kneser_ney_options{.order = 3, .unknown_words = unknown_words::rare_types, .unknown_cutoff = 6},
        kneser_ney_options{
            .order = 4, .unknown_words = unknown_words::rare_types, .unknown_cutoff = 9, .prune = {0, 1}},
        kneser_ney_options{.order = 3, .fallback_discounts = {1.0, 2.0, 3.0}}}) {
    const kneser_ney model(text, options);
    const kneser_ney_by_definition definition(text, options);
    for (std::size_t s = 0; s < 12; ++s) {
      sequence history{1};
      auto context = model.sentence_begin();
      sequence line(text[s].begin(), text[s].end());
      if (s % 3 == 0)
        line.insert(line.begin() + static_cast<std::ptrdiff_t>(line.size() / 2), 99999);  // unknown in the middle
      for (std::size_t i = 0; i <= line.size(); ++i) {
        const sequence reach(history.end() - static_cast<std::ptrdiff_t>(std::min(history.size(), options.order - 1)),
                             history.end());
        for (const auto w : definition.words()) {
          const auto token = w == 2 ? kneser_ney::end_of_sentence : w - 3;
          const double expected = definition.probability(reach, w);
          if (!close(model.probability(context, token), expected, 1e-13)) {
            CAPTURE(options.order, s, i, w, expected, model.probability(context, token));
            REQUIRE(false);
          }
        }
        REQUIRE(close(model.probability(context, kneser_ney::unknown), definition.probability(reach, 0), 1e-13));
        REQUIRE(context == model.context_after(std::span(line).first(i)));
        if (i == line.size()) break;
        history.push_back(model.knows(line[i]) ? line[i] + 3 : 0);
        model.advance(context, line[i]);
      }
    }
  }
}

TEST_CASE("kneser_ney: probabilities after every kind of context sum to one", "[perplexity]") {
  const auto text = kneser_ney_random_text(400, 60, 11);
  for (const kneser_ney_options& options :
       {kneser_ney_options{.order = 1}, kneser_ney_options{.order = 2}, kneser_ney_options{.order = 3},
        kneser_ney_options{.order = 5},
        kneser_ney_options{.order = 3, .unknown_words = unknown_words::unigram_discount},
        kneser_ney_options{.order = 3, .unknown_words = unknown_words::closed},
        kneser_ney_options{.order = 3, .unknown_words = unknown_words::rare_types, .unknown_cutoff = 30},
        kneser_ney_options{.order = 3, .prune = {0, 1, 1}}}) {
    const kneser_ney model(text, options);
    for (std::size_t s = 0; s < text.size(); s += 7) {
      auto context = model.sentence_begin();
      REQUIRE(close(sum_over_vocabulary(model, text, context), 1.0, 1e-12));
      for (const auto t : text[s]) {
        model.advance(context, t);
        REQUIRE(close(sum_over_vocabulary(model, text, context), 1.0, 1e-12));
      }
      model.advance(context, kneser_ney::end_of_sentence);
      REQUIRE(close(sum_over_vocabulary(model, text, context), 1.0, 1e-12));
      model.advance(context, kneser_ney::unknown);
      REQUIRE(close(sum_over_vocabulary(model, text, context), 1.0, 1e-12));
    }
  }
}

TEST_CASE("kneser_ney: what the unknown word gets under each policy", "[perplexity]") {
  const auto text = kneser_ney_lines({{5, 6, 5}, {6, 7}, {5, 7, 8}});  // 5 three times, 6 and 7 twice, 8 once
  const auto held = kneser_ney_lines({{5, 99}, {8}});
  const auto fit = [&](unknown_words policy, std::uint64_t cutoff = 1) {
    return kneser_ney(text, {.order = 2, .unknown_words = policy, .unknown_cutoff = cutoff});
  };
  const kneser_ney::context nowhere{};
  const auto uniform = fit(unknown_words::uniform);
  const auto discount = fit(unknown_words::unigram_discount);
  const auto closed = fit(unknown_words::closed);
  CHECK(uniform.vocabulary_size() == 6);
  CHECK(closed.vocabulary_size() == 5);
  // γ is the same in all three; the uniform policy gives V-th of it away.
  const double gamma = discount.probability(nowhere, kneser_ney::unknown);
  CHECK(close(uniform.probability(nowhere, kneser_ney::unknown), gamma / 6.0, 1e-14));
  CHECK(close(uniform.probability(nowhere, 5) - discount.probability(nowhere, 5), gamma / 6.0, 1e-13));
  CHECK(closed.probability(nowhere, kneser_ney::unknown) == 0.0);
  CHECK(close(closed.probability(nowhere, 5) - discount.probability(nowhere, 5), gamma / 5.0, 1e-13));
  CHECK(std::isinf(closed.score(held).perplexity().value));
  CHECK(std::isfinite(closed.score(held).perplexity_excluding_oov().value));
  CHECK(closed.score(held).oov() == 1);

  // 8 is rare: a known unknown, seen once in training, with a context of its own.
  const auto rare = fit(unknown_words::rare_types);
  CHECK(rare.types() == 3);
  CHECK(rare.vocabulary_size() == 5);
  CHECK_FALSE(rare.knows(8));
  CHECK(rare.probability(nowhere, 8) == rare.probability(nowhere, 99));
  CHECK(rare.probability(nowhere, 8) > uniform.probability(nowhere, 99));
  CHECK(rare.score(held).oov() == 2);
  auto after = nowhere;
  rare.advance(after, 12345);
  CHECK(rare.probability(after, kneser_ney::end_of_sentence) > 0.5);  // as after the 8 of the training text
  // No type is rare at 0; every type is at 3, and the model is one of sentence lengths.
  CHECK(fit(unknown_words::rare_types, 0) == uniform);
  CHECK(fit(unknown_words::rare_types, 3).types() == 0);
  CHECK(close(sum_over_vocabulary(fit(unknown_words::rare_types, 3), text, nowhere), 1.0, 1e-14));
  CHECK_THROWS_AS(kneser_ney(text, {.unknown_words = unknown_words::closed, .vocab_pad = 100}), std::invalid_argument);
}

TEST_CASE("kneser_ney: a toy corpus by hand", "[perplexity]") {
  // "a b", "a c": unigram adjusted counts a 1 (after <s>), b 1, c 1, </s> 2 (after b and c); order 2 is the highest.
  const kneser_ney model(kneser_ney_lines({{0, 1}, {0, 2}}), {.order = 2});
  REQUIRE(model.types() == 3);
  REQUIRE(model.vocabulary_size() == 5);
  REQUIRE(model.training_tokens() == 4);
  REQUIRE(model.ngram_count(1) == 6);  // a b c <s> </s> unknown
  REQUIRE(model.ngram_count(2) == 5);  // <s> a, a b, a c, b </s>, c </s>
  REQUIRE(model.adjusted_count_of_counts(1) == std::array<double, 4>{3, 1, 0, 0});
  REQUIRE(model.adjusted_count_of_counts(2) == std::array<double, 4>{4, 1, 0, 0});
  REQUIRE_FALSE(model.discounts_estimated());
  REQUIRE(model.discounts(2) == std::array<double, 3>{0.5, 1.0, 1.5});
  // γ() = (3·0.5 + 1)/5 = 0.5; p(a) = 0.5/5 + 0.5/5 = 0.2, p(</s>) = 1/5 + 0.1 = 0.3, p(unknown) = 0.1
  REQUIRE(close(model.probability({}, 0), 0.2, 1e-15));
  REQUIRE(close(model.probability({}, kneser_ney::end_of_sentence), 0.3, 1e-15));
  REQUIRE(close(model.probability({}, kneser_ney::unknown), 0.1, 1e-15));
  // <s> a seen twice: γ(<s>) = 1/2, p(a|<s>) = 1/2 + 0.2/2; a → b, c once each: γ(a) = 1/2, p(b|a) = 0.5/2 + 0.2/2
  REQUIRE(close(model.log_probability({}, 0), std::log(0.6), 1e-15));
  const sequence a{0};
  REQUIRE(close(model.log_probability(a, 1), std::log(0.35), 1e-15));
  REQUIRE(close(model.log_probability(a, 0), std::log(0.1), 1e-15));
  const auto score = model.score(kneser_ney_lines({{0, 1}}));
  REQUIRE(score.tokens() == 3);
  REQUIRE(score.words() == 2);
  REQUIRE(score.oov() == 0);
  // p(</s>|b) = 0.5/1 + 0.5·0.3
  REQUIRE(close(score.log_likelihood(), std::log(0.6 * 0.35 * 0.65), 1e-14));
  REQUIRE(std::isnan(score.perplexity().standard_error));
  REQUIRE(model.log_probabilities(std::span(std::as_const(a))).size() == 2);
}

TEST_CASE("kneser_ney: collapsed and empty training text does not throw, and says so", "[perplexity]") {
  const auto one_sentence = kneser_ney_lines(std::vector<sequence>(50, sequence{3, 1, 4, 1, 5}));
  const auto one_word = kneser_ney_lines(std::vector<sequence>(20, sequence(30, 8)));
  const auto only_empty = kneser_ney_lines(std::vector<sequence>(5, sequence{}));
  for (const auto& text : {one_sentence, one_word, only_empty, kneser_ney_lines({}), kneser_ney_lines({{2}})}) {
    for (const std::size_t order : {1U, 2U, 3U, 6U}) {
      const kneser_ney model(text, {.order = order});
      REQUIRE_FALSE(model.discounts_estimated());
      REQUIRE_FALSE(model.discounts_estimated(order));
      REQUIRE(close(sum_over_vocabulary(model, text, model.sentence_begin()), 1.0, 1e-12));
      REQUIRE(close(sum_over_vocabulary(model, text, {}), 1.0, 1e-12));
      const auto score = model.score(kneser_ney_lines({{3, 1, 4}, {77}}));
      REQUIRE(score.perplexity().value > 1.0);
      REQUIRE(std::isfinite(score.perplexity().value));
      REQUIRE(std::isnan(model.score(token_sequences{}).perplexity().value));
    }
  }
  REQUIRE(kneser_ney(one_sentence).score(one_sentence).perplexity().value < 1.2);
  REQUIRE(kneser_ney{} == kneser_ney(token_sequences{}));
}

TEST_CASE("kneser_ney: order, ids and sentence order of the training text do not matter beyond their meaning",
          "[perplexity]") {
  const auto text = kneser_ney_random_text(200, 40, 3);
  token_sequences reversed;
  token_sequences huge;
  for (std::size_t s = text.size(); s-- > 0;) reversed.push_back(text[s]);
  for (std::size_t s = 0; s < text.size(); ++s) {
    sequence line(text[s].begin(), text[s].end());
    for (auto& t : line) t = 4294900000U + t;
    huge.push_back(line);
  }
  const kneser_ney model(text);
  REQUIRE(model == kneser_ney(reversed));
  const kneser_ney far(huge);  // beyond the look-up table
  REQUIRE(far.score(huge).log_likelihood() == model.score(text).log_likelihood());
  REQUIRE_FALSE(far.knows(5));
}

TEST_CASE("kneser_ney: arguments that can never be right", "[perplexity]") {
  const auto text = kneser_ney_lines({{1, 2}});
  REQUIRE_THROWS_AS(kneser_ney(text, {.order = 0}), std::invalid_argument);
  REQUIRE_THROWS_AS(kneser_ney(text, {.order = 17}), std::invalid_argument);
  REQUIRE_THROWS_AS(kneser_ney(text, {.prune = {1}}), std::invalid_argument);
  REQUIRE_THROWS_AS(kneser_ney(text, {.prune = {0, 2, 1}}), std::invalid_argument);
  REQUIRE_THROWS_AS(kneser_ney(text, {.fallback_discounts = {1.5, 1, 1}}), std::invalid_argument);
  REQUIRE_THROWS_AS(kneser_ney(kneser_ney_lines({{kneser_ney::unknown}})), std::invalid_argument);
  REQUIRE_NOTHROW(kneser_ney(kneser_ney_lines({{kneser_ney::unknown - 1}}), {.order = 16}));
}

TEST_CASE("text_score: the figures relate as their definitions say, and the error matches the spread", "[perplexity]") {
  const auto text = kneser_ney_random_text(600, 50, 23);
  const kneser_ney model(kneser_ney_random_text(300, 30, 5));
  const auto score = model.score(text);
  REQUIRE(score.oov() > 0);
  REQUIRE(score.words() == text.token_count());
  const double nats = -score.log_likelihood();
  const auto words = static_cast<double>(score.words());
  REQUIRE(close(score.perplexity().value, std::exp(nats / static_cast<double>(score.tokens())), 1e-12));
  REQUIRE(close(score.perplexity_per_word().value, std::exp(nats / words), 1e-12));
  REQUIRE(close(score.bits_per_token().value, std::log2(score.perplexity().value), 1e-12));
  REQUIRE(close(score.bits_per_byte(1000).value, std::log2(score.perplexity_per_byte(1000).value), 1e-12));
  REQUIRE(std::isnan(score.bits_per_byte(0).value));

  // 200 texts of 100 sentences: the mean estimated error against the standard deviation over texts, whose own relative
  // error is 1/√(2·199) = 5 %; four of these and the spread of the mean error itself.
  double sum = 0.0, squares = 0.0, error = 0.0;
  constexpr int replicates = 200;
  for (int r = 0; r < replicates; ++r) {
    const auto e = model.score(kneser_ney_random_text(100, 50, 1000 + static_cast<std::uint64_t>(r))).perplexity();
    sum += e.value;
    squares += e.value * e.value;
    error += e.standard_error;
  }
  const double mean = sum / replicates;
  const double deviation = std::sqrt((squares - sum * mean) / (replicates - 1));
  REQUIRE(close(error / replicates, deviation, 4.0 / std::sqrt(2.0 * (replicates - 1))));
}
