// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/energy_distance.hpp"

#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("drift energy_distance: line, points and weights agree", "[drift]") {
  core::random_engine random(1);
  std::vector<double> x(37), y(23);
  for (double& v : x) v = core::uniform_01(random);
  for (double& v : y) v = 0.3 + core::uniform_01(random);
  const std::vector<double> ones_x(37, 2.5), ones_y(23, 0.1);
  for (const bool squared : {true, false})
    for (const bool unbiased : {true, false}) {
      const drift::energy_distance_options options{.squared = squared, .unbiased = unbiased};
      const estimate line = drift::energy_distance(x, y, options);
      const estimate points = drift::energy_distance(rows(x, 37, 1), rows(y, 23, 1), options);
      CHECK(close(line.value, points.value, 1e-12));
      CHECK(close(line.standard_error, points.standard_error, 1e-12));
      CHECK(line.count == 60);
    }
  const estimate weighted = drift::energy_distance(x, y, {.weights_x = ones_x, .weights_y = ones_y});
  CHECK(close(weighted.value, drift::energy_distance(x, y).value, 1e-14));
  CHECK(close(weighted.standard_error, drift::energy_distance(x, y).standard_error, 1e-13));
}

TEST_CASE("drift energy_distance: two points by hand", "[drift]") {
  const std::vector<double> x{0.0}, y{3.0}, p{0.0, 0.0}, q{3.0, 4.0};
  CHECK(close(drift::energy_distance(x, y, {.squared = true}).value, 6.0, 1e-15));
  CHECK(close(drift::energy_distance(rows(p, 1, 2), rows(q, 1, 2)).value, std::sqrt(10.0), 1e-15));
  CHECK(std::isnan(drift::energy_distance(x, y, {.unbiased = true}).value));
}

TEST_CASE("drift energy_distance: equal samples give 0, not the root of a rounding error", "[drift]") {
  core::random_engine random(7);
  std::vector<double> x(300);
  for (double& v : x) v = 1e6 + core::uniform_01(random);
  CHECK(drift::energy_distance(x, x).value == 0.0);
  CHECK(drift::energy_distance(rows(x, 100, 3), rows(x, 100, 3)).value == 0.0);
  CHECK(drift::energy_distance(x, x, {.squared = true, .unbiased = true}).value < 0.0);
  CHECK(std::isnan(drift::energy_distance(x, x, {.unbiased = true}).value));
}

TEST_CASE("drift energy_distance: points by the definition, in parts, and the same points in another order",
          "[drift]") {
  core::random_engine random(8);
  constexpr std::size_t n = 2061, d = 3;
  std::vector<double> x(n * d), y;
  for (double& v : x) v = core::normal_quantile(core::uniform_01(random) + 0x1p-54);
  for (std::size_t i = n; i-- > 0;) y.insert(y.end(), x.begin() + i * d, x.begin() + (i + 1) * d);
  CHECK(drift::energy_distance(rows(x, n, d), rows(y, n, d)).value == 0.0);
  CHECK(drift::energy_distance(rows(x, n, d), rows(x, n, d)).value == 0.0);

  constexpr std::size_t few = 37, some = 70;
  const std::vector<float> y32(y.begin(), y.begin() + some * d);
  const auto mean_distance = [](const auto& a, std::size_t from, const auto& b, std::size_t to) {
    double sum = 0.0;
    for (std::size_t i = 0; i < from; ++i)
      for (std::size_t j = 0; j < to; ++j) {
        double square = 0.0;
        for (std::size_t c = 0; c < d; ++c)
          square += std::pow(static_cast<double>(a[i * d + c]) - static_cast<double>(b[j * d + c]), 2.0);
        sum += std::sqrt(square);
      }
    return sum / static_cast<double>(from * to);
  };
  const double expected =
      2.0 * mean_distance(x, few, y32, some) - mean_distance(x, few, x, few) - mean_distance(y32, some, y32, some);
  const auto head = rows(std::span<const double>(x).first(few * d), few, d);
  CHECK(close(drift::energy_distance(head, rows(y32, some, d), {.squared = true}).value, expected, 1e-12));
}

TEST_CASE("drift energy_distance: borders and arguments", "[drift]") {
  const std::vector<double> x{1.0, 2.0}, none, with_nan{1.0, core::nan}, one{1.0}, zero{0.0, 0.0};
  for (const auto& bad : {none, with_nan}) CHECK(std::isnan(drift::energy_distance(x, bad).value));
  CHECK(std::isnan(drift::energy_distance(x, x, {.weights_x = zero}).value));
  CHECK_THROWS_AS(drift::energy_distance(x, x, {.weights_x = one}), std::invalid_argument);
  CHECK_THROWS_AS(drift::energy_distance(x, x, {.unbiased = true, .weights_x = x}), std::invalid_argument);
  CHECK_THROWS_AS(drift::energy_distance(rows(x, 2, 1), rows(x, 1, 2)), std::invalid_argument);
  const std::vector<double> with_inf{1.0, core::infinity};
  CHECK(std::isnan(drift::energy_distance(rows(x, 1, 2), rows(with_inf, 1, 2)).value));
}

TEST_CASE("drift energy_distance: mean standard error matches the spread", "[drift]") {
  core::random_engine random(3);
  constexpr int replicates = 1000;
  double sum[2] = {}, squares[2] = {}, errors[2] = {};
  for (int r = 0; r < replicates; ++r) {
    std::vector<double> x(300), y(198);
    for (double& v : x) v = core::normal_quantile(core::uniform_01(random));
    for (double& v : y) v = 0.6 + 1.3 * core::normal_quantile(core::uniform_01(random));
    const estimate e[2] = {drift::energy_distance(x, y),
                           drift::energy_distance(rows(x, 50, 6), rows(y, 33, 6), {.squared = true, .unbiased = true})};
    for (int k = 0; k < 2; ++k) {
      sum[k] += e[k].value;
      squares[k] += e[k].value * e[k].value;
      errors[k] += e[k].standard_error;
    }
  }
  for (int k = 0; k < 2; ++k) {
    const double mean = sum[k] / replicates;
    const double spread = std::sqrt((squares[k] / replicates - mean * mean) * replicates / (replicates - 1.0));
    CHECK(std::abs(errors[k] / replicates / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
  }
}
