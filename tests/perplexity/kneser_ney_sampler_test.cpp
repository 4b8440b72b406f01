// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/perplexity/kneser_ney_sampler.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace {

using tailwatch::token_sequences;
using tailwatch::core::random_engine;
using tailwatch::perplexity::kneser_ney;
using tailwatch::perplexity::kneser_ney_options;
using tailwatch::perplexity::kneser_ney_sampler;
using tailwatch::perplexity::sampler_options;
using tailwatch::perplexity::unknown_words;
using tailwatch::testing::close;

token_sequences sampler_text(std::size_t sentences, std::uint32_t types, std::uint64_t seed) {
  random_engine random(seed);
  token_sequences text;
  std::vector<std::uint32_t> line;
  for (std::size_t s = 0; s < sentences; ++s) {
    line.resize(1 + tailwatch::core::uniform_below(random, 8));
    for (auto& t : line) {
      const double u = tailwatch::core::uniform_01(random);
      t = static_cast<std::uint32_t>(u * u * u * types);
    }
    text.push_back(line);
  }
  return text;
}

// The truncated distribution from nothing but the model's probabilities.
std::map<std::uint32_t, double> sampler_brute_force(const kneser_ney& model, kneser_ney::context c, std::uint32_t types,
                                                    const sampler_options& options) {
  struct candidate {
    double p;
    std::uint32_t rank, token;
  };
  std::vector<candidate> all{{model.probability(c, kneser_ney::end_of_sentence), 0, kneser_ney::end_of_sentence}};
  for (std::uint32_t t = 0; t < types; ++t)
    if (model.knows(t)) all.push_back({model.probability(c, t), t + 1, t});
  std::sort(all.begin(), all.end(),
            [](const candidate& a, const candidate& b) { return a.p > b.p || (a.p == b.p && a.rank < b.rank); });
  for (auto& x : all) x.p = std::pow(x.p, 1.0 / options.temperature);
  if (options.top_k != 0) all.resize(std::min(all.size(), options.top_k));
  double total = 0.0;
  for (const auto& x : all) total += x.p;
  if (options.top_p < 1.0) {
    double sum = 0.0;
    std::size_t kept = 0;
    while (sum < options.top_p * total) sum += all[kept++].p;
    all.resize(kept);
    total = sum;
  }
  std::map<std::uint32_t, double> q;
  for (const auto& x : all) q[x.token] = x.p / total;
  return q;
}

const std::vector<sampler_options>& sampler_settings() {
  static const std::vector<sampler_options> all{{},
                                                {.temperature = 0.6},
                                                {.temperature = 1.7},
                                                {.top_k = 1},
                                                {.top_k = 5},
                                                {.top_k = 1000},
                                                {.top_p = 0.95},
                                                {.top_p = 0.6},
                                                {.top_p = 0.2},
                                                {.temperature = 0.8, .top_p = 0.9},
                                                {.temperature = 1.5, .top_k = 12, .top_p = 0.8},
                                                {.temperature = 0.05}};
  return all;
}

}  // namespace

TEST_CASE("kneser_ney_sampler: distribution is the truncated interpolated one", "[perplexity]") {
  constexpr std::uint32_t types = 80;
  const auto text = sampler_text(300, types, 3);
  for (const kneser_ney_options& fit :
       {kneser_ney_options{.order = 3}, kneser_ney_options{.order = 1},
        kneser_ney_options{.order = 2, .unknown_words = unknown_words::unigram_discount},
        kneser_ney_options{.order = 2, .unknown_words = unknown_words::closed},
        // The unknown word stands in n-grams here, and must not be drawn all the same.
        kneser_ney_options{.order = 3, .unknown_words = unknown_words::rare_types},
        kneser_ney_options{.order = 4, .vocab_pad = 5000, .prune = {0, 0, 1}}}) {
    const kneser_ney model(text, fit);
    for (const auto& options : sampler_settings()) {
      const kneser_ney_sampler sampler(model, options);
      for (std::size_t s = 0; s < 10; ++s) {
        const auto c = model.context_after(text[s].first(std::min<std::size_t>(s, text[s].size())));
        const auto expected = sampler_brute_force(model, c, types, options);
        const auto got = sampler.distribution(c);
        REQUIRE(got.size() == expected.size());
        for (const auto& [id, probability] : got) REQUIRE(close(probability, expected.at(id), 1e-12));
      }
    }
  }
}

