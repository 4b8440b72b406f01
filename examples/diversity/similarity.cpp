// SPDX-License-Identifier: BSL-1.0

// How many really different samples a model gives: answers that repeat a template count as one, however many there are, and
// embeddings that shrink to a few directions count as few.

#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/diversity/internal_diversity.hpp"
#if __has_include(<Eigen/Eigenvalues>)
#include "tailwatch/diversity/vendi_score.hpp"
#else
int main() { return 77; }  // skipped: the Vendi score needs Eigen
#define TAILWATCH_EXAMPLE_SKIPPED
#endif

#ifndef TAILWATCH_EXAMPLE_SKIPPED
namespace {

/// 200 answers of 30 tokens; of ten, `templated` follow one of five templates and change two tokens.
tailwatch::token_sequences answers(unsigned templated, std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  tailwatch::token_sequences text;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::uint32_t> tokens(30);
    const bool copy = tailwatch::core::uniform_below(random, 10) < templated;
    const auto which = static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, 5));
    for (std::uint32_t t = 0; t < 30; ++t)
      tokens[t] =
          copy && t > 1 ? which * 1000 + t : static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, 5000));
    text.push_back(tokens);
  }
  return text;
}

tailwatch::estimate report(const char* name, const tailwatch::token_sequences& text) {
  const auto score = tailwatch::diversity::vendi_score(text);
  const auto top = tailwatch::diversity::vendi_score(text, {.order = 2.0});
  const auto internal = tailwatch::diversity::internal_diversity(text);
  std::printf("%-9s Vendi score %6.1f ± %4.1f of 200, order 2 %6.1f ± %4.1f, internal diversity %.4f ± %.4f\n", name,
              score.value, score.standard_error, top.value, top.standard_error, internal.value,
              internal.standard_error);
  return score;
}

}  // namespace

int main() {
  const auto fresh = report("fresh", answers(0, 11));
  const auto half = report("half", answers(5, 12));
  const auto collapsed = report("templated", answers(10, 13));
  return fresh.value > 150.0 && half.value < fresh.value && collapsed.value < 10.0 ? 0 : 1;
}
#endif
