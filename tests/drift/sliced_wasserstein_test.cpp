// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/sliced_wasserstein.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

std::vector<double> sliced_test_points(std::size_t size, double scale, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> x(size);
  for (double& v : x) v = scale * core::uniform_01(random);
  return x;
}

}  // namespace

TEST_CASE("drift sliced_wasserstein: the one-dimensional distances along each axis, unequal sizes", "[drift]") {
  const std::size_t d = 11;
  std::vector<double> axes(d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i) axes[i * d + i] = 1.0;
  for (const std::size_t m : {40U, 33U, 7U})
    for (const double p : {1.0, 1.5, 2.0, 3.0}) {
      const auto x = sliced_test_points(40 * d, 1.0, m), y = sliced_test_points(m * d, 1.4, m + 1);
      double mean = 0.0, largest = 0.0;
      for (std::size_t c = 0; c < d; ++c) {
        std::vector<double> a, b;
        for (std::size_t i = 0; i < 40; ++i) a.push_back(x[i * d + c]);
        for (std::size_t i = 0; i < m; ++i) b.push_back(y[i * d + c]);
        const double w = drift::wasserstein_1d(a, b, {.p = p}).value;
        mean += std::pow(w, p) / static_cast<double>(d);
        largest = std::max(largest, w);
      }
      const auto u = rows(x, 40, d), v = rows(y, m, d), along = rows(axes, d, d);
      CHECK(close(drift::sliced_wasserstein(u, v, along, {.p = p}).value, std::pow(mean, 1.0 / p), 1e-13));
      CHECK(close(drift::max_sliced_wasserstein(u, v, along, {.p = p}).value, largest, 1e-13));
    }
}

TEST_CASE("drift sliced_wasserstein: a shift by s gives s/sqrt(d) on average over directions", "[drift]") {
  const std::size_t n = 50, d = 6;
  const auto x = sliced_test_points(n * d, 1.0, 1);
  std::vector<double> y(x);
  for (std::size_t i = 0; i < n; ++i) y[i * d] += 3.0;  // W₂ along θ is 3|θ₁|, E θ₁² = 1/d
  core::random_engine random(2);
  constexpr int replicates = 300;
  double square = 0.0, mean = 0.0, error = 0.0;
  for (int r = 0; r < replicates; ++r) {
    const estimate w = drift::sliced_wasserstein(rows(x, n, d), rows(y, n, d), random, {.projections = 100});
    mean += w.value / replicates;
    square += w.value * w.value / replicates;
    error += w.standard_error / replicates;
  }
  const double spread = std::sqrt(square - mean * mean);
  CHECK(std::abs(square - 9.0 / d) < 4.0 * 2.0 * mean * spread / std::sqrt(replicates));
  CHECK(std::abs(error / spread - 1.0) < 0.02 + 4.0 / std::sqrt(2.0 * replicates));  // delta method: O(1/projections)
  core::random_engine first(7), second(7);
  CHECK(drift::sliced_wasserstein(rows(x, n, d), rows(y, n, d), first) ==
        drift::sliced_wasserstein(rows(x, n, d), rows(y, n, d), second));
  const estimate most = drift::max_sliced_wasserstein(rows(x, n, d), rows(y, n, d), random, {.projections = 2000});
  CHECK(most.value > 2.5);
  CHECK(most.value <= 3.0);
}

TEST_CASE("drift sliced_wasserstein: borders and arguments", "[drift]") {
  const std::vector<double> x{1.0, 2.0, 3.0, 4.0}, none, bad{1.0, core::nan}, axis{1.0, 0.0}, one{1.0}, line{1.0, 2.0};
  core::random_engine random(1);
  const auto points = rows(x, 2, 2);
  CHECK(drift::sliced_wasserstein(points, points, random).value == 0.0);
  CHECK(std::isnan(drift::sliced_wasserstein(points, points, random).standard_error));
  CHECK(std::isnan(drift::sliced_wasserstein(points, rows(none, 0, 2), random).value));
  CHECK(std::isnan(drift::sliced_wasserstein(points, rows(bad, 1, 2), rows(axis, 1, 2)).value));
  CHECK(std::isnan(drift::max_sliced_wasserstein(points, rows(bad, 1, 2), rows(axis, 1, 2)).value));
  CHECK(drift::sliced_wasserstein(line, x, random, {.p = 1.0}).value ==
        drift::wasserstein_1d(line, x).value);  // one dimension: every direction is ±1
  const estimate single = drift::sliced_wasserstein(points, rows(line, 1, 2), rows(axis, 1, 2));
  CHECK(std::isnan(single.standard_error));
  CHECK(single.count == 3);
  CHECK_THROWS_AS(drift::sliced_wasserstein(points, points, random, {.p = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(drift::sliced_wasserstein(points, points, random, {.p = core::infinity}), std::invalid_argument);
  CHECK_THROWS_AS(drift::sliced_wasserstein(points, points, random, {.projections = 0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::sliced_wasserstein(points, points, rows(one, 1, 1)), std::invalid_argument);
  CHECK_THROWS_AS(drift::max_sliced_wasserstein(points, points, rows(bad, 1, 2)), std::invalid_argument);
  CHECK_THROWS_AS(drift::sliced_wasserstein(points, line, random), std::invalid_argument);
}
