// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/count_ngrams.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
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

TEST_CASE("math: count_ngrams takes ids of any integer type and size", "[math]") {
  const std::vector<std::int64_t> wide{-1, std::int64_t{1} << 60, -1, 3, std::int64_t{1} << 60, -1};
  CHECK(tailwatch::math::count_ngrams(wide, 1) == std::vector<std::uint64_t>{3, 2, 1});
  CHECK(tailwatch::math::count_ngrams(wide, 2) == std::vector<std::uint64_t>{1, 2, 1, 1});
  CHECK(tailwatch::math::count_ngrams(std::vector<int>{}, 1).empty());
  CHECK(tailwatch::math::count_ngrams(std::vector<int>{4}, 2).empty());
}

TEST_CASE("math: count_ngrams does not cross the border of two sequences", "[math]") {
  tailwatch::core::token_sequences sequences;
  sequences.push_back(std::vector<int>{1, 2, 3});
  sequences.push_back(std::vector<int>{3, 1});
  CHECK(tailwatch::math::count_ngrams(sequences, 2) == std::vector<std::uint64_t>{1, 1, 1});
  CHECK(tailwatch::math::count_ngrams(sequences, 1) == std::vector<std::uint64_t>{2, 1, 2});
}
