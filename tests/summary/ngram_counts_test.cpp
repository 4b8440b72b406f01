// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/summary/ngram_counts.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using tailwatch::token_sequences;
using tailwatch::summary::ngram_counts;
using tailwatch::summary::shared_ngrams;

namespace {

using gram_map = std::map<std::vector<std::uint32_t>, std::uint64_t>;

gram_map grams_of(const ngram_counts& table) {
  gram_map m;
  table.for_each([&](std::span<const std::uint32_t> gram, std::uint64_t count) {
    m[std::vector<std::uint32_t>(gram.begin(), gram.end())] = count;
  });
  return m;
}

token_sequences random_sequences(std::uint64_t seed, std::size_t n, std::uint64_t bound) {
  tailwatch::core::random_engine random(seed);
  token_sequences sequences;
  for (std::size_t s = 0; s < n; ++s) {
    std::vector<std::uint64_t> ids(static_cast<std::size_t>(tailwatch::core::uniform_below(random, 60)));
    for (auto& id : ids) {
      const std::uint64_t a = tailwatch::core::uniform_below(random, bound);
      id = a * tailwatch::core::uniform_below(random, bound) / bound;
      if (tailwatch::core::uniform_below(random, 50) == 0) id = bound;  // one beyond
    }
    sequences.push_back(ids);
  }
  return sequences;
}

}  // namespace

TEST_CASE("summary: n-grams do not cross the border of a sequence", "[summary]") {
  ngram_counts bigrams({.order = 2, .vocabulary = 10});
  bigrams.update(std::vector<int>{1, 2, 1, 2});
  bigrams.update(std::vector<int>{3});
  bigrams.update(std::vector<int>{});
  bigrams.update(std::vector<int>{1, 2});
  CHECK(bigrams.count() == 4);
  CHECK(bigrams.distinct() == 2);
  CHECK(bigrams.count_of(std::vector<int>{1, 2}) == 3);
  CHECK(bigrams.count_of(std::vector<int>{2, 1}) == 1);
  CHECK(bigrams.count_of(std::vector<int>{2, 3}) == 0);
  CHECK(bigrams.contains(std::vector<int>{2, 1}));
  CHECK_FALSE(bigrams.contains(std::vector<int>{2}));
  CHECK_FALSE(bigrams.contains(std::vector<int>{2, 1, 2}));
  CHECK_FALSE(bigrams.contains(std::vector<int>{2, -1}));
  CHECK_FALSE(bigrams.contains(std::vector<int>{2, 10}));
}

TEST_CASE("summary: n-grams that hold an id beyond the vocabulary are rejected", "[summary]") {
  ngram_counts trigrams({.order = 3, .vocabulary = 5});
  trigrams.update(std::vector<int>{0, 1, 2, 5, 3, 4, 0, -1});  // 6 windows, of which 012 and 340 are good
  CHECK(trigrams.count() == 2);
  CHECK(trigrams.rejected() == 4);
  trigrams.update(std::vector<int>{9, 9});  // too short to hold a window
  CHECK(trigrams.rejected() == 4);
}

TEST_CASE("summary: n-gram counts agree with a map, in 64 and in 128 bits", "[summary]") {
  for (const std::size_t order : {1U, 2U, 3U, 4U, 6U}) {
    for (const std::uint64_t vocabulary : {1ULL, 2ULL, 3ULL, 256ULL, 257ULL, 50257ULL, 1ULL << 20}) {
      CAPTURE(order, vocabulary);
      const token_sequences text = random_sequences(order * 1000 + vocabulary, 150, vocabulary);
      ngram_counts table({.order = order, .vocabulary = vocabulary});
      table.update(text);
      gram_map expected;
      std::uint64_t rejected = 0;
      for (std::size_t s = 0; s < text.size(); ++s) {
        for (std::size_t i = 0; i + order <= text[s].size(); ++i) {
          const auto gram = text[s].subspan(i, order);
          bool good = true;
          for (const std::uint32_t id : gram) good = good && id < vocabulary;
          if (good) {
            ++expected[std::vector<std::uint32_t>(gram.begin(), gram.end())];
          } else {
            ++rejected;
          }
        }
      }
      CHECK(grams_of(table) == expected);
      CHECK(table.rejected() == rejected);
      for (const auto& [gram, count] : expected) REQUIRE(table.count_of(gram) == count);
    }
  }
}

