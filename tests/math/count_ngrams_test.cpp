// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/count_ngrams.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("math: count_ngrams agrees with a map of lists", "[math]") {
  const auto source = tailwatch::testing::categorical::zipf(6, 1.0);
  tailwatch::core::random_engine random(26);
  const auto tokens = source.tokens(500, random);
  for (std::size_t n = 1; n <= 5; ++n) {
    std::map<std::vector<std::uint32_t>, std::uint64_t> expected;
    for (std::size_t i = 0; i + n <= tokens.size(); ++i)
      ++expected[std::vector<std::uint32_t>(tokens.begin() + static_cast<std::ptrdiff_t>(i),
                                            tokens.begin() + static_cast<std::ptrdiff_t>(i + n))];
    std::vector<std::uint64_t> wanted;
    for (const auto& entry : expected) wanted.push_back(entry.second);
    auto counted = tailwatch::math::count_ngrams(tokens, n);
    std::ranges::sort(wanted);
    std::ranges::sort(counted);
    CHECK(counted == wanted);
  }
}

namespace {

template <class Source>
std::vector<std::uint64_t> count_ngrams_sorted(const Source& source, std::size_t n) {
  auto counts = tailwatch::math::count_ngrams(source, n);
  std::ranges::sort(counts);
  return counts;
}

/// Occurrences in two texts, by a map of lists.
std::map<std::vector<std::uint64_t>, std::pair<std::uint64_t, std::uint64_t>> count_ngrams_by_map(
    const tailwatch::core::token_sequences& a, const tailwatch::core::token_sequences& b, std::size_t n) {
  std::map<std::vector<std::uint64_t>, std::pair<std::uint64_t, std::uint64_t>> counts;
  const auto add = [&](const tailwatch::core::token_sequences& text, bool first) {
    for (std::size_t s = 0; s < text.size(); ++s)
      for (std::size_t i = 0; i + n <= text[s].size(); ++i) {
        auto& pair = counts[std::vector<std::uint64_t>(text[s].begin() + static_cast<std::ptrdiff_t>(i),
                                                       text[s].begin() + static_cast<std::ptrdiff_t>(i + n))];
        ++(first ? pair.first : pair.second);
      }
  };
  add(a, true);
  add(b, false);
  return counts;
}

/// Sequences of 0 to 9 tokens, ids multiplied by `spacing`.
tailwatch::core::token_sequences count_ngrams_text(std::size_t tokens, std::uint32_t types, std::uint32_t spacing,
                                                   std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  tailwatch::core::token_sequences text;
  while (text.token_count() < tokens) {
    std::vector<std::uint32_t> sequence(tailwatch::core::uniform_below(random, 10));
    for (auto& id : sequence) id = spacing * static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, types));
    text.push_back(sequence);
  }
  return text;
}

}  // namespace

