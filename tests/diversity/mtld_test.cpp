// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/mtld.hpp"

#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: mtld of texts without variety and without repetition", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::mtld_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::mtld_forward_fn>);
  static_assert(tailwatch::core::estimator<tailwatch::diversity::mtld_moving_average_fn>);
  using tailwatch::diversity::mtld_close;
  CHECK(tailwatch::diversity::mtld(std::vector<int>(50, 7)).value == 2.0);
  std::vector<int> distinct(50);
  std::iota(distinct.begin(), distinct.end(), 0);
  CHECK(std::isinf(tailwatch::diversity::mtld(distinct).value));
  CHECK(std::isinf(tailwatch::diversity::mtld_moving_average(distinct).value));
  CHECK(std::isnan(tailwatch::diversity::mtld(std::vector<int>{}).value));
  CHECK(tailwatch::diversity::mtld_moving_average(std::vector<int>(50, 7)).value == 10.0);
  CHECK_THROWS_AS(tailwatch::diversity::mtld(distinct, {.threshold = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::diversity::mtld(distinct, {.min_length = 0}), std::invalid_argument);
}

TEST_CASE("diversity: mtld closes a factor below the threshold or at it", "[diversity]") {
  // 18 types in 25 tokens: exactly 0.72
  std::vector<int> tokens(25);
  std::iota(tokens.begin(), tokens.end(), 0);
  for (std::size_t i = 18; i < 25; ++i) tokens[i] = tokens[i - 18];
  using tailwatch::diversity::mtld_close;
  CHECK(tailwatch::testing::close(tailwatch::diversity::mtld_forward(tokens, {.close = mtld_close::at_most}).value,
                                  25.0, 1e-13));
  CHECK(tailwatch::testing::close(tailwatch::diversity::mtld_forward(tokens, {.close = mtld_close::below}).value, 25.0,
                                  1e-13));
  tokens.push_back(99);
  CHECK(tailwatch::testing::close(tailwatch::diversity::mtld_forward(tokens, {.close = mtld_close::at_most}).value,
                                  26.0, 1e-13));
  CHECK(tailwatch::diversity::mtld_forward(tokens, {.close = mtld_close::below}).value > 26.0);
}

TEST_CASE("diversity: mtld's last token may be kept out of full factors", "[diversity]") {
  const std::vector<int> tokens(50, 7);
  const auto e = tailwatch::diversity::mtld(
      tokens, {.min_length = 10, .last_token = tailwatch::diversity::mtld_last_token::always_partial});
  CHECK(tailwatch::testing::close(e.value, 50.0 / (4.0 + 0.9 / 0.28), 1e-14));
}

TEST_CASE("diversity: mtld is the mean of its two ways", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(80, 1.0);
  tailwatch::core::random_engine random(68);
  const auto tokens = source.tokens(700, random);
  const std::vector<std::uint32_t> reversed(tokens.rbegin(), tokens.rend());
  static_assert(tailwatch::core::estimator<tailwatch::diversity::mtld_backward_fn>);
  const double forward = tailwatch::diversity::mtld_forward(tokens).value;
  const double backward = tailwatch::diversity::mtld_backward(tokens).value;
  CHECK(backward == tailwatch::diversity::mtld_forward(reversed).value);
  CHECK(forward != backward);
  CHECK(tailwatch::testing::close(tailwatch::diversity::mtld(tokens).value, 0.5 * (forward + backward), 1e-15));
}
