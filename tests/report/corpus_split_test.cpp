// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/report/corpus_split.hpp"

#include <set>
#include <vector>

#include "support/catch.hpp"

using namespace tailwatch;

namespace {

// Every sentence carries its own number, so that each can be followed to its part.
core::token_sequences numbered_sentences(std::size_t n) {
  core::token_sequences corpus;
  for (std::size_t i = 0; i < n; ++i) corpus.push_back(std::vector<std::size_t>(3 + i % 7, i));
  return corpus;
}

}  // namespace

TEST_CASE("report: the parts of a corpus are disjoint, complete and of equal size", "[report]") {
  const auto corpus = numbered_sentences(4000);
  const auto split = report::split_corpus(corpus, {.tokens = 0, .baseline_parts = 6, .fresh_parts = 2.0, .seed = 7});
  std::multiset<std::uint32_t> seen;
  std::vector<const core::token_sequences*> parts{&split.reference, &split.train, &split.control, &split.fresh};
  for (const auto& b : split.baseline) parts.push_back(&b);
  for (const auto* part : parts)
    for (std::size_t i = 0; i < part->size(); ++i) seen.insert((*part)[i].front());
  CHECK(seen.size() == corpus.size());
  CHECK(std::set<std::uint32_t>(seen.begin(), seen.end()).size() == corpus.size());
  CHECK(split.baseline.size() == 6);
  CHECK(split.reference.token_count() < split.tokens + 10);
  for (const auto& b : split.baseline) {
    CHECK(b.token_count() >= split.tokens);
    CHECK(b.token_count() < split.tokens + 10);
  }
  CHECK(split.control.token_count() >= split.tokens);
  CHECK(split.fresh.token_count() + 20 >= 2 * split.tokens);
  CHECK_FALSE(split.lowered);
}

TEST_CASE("report: the split follows the seed and says when it had to lower the size", "[report]") {
  const auto corpus = numbered_sentences(2000);
  const auto a = report::split_corpus(corpus, {.tokens = 500, .seed = 1});
  CHECK(a.train == report::split_corpus(corpus, {.tokens = 500, .seed = 1}).train);
  CHECK_FALSE(a.train == report::split_corpus(corpus, {.tokens = 500, .seed = 2}).train);
  CHECK(a.tokens == 500);
  const auto b = report::split_corpus(corpus, {.tokens = 100000});
  CHECK(b.lowered);
  CHECK(b.control.token_count() >= b.tokens);
  CHECK_THROWS_AS(report::split_corpus(corpus, {.baseline_parts = 4}), std::invalid_argument);
  CHECK(report::split_corpus({}, {}).tokens == 0);
}
