// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/ngram.hpp"

#include <cmath>
#include <span>
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
  CHECK(tailwatch::entropy::ngram(tokens, {.order = 2}).standard_error < 1e-3);
  CHECK(std::isnan(tailwatch::entropy::ngram(tokens, {.order = 2, .blocks = 0}).standard_error));
  CHECK_THROWS_AS(tailwatch::entropy::ngram(tokens, {.order = 2, .blocks = 256}), std::invalid_argument);
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

TEST_CASE("entropy: the errors of n-gram entropies match their scatter", "[entropy]") {
  for (const double exponent : {1.0, 0.0}) {
    const auto source = tailwatch::testing::categorical::zipf(exponent > 0.0 ? 50 : 100, exponent);
    for (const bool conditional : {false, true}) {
      const auto s = tailwatch::testing::replicate(400, 57, [&](auto& random) {
        const auto tokens = source.tokens(2000, random);
        return conditional ? tailwatch::entropy::conditional_ngram(tokens) : tailwatch::entropy::ngram(tokens);
      });
      INFO((exponent > 0.0 ? "Zipf" : "uniform") << (conditional ? ", conditional" : "") << ": deviation "
                                                 << s.deviation << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
  }
}

TEST_CASE("entropy: the error of an n-gram entropy knows of dependent tokens", "[entropy]") {
  // Three tokens of four continue a count upwards: independent ones would have an error of half the scatter.
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(400, 58, [&](auto& random) {
    auto tokens = source.tokens(2000, random);
    for (std::size_t i = 1; i < tokens.size(); ++i)
      if (tailwatch::core::uniform_01(random) < 0.75) tokens[i] = (tokens[i - 1] + 1) % 50;
    return tailwatch::entropy::ngram(tokens, {.order = 3});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("entropy: the blocks of an n-gram entropy leave out what they hold", "[entropy]") {
  // Two sequences, 8 blocks of 25 tokens: every left-out entropy against a text counted without those n-grams.
  const auto source = tailwatch::testing::categorical::zipf(6, 1.0);
  tailwatch::core::random_engine random(3);
  const auto tokens = source.tokens(200, random);
  const std::vector<std::size_t> ends{90, 200};
  const tailwatch::entropy::detail::blocked_ngrams blocked(std::span<const std::uint32_t>(tokens),
                                                           std::span<const std::size_t>(ends), 2, 8);
  const auto counted = [&](std::size_t b, std::size_t c) {
    std::vector<int> counts(36);
    for (std::size_t i = 0; i + 1 < 200; ++i)
      if (i != 89 && i / 25 != b && i / 25 != c) ++counts[tokens[i] * 6 + tokens[i + 1]];
    return tailwatch::entropy::plugin(counts).value;
  };
  CHECK(tailwatch::testing::close(blocked.without(), counted(9, 9), 1e-13));
  for (std::size_t b = 0; b < 8; ++b) {
    CHECK(tailwatch::testing::close(blocked.without(b), counted(b, 9), 1e-12));
    for (std::size_t c = b + 1; c < 8; ++c)
      CHECK(tailwatch::testing::close(blocked.without(b, c), counted(b, c), 1e-12));
  }
}
