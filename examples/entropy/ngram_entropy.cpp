// SPDX-License-Identifier: BSL-1.0

// How much the next token still surprises: a source that repeats itself against one that does not.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/entropy/ngram.hpp"

int main() {
  tailwatch::core::random_engine random(2);
  std::vector<std::uint32_t> fresh;
  std::vector<std::uint32_t> looping;
  for (std::uint32_t i = 0; i < 20000; ++i) {
    fresh.push_back(static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, 8)));
    // Nine times of ten the successor of the token before.
    const bool jump = i == 0 || tailwatch::core::uniform_below(random, 10) == 0;
    looping.push_back(jump ? static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, 8))
                           : (looping.back() + 1) % 8);
  }
  const tailwatch::entropy::ngram_options bits{.order = 2, .unit = tailwatch::information_unit::bits};
  const auto tokens_of = [](const auto& x) {
    return tailwatch::entropy::ngram(x, {.order = 1, .unit = tailwatch::information_unit::bits}).value;
  };
  const double next_fresh = tailwatch::entropy::conditional_ngram(fresh, bits).value;
  const double next_looping = tailwatch::entropy::conditional_ngram(looping, bits).value;
  std::printf("            tokens  next token given one before\n");
  std::printf("  fresh     %.3f   %.3f bits\n", tokens_of(fresh), next_fresh);
  std::printf("  looping   %.3f   %.3f bits\n", tokens_of(looping), next_looping);

  // Exact: the successor has 0.9 + 0.1/8, each of the others 0.1/8.
  const double q = 0.1 / 8.0;
  const double exact = -(0.9 + q) * std::log2(0.9 + q) - 7.0 * q * std::log2(q);
  return std::abs(next_looping - exact) < 0.03 && std::abs(next_fresh - 3.0) < 0.03 ? 0 : 1;
}
