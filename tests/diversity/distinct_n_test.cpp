// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/distinct_n.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("diversity: distinct_n of tokens, sequences and counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::distinct_n_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::ngram_diversity_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::expectation_adjusted_distinct_fn>);
  const std::vector<int> tokens{1, 2, 1, 2, 1};
  CHECK(tailwatch::diversity::distinct_n(tokens).value == 0.5);
  CHECK(tailwatch::diversity::distinct_n(tokens).count == 4);
  CHECK(std::isnan(tailwatch::diversity::distinct_n(tokens).standard_error));
  CHECK(tailwatch::diversity::distinct_n(tokens, {.denominator = tailwatch::diversity::distinct_denominator::tokens})
            .value == 0.4);
  CHECK(tailwatch::diversity::distinct_n(tokens, {.order = 1}).value == 0.4);
  tailwatch::core::token_sequences sequences;
  sequences.push_back(std::vector<int>{1, 2, 1});
  sequences.push_back(std::vector<int>{2, 1});
  CHECK(tailwatch::testing::close(tailwatch::diversity::distinct_n(sequences).value, 2.0 / 3.0, 1e-15));
  const std::vector<int> occurrences{2, 1};
  CHECK(tailwatch::diversity::distinct_n(tailwatch::core::counts(occurrences)).value ==
        tailwatch::diversity::distinct_n(sequences).value);
  CHECK(std::isnan(tailwatch::diversity::distinct_n(tokens, {.order = 6}).value));
  CHECK(std::isnan(tailwatch::diversity::distinct_n(std::vector<int>{}).value));
  CHECK_THROWS_AS(tailwatch::diversity::distinct_n(tokens, {.order = 0}), std::invalid_argument);
}

TEST_CASE("diversity: distinct_n leaves out one group at a time", "[diversity]") {
  tailwatch::core::token_sequences text;
  text.push_back(std::vector<int>{1, 2, 3});     // group 0: 12 23
  text.push_back(std::vector<int>{1, 2, 4, 4});  // group 1: 12 24 44
  text.push_back(std::vector<int>{2, 3, 2});     // group 0: 23 32
  text.push_back(std::vector<int>{7});           // group 1: none
  const auto plain = tailwatch::diversity::distinct_n(text);
  const auto e = tailwatch::diversity::distinct_n(text, {.order = 2, .groups = 2});
  CHECK(e.value == plain.value);
  CHECK(e.value == 5.0 / 7.0);
  CHECK(e.count == plain.count);
  // Without group 0 three of three, without group 1 three of four: the jackknife of two is half their difference.
  CHECK(tailwatch::testing::close(e.standard_error, 0.125, 1e-14));
  using tailwatch::diversity::distinct_denominator;
  const auto per_token =
      tailwatch::diversity::distinct_n(text, {.denominator = distinct_denominator::tokens, .groups = 2});
  CHECK(per_token.value == 5.0 / 11.0);
  CHECK(tailwatch::testing::close(per_token.standard_error, 0.5 * (3.0 / 5.0 - 3.0 / 6.0), 1e-13));
  const auto words = tailwatch::diversity::distinct_n(text, {.order = 1, .groups = 4});
  CHECK(words.value == tailwatch::diversity::distinct_n(text, {.order = 1}).value);
  CHECK(tailwatch::diversity::distinct_n(text, {.groups = 100}).standard_error ==
        tailwatch::diversity::distinct_n(text, {.groups = 4}).standard_error);

  CHECK_THROWS_AS(tailwatch::diversity::distinct_n(text, {.groups = 1}), std::invalid_argument);
  const std::vector<int> one{1, 2, 1, 2};
  CHECK(tailwatch::diversity::distinct_n(one, {.groups = 20}).value == tailwatch::diversity::distinct_n(one).value);
  CHECK(std::isnan(tailwatch::diversity::distinct_n(one, {.groups = 20}).standard_error));  // one sequence
  tailwatch::core::token_sequences same;
  CHECK(std::isnan(tailwatch::diversity::distinct_n(same, {.groups = 3}).value));
  for (int i = 0; i < 6; ++i) same.push_back(one);
  CHECK(std::isnan(tailwatch::diversity::distinct_n(same, {.groups = 3}).standard_error));  // nothing varies
}

TEST_CASE("diversity: the grouped error of distinct_n holds for dependent text", "[diversity]") {
  // A Markov text: with probability 0.7 the word that followed last time's rule, else a fresh Zipf word.
  const auto source = tailwatch::testing::categorical::zipf(3000, 1.0);
  const auto s = tailwatch::testing::replicate(300, 71, [&](auto& random) {
    tailwatch::core::token_sequences text;
    for (int sequence = 0; sequence < 120; ++sequence) {
      const auto fresh = source.tokens(40, random);
      const auto coin = tailwatch::testing::categorical::zipf(10, 0.0).tokens(40, random);
      std::vector<int> tokens(40);
      for (std::size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = i > 0 && coin[i] < 7 ? (tokens[i - 1] * 17 + 5) % 3000 : static_cast<int>(fresh[i]);
      text.push_back(tokens);
    }
    return tailwatch::diversity::distinct_n(text, {.order = 2, .groups = 20});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: ngram_diversity adds up distinct_n", "[diversity]") {
  const std::vector<int> tokens{1, 2, 1, 2, 1};
  CHECK(tailwatch::testing::close(tailwatch::diversity::ngram_diversity(tokens, {.max_order = 3}).value,
                                  0.4 + 0.5 + 2.0 / 3.0, 1e-14));
  CHECK(std::isnan(tailwatch::diversity::ngram_diversity(tokens, {.max_order = 6}).value));
  CHECK_THROWS_AS(tailwatch::diversity::ngram_diversity(tokens, {.max_order = 0}), std::invalid_argument);
}

TEST_CASE("diversity: expectation_adjusted_distinct of a uniform source is one", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(500, 0.0);
  const auto s = tailwatch::testing::replicate(200, 67, [&](auto& random) {
    return tailwatch::diversity::expectation_adjusted_distinct(source.tokens(800, random), {.vocabulary_size = 500});
  });
  CHECK(std::abs(s.mean - 1.0) < 4.0 * s.deviation / std::sqrt(200.0));
  const std::vector<int> tokens{1, 2};
  CHECK(tailwatch::testing::close(
      tailwatch::diversity::expectation_adjusted_distinct(tokens, {.vocabulary_size = 2}).value, 2.0 / 1.5, 1e-14));
  CHECK(tailwatch::diversity::expectation_adjusted_distinct(tokens, {.vocabulary_size = 1}).value == 2.0);
  CHECK_THROWS_AS(tailwatch::diversity::expectation_adjusted_distinct(tokens, {}), std::invalid_argument);
}
