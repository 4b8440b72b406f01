// SPDX-License-Identifier: BSL-1.0

// Text without a corpus: an invented language whose words follow the Zipf–Mandelbrot law. Two texts are two samples of
// one language, so they share their frequent words and differ in their rare ones, as human texts do.

#include <iostream>
#include <string>

#include "tailwatch/core.hpp"
#include "tailwatch/summary.hpp"
#include "tailwatch/text.hpp"

int main() {
  using namespace tailwatch;
  core::random_engine random(1);
  const text::zipf_mandelbrot_text_options language{.words = 50000, .types = 20000};
  const std::string first = text::zipf_mandelbrot_text(language, random);
  const std::string second = text::zipf_mandelbrot_text(language, random);
  std::cout << first.substr(0, first.find('\n', 200)) << "\n\n";

  text::vocabulary words;
  const token_sequences one = text::encode(first, words);
  const std::size_t types = words.size();
  const token_sequences two = text::encode(second, words);
  const std::size_t both = words.size();

  summary::dense_counts counts(both);
  counts.update(one);
  const summary::frequency_profile profile(counts);
  std::cout << one.size() << " sentences, " << one.token_count() << " words, " << types << " types, " << profile.f(1)
            << " of them seen once; the second text brings " << both - types << " new types\n";

  // Good–Turing: a word of the second text is new with probability f1/n.
  const double expected = static_cast<double>(profile.f(1)) / static_cast<double>(profile.total());
  std::size_t unseen = 0;
  for (const auto id : two.tokens()) unseen += id >= types ? 1 : 0;
  const double found = static_cast<double>(unseen) / static_cast<double>(two.token_count());
  std::cout << "probability of a new word: expected " << expected << ", found " << found << '\n';
  return found > 0.8 * expected && found < 1.2 * expected ? 0 : 1;
}
