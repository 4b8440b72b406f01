// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_archive.hpp"

namespace core = tailwatch::core;
namespace perplexity = tailwatch::perplexity;
using perplexity::kneser_ney;
using perplexity::kneser_ney_options;
using tailwatch::testing::close;

namespace {

core::token_sequences weighted_text(std::size_t sentences, std::uint32_t types, std::uint64_t seed) {
  core::random_engine random(seed);
  core::token_sequences text;
  for (std::size_t s = 0; s < sentences; ++s) {
    std::vector<std::uint32_t> sentence(core::uniform_below(random, 9));  // some are empty
    for (auto& t : sentence) {
      const double u = core::uniform_01(random);
      t = static_cast<std::uint32_t>(u * u * u * types);
    }
    text.push_back(sentence);
  }
  return text;
}

core::token_sequences repeated_text(const core::token_sequences& text, const std::vector<double>& weights) {
  core::token_sequences out;
  for (std::size_t s = 0; s < text.size(); ++s)
    for (int k = 0; k < static_cast<int>(weights[s]); ++k) out.push_back(text[s]);
  return out;
}

template <class Function>
std::string weight_error(Function&& f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("weighted kneser_ney: whole weights are repetition, bit for bit", "[perplexity]") {
  using perplexity::unknown_words;
  const auto text = weighted_text(60, 30, 1);
  core::random_engine random(2);
  std::vector<double> weights(text.size());
  for (double& w : weights) w = static_cast<double>(core::uniform_below(random, 4));  // 0 is absence
  const auto repeated = repeated_text(text, weights);
  REQUIRE(repeated.size() != text.size());
  std::vector<kneser_ney_options> all;
  for (const std::size_t order : {1U, 2U, 3U, 5U})
    for (const auto unknown : {unknown_words::uniform, unknown_words::closed, unknown_words::unigram_discount})
      all.push_back({.order = order, .unknown_words = unknown});
  all.push_back({.order = 3, .unknown_words = unknown_words::rare_types, .unknown_cutoff = 2});
  all.push_back({.order = 4, .prune = {0, 0, 1, 2}});
  for (const auto& options : all) {
    const kneser_ney weighted(text, weights, options), expected(repeated, options);
    INFO("order " << options.order);
    CHECK(weighted == expected);
    CHECK(perplexity::kneser_ney_to_bytes(weighted) == perplexity::kneser_ney_to_bytes(expected));
    CHECK(weighted.training_tokens() == repeated.token_count());
  }
  CHECK(kneser_ney(text, std::vector<double>(text.size(), 1.0)) == kneser_ney(text));
  CHECK(perplexity::fit_kneser_ney(text, weights) == kneser_ney(repeated));
}

TEST_CASE("weighted kneser_ney: a word in no sentence that counts is unknown", "[perplexity]") {
  core::token_sequences text;
  for (const auto& sentence : {std::vector<std::uint32_t>{1, 2}, {1, 3}, {4, 4}}) text.push_back(sentence);
  const std::vector<double> weights{1.0, 0.25, 0.0};
  const kneser_ney model(text, weights, {.order = 2});
  CHECK(model.knows(3));
  CHECK_FALSE(model.knows(4));
  CHECK(model.types() == 3);
  CHECK(model.training_tokens() == 3);  // 2 + 0.5, rounded
  text = {};
  CHECK(kneser_ney(text, std::vector<double>{}) == kneser_ney(text));
}

// Every text that the weights allow, with its probability: expectations by the definition. The sentences share no bigram's left
// neighbour but through surer ones, so the independence that the fit takes for granted holds.
TEST_CASE("weighted kneser_ney: fractional weights are expectations over random texts", "[perplexity]") {
  const std::vector<std::vector<std::uint32_t>> sentences{{1, 2, 3}, {1, 2, 1, 2}, {3, 4}, {2, 4},
                                                          {5},       {1, 2, 3},    {6, 2}};
  const std::vector<double> weights{0.5, 1.25, 0.7, 2.0, 0.1, 0.3, 3.6};
  const std::array<double, 3> d{0.4, 0.9, 1.7};
  core::token_sequences text;
  for (const auto& sentence : sentences) text.push_back(sentence);

  constexpr std::uint32_t start = 100, end = 101;
  using bigram = std::pair<std::uint32_t, std::uint32_t>;
  struct law {
    double mean = 0.0;
    std::array<double, 5> p{};  // 1, 2, 3, 4, more
    void add(double probability, int count) {
      mean += probability * count;
      if (count > 0) p[static_cast<std::size_t>(std::min(count, 5) - 1)] += probability;
    }
    double discount(const std::array<double, 3>& by) const {
      return by[0] * p[0] + by[1] * p[1] + by[2] * (p[2] + p[3] + p[4]);
    }
  };
  std::map<bigram, law> two;
  std::map<std::uint32_t, law> one;
  for (unsigned outcome = 0; outcome < 1U << sentences.size(); ++outcome) {
    double probability = 1.0;
    std::map<bigram, int> counts;
    for (std::size_t s = 0; s < sentences.size(); ++s) {
      const double floor = std::floor(weights[s]), chance = weights[s] - floor;
      const bool once_more = (outcome >> s & 1U) != 0;
      probability *= once_more ? chance : 1.0 - chance;
      const int times = static_cast<int>(floor) + (once_more ? 1 : 0);
      std::uint32_t before = start;
      for (const auto w : sentences[s]) {
        counts[{before, w}] += times;
        before = w;
      }
      counts[{before, end}] += times;
    }
    std::map<std::uint32_t, int> left;
    for (const auto& [ngram, count] : counts) {
      two[ngram].add(probability, count);
      left[ngram.second] += count > 0 ? 1 : 0;
    }
    for (const auto& [word, count] : left) one[word].add(probability, count);
  }

  const kneser_ney model(text, weights, {.order = 2, .fallback_discounts = d});
  for (std::size_t k = 0; k < 4; ++k) {
    double first = 0.0, second = 0.0;
    for (const auto& entry : one) first += entry.second.p[k];
    for (const auto& entry : two) second += entry.second.p[k];
    CHECK(close(model.adjusted_count_of_counts(1)[k], first, 1e-13));
    CHECK(close(model.adjusted_count_of_counts(2)[k], second, 1e-13));
  }
  const auto d1 = model.discounts(1), d2 = model.discounts(2);
  double total = 0.0, taken = 0.0;
  for (const auto& entry : one) {
    total += entry.second.mean;
    taken += entry.second.discount(d1);
  }
  const auto unigram = [&](std::uint32_t w) {
    return (one[w].mean - one[w].discount(d1)) / total + taken / total / static_cast<double>(model.vocabulary_size());
  };
  for (const std::uint32_t h : {start, 1U, 2U, 3U, 4U, 5U, 6U}) {
    double above = 0.0, back = 0.0, sum = 0.0;
    for (const auto& [ngram, counts] : two)
      if (ngram.first == h) {
        above += counts.mean;
        back += counts.discount(d2);
      }
    const auto context = h == start ? model.sentence_begin() : model.context_after(std::array{9U, h});
    for (const std::uint32_t w : {1U, 2U, 3U, 4U, 5U, 6U, end}) {
      const law& c = two[{h, w}];
      const double expected = (c.mean - c.discount(d2)) / above + back / above * unigram(w);
      const double got = model.probability(context, w == end ? kneser_ney::end_of_sentence : w);
      INFO(h << ' ' << w);
      CHECK(close(got, expected, 1e-12));
      sum += got;
    }
    CHECK(close(sum + model.probability(context, kneser_ney::unknown), 1.0, 1e-12));
  }
}

TEST_CASE("weighted kneser_ney: the model moves continuously and stays normalised", "[perplexity]") {
  const auto text = weighted_text(600, 600, 3);
  std::vector<double> whole(text.size()), nearly(text.size()), below(text.size());
  core::random_engine random(4);
  for (std::size_t s = 0; s < text.size(); ++s) {
    whole[s] = static_cast<double>(1 + core::uniform_below(random, 3));
    nearly[s] = whole[s] + 1e-9;
    below[s] = whole[s] - 1e-9;
  }
  const kneser_ney exact(text, whole), above(text, nearly), under(text, below);
  REQUIRE(exact.discounts_estimated());
  core::random_engine choose(5);
  double worst = 0.0;
  for (int i = 0; i < 200; ++i) {
    const std::array<std::uint32_t, 2> history{static_cast<std::uint32_t>(core::uniform_below(choose, 600)),
                                               static_cast<std::uint32_t>(core::uniform_below(choose, 600))};
    const auto word = static_cast<std::uint32_t>(core::uniform_below(choose, 601));
    const double p = exact.log_probability(history, word);
    worst = std::max({worst, std::abs(above.log_probability(history, word) - p),
                      std::abs(under.log_probability(history, word) - p)});
  }
  CHECK(worst < 1e-6);  // weights moved by 1e-9, discounts by some 100 times that
  CHECK(worst > 0.0);

  std::vector<double> odd(text.size());
  for (double& w : odd) w = 2.5 * core::uniform_01(random);
  const kneser_ney model(text, odd, {.order = 4, .prune = {0, 0, 1}});
  for (int i = 0; i < 20; ++i) {
    std::vector<std::uint32_t> history;
    for (int k = 0; k < 3; ++k) history.push_back(static_cast<std::uint32_t>(core::uniform_below(choose, 601)));
    const auto context = model.context_after(history);
    double sum = model.probability(context, kneser_ney::end_of_sentence);
    sum += model.probability(context, kneser_ney::unknown);
    for (std::uint32_t w = 0; w < 601; ++w)
      if (model.knows(w)) sum += model.probability(context, w);
    CHECK(close(sum, 1.0, 1e-12));
  }
}

TEST_CASE("weighted kneser_ney: a model of fractional weights survives being saved", "[perplexity]") {
  const auto text = weighted_text(50, 20, 6);
  std::vector<double> weights(text.size(), 0.618);
  const kneser_ney model(text, weights);
  CHECK(model.adjusted_count_of_counts(3)[0] != std::floor(model.adjusted_count_of_counts(3)[0]));
  const auto bytes = perplexity::kneser_ney_to_bytes(model);
  CHECK(perplexity::kneser_ney_from_bytes(bytes) == model);
}

TEST_CASE("weighted kneser_ney: bad weights are named", "[perplexity]") {
  core::token_sequences text;
  text.push_back(std::vector<std::uint32_t>{1, 2});
  text.push_back(std::vector<std::uint32_t>{1, 3});
  const auto error = [&](std::vector<double> weights) {
    return weight_error([&] { (void)kneser_ney(text, weights); });
  };
  CHECK(error({1.0, -0.5}) == "perplexity::kneser_ney: weight is -0.5, must be finite and at least 0");
  CHECK(error({std::numeric_limits<double>::quiet_NaN(), 1.0}) ==
        "perplexity::kneser_ney: weight is nan, must be finite and at least 0");
  CHECK(error({1.0, std::numeric_limits<double>::infinity()}) ==
        "perplexity::kneser_ney: weight is inf, must be finite and at least 0");
  CHECK(error({0.0, 0.0}) == "perplexity::kneser_ney: sum of weights is 0, must be positive");
  CHECK(error({1.0}).find("weights") != std::string::npos);
  CHECK(error({1e12, 1.0}).find("weighted training size") != std::string::npos);
}
