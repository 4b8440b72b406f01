// SPDX-License-Identifier: BSL-1.0
// perplexity_quantiles and strided_windows.
#include "tailwatch/perplexity/perplexity_quantiles.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/strided_windows.hpp"
#include "tailwatch/perplexity/token_perplexity.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::estimator<perplexity::perplexity_quantiles_fn>);
static_assert(core::estimator<perplexity::windowed_perplexity_fn>);

TEST_CASE("perplexity quantiles: tokens, blocks and documents", "[perplexity]") {
  std::vector<double> x;
  for (const double ppl : {2.0, 4.0, 8.0, 16.0}) x.push_back(-std::log(ppl));
  const auto p = log_probabilities(x);
  const auto tokens = perplexity::perplexity_quantiles(p, {.probabilities = {0.5, 1.0 / 3.0, 0.9}});
  CHECK(close(tokens[0].value.value, 6.0, 1e-14));
  CHECK(close(tokens[1].value.value, 4.0, 1e-14));
  CHECK(close(tokens[2].value.value, 8.0 + 0.7 * 8.0, 1e-13));
  CHECK(tokens[0].value.count == 4);
  CHECK(tokens[0].interval.lower == 1.0);  // four tokens bound no median at 95 %
  CHECK(tokens[0].interval.upper == core::infinity);
  CHECK(std::isnan(tokens[0].value.standard_error));
  const auto blocks = perplexity::perplexity_quantiles(p, {.probabilities = {0.5}, .block = 3});
  CHECK(close(blocks[0].value.value, (4.0 + 16.0) / 2.0, 1e-14));
  const std::vector<int> lengths{1, 0, 3};
  const auto documents = perplexity::perplexity_quantiles(p, lengths, {.probabilities = {0.5}});
  CHECK(documents[0].value.count == 2);
  CHECK(close(documents[0].value.value, (2.0 + 8.0) / 2.0, 1e-14));
  const std::vector<std::uint8_t> mask{1, 0, 0, 1};
  CHECK(close(perplexity::perplexity_quantiles(p, {.probabilities = {0.5}, .mask = mask})[0].value.value, 9.0, 1e-14));
  CHECK(perplexity::perplexity_quantiles(p).size() == 9);
}

