// SPDX-License-Identifier: BSL-1.0

// Two texts beside a reference: one of the same language, one whose writer has sharpened its sampling.

#include <cstdio>
#include <string>
#include <vector>

#include "tailwatch/report/comparison_page.hpp"
#include "tailwatch/report/corpus_sample.hpp"
#include "tailwatch/report/progress_bar.hpp"
#include "tailwatch/report/text_comparison.hpp"
#include "tailwatch/text/encode.hpp"
#include "tailwatch/text/zipf_text.hpp"

namespace report = tailwatch::report;
namespace text = tailwatch::text;

report::corpus_sample corpus(const char* name, std::size_t words, double exponent, std::uint64_t seed,
                             text::vocabulary& vocabulary) {
  tailwatch::core::random_engine random(seed);
  report::corpus_sample out(name, {.tokens = 200000, .seed = seed});
  const std::string written = text::zipf_mandelbrot_text({.words = words, .exponent = exponent}, random);
  const tailwatch::token_sequences sentences = text::encode(written, vocabulary);
  for (std::size_t i = 0; i < sentences.size(); ++i) out.add_sequence(sentences[i]);
  out.end_document();
  return out;
}

int main() {
  text::vocabulary words;
  const auto reference = corpus("human", 60000, 1.1, 1, words);
  const auto alike = corpus("alike", 30000, 1.1, 2, words);
  const auto sharpened = corpus("sharpened", 30000, 1.25, 3, words);
  const std::vector<const report::corpus_sample*> candidates{&alike, &sharpened};
  const auto comparisons = report::compare_texts(reference, candidates, words);
  for (const report::text_comparison& c : comparisons) {
    std::printf("%s beside %s:\n", c.candidate_name.c_str(), c.reference_name.c_str());
    for (const report::sign_verdict& v : c.signs) std::printf("  %s\n", v.sentence.c_str());
  }
  std::printf("%s\n", report::progress_bar("done", 2, 2, 1.0).c_str());
  const std::string page = report::comparison_page(comparisons, {{"corpora", "generated"}});
  const bool right = !comparisons[0].collapsing() && comparisons[1].signs[0].shown && comparisons[1].signs[2].shown;
  return right && page.find("</html>") != std::string::npos ? 0 : 1;
}
