// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/math/permutation.hpp"

#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

using namespace tailwatch;

namespace {

const auto permutation_mean_difference = [](std::span<const double> x, std::span<const double> y) {
  double sum_x = 0.0, sum_y = 0.0;
  for (const double v : x) sum_x += v;
  for (const double v : y) sum_y += v;
  return sum_x / static_cast<double>(x.size()) - sum_y / static_cast<double>(y.size());
};

}  // namespace

TEST_CASE("math permutation_test: the share of relabellings, by counting", "[math]") {
  // Of the C(7,3) = 35 choices of x, two reach 7 + 6 + 4: {7,6,5}, {7,6,4}; the exact one-sided p is 2/35.
  const std::vector<double> x{7.0, 6.0, 4.0}, y{1.0, 2.0, 3.0, 5.0};
  core::random_engine random(1);
  const estimate p = math::permutation_test(x, y, permutation_mean_difference, random, {.replicates = 9999});
  CHECK(std::abs(p.value - 2.0 / 35.0) < 4.0 * p.standard_error);
  CHECK(p.count == 9999);
  core::random_engine again(1);
  CHECK(math::permutation_test(x, y, permutation_mean_difference, again, {.replicates = 9999}) == p);
}

TEST_CASE("math permutation_test: p-values of equal distributions are not too small", "[math]") {
  core::random_engine random(2);
  int rejected = 0;
  for (int r = 0; r < 1000; ++r) {
    std::vector<double> x(6), y(9);
    for (double& v : x) v = core::uniform_01(random);
    for (double& v : y) v = core::uniform_01(random);
    rejected += math::permutation_test(x, y, permutation_mean_difference, random, {.replicates = 19}).value <= 0.05;
  }
  CHECK(std::abs(rejected - 50) < 4.0 * std::sqrt(1000 * 0.05 * 0.95));  // (b + 1)/20 ≤ .05 has probability .05
}

TEST_CASE("math permutation_test: rows stay together, ties and NaN count", "[math]") {
  const std::vector<int> x{1, 10, 2, 20}, y{3, 30};
  core::random_engine random(3);
  std::size_t torn = 0;
  const auto whole = [&](const core::rows_view<int>& a, const core::rows_view<int>& b) {
    for (const auto& side : {a, b})
      for (std::size_t i = 0; i < side.size; ++i) torn += side[i][1] == 10 * side[i][0] ? 0U : 1U;
    return estimate{1.0, core::nan, 0};
  };
  const estimate p = math::permutation_test(rows(x, 2, 2), rows(y, 1, 2), whole, random, {.replicates = 50});
  CHECK(p.value == 1.0);
  CHECK(p.standard_error == 0.0);
  CHECK(torn == 0);
  const auto undefined = [](const auto&, const auto&) { return core::nan; };
  CHECK(std::isnan(math::permutation_test(rows(x, 2, 2), rows(y, 1, 2), undefined, random).value));
  CHECK_THROWS_AS(math::permutation_test(rows(x, 2, 2), rows(y, 2, 1), whole, random), std::invalid_argument);
  CHECK_THROWS_AS(math::permutation_test(rows(x, 2, 2), rows(y, 1, 2), whole, random, {.replicates = 0}),
                  std::invalid_argument);
}
