// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/summary/rare_types.hpp"

#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/summary/count_table.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("summary rare_types: several cut-offs in any order, by hand", "[summary]") {
  const std::vector<int> reference{1, 1, 2, 5, 0, 9}, generated{0, 3, 1, 0, 7, 20};
  const std::vector<std::uint64_t> cuts{5, 1, 2, 1, 100};
  const auto rare = summary::count_rare_types(counts(reference), counts(generated), cuts, "test");
  REQUIRE(rare.size() == 5);
  CHECK(rare[1] == summary::rare_types{1, 2, 1, 2, 3, 18, 31});
  CHECK(rare[3] == rare[1]);
  CHECK(rare[2] == summary::rare_types{2, 3, 2, 4, 4, 18, 31});
  CHECK(rare[0] == summary::rare_types{5, 4, 2, 9, 4, 18, 31});
  CHECK(rare[4] == summary::rare_types{100, 5, 3, 18, 24, 18, 31});
}

TEST_CASE("summary rare_types: states of the same tokens agree", "[summary]") {
  const std::vector<std::uint32_t> reference{0, 1, 1, 2, 3, 3, 3}, generated{1, 3, 3, 4, 2};
  const std::vector<std::uint64_t> cuts{1, 2};
  summary::dense_counts dense_r(5), dense_g(5);
  dense_r.update(reference);
  dense_g.update(generated);
  summary::count_table table_r, table_g;
  table_r.update(reference);
  table_g.update(generated);
  summary::ngram_counts gram_r({.order = 1}), gram_g({.order = 1});
  gram_r.update(reference);
  gram_g.update(generated);
  const auto expected = summary::count_rare_types(dense_r, dense_g, cuts, "test");
  CHECK(expected[0] == summary::rare_types{1, 2, 1, 2, 1, 7, 5});
  CHECK(summary::count_rare_types(table_r, table_g, cuts, "test") == expected);
  CHECK(summary::count_rare_types(gram_r, gram_g, cuts, "test") == expected);
}

TEST_CASE("summary rare_types: arguments", "[summary]") {
  const std::vector<int> two{1, 2}, three{1, 2, 3}, minus{1, -2};
  const std::vector<std::uint64_t> one{1}, zero{0};
  CHECK_THROWS_AS(summary::count_rare_types(counts(two), counts(three), one, "test"), std::invalid_argument);
  CHECK_THROWS_AS(summary::count_rare_types(counts(two), counts(minus), one, "test"), std::invalid_argument);
  CHECK_THROWS_AS(summary::count_rare_types(counts(two), counts(two), zero, "test"), std::invalid_argument);
}

TEST_CASE("summary binomial_share: inside, at the borders and without trials", "[summary]") {
  CHECK(summary::binomial_share(1, 4).value == 0.25);
  CHECK(close(summary::binomial_share(1, 4).standard_error, std::sqrt(0.1875 / 4.0), 1e-15));
  CHECK(summary::binomial_share(0, 9).value == 0.0);
  CHECK(close(summary::binomial_share(0, 9).standard_error, std::sqrt(0.05 * 0.95 / 9.0), 1e-15));
  CHECK(close(summary::binomial_share(9, 9).standard_error, summary::binomial_share(0, 9).standard_error, 1e-14));
  CHECK(std::isnan(summary::binomial_share(0, 0).value));
}