TEST_CASE("perplexity quantiles: edges and errors", "[perplexity]") {
  const std::vector<double> none, bad{-1.0, core::nan, -2.0}, logits{-1.0, 3.0};
  CHECK(std::isnan(perplexity::perplexity_quantiles(log_probabilities(none))[0].value.value));
  CHECK(std::isnan(perplexity::perplexity_quantiles(log_probabilities(bad))[0].value.value));
  CHECK(perplexity::perplexity_quantiles(log_probabilities(bad))[0].value.count == 3);
  CHECK_THROWS_AS(perplexity::perplexity_quantiles(log_probabilities(logits)), std::invalid_argument);
  CHECK_THROWS_AS(perplexity::token_perplexity(log_probabilities(logits)), std::invalid_argument);
  const std::vector<std::uint8_t> mask{1, 0};
  CHECK(perplexity::token_perplexity(log_probabilities(logits), {.mask = mask}).count == 1);
  CHECK_THROWS_AS(perplexity::perplexity_quantiles(log_probabilities(none), {.probabilities = {1.0}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(perplexity::perplexity_quantiles(log_probabilities(none), {.block = 0}), std::invalid_argument);
  CHECK_THROWS_AS(perplexity::perplexity_quantiles(log_probabilities(none), {.level = 1.0}), std::invalid_argument);
  const std::vector<double> zero{-core::infinity, -1.0};
  CHECK(perplexity::perplexity_quantiles(log_probabilities(zero), {.probabilities = {0.9}})[0].value.value ==
        core::infinity);
}

TEST_CASE("perplexity quantiles: the interval covers in both tails", "[perplexity]") {
  // −ln p exponential: the f-quantile of the perplexity is 1/(1 − f).
  core::random_engine random(9);
  constexpr int replicates = 1500;
  constexpr double level = 0.9;
  const std::vector<double> f{0.05, 0.5, 0.95};
  std::vector<int> covered(3, 0);
  std::vector<double> sum(3, 0.0), squares(3, 0.0), errors(3, 0.0);
  for (int r = 0; r < replicates; ++r) {
    std::vector<double> x(300);
    for (double& v : x) v = std::log1p(-core::uniform_01(random));
    const auto q = perplexity::perplexity_quantiles(log_probabilities(x), {.probabilities = f, .level = level});
    for (std::size_t k = 0; k < 3; ++k) {
      const double truth = 1.0 / (1.0 - f[k]);
      covered[k] += q[k].interval.lower <= truth && truth <= q[k].interval.upper ? 1 : 0;
      sum[k] += q[k].value.value;
      squares[k] += q[k].value.value * q[k].value.value;
      errors[k] += q[k].value.standard_error;
    }
  }
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(covered[k] >= level * replicates - 4.0 * std::sqrt(level * (1.0 - level) * replicates));
    CHECK(covered[k] <= 0.96 * replicates);
  }
  const double mean = sum[1] / replicates;
  const double spread = std::sqrt((squares[1] / replicates - mean * mean) * replicates / (replicates - 1.0));
  const double ratio = errors[1] / replicates / spread;
  CHECK(ratio > 1.0 - 4.0 / std::sqrt(2.0 * replicates));
  CHECK(ratio < 1.15);  // the interval covers with at least the level: a little wide
}

TEST_CASE("perplexity strided_windows: each token once", "[perplexity]") {
  using windows = std::vector<perplexity::scored_window>;
  CHECK(perplexity::strided_windows(10, {.length = 4, .stride = 2}) ==
        windows{{0, 1, 4}, {2, 4, 6}, {4, 6, 8}, {6, 8, 10}});
  CHECK(perplexity::strided_windows(9, {.length = 4, .stride = 4, .score_first = true}) ==
        windows{{0, 0, 4}, {4, 4, 8}, {8, 8, 9}});
  CHECK(perplexity::strided_windows(11, {.length = 4, .stride = 4, .unscored = 2, .drop_incomplete = true}) ==
        windows{{0, 2, 4}, {4, 6, 8}});
  CHECK(perplexity::strided_windows(3, {.length = 4, .stride = 4}) == windows{{0, 1, 3}});
  CHECK(perplexity::strided_windows(1, {.length = 4, .stride = 4}) == windows{{0, 1, 1}});
  CHECK(perplexity::strided_windows(0).empty());
  for (std::size_t tokens = 1; tokens < 60; ++tokens)
    for (std::size_t length = 1; length < 8; ++length)
      for (std::size_t stride = 1; stride <= length; ++stride) {
        std::vector<int> times(tokens, 0);
        for (const auto& w : perplexity::strided_windows(tokens, {.length = length, .stride = stride}))
          for (std::size_t t = w.scored; t < w.end; ++t) ++times[t];
        CHECK(times[0] == 0);
        for (std::size_t t = 1; t < tokens; ++t) REQUIRE(times[t] == 1);
      }
  CHECK_THROWS_AS(perplexity::strided_windows(5, {.length = 0}), std::invalid_argument);
  CHECK_THROWS_AS(perplexity::strided_windows(5, {.length = 4, .stride = 0}), std::invalid_argument);
  CHECK_THROWS_AS(perplexity::strided_windows(5, {.length = 4, .stride = 5}), std::invalid_argument);
  CHECK_THROWS_AS(perplexity::strided_windows(5, {.length = 4, .stride = 4, .unscored = 4}), std::invalid_argument);
}

TEST_CASE("perplexity windowed: scored tokens alone count", "[perplexity]") {
  const auto windows = perplexity::strided_windows(6, {.length = 4, .stride = 2});  // {0,1,4} {2,4,6}
  const std::vector<double> x{99.0, -1.0, -2.0, -3.0, 99.0, 99.0, -4.0, -5.0};
  const estimate e = perplexity::windowed_perplexity(log_probabilities(x), windows);
  CHECK(close(e.value, std::exp(3.0), 1e-14));
  CHECK(e.count == 5);
  // Two clusters: sums −6 of 3 and −9 of 2, residuals ±3.
  CHECK(close(e.standard_error, std::exp(3.0) * std::sqrt(2.0 * 18.0) / 5.0, 1e-14));
  CHECK_THROWS_AS(perplexity::windowed_perplexity(log_probabilities(x), {}), std::invalid_argument);
  const std::vector<double> none;
  CHECK(std::isnan(perplexity::windowed_perplexity(log_probabilities(none), {}).value));
}