TEST_CASE("math: count_ngrams takes ids of any integer type and size", "[math]") {
  const std::vector<std::int64_t> wide{-1, std::int64_t{1} << 60, -1, 3, std::int64_t{1} << 60, -1};
  CHECK(count_ngrams_sorted(wide, 1) == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(count_ngrams_sorted(wide, 2) == std::vector<std::uint64_t>{1, 1, 1, 2});
  CHECK(count_ngrams_sorted(std::vector<int>{}, 1).empty());
  CHECK(count_ngrams_sorted(std::vector<int>{4}, 2).empty());
  const std::vector<std::int8_t> narrow{-1, 5, -1, 5};
  CHECK(count_ngrams_sorted(narrow, 2) == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("math: count_ngrams does not cross the border of two sequences", "[math]") {
  tailwatch::core::token_sequences sequences;
  sequences.push_back(std::vector<int>{1, 2, 3});
  sequences.push_back(std::vector<int>{3, 1});
  CHECK(count_ngrams_sorted(sequences, 2) == std::vector<std::uint64_t>{1, 1, 1});
  CHECK(count_ngrams_sorted(sequences, 1) == std::vector<std::uint64_t>{1, 2, 2});
}

// Packed in 64 bits, in 128, renumbered first, and too long for a key; short texts and texts dealt into several parts.
TEST_CASE("math: n-grams of two texts and of groups agree with a map at every width of key", "[math]") {
  using namespace tailwatch;
  struct width {
    std::uint32_t types, spacing;
    std::size_t order, tokens;
  };
  for (const width w : {width{9, 1, 3, 300}, width{7, 600'000'000, 2, 300}, width{7, 600'000'000, 3, 300},
                        width{300, 1, 12, 4000}, width{3, 1, 70, 4000}, width{4, 1, 4, 30'000}, width{60, 1, 3, 60'000},
                        width{2, 1, 64, 100}, width{2, 1, 65, 100}, width{2, 1, 128, 100}, width{2, 1, 129, 100}}) {
    const auto a = count_ngrams_text(w.tokens, w.types, w.spacing, 1);
    const auto b = count_ngrams_text(w.tokens / 2, w.types, w.spacing, 2);
    core::token_sequences long_a, long_b;  // one long sequence each, so that high orders occur
    long_a.push_back(std::vector<std::uint32_t>(a.tokens().begin(), a.tokens().end()));
    long_b.push_back(std::vector<std::uint32_t>(b.tokens().begin(), b.tokens().end()));
    const bool high = w.order > 9;
    const core::token_sequences& x = high ? long_a : a;
    const core::token_sequences& y = high ? long_b : b;
    const auto expected = count_ngrams_by_map(x, y, w.order);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> wanted, counted;
    std::vector<std::uint64_t> wanted_of_a;
    for (const auto& entry : expected) {
      wanted.push_back(entry.second);
      if (entry.second.first != 0) wanted_of_a.push_back(entry.second.first);
    }
    math::visit_ngram_pairs(x, y, w.order,
                            [&](std::uint64_t first, std::uint64_t second) { counted.emplace_back(first, second); });
    std::ranges::sort(wanted);
    std::ranges::sort(counted);
    std::ranges::sort(wanted_of_a);
    CHECK(counted == wanted);
    CHECK(count_ngrams_sorted(x, w.order) == wanted_of_a);
    const auto totals = math::count_distinct_ngrams(x, w.order);
    CHECK(totals.distinct == wanted_of_a.size());

    const auto grouped = math::count_ngrams_by_group(x, w.order, 3);
    CHECK(grouped.distinct == wanted_of_a.size());
    CHECK(grouped.ngrams == totals.ngrams);
    CHECK(grouped.tokens == x.token_count());
    for (std::size_t g = 0; g < grouped.groups.size(); ++g) {
      core::token_sequences own, others;
      for (std::size_t s = 0; s < x.size(); ++s) (s % 3 == g ? own : others).push_back(x[s]);
      std::uint64_t alone = 0;
      for (const auto& entry : count_ngrams_by_map(own, others, w.order)) alone += entry.second.second == 0 ? 1 : 0;
      CHECK(grouped.groups[g].own == alone);
      CHECK(grouped.groups[g].tokens == own.token_count());
    }
  }
}

// Parts of very different lengths: the table grows within a part and starts the next one empty.
TEST_CASE("math: count_ngrams of a collapsed text", "[math]") {
  std::vector<std::uint32_t> text(100'000, 7);
  for (std::size_t i = 0; i < 20'000; ++i) text[i] = static_cast<std::uint32_t>(i);
  const auto counts = count_ngrams_sorted(text, 2);
  CHECK(counts.size() == 20'001);
  CHECK(counts.back() == 79'999);
  std::vector<std::uint64_t> same(50'000, std::uint64_t{1} << 40);
  CHECK(count_ngrams_sorted(same, 5) == std::vector<std::uint64_t>{49'996});
  CHECK(tailwatch::math::count_distinct_ngrams(same, 5).distinct == 1);
}
