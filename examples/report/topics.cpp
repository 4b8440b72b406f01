// SPDX-License-Identifier: BSL-1.0

// What a text is about, and which of its topics another text has lost.

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/report/corpus_sample.hpp"
#include "tailwatch/report/text_comparison.hpp"
#include "tailwatch/report/text_parts.hpp"
#include "tailwatch/report/topic_space.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace report = tailwatch::report;

constexpr std::size_t topics = 8, common = 300, own = 25;

/// Documents on one of eight topics each; a third of a document's words are its topic's own. Those below `from` are not written.
report::corpus_sample corpus(const char* name, std::size_t documents, std::size_t from, std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  report::corpus_sample out(name, {.seed = seed});
  for (std::size_t d = 0; d < documents; ++d) {
    const std::size_t topic = from + tailwatch::core::uniform_below(random, topics - from);
    for (int sentence = 0; sentence < 10; ++sentence) {
      std::vector<std::uint32_t> words;
      for (int i = 0; i < 15; ++i)
        words.push_back(
            static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, 3) == 0
                                           ? common + topic * own + tailwatch::core::uniform_below(random, own)
                                           : tailwatch::core::uniform_below(random, common)));
      out.add_sequence(words);
    }
    out.end_document();
  }
  return out;
}

int main() {
  tailwatch::text::vocabulary words;
  for (std::size_t i = 0; i < common; ++i) words.add("w" + std::to_string(i));
  for (std::size_t t = 0; t < topics; ++t)
    for (std::size_t i = 0; i < own; ++i) words.add(std::string(1, static_cast<char>('A' + t)) + std::to_string(i));

  const auto human = corpus("human", 800, 0, 1);
  const report::passage_list passages = human.sample();
  const report::topic_space space(passages, words.size(), {.dimension = 16, .most_topics = topics});
  const auto marks = space.words(passages);
  std::printf("%zu passages of %zu words on %zu topics:\n", passages.size(), report::joined(passages).token_count(),
              space.topics());
  for (std::size_t t = 0; t < space.topics(); ++t) {
    std::printf("  %3d passages:", static_cast<int>(space.sizes()[t]));
    for (const std::uint32_t id : marks[t]) std::printf(" %s", std::string(words.word(id)).c_str());
    std::printf("\n");
  }

  const auto generated = corpus("generated", 400, 1, 2);  // nothing on topic A
  const report::corpus_sample* candidates[] = {&generated};
  const auto comparison = report::compare_texts(human, candidates, words).front();
  const auto& verdict = comparison.signs[static_cast<std::size_t>(report::collapse_sign::rare_topics_unreachable)];
  std::printf("%s\n", verdict.sentence.c_str());
  return verdict.shown && comparison.topics.front().lost && comparison.topics.front().words.front() == 'A' ? 0 : 1;
}
