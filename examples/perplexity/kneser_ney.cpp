// SPDX-License-Identifier: BSL-1.0

// A language model that is trained on its own text, four times over: perplexity on human text rises, words die out.

#include "tailwatch/perplexity/kneser_ney.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <set>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"

namespace perplexity = tailwatch::perplexity;

// "Human" text: sentences of 3 to 12 words; every word has its own favourite successors, rare ones among them.
tailwatch::token_sequences write(std::size_t sentences, tailwatch::core::random_engine& random) {
  tailwatch::token_sequences text;
  std::vector<std::uint32_t> sentence;
  for (std::size_t s = 0; s < sentences; ++s) {
    sentence.resize(3 + tailwatch::core::uniform_below(random, 10));
    std::uint32_t word = 0;
    for (auto& w : sentence) {
      const auto choice = static_cast<std::uint32_t>(std::pow(400.0, tailwatch::core::uniform_01(random)));
      w = word = (word * 31 + choice * choice) % 4999;
    }
    text.push_back(sentence);
  }
  return text;
}

int main() {
  tailwatch::core::random_engine random(2024);
  const auto held_out = write(500, random);
  const auto human = write(4000, random);
  auto training = human;
  const std::size_t tokens = training.token_count();

  double first = 0.0, last = 0.0;
  std::size_t first_types = 0, last_types = 0;
  std::printf("%s\n", "generation  held-out perplexity     types  discounts from counts");
  for (int generation = 0; generation < 5; ++generation) {
    const perplexity::kneser_ney model(training, {.order = 3});
    const tailwatch::estimate p = model.score(held_out).perplexity();
    std::printf("%10d  %9.1f ± %-7.1f  %7zu  %s\n", generation, p.value, p.standard_error, model.types(),
                model.discounts_estimated() ? "yes" : "no, fallback");
    if (generation == 0) {
      first = p.value;
      first_types = model.types();
    }
    last = p.value;
    last_types = model.types();
    training = perplexity::generate(model, tokens, {.top_p = 0.95}, random);
  }
  std::printf("perplexity × %.2f, %zu words lost\n", last / first, first_types - last_types);

  // the last text beside the human one, at a quarter of its weight
  std::vector<double> weights(human.size(), 1.0);
  weights.resize(human.size() + training.size(), 0.25);
  auto both = human;
  both.append(training);
  const perplexity::kneser_ney model(both, weights, {.order = 3});
  const double mixed = model.score(held_out).perplexity().value;
  std::printf("beside human text of four times its weight: %.1f\n", mixed);
  return last > 1.1 * first && last_types < first_types && mixed < last ? 0 : 1;
}
