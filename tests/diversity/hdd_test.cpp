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

TEST_CASE("diversity: vocd_d_random scatters about vocd_d as its draw error says", "[diversity]") {
  using tailwatch::diversity::vocd_d;
  using tailwatch::diversity::vocd_d_random;
  const auto source = tailwatch::testing::categorical::zipf(400, 1.0);
  tailwatch::core::random_engine random(67);
  const auto tokens = source.tokens(1000, random);
  const double exact = vocd_d(tokens).value;
  // One run of the published settings, ten runs of as many draws: their mean lies about the exact D. The fit is not linear in the
  // ratios, which adds less than a tenth of a per cent here.
  const auto many = vocd_d_random(tokens, random, {.trials = 60});
  REQUIRE(many.trials.size() == 60);
  CHECK(many.d.count == 1000);
  CHECK(std::isnan(many.d.standard_error));
  CHECK(many.draw_error > 0.0);
  CHECK(many.draw_error < 0.01 * exact);
  CHECK(std::abs(many.d.value - exact) < 4.0 * many.draw_error + 0.001 * exact);
  tailwatch::core::random_engine first(5), second(5);
  const auto one = vocd_d_random(tokens, first);
  CHECK(one.trials.size() == 3);
  CHECK(one.trials == vocd_d_random(tokens, second).trials);
  CHECK(tailwatch::testing::close(one.d.value, exact, 0.1));

  // Samples as large as the text have its own ratio every time.
  const std::vector<int> text{1, 1, 2, 3, 4, 2, 5, 1};
  const auto whole = vocd_d_random(text, random, {.from = 8, .to = 8, .samples = 3});
  CHECK(tailwatch::testing::close(whole.d.value, vocd_d(text, {.from = 8, .to = 8}).value, 1e-12));
  CHECK(whole.draw_error < 1e-12);
  std::vector<int> distinct(60);
  std::iota(distinct.begin(), distinct.end(), 0);
  CHECK(std::isinf(vocd_d_random(distinct, random).d.value));
  CHECK(std::isnan(vocd_d_random(text, random).d.value));
  CHECK_THROWS_AS(vocd_d_random(tokens, random, {.trials = 0}), std::invalid_argument);
  CHECK_THROWS_AS(vocd_d_random(tokens, random, {.samples = 0}), std::invalid_argument);
  CHECK_THROWS_AS(vocd_d_random(tokens, random, {.from = 9, .to = 8}), std::invalid_argument);
}