TEST_CASE("kneser_ney_sampler: draws follow the distribution and reach all of it and nothing else", "[perplexity]") {
  constexpr std::uint32_t types = 60;
  const auto text = sampler_text(200, types, 4);
  const kneser_ney model(text, {.order = 3});
  for (const auto& options : sampler_settings()) {
    kneser_ney_sampler sampler(model, options);
    random_engine random(99);
    for (std::size_t s = 0; s < 4; ++s) {
      const auto c = s == 3 ? kneser_ney::context{} : model.context_after(text[s].first(std::min(s, text[s].size())));
      const auto expected = sampler_brute_force(model, c, types, options);
      std::map<std::uint32_t, int> seen;
      constexpr int draws = 20000;
      int strays = 0;  // contexts that moved otherwise than the model's own
      for (int i = 0; i < draws; ++i) {
        auto moved = c;
        const auto t = sampler.next(moved, random);
        auto reference = c;
        model.advance(reference, t);
        strays += moved == reference ? 0 : 1;
        ++seen[t];
      }
      // Pearson's statistic over cells of expectation 5 and more, the rest in one cell. Mean k, variance 2k: six
      // standard deviations, 48 seeded trials.
      REQUIRE(strays == 0);
      double statistic = 0.0, rest = draws, rest_seen = draws;
      int cells = 0;
      for (const auto& [t, count] : seen) REQUIRE(expected.count(t) == 1);
      for (const auto& [t, q] : expected) {
        const double mean = q * draws;
        if (mean < 5.0) continue;
        const double count = seen.count(t) == 1 ? seen[t] : 0;
        statistic += (count - mean) * (count - mean) / mean;
        rest -= mean;
        rest_seen -= count;
        ++cells;
      }
      if (rest > 5.0) {
        statistic += (rest_seen - rest) * (rest_seen - rest) / rest;
        ++cells;
      }
      const double freedom = cells - 1;
      CAPTURE(options.temperature, options.top_k, options.top_p, s, statistic, freedom);
      REQUIRE(statistic <= freedom + 6.0 * std::sqrt(2.0 * freedom) + 1e-9);
    }
  }
}

TEST_CASE("kneser_ney_sampler: every context is cut exactly where brute force cuts it", "[perplexity]") {
  constexpr std::uint32_t types = 150;
  const auto text = sampler_text(500, types, 8);
  const kneser_ney model(text, {.order = 3});
  for (const auto& options : {sampler_options{.top_p = 0.9}, sampler_options{.top_p = 0.5},
                              sampler_options{.top_k = 40}, sampler_options{.temperature = 1.3, .top_p = 0.8}}) {
    kneser_ney_sampler sampler(model, options);
    random_engine random(1);
    // No draw of 30 000, in whatever context it happens, is outside, and the last member inside is reached too.
    kneser_ney::context c = model.sentence_begin();
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::uint32_t, double>> cached;
    int outside = 0;
    int last_members = 0;
    for (int i = 0; i < 30000; ++i) {
      auto& q = cached[{c.length, c.node}];
      if (q.empty()) q = sampler_brute_force(model, c, types, options);
      const auto t = sampler.next(c, random);
      const auto at = q.find(t);
      outside += at == q.end() ? 1 : 0;
      const auto least =
          std::min_element(q.begin(), q.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
      if (q.size() > 1 && at != q.end() && at->second == least->second) ++last_members;
      if (t == kneser_ney::end_of_sentence) c = model.sentence_begin();
    }
    REQUIRE(outside == 0);
    REQUIRE(last_members > 100);
  }
}

TEST_CASE("kneser_ney_sampler: same seed, same text; the bytes of one run", "[perplexity]") {
  const kneser_ney model(sampler_text(400, 120, 5), {.order = 3});
  for (const auto& options : {sampler_options{}, sampler_options{.top_p = 0.95}}) {
    random_engine first(7);
    random_engine second(7);
    random_engine other(8);
    kneser_ney_sampler warm(model, options);
    const auto text = generate(model, 2000, options, first);
    REQUIRE(text.token_count() >= 2000);
    REQUIRE(text.token_count() < 2000 + options.max_sentence_tokens);
    (void)warm.generate(500, other);  // what is cached already changes nothing
    REQUIRE(warm.generate(2000, second) == text);
    REQUIRE(first() == second());
    REQUIRE_FALSE(generate(model, 2000, options, other) == text);
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const auto t : text.tokens()) hash = (hash ^ t) * 0x100000001b3ULL;
    CAPTURE(hash);
    REQUIRE(hash == (options.top_p < 1.0 ? 0x1bf7b862c7c49392ULL : 0x7ae6620d64eeabeeULL));
  }
}

