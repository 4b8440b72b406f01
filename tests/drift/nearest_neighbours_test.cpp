// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/classifier_knn.hpp"
#include "tailwatch/drift/kullback_leibler_knn.hpp"
#include "tailwatch/drift/schilling_knn.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

std::vector<double> knn_test_normal(std::size_t size, double shift, double scale, core::random_engine& random) {
  std::vector<double> x(size);
  for (double& v : x) v = shift + scale * core::normal_quantile(core::uniform_01(random) + 0x1p-54);
  return x;
}

}  // namespace

TEST_CASE("drift kullback_leibler_knn: by hand, and towards the truth", "[drift]") {
  const std::vector<double> x{0.0, 1.0, 3.0}, y{0.5, 4.0};
  // ρ = 1, 1, 2; ν = .5, .5, 1; ln(m/(n − 1)) = 0
  CHECK(close(drift::kullback_leibler_knn(x, y).value, -std::log(2.0), 1e-15));
  CHECK(close(drift::kullback_leibler_knn(x, y, {.unit = information_unit::bits}).value, -1.0, 1e-15));
  core::random_engine random(1);
  double sum = 0.0, square = 0.0;
  constexpr int replicates = 60;
  for (int r = 0; r < replicates; ++r) {
    const auto p = knn_test_normal(800, 0.0, 1.0, random), q = knn_test_normal(800, 0.5, 1.5, random);
    const double v = drift::kullback_leibler_knn(rows(p, 400, 2), rows(q, 400, 2), {.k = 5}).value;
    sum += v / replicates;
    square += v * v / replicates;
  }
  const double truth = std::log(2.25) + 1.25 / 2.25 - 1.0;
  CHECK(std::abs(sum - truth) < 0.03 + 4.0 * std::sqrt((square - sum * sum) / replicates));
}

TEST_CASE("drift kullback_leibler_knn: duplicates, borders and arguments", "[drift]") {
  const std::vector<double> twice{0.0, 0.0, 1.0, 5.0}, y{2.0, 3.0, 7.0}, none, bad{core::nan, 1.0};
  CHECK(std::isnan(drift::kullback_leibler_knn(twice, y).value));
  CHECK(std::isnan(drift::kullback_leibler_knn(y, y).value));
  CHECK_FALSE(std::isnan(drift::kullback_leibler_knn(twice, y, {.k = 2}).value));
  CHECK(std::isnan(drift::kullback_leibler_knn(twice, y, {.k = 4}).value));  // k ≥ n, k > m
  CHECK(std::isnan(drift::kullback_leibler_knn(y, twice, {.k = 3}).value));
  for (const auto& other : {none, bad}) CHECK(std::isnan(drift::kullback_leibler_knn(other, y).value));
  CHECK_THROWS_AS(drift::kullback_leibler_knn(twice, y, {.k = 0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::kullback_leibler_knn(rows(twice, 2, 2), rows(y, 3, 1)), std::invalid_argument);
}

TEST_CASE("drift classifier_knn and schilling_knn: apart, interleaved and tied", "[drift]") {
  const std::vector<double> x{0.0, 1.0, 2.0, 3.0}, apart{100.0, 101.0, 102.0}, between{0.5, 1.5, 2.5, 3.5};
  CHECK(drift::classifier_knn(x, apart, {.k = 1}).value == 1.0);
  CHECK(drift::schilling_knn(x, apart, {.k = 2}).value == 1.0);
  CHECK(drift::schilling_knn(x, between, {.k = 1}).value == 0.0);
  CHECK(drift::classifier_knn(x, between, {.k = 1}).value == 0.0);
  // All equal: the nearest other is index 0 for all but itself, for which it is index 1: both of x.
  const std::vector<double> same_x{1.0, 1.0}, same_y{1.0, 1.0, 1.0};
  CHECK(drift::schilling_knn(same_x, same_y, {.k = 1}).value == 0.4);
  CHECK(drift::classifier_knn(same_x, same_y, {.k = 1}).value == 0.4);
  // p: z = (accuracy − 4/7)/√(1/28)
  const double z = (1.0 - 4.0 / 7.0) * std::sqrt(28.0);
  CHECK(close(drift::classifier_knn_pvalue(x, apart, {.k = 1}).value, 0.5 * std::erfc(z / std::sqrt(2.0)), 1e-13));
}

TEST_CASE("drift schilling_knn: mean of equal distributions", "[drift]") {
  core::random_engine random(2);
  constexpr int replicates = 300;
  double sum = 0.0, square = 0.0;
  for (int r = 0; r < replicates; ++r) {
    const auto p = knn_test_normal(60, 0.0, 1.0, random), q = knn_test_normal(90, 0.0, 1.0, random);
    const double v = drift::schilling_knn(rows(p, 20, 3), rows(q, 30, 3), {.k = 3}).value;
    sum += v / replicates;
    square += v * v / replicates;
  }
  const double mean = (20.0 * 19.0 + 30.0 * 29.0) / (50.0 * 49.0);
  CHECK(std::abs(sum - mean) < 4.0 * std::sqrt((square - sum * sum) / replicates));
}

TEST_CASE("drift classifier_knn and schilling_knn: borders and arguments", "[drift]") {
  const std::vector<double> x{0.0, 1.0}, y{5.0}, none, bad{core::infinity};
  for (const auto& other : {none, bad}) {
    CHECK(std::isnan(drift::classifier_knn(x, other, {.k = 1}).value));
    CHECK(std::isnan(drift::classifier_knn_pvalue(other, x, {.k = 1}).value));
    CHECK(std::isnan(drift::schilling_knn(x, other, {.k = 1}).value));
  }
  CHECK(std::isnan(drift::classifier_knn(x, y, {.k = 3}).value));
  CHECK(std::isnan(drift::schilling_knn(x, y, {.k = 3}).value));
  CHECK(drift::schilling_knn(x, y, {.k = 2}).count == 3);
  CHECK_THROWS_AS(drift::classifier_knn(x, y, {.k = 2}), std::invalid_argument);
  CHECK_THROWS_AS(drift::classifier_knn_pvalue(x, y, {.k = 0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::schilling_knn(x, y, {.k = 0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::schilling_knn(rows(x, 1, 2), rows(y, 1, 1)), std::invalid_argument);
}
