// SPDX-License-Identifier: BSL-1.0
// What is left of a corpus after a bigram model has learnt it and written it again: no new bigrams, fewer rare words.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/tail/reference_tail_coverage.hpp"
#include "tailwatch/uniqueness.hpp"

using namespace tailwatch;

int main() {
  // A corpus of 30000 words, word r with probability about 1/r, and text that samples its bigrams.
  core::random_engine random(3);
  constexpr std::uint32_t vocabulary = 3000;
  std::vector<std::uint32_t> corpus(30000);
  for (auto& word : corpus) word = static_cast<std::uint32_t>(std::pow(vocabulary, core::uniform_01(random))) - 1;
  std::vector<std::vector<std::uint32_t>> next(vocabulary);
  for (std::size_t i = 0; i + 1 < corpus.size(); ++i) next[corpus[i]].push_back(corpus[i + 1]);
  std::vector<std::uint32_t> generated{corpus[0]};
  while (generated.size() < corpus.size()) {
    const auto& after = next[generated.back()];
    generated.push_back(after.empty() ? corpus[0] : after[core::uniform_below(random, after.size())]);
  }

  summary::dense_counts reference_words(vocabulary), generated_words(vocabulary);
  reference_words.update(corpus);
  generated_words.update(generated);
  const tail::reference_tail rare = tail::reference_tail_coverage(reference_words, generated_words, {.max_count = 2});
  const estimate two = uniqueness::ngram_novelty(generated, corpus, {.order = 2});
  const estimate four = uniqueness::ngram_novelty(generated, corpus, {.order = 4});
  const estimate kept = uniqueness::rare_type_coverage(generated, corpus, {.order = 1, .max_count = 2});
  const auto copied = uniqueness::longest_match(generated, corpus);
  std::printf("new bigrams            %.4f(%.4f)\nnew 4-grams            %.4f(%.4f)\n", two.value, two.standard_error,
              four.value, four.standard_error);
  std::printf("rare words kept        %.4f(%.4f) of %llu\n", kept.value, kept.standard_error,
              static_cast<unsigned long long>(kept.count));
  std::printf("mass on rare words     %.4f(%.4f), in the corpus %.4f\n", rare.mass.value, rare.mass.standard_error,
              rare.reference_mass.value);
  std::printf("longest verbatim run   %.0f words\n", copied.length.value);
  // Up to the one place where the model may start anew, every bigram is known; sampling with replacement loses rare words.
  const bool same = kept.value == rare.types.value;
  return same && two.value < 0.001 && four.value > 0.2 && kept.value < 0.95 && copied.length.value >= 4.0 ? 0 : 1;
}
