// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/noise_floor.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/jensen_shannon.hpp"
#include "tailwatch/drift/total_variation.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("drift noise_floor: all relabellings of five tokens by hand", "[drift]") {
  // Pooled counts (3, 2) dealt into 2 and 3: a = 0, 1, 2 of the first cell with probability 1/10, 6/10, 3/10.
  const std::vector<int> p{1, 1}, q{2, 1};
  const auto js = [](int a0, int a1, int b0, int b1) {
    const std::vector<int> a{a0, a1}, b{b0, b1};
    return drift::jensen_shannon_divergence(a, b).value;
  };
  const double expected = 0.1 * js(0, 2, 3, 0) + 0.6 * js(1, 1, 2, 1) + 0.3 * js(2, 0, 1, 2);
  CHECK(close(drift::noise_floor(p, q).value, expected, 1e-14));
  CHECK(drift::noise_floor(p, q).count == 5);
  const double tv = 0.1 * 1.0 + 0.6 * (2.0 / 3.0 - 0.5) + 0.3 * (2.0 / 3.0);
  CHECK(close(drift::noise_floor(p, q, {.divergence = drift::divergence::total_variation}).value, tv, 1e-14));
}

TEST_CASE("drift noise_floor: well-filled cells approach the first-order formula", "[drift]") {
  const std::vector<int> p{100000, 200000, 300000, 400000}, q{210000, 390000, 620000, 780000};
  const double first_order = 3.0 / 8.0 * (1.0 / 1e6 + 1.0 / 2e6);
  CHECK(close(drift::noise_floor(p, q).value, first_order, 1e-4));
  CHECK(close(drift::noise_floor(p, q, {.divergence = drift::divergence::squared_hellinger}).value, first_order, 1e-4));
  CHECK(close(drift::noise_floor(p, q, {.divergence = drift::divergence::kullback_leibler}).value, 4.0 * first_order,
              1e-14));
  CHECK(close(drift::noise_floor(p, q, {.divergence = drift::divergence::kullback_leibler_smoothed}).value,
              4.0 * first_order, 1e-3));
  // the χ² law: standard deviation = mean · √(2/(K − 1))
  CHECK(close(drift::noise_floor(p, q).standard_error, first_order * std::sqrt(2.0 / 3.0), 1e-2));
}

TEST_CASE("drift noise_floor: borders", "[drift]") {
  const std::vector<int> one{5, 0}, same{7, 0}, none{0, 0};
  CHECK(drift::noise_floor(one, same).value == 0.0);
  CHECK(drift::noise_floor(one, same).standard_error == 0.0);
  CHECK(std::isnan(drift::noise_floor(one, none).value));
  const std::vector<double> p{0.5, 0.5};
  CHECK(std::isnan(drift::noise_floor(probabilities(p), one).value));
}

TEST_CASE("drift noise_floor: mean and deviation of relabelled sparse counts", "[drift]") {
  // 300 types with Zipf-like pooled counts, tokens dealt at random into 400 and the rest.
  std::vector<std::uint32_t> tokens;
  for (std::uint32_t t = 0; t < 300; ++t)
    for (std::uint32_t i = 0; i < 1 + 200 / (t + 1); ++i) tokens.push_back(t);
  core::random_engine random(9);
  constexpr int replicates = 1000;
  double sum = 0, squares = 0;
  estimate floor;
  for (int r = 0; r < replicates; ++r) {
    core::shuffle(tokens, random);
    std::vector<std::int64_t> p(300, 0), q(300, 0);
    for (std::size_t i = 0; i < tokens.size(); ++i) ++(i < 400 ? p : q)[tokens[i]];
    if (r == 0) floor = drift::noise_floor(p, q);
    const double js = drift::jensen_shannon_divergence(p, q).value;
    sum += js;
    squares += js * js;
  }
  const double mean = sum / replicates;
  const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
  CHECK(std::abs(floor.value - mean) < 4.0 * spread / std::sqrt(1.0 * replicates));
  CHECK(std::abs(floor.standard_error / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
}
