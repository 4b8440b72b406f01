// SPDX-License-Identifier: BSL-1.0

// How much of a generated text is copied from its training text? Trigrams of both, counted exactly and intersected.

#include <cstdint>
#include <iostream>
#include <span>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/summary.hpp"

int main() {
  using namespace tailwatch;
  core::random_engine random(2);
  const auto sentence = [&](std::size_t words) {
    std::vector<std::uint32_t> ids(words);
    for (auto& id : ids) id = static_cast<std::uint32_t>(core::uniform_below(random, 50));
    return ids;
  };
  token_sequences human;
  for (int i = 0; i < 2000; ++i) human.push_back(sentence(12));
  token_sequences generated;  // every other sentence is a copy
  for (std::size_t i = 0; i < 1000; ++i) {
    if (i % 2 == 0) {
      generated.push_back(human[i]);
    } else {
      generated.push_back(sentence(12));
    }
  }

  const summary::ngram_counts_options trigrams{.order = 3, .vocabulary = 50};
  summary::ngram_counts of_human(trigrams);
  of_human.update(human);
  summary::ngram_counts of_generated(trigrams);
  of_generated.update(generated);

  const summary::shared_ngrams shared = of_generated.shared_with(of_human);
  const double known = static_cast<double>(shared.count) / static_cast<double>(of_generated.count());
  std::cout << "human: " << of_human.count() << " trigrams, " << of_human.distinct() << " different\n"
            << "generated: " << of_generated.count() << " trigrams, " << of_generated.distinct() << " different\n"
            << "known from the human text: " << 100.0 * known << " %\n";
  std::uint64_t most = 0;
  of_generated.for_each(
      [&](std::span<const std::uint32_t>, std::uint64_t count) { most = count > most ? count : most; });
  std::cout << "most frequent generated trigram: " << most << " times\n";

  // Half is copied; a random trigram of 50³ is among the 17 000 or so of the human text with probability 0.15.
  const bool good =
      of_generated.count() == 10000 && known > 0.55 && known < 0.60 && of_human.contains(human[0].first(3));
  return good ? 0 : 1;
}
