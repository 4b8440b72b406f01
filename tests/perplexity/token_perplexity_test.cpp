// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/perplexity/token_perplexity.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/bits_per_byte.hpp"
#include "tailwatch/perplexity/document_perplexity.hpp"

namespace {

using tailwatch::log_probabilities;
using tailwatch::perplexity::bits_per_byte;
using tailwatch::perplexity::bits_per_token;
using tailwatch::perplexity::mean_document_perplexity;
using tailwatch::perplexity::perplexity_per_byte;
using tailwatch::perplexity::perplexity_per_document;
using tailwatch::perplexity::perplexity_per_word;
using tailwatch::perplexity::token_perplexity;
using tailwatch::testing::close;

constexpr double token_inf = std::numeric_limits<double>::infinity();
constexpr double token_nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("token_perplexity: closed forms and edges", "[perplexity]") {
  const std::vector<double> uniform(7, std::log(0.125));
  const auto e = token_perplexity(log_probabilities(uniform));
  REQUIRE(close(e.value, 8.0, 1e-15));
  REQUIRE(close(e.standard_error, 0.0, 0.0, 1e-14));
  REQUIRE(e.count == 7);
  REQUIRE(close(bits_per_token(log_probabilities(uniform)).value, 3.0, 1e-15));

  const std::vector<double> two{std::log(0.5), std::log(0.125)};
  const auto pair = token_perplexity(log_probabilities(two));
  REQUIRE(close(pair.value, 4.0, 1e-15));
  REQUIRE(close(pair.standard_error, 4.0 * std::log(2.0), 1e-14));  // values ln 2 either side of the mean
  REQUIRE(close(bits_per_token(log_probabilities(two)).standard_error, 1.0, 1e-14));

  const std::vector<double> none;
  REQUIRE(std::isnan(token_perplexity(log_probabilities(none)).value));
  REQUIRE(token_perplexity(log_probabilities(none)).count == 0);
  const std::vector<float> one{-1.0F};
  REQUIRE(close(token_perplexity(log_probabilities(one)).value, std::exp(1.0), 1e-15));
  REQUIRE(std::isnan(token_perplexity(log_probabilities(one)).standard_error));
  const std::vector<double> impossible{-1.0, -token_inf, -2.0};
  REQUIRE(token_perplexity(log_probabilities(impossible)).value == token_inf);
  REQUIRE(std::isnan(token_perplexity(log_probabilities(impossible)).standard_error));
  const std::vector<double> broken{-1.0, token_nan, -2.0};
  REQUIRE(std::isnan(token_perplexity(log_probabilities(broken)).value));
  REQUIRE(token_perplexity(log_probabilities(broken)).count == 3);
}

TEST_CASE("token_perplexity: masks, blocks and documents", "[perplexity]") {
  const std::vector<double> x{-1, token_nan, -2, -3, -100, -6};
  const std::vector<std::uint8_t> mask{1, 0, 1, 1, 0, 1};
  const std::vector<double> kept{-1, -2, -3, -6};
  const auto masked = token_perplexity(log_probabilities(x), {.mask = mask});
  REQUIRE(masked == token_perplexity(log_probabilities(kept)));

  // Blocks of 2 of the kept values: sums −3 and −9, mean per token −3: se = √(2/1·(9 + 9))/4
  const auto blocks = token_perplexity(log_probabilities(kept), {.block = 2});
  REQUIRE(close(blocks.standard_error / blocks.value, 1.5, 1e-14));
  REQUIRE(std::isnan(token_perplexity(log_probabilities(kept), {.block = 4}).standard_error));
  REQUIRE(std::isnan(token_perplexity(log_probabilities(kept), {.block = 1000}).standard_error));
  // A short last block and documents of the same sizes are the same clusters.
  const std::vector<std::size_t> lengths{3, 1};
  REQUIRE(token_perplexity(log_probabilities(kept), lengths) ==
          token_perplexity(log_probabilities(kept), {.block = 3}));

  const std::vector<int> documents{2, 0, 4};  // means −1 (one masked), none, −11/3
  REQUIRE(close(mean_document_perplexity(log_probabilities(x), documents, {.mask = mask}).value,
                (std::exp(1.0) + std::exp(11.0 / 3.0)) / 2.0, 1e-14));
  REQUIRE(mean_document_perplexity(log_probabilities(x), documents, {.mask = mask}).count == 2);
  REQUIRE(close(perplexity_per_document(log_probabilities(x), documents, {.mask = mask}).value, std::exp(6.0), 1e-14));
  REQUIRE(close(perplexity_per_document(log_probabilities(x), documents, {.mask = mask}).standard_error,
                std::exp(6.0) * 5.0, 1e-14));  // sums −1 and −11

  const std::vector<std::uint8_t> short_mask{1};
  const std::vector<int> too_long{7};
  const std::vector<int> too_short{5};
  const std::vector<int> negative{-1, 7};
  REQUIRE_THROWS_AS(token_perplexity(log_probabilities(x), {.block = 0}), std::invalid_argument);
  REQUIRE_THROWS_AS(token_perplexity(log_probabilities(x), {.mask = short_mask}), std::invalid_argument);
  REQUIRE_THROWS_AS(token_perplexity(log_probabilities(x), too_long), std::invalid_argument);
  REQUIRE_THROWS_AS(mean_document_perplexity(log_probabilities(x), too_short), std::invalid_argument);
  REQUIRE_THROWS_AS(perplexity_per_document(log_probabilities(x), negative), std::invalid_argument);
}

TEST_CASE("bits_per_byte: totals over bytes and words", "[perplexity]") {
  const std::vector<double> x{-1, -2, -3, -6};
  REQUIRE(close(bits_per_byte(log_probabilities(x), 24).value, 0.5 / std::log(2.0), 1e-15));
  REQUIRE(close(perplexity_per_byte(log_probabilities(x), 24).value, std::exp(0.5), 1e-15));
  REQUIRE(close(perplexity_per_word(log_probabilities(x), 3).value, std::exp(4.0), 1e-15));
  REQUIRE(perplexity_per_word(log_probabilities(x), 3).count == 3);
  // se(mean) = √(14/12); per byte 4/24 of it
  REQUIRE(close(bits_per_byte(log_probabilities(x), 24).standard_error, std::sqrt(14.0 / 12.0) / 6.0 / std::log(2.0),
                1e-14));
  REQUIRE(std::isnan(bits_per_byte(log_probabilities(x), 0).value));
  REQUIRE_THROWS_AS(bits_per_byte(log_probabilities(x), 9, {.block = 0}), std::invalid_argument);
}

TEST_CASE("token_perplexity: the error matches the spread; blocks see dependence that single tokens do not",
          "[perplexity]") {
  // ln p = −3 + z_t, z a moving sum of 10 uniforms: the variance of a mean is about 10 times that of independent
  // tokens.
  constexpr int replicates = 400;
  constexpr std::size_t tokens = 2000;
  double sum = 0.0, squares = 0.0, by_token = 0.0, by_block = 0.0;
  std::vector<double> x(tokens), noise(tokens + 10);
  for (int r = 0; r < replicates; ++r) {
    tailwatch::core::random_engine random(static_cast<std::uint64_t>(r) + 1);
    for (double& u : noise) u = tailwatch::core::uniform_01(random) - 0.5;
    for (std::size_t t = 0; t < tokens; ++t) {
      x[t] = -3.0;
      for (std::size_t k = 0; k < 10; ++k) x[t] += 0.3 * noise[t + k];
    }
    const auto e = token_perplexity(log_probabilities(x), {.block = 100});
    sum += e.value;
    squares += e.value * e.value;
    by_block += e.standard_error;
    by_token += token_perplexity(log_probabilities(x)).standard_error;
  }
  const double mean = sum / replicates;
  const double deviation = std::sqrt((squares - sum * mean) / (replicates - 1));
  // 4/√(2·399) = 14 % of Monte-Carlo error; blocks of 10 correlation lengths lose 3 % of the variance, 20 clusters bias
  // se by 1 %.
  REQUIRE(close(by_block / replicates, deviation, 4.0 / std::sqrt(2.0 * (replicates - 1))));
  REQUIRE(by_token / replicates < 0.4 * deviation);
}
