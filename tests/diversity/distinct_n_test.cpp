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
