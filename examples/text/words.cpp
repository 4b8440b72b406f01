// SPDX-License-Identifier: BSL-1.0

// From a text to counts: words, sentences, ids, and the vocabulary that belongs to them. Give a file as the argument to
// read that instead.

#include <iostream>
#include <string>
#include <utility>

#include "tailwatch/summary.hpp"
#include "tailwatch/text.hpp"

int main(int argc, char** argv) {
  using namespace tailwatch;
  std::string source =
      "It was the best of times, it was the\nworst of times. Don\u2019t ask why! It was the age of\nwisdom: "
      "\u0432\u0435\u043A \u041C\u0423\u0414\u0420\u041E\u0421\u0422\u0418.\n";
  if (argc > 1) {
    text::file_text file = text::read_text(argv[1]);
    if (!file.error.empty()) {
      std::cerr << file.error << '\n';
      return 1;
    }
    source = std::move(file.text);
  }

  text::vocabulary words;
  const token_sequences sentences = text::encode(source, words);
  summary::dense_counts counts(words.size());
  counts.update(sentences);

  std::cout << sentences.size() << " sentences, " << sentences.token_count() << " words, " << words.size()
            << " types\n";
  for (text::vocabulary::id_type id = 0; id < words.size() && id < 12; ++id)
    std::cout << counts[id] << "  " << words.word(id) << '\n';

  // The words of another text under the same vocabulary: what it does not know is rejected and counted.
  summary::dense_counts other(words.size());
  other.update(text::encode_known("It was winter.", words));
  std::cout << "known " << other.count() << ", unknown " << other.rejected() << '\n';

  if (argc > 1) return 0;
  const bool good = sentences.size() == 3 && words.size() == 14 && counts[*words.find("it")] == 3 &&
                    words.contains("don't") && words.contains("\u043C\u0443\u0434\u0440\u043E\u0441\u0442\u0438") &&
                    other.count() == 2 && other.rejected() == 1;
  return good ? 0 : 1;
}
