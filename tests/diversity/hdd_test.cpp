// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hdd.hpp"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/token_sequences.hpp"

TEST_CASE("diversity: hdd is the type-token ratio of a draw", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::hdd_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::vocd_d_fn>);
  const std::vector<int> tokens{1, 1, 2, 3, 4, 2, 5, 1};
  CHECK(tailwatch::testing::close(tailwatch::diversity::hdd(tokens, {.draws = 8}).value, 5.0 / 8.0, 1e-14));
  CHECK(tailwatch::testing::close(tailwatch::diversity::hdd(tokens, {.draws = 1}).value, 1.0, 1e-14));
  // two draws differ unless they are the same word: 1 − (3 + 1)/28 pairs
  CHECK(tailwatch::testing::close(tailwatch::diversity::hdd(tokens, {.draws = 2}).value, (1.0 + 24.0 / 28.0) / 2.0,
                                  1e-14));
  CHECK(std::isnan(tailwatch::diversity::hdd(tokens).value));
  CHECK_THROWS_AS(tailwatch::diversity::hdd(tokens, {.draws = 0}), std::invalid_argument);
}

TEST_CASE("diversity: hdd is unbiased for fewer draws than tokens", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(200, 1.0);
  const auto few = tailwatch::testing::replicate(
      2000, 64, [&](auto& random) { return tailwatch::diversity::hdd(source.tokens(42, random)); });
  const auto many = tailwatch::testing::replicate(
      100, 65, [&](auto& random) { return tailwatch::diversity::hdd(source.tokens(2000, random)); });
  CHECK(std::abs(few.mean - many.mean) < 4.0 * (few.deviation / std::sqrt(2000.0) + many.deviation / 10.0));
}

TEST_CASE("diversity: vocd_d inverts its own curve", "[diversity]") {
  // One sample size: D solves the curve there exactly.
  const auto source = tailwatch::testing::categorical::zipf(200, 1.0);
  tailwatch::core::random_engine random(66);
  const auto tokens = source.tokens(500, random);
  const double d = tailwatch::diversity::vocd_d(tokens, {.from = 42, .to = 42}).value;
  CHECK(tailwatch::testing::close(d / 42.0 * (std::sqrt(1.0 + 84.0 / d) - 1.0), tailwatch::diversity::hdd(tokens).value,
                                  1e-12));
  std::vector<int> distinct(60);
  std::iota(distinct.begin(), distinct.end(), 0);
  CHECK(std::isinf(tailwatch::diversity::vocd_d(distinct).value));
  CHECK(std::isnan(tailwatch::diversity::vocd_d(std::vector<int>{1, 1}).value));
  CHECK_THROWS_AS(tailwatch::diversity::vocd_d(tokens, {.from = 5, .to = 4}), std::invalid_argument);
}