TEST_CASE("kneser_ney_sampler: sentence lengths, silence and collapse", "[perplexity]") {
  random_engine random(2);
  const kneser_ney model(sampler_text(50, 20, 6));
  kneser_ney_sampler cut_short(model, {.max_sentence_tokens = 2});
  const auto text = cut_short.generate(200, random);
  for (std::size_t s = 0; s < text.size(); ++s) REQUIRE(text[s].size() <= 2);
  std::vector<std::uint32_t> sentence{5};
  REQUIRE((cut_short.sample_sentence(random, sentence) || sentence.size() == 3));
  REQUIRE(sentence.front() == 5);

  token_sequences silent;
  silent.push_back(std::vector<std::uint32_t>{});
  for (const auto& options : {sampler_options{}, sampler_options{.top_k = 3}, sampler_options{.top_p = 0.5}}) {
    for (const bool interpolate : {true, false}) {
      REQUIRE(generate(kneser_ney(token_sequences{}, {.unknown_words = interpolate ? unknown_words::uniform
                                                                                   : unknown_words::unigram_discount}),
                       100, options, random)
                  .size() == 1000);
      const kneser_ney quiet(
          silent,
          {.order = 2, .unknown_words = interpolate ? unknown_words::uniform : unknown_words::unigram_discount});
      REQUIRE(generate(quiet, 100, options, random).token_count() == 0);
    }
    token_sequences repeated;
    for (int i = 0; i < 30; ++i) repeated.push_back(std::vector<std::uint32_t>{4, 2, 4});
    REQUIRE(generate(kneser_ney(repeated), 300, options, random).token_count() >= 300);
  }
}

TEST_CASE("kneser_ney_sampler: a model whose n-grams hold the unknown word never draws it", "[perplexity]") {
  token_sequences text;
  for (std::uint32_t i = 0; i < 200; ++i) text.push_back(std::vector<std::uint32_t>{1, 1000 + i, 2, 3});
  const kneser_ney model(text, {.order = 3, .unknown_words = unknown_words::rare_types});
  REQUIRE(model.types() == 3);
  random_engine random(5);
  for (const auto& options : sampler_settings()) {
    const auto drawn = generate(model, 400, options, random);
    for (const auto t : drawn.tokens()) REQUIRE((t >= 1 && t <= 3));
  }
}

TEST_CASE("kneser_ney_sampler: arguments that can never be right", "[perplexity]") {
  const kneser_ney model;
  const auto make = [&](const sampler_options& options) { return kneser_ney_sampler(model, options).options().top_p; };
  REQUIRE_THROWS_AS(make({.temperature = 0.0}), std::invalid_argument);
  REQUIRE_THROWS_AS(make({.temperature = -1.0}), std::invalid_argument);
  REQUIRE_THROWS_AS(make({.temperature = std::numeric_limits<double>::infinity()}), std::invalid_argument);
  REQUIRE_THROWS_AS(make({.temperature = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
  REQUIRE_THROWS_AS(make({.top_p = 0.0}), std::invalid_argument);
  REQUIRE_THROWS_AS(make({.top_p = 1.01}), std::invalid_argument);
  REQUIRE_THROWS_AS(make({.max_sentence_tokens = 0}), std::invalid_argument);
}
