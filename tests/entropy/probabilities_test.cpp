// SPDX-License-Identifier: BSL-1.0

// Entropies and Hill numbers of known probabilities.

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/entropy/renyi.hpp"
#include "tailwatch/entropy/tsallis.hpp"

using tailwatch::probabilities;
using tailwatch::testing::close;
namespace entropy = tailwatch::entropy;

TEST_CASE("entropy: probabilities give what their counts give, at every order", "[entropy]") {
  const std::vector<int> counts{40, 20, 13, 9, 9, 5, 2, 1, 1, 0};
  std::vector<double> p, weights;
  std::vector<float> narrow;
  for (const int c : counts) {
    p.push_back(c / 100.0);
    weights.push_back(7.0 * c);
    narrow.push_back(static_cast<float>(c) / 100.0F);
  }
  const auto e = entropy::plugin(probabilities(p));
  CHECK(close(e.value, entropy::plugin(counts).value, 1e-15));
  CHECK(std::isnan(e.standard_error));
  CHECK(e.count == 0);
  CHECK(close(entropy::plugin(probabilities(weights)).value, e.value, 1e-15));  // normalised
  CHECK(close(entropy::plugin(probabilities(narrow)).value, e.value, 1e-6));
  CHECK(close(entropy::plugin(probabilities(p), {.unit = tailwatch::information_unit::bits}).value,
              e.value / std::log(2.0), 1e-15));
  for (const double q : {0.0, 0.3, 0.97, 0.9999999, 1.0, 1.0000001, 1.04, 1.5, 2.0, 3.0, 40.0}) {
    INFO("q " << q);
    CHECK(
        close(entropy::renyi(probabilities(p), {.order = q}).value, entropy::renyi(counts, {.order = q}).value, 1e-14));
    CHECK(close(entropy::tsallis(probabilities(p), {.order = q}).value, entropy::tsallis(counts, {.order = q}).value,
                1e-13));
  }
  CHECK(close(entropy::renyi(probabilities(p), {.order = INFINITY}).value, -std::log(0.4), 1e-15));
}

TEST_CASE("entropy: probabilities beyond the range of their squares", "[entropy]") {
  const std::vector<double> tiny{3e-200, 1e-200}, giant{3e200, 1e200};
  for (const auto& x : {tiny, giant})
    CHECK(close(entropy::renyi(probabilities(x), {.order = 2.0}).value, -std::log(10.0 / 16.0), 1e-14));
}

TEST_CASE("entropy: probabilities that are none", "[entropy]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& x : {std::vector<double>{}, std::vector<double>{0.0, 0.0},
                                       std::vector<double>{0.5, nan}, std::vector<double>{0.5, infinity}}) {
    CHECK(std::isnan(entropy::plugin(probabilities(x)).value));
    CHECK(std::isnan(entropy::renyi(probabilities(x)).value));
    CHECK(std::isnan(entropy::tsallis(probabilities(x)).value));
  }
  std::vector<double> negative(100, 0.01);
  for (const std::size_t at : {0UL, 50UL, 99UL}) {
    negative[at] = -0.01;
    CHECK_THROWS_AS(entropy::plugin(probabilities(negative)), std::invalid_argument);
    CHECK_THROWS_AS(entropy::renyi(probabilities(negative)), std::invalid_argument);
    CHECK_THROWS_AS(entropy::tsallis(probabilities(negative)), std::invalid_argument);
    negative[at] = 0.01;
  }
  CHECK_THROWS_AS(entropy::renyi(probabilities(negative), {.order = -1.0}), std::invalid_argument);
  CHECK_THROWS_AS(entropy::tsallis(probabilities(negative), {.order = INFINITY}), std::invalid_argument);
  const std::vector<double> certain{1.0};
  CHECK(entropy::plugin(probabilities(certain)).value == 0.0);
}
