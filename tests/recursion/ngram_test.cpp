// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/ngram.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/regime.hpp"
#include "tailwatch/recursion/run.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;

namespace {

// Sentences of 8 words from a Zipf law whose offset depends on the word before: enough structure for a trigram model.
core::token_sequences made_up_text(std::size_t sentences, std::uint64_t seed) {
  core::random_engine random(seed);
  const auto law = recursion::zipf(400, 1.1);
  const recursion::alias_table table(law.weights());
  core::token_sequences text;
  for (std::size_t i = 0; i < sentences; ++i) {
    std::vector<std::uint32_t> sentence;
    std::uint32_t last = 0;
    for (int w = 0; w < 8; ++w) sentence.push_back(last = (table(random) + last * 7) % 400);
    text.push_back(sentence);
  }
  return text;
}

std::size_t types_of(const core::token_sequences& text) {
  return std::set<std::uint32_t>(text.tokens().begin(), text.tokens().end()).size();
}

}  // namespace

TEST_CASE("recursion ngram: a sharpened model trained on itself loses its words", "[recursion]") {
  const auto real = made_up_text(500, 1);
  const auto types = [&real](std::uint64_t seed, double top_p) {
    core::random_engine random(seed);
    return recursion::run(real, recursion::ngram_model{.fitting = {.order = 2}, .sampling = {.top_p = top_p}},
                          {.generations = 5}, random, [](const auto& g) { return types_of(g.sample); });
  };
  const auto sharpened = types(1, 0.7);
  REQUIRE(sharpened.records.size() == 5);
  CHECK(sharpened.records.back() < sharpened.records.front() / 2);
  CHECK(sharpened.records == types(1, 0.7).records);
  CHECK_FALSE(sharpened.records == types(2, 0.7).records);
  for (const auto& sizes : sharpened.sizes) {
    CHECK(sizes.sampled >= real.token_count());
    CHECK(sizes.sampled < real.token_count() + 1024);
  }
}

TEST_CASE("recursion ngram: half fresh text keeps more words than none", "[recursion]") {
  const auto text = made_up_text(500, 1);
  const recursion::ngram_model model{.fitting = {.order = 2}, .sampling = {.top_p = 0.7}};
  core::random_engine random(3);
  recursion::real_reserve<core::token_sequences> reserve(made_up_text(1500, 2));
  const auto observer = [](const auto& g) { return types_of(g.sample); };
  const auto mixed =
      recursion::run(text, model, {.regime = recursion::regime::mix, .generations = 5, .real_fraction = 0.5}, random,
                     observer, reserve);
  const auto alone = recursion::run(text, model, {.generations = 5}, random, observer);
  CHECK(mixed.end == recursion::run_end::completed);
  CHECK_FALSE(mixed.exhausted);
  CHECK(mixed.records.back() > alone.records.back());
  CHECK(mixed.sizes.back().pool_real >= 2000);
  CHECK(mixed.sizes.back().pool_real < 2000 + 8);
}

TEST_CASE("recursion ngram: weighted training is kneser_ney's, and weight on real text helps", "[recursion]") {
  static_assert(recursion::weighted_model_family<recursion::ngram_model, core::token_sequences>);
  const auto text = made_up_text(300, 1), held_out = made_up_text(300, 9);
  const recursion::ngram_model model{.fitting = {.order = 2}, .sampling = {.top_p = 0.8}};
  const std::vector<double> twice(text.size(), 2.0);
  CHECK(model.fit(text, twice) == tailwatch::perplexity::kneser_ney(text, twice, model.fitting));

  const auto perplexity_after = [&](double weight) {
    core::random_engine random(3);
    recursion::real_reserve<core::token_sequences> reserve(made_up_text(600, 2));
    const recursion::run_options options{
        .regime = recursion::regime::mix, .generations = 6, .real_fraction = 0.2, .real_weight = weight};
    bool same = true;
    const auto t = recursion::run(
        text, model, options, random,
        [&](const auto& g) {
          const auto& training = g.training;
          if (g.index > 0) {
            std::uint64_t real = 0;  // sentences, by their tokens
            for (std::uint64_t tokens = 0; tokens < g.sizes.pool_real; ++real) tokens += training[real].size();
            const auto n = static_cast<double>(training.size());
            std::vector<double> weights(training.size(), (1.0 - weight) * n / (n - static_cast<double>(real)));
            std::fill_n(weights.begin(), real, weight * n / static_cast<double>(real));
            same = same && g.model == model.fit(training, weights);
          }
          return g.model.score(held_out).perplexity().value;
        },
        reserve);
    REQUIRE(t.end == recursion::run_end::completed);
    CHECK(same);
    return t.records.back();
  };
  const double best = recursion::optimal_mixing_weight(0.25);  // 1 fresh for 4 synthetic: .39
  CHECK(best > 0.2);
  CHECK(perplexity_after(best) < 0.97 * perplexity_after(0.05));
}
