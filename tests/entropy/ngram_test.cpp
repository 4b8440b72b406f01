// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/ngram.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("entropy: ngram of an alternating list", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::ngram_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::entropy::conditional_ngram_fn>);
  std::vector<int> tokens;
  for (int i = 0; i < 1001; ++i) tokens.push_back(i % 2);
  CHECK(tailwatch::testing::close(tailwatch::entropy::ngram(tokens, {.order = 2}).value, std::log(2.0), 1e-14));
  CHECK(tailwatch::entropy::ngram(tokens, {.order = 2}).count == 1000);
  CHECK(std::isnan(tailwatch::entropy::ngram(tokens, {.order = 2}).standard_error));
  CHECK(tailwatch::entropy::ngram(tokens, {.order = 1}).standard_error < 1e-3);
  CHECK(std::abs(tailwatch::entropy::conditional_ngram(tokens, {.order = 2}).value) < 1e-5);
  CHECK(tailwatch::entropy::conditional_ngram(tokens, {.order = 1}).value ==
        tailwatch::entropy::ngram(tokens, {.order = 1}).value);
}

TEST_CASE("entropy: no n-gram crosses the border of two sequences", "[entropy]") {
  tailwatch::core::token_sequences sequences;
  sequences.push_back(std::vector<int>{1, 2});
  sequences.push_back(std::vector<int>{});
  sequences.push_back(std::vector<int>{1, 2});
  sequences.push_back(std::vector<int>{7});
  const auto e = tailwatch::entropy::ngram(sequences, {.order = 2});
  CHECK(e.value == 0.0);
  CHECK(e.count == 2);
  CHECK(std::isnan(tailwatch::entropy::ngram(sequences, {.order = 3}).value));
}

TEST_CASE("entropy: ngram of too few tokens is not defined", "[entropy]") {
  CHECK(std::isnan(tailwatch::entropy::ngram(std::vector<int>{}, {.order = 1}).value));
  CHECK(std::isnan(tailwatch::entropy::ngram(std::vector<int>{1, 2}, {.order = 3}).value));
  CHECK(std::isnan(tailwatch::entropy::conditional_ngram(std::vector<int>{1}, {.order = 2}).value));
  CHECK_THROWS_AS(tailwatch::entropy::ngram(std::vector<int>{1}, {.order = 0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::entropy::conditional_ngram(std::vector<int>{1}, {.order = 0}), std::invalid_argument);
}

TEST_CASE("entropy: conditional_ngram of independent tokens is their entropy", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(5, 1.0);
  tailwatch::core::random_engine random(25);
  const auto tokens = source.tokens(100000, random);
  const double h = tailwatch::entropy::ngram(tokens, {.order = 1}).value;
  CHECK(std::abs(tailwatch::entropy::conditional_ngram(tokens, {.order = 3}).value - h) < 2e-3);
}
