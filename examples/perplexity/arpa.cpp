// SPDX-License-Identifier: BSL-1.0

// A language model as a text file that KenLM and SRILM read, and as bytes that give back the very same model.

#include "tailwatch/perplexity/arpa.hpp"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_archive.hpp"
#include "tailwatch/text/vocabulary.hpp"

using namespace tailwatch;

int main() {
  text::vocabulary words;
  token_sequences training;
  for (const char* line : {"the cat sat on the mat", "the dog sat on the log", "a cat saw the dog"}) {
    std::istringstream in(line);
    std::vector<std::uint32_t> ids;
    for (std::string word; in >> word;) ids.push_back(words.add(word));
    training.push_back(ids);
  }
  const perplexity::kneser_ney model(training, {.order = 3});

  std::ostringstream file;  // or a std::ofstream
  perplexity::write_arpa(file, model, words, {.digits = 6});
  std::cout << file.str().substr(0, 300) << "...\n";

  std::istringstream in(file.str());
  text::vocabulary other;  // whoever reads the file has ids of their own
  const perplexity::kneser_ney read = perplexity::read_arpa(in, other);
  const double ours = model.log_probability({}, *words.find("cat"));
  const double theirs = read.log_probability({}, *other.find("cat"));
  std::printf("ln p(cat | <s>) %.6f, from the file %.6f\n", ours, theirs);

  const auto bytes = perplexity::kneser_ney_to_bytes(model);
  const perplexity::kneser_ney same = perplexity::kneser_ney_from_bytes(bytes);
  std::printf("saved in %zu bytes, equal: %s\n", bytes.size(), same == model ? "yes" : "no");
  return same == model && std::abs(ours - theirs) < 1e-5 && read.ngram_count(3) == model.ngram_count(3) ? 0 : 1;
}
