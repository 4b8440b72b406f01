// SPDX-License-Identifier: BSL-1.0
// Responses that say the same thing: repeated lines, repeated n-grams, responses that resemble each other.

#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/uniqueness.hpp"

using namespace tailwatch;

int main() {
  const std::vector<std::string> responses{"the cat sat on the mat and looked at the moon",
                                           "the dog ran over the hill to the old mill",
                                           "i am happy to help you with that",
                                           "i am happy to help you with that",
                                           "i am happy to help you with your question",
                                           "i am happy to help you with that"};
  std::map<std::string, unsigned> ids;
  token_sequences sequences;
  for (const std::string& response : responses) {
    std::istringstream in(response);
    std::vector<unsigned> words;
    for (std::string word; in >> word;)
      words.push_back(ids.try_emplace(word, static_cast<unsigned>(ids.size())).first->second);
    sequences.push_back(words);
  }

  const estimate duplicates = uniqueness::exact_duplicate_rate(responses);
  const estimate members = uniqueness::duplicate_member_rate(sequences);
  const estimate repeated = uniqueness::repetition_n(sequences, {.order = 3});
  const estimate shared = uniqueness::self_repetition(sequences, {.order = 4});
  const estimate bleu = uniqueness::self_bleu(sequences);
  std::printf("repeat an earlier response  %.3f\nhave a copy                 %.3f\n", duplicates.value, members.value);
  std::printf("repeated 3-grams            %.3f(%.3f)\n", repeated.value, repeated.standard_error);
  std::printf("self-repetition             %.3f(%.3f)\nself-BLEU                   %.3f(%.3f)\n", shared.value,
              shared.standard_error, bleu.value, bleu.standard_error);
  return duplicates.value == 2.0 / 6.0 && members.value == 0.5 && bleu.value > 0.5 && shared.value > 1.0 ? 0 : 1;
}
