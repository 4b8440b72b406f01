// SPDX-License-Identifier: BSL-1.0
// Responses that say the same thing: repeated lines, repeated n-grams, responses that resemble each other or get stuck.

#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch/document_sample.hpp"
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
  const estimate repeated = uniqueness::repetition_n(sequences, {.order = 3, .groups = 6});  // error over responses
  const estimate within = uniqueness::sequence_repetition_n(sequences, {.order = 1});
  const estimate shared = uniqueness::self_repetition(sequences, {.order = 4});
  const estimate bleu = uniqueness::self_bleu(sequences);
  sketch::document_sample ranks[2];  // the same from two ranks, each with half of the responses
  for (std::size_t i = 0; i < sequences.size(); ++i) ranks[i % 2].add(i, sequences[i]);
  ranks[0].merge(ranks[1]);
  const estimate merged = uniqueness::self_bleu(ranks[0]);
  const std::vector<int> prompts{0, 0, 1, 1, 1, 1};  // which prompt each response answers
  const estimate unique = uniqueness::unique_response_ratio(prompts, responses);
  // Four attempts at the first prompt of which one is right, four at the second of which none is.
  const std::vector<uniqueness::prompt_successes> attempts{{4, 1}, {4, 0}};
  const estimate pass = uniqueness::pass_at_k(attempts, {.k = 2});
  token_sequences stuck = sequences;
  stuck.push_back(std::vector<int>{1, 2, 3, 4, 5, 3, 4, 5, 3, 4, 5});
  const auto loops = uniqueness::sequence_loops(stuck);
  std::printf("unique within a prompt      %.3f(%.3f)\nend in a loop               %.3f(%.3f)\n", unique.value,
              unique.standard_error, loops.rate.value, loops.rate.standard_error);
  std::printf("pass@2                      %.3f(%.3f)\n", pass.value, pass.standard_error);
  std::printf("repeat an earlier response  %.3f\nhave a copy                 %.3f\n", duplicates.value, members.value);
  std::printf("repeated 3-grams            %.3f(%.3f)\nrepeated words in each      %.3f(%.3f)\n", repeated.value,
              repeated.standard_error, within.value, within.standard_error);
  std::printf("self-repetition             %.3f(%.3f)\nself-BLEU                   %.3f(%.3f)\n", shared.value,
              shared.standard_error, bleu.value, bleu.standard_error);
  return std::abs(merged.value - bleu.value) < 1e-12 && duplicates.value == 2.0 / 6.0 && members.value == 0.5 &&
                 bleu.value > 0.5 && shared.value > 1.0 && unique.value == 0.75 && pass.value == 0.25 &&
                 loops.loops.back().period == 3 && loops.loops.back().repeats == 3
             ? 0
             : 1;
}