TEST_CASE("summary: sequences at once and one by one give the same n-grams", "[summary]") {
  const token_sequences text = random_sequences(3, 12000, 3000);
  for (const std::size_t order : {2U, 6U}) {
    ngram_counts at_once({.order = order, .vocabulary = 3000});
    at_once.update(text);
    ngram_counts one_by_one({.order = order, .vocabulary = 3000});
    for (std::size_t s = 0; s < text.size(); ++s) one_by_one.update(text[s]);
    CHECK(at_once == one_by_one);
  }
}

TEST_CASE("summary: shared n-grams", "[summary]") {
  ngram_counts a({.order = 2, .vocabulary = 100});
  ngram_counts b({.order = 2, .vocabulary = 100});
  a.update(std::vector<int>{1, 2, 3, 1, 2, 9});        // 12 ×2, 23, 31, 29
  b.update(std::vector<int>{1, 2, 3, 4, 1, 2, 1, 2});  // 12 ×3, 23, 34, 41, 21
  CHECK(a.shared_with(b) == shared_ngrams{2, 3, 4, 3});
  CHECK(b.shared_with(a) == shared_ngrams{2, 4, 3, 3});
  std::uint64_t in_a = 0;
  std::uint64_t in_b = 0;
  std::uint64_t all = 0;
  a.for_each_pair(b, [&](std::uint64_t x, std::uint64_t y) {
    in_a += x;
    in_b += y;
    ++all;
  });
  CHECK(in_a == a.count());
  CHECK(in_b == b.count());
  CHECK(all == 7);
  CHECK_THROWS_AS(a.shared_with(ngram_counts({.order = 3, .vocabulary = 100})), std::invalid_argument);
  CHECK_THROWS_AS(a.shared_with(ngram_counts({.order = 2, .vocabulary = 101})), std::invalid_argument);
}

TEST_CASE("summary: n-grams that do not fit 128 bits are refused by name", "[summary]") {
  CHECK_NOTHROW(ngram_counts({.order = 4}));
  CHECK_NOTHROW(ngram_counts({.order = 8, .vocabulary = 50257}));
  CHECK_NOTHROW(ngram_counts({.order = 128, .vocabulary = 2}));
  CHECK_THROWS_AS(ngram_counts({.order = 5}), std::invalid_argument);
  CHECK_THROWS_AS(ngram_counts({.order = 129, .vocabulary = 1}), std::invalid_argument);
  CHECK_THROWS_AS(ngram_counts({.order = 0}), std::invalid_argument);
  CHECK_THROWS_AS(ngram_counts({.vocabulary = 0}), std::invalid_argument);
  CHECK_THROWS_AS(ngram_counts({.vocabulary = (std::uint64_t{1} << 32) + 1}), std::invalid_argument);
  std::string what;
  try {
    ngram_counts({.order = 9, .vocabulary = 50257});
  } catch (const std::invalid_argument& error) {
    what = error.what();
  }
  CHECK(what ==
        "summary::ngram_counts: order is 9, must be at most 8 for a vocabulary of 50257: an n-gram is packed into 128 "
        "bits");
}

TEST_CASE("summary: a limited n-gram table samples n-grams and counts the rest", "[summary]") {
  const token_sequences text = random_sequences(9, 3000, 200);
  ngram_counts all({.order = 2, .vocabulary = 200});
  ngram_counts some({.order = 2, .vocabulary = 200, .max_keys = 500});
  all.update(text);
  some.update(text);
  CHECK(some.distinct() == 500);
  CHECK(some.count() + some.overflow() == all.count());
  CHECK(some.rejected() == all.rejected());
  some.for_each(
      [&](std::span<const std::uint32_t> gram, std::uint64_t count) { REQUIRE(all.count_of(gram) == count); });
}

TEST_CASE("summary: a saved n-gram with an id beyond the vocabulary is not loaded", "[summary]") {
  const ngram_counts like({.order = 2, .vocabulary = 5});  // 3 bits an id, so 5, 6 and 7 could be packed
  const auto forged = [&](std::uint64_t key) {
    tailwatch::core::output_archive out;
    out.begin({tailwatch::core::state_family::ngram_counts, like.parameters(), 0, 0, 1});
    out.u64(0);
    out.u64(0);
    out.u64(1);
    out.u64(key);
    out.u64(1);
    out.end();
    return std::move(out).bytes();
  };
  ngram_counts state = like;
  tailwatch::core::from_bytes(forged(0b100'011), state);
  CHECK(state.count_of(std::vector<int>{4, 3}) == 1);
  CHECK_THROWS_AS(tailwatch::core::from_bytes(forged(0b100'101), state), tailwatch::core::archive_error);
  CHECK_THROWS_AS(tailwatch::core::from_bytes(forged(0b1'000'000), state), tailwatch::core::archive_error);
}
