// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/wasserstein_1d.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("drift wasserstein_1d: translations, unequal sizes and orders by hand", "[drift]") {
  const std::vector<double> x{3.0, 1.0, 2.0}, shifted{11.0, 12.0, 13.0}, y{0.0, 4.0};
  for (const double p : {1.0, 1.5, 2.0, 3.0, 7.0, core::infinity})
    CHECK(close(drift::wasserstein_1d(x, shifted, {.p = p}).value, 10.0, 1e-15));
  // u in thirds and halves: |1−0| on 1/3, |2−0| on 1/6, |2−4| on 1/6, |3−4| on 1/3
  CHECK(close(drift::wasserstein_1d(x, y).value, 4.0 / 3.0, 1e-15));
  CHECK(close(drift::wasserstein_1d(x, y, {.p = 2.0}).value, std::sqrt(2.0), 1e-15));
  CHECK(drift::wasserstein_1d(x, y, {.p = core::infinity}).value == 2.0);
  CHECK(drift::wasserstein_1d(x, y).count == 5);
  const std::vector<float> xf{3.0F, 1.0F, 2.0F};
  CHECK(drift::wasserstein_1d(sample(xf), sample(y)).value == drift::wasserstein_1d(x, y).value);
}

TEST_CASE("drift wasserstein_1d: integer weights are repetitions", "[drift]") {
  const std::vector<double> x{1.0, 5.0, 2.0}, y{3.0, 0.5}, wx{2.0, 1.0, 4.0}, wy{3.0, 2.0};
  const std::vector<double> long_x{1, 1, 5, 2, 2, 2, 2}, long_y{3, 3, 3, 0.5, 0.5};
  for (const double p : {1.0, 2.0, 2.5, core::infinity}) {
    const double expected = drift::wasserstein_1d(long_x, long_y, {.p = p}).value;
    CHECK(close(drift::wasserstein_1d(x, y, {.p = p, .weights_x = wx, .weights_y = wy}).value, expected, 1e-14));
    const std::vector<double> huge{2e300, 1e300, 4e300};
    CHECK(close(drift::wasserstein_1d(x, y, {.p = p, .weights_x = huge, .weights_y = wy}).value, expected, 1e-14));
  }
}

TEST_CASE("drift wasserstein_1d: levels that agree only in decimal make no sliver at p = infinity", "[drift]") {
  const std::vector<double> x{0.0, 1.0, 10.0}, y{0.0, 10.0}, wx{0.1, 0.2, 0.7}, wy{0.3, 0.7};
  CHECK(drift::wasserstein_1d(x, y, {.p = core::infinity, .weights_x = wx, .weights_y = wy}).value == 1.0);
}

TEST_CASE("drift wasserstein_1d: extreme scales", "[drift]") {
  const std::vector<double> x{1e-300, 2e-300}, y{3e-300, 4e-300}, a{1e300, 2e300}, b{3e300, 4e300};
  CHECK(close(drift::wasserstein_1d(x, y, {.p = 3.0}).value, 2e-300, 1e-15));
  CHECK(close(drift::wasserstein_1d(a, b, {.p = 3.0}).value, 2e300, 1e-15));
}

TEST_CASE("drift wasserstein_1d: borders and arguments", "[drift]") {
  const std::vector<double> x{1.0, 2.0}, none, with_nan{1.0, core::nan}, with_inf{1.0, core::infinity};
  CHECK(drift::wasserstein_1d(x, x).value == 0.0);
  CHECK(std::isnan(drift::wasserstein_1d(x, x).standard_error));
  for (const auto& bad : {none, with_nan, with_inf}) {
    CHECK(std::isnan(drift::wasserstein_1d(x, bad).value));
    CHECK(std::isnan(drift::tail_wasserstein_1d(bad, x).value));
  }
  const std::vector<double> zero{0.0, 0.0}, minus{1.0, -1.0}, one{1.0}, nan_weight{1.0, core::nan};
  CHECK(std::isnan(drift::wasserstein_1d(x, x, {.weights_x = zero}).value));
  CHECK(std::isnan(drift::wasserstein_1d(x, x, {.weights_x = nan_weight}).value));
  CHECK_THROWS_AS(drift::wasserstein_1d(x, x, {.weights_x = minus}), std::invalid_argument);
  CHECK_THROWS_AS(drift::wasserstein_1d(x, x, {.weights_y = one}), std::invalid_argument);
  CHECK_THROWS_AS(drift::wasserstein_1d(x, x, {.p = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(drift::wasserstein_1d(x, x, {.p = core::nan}), std::invalid_argument);
  CHECK_THROWS_AS(drift::tail_wasserstein_1d(x, x, {.alpha = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::tail_wasserstein_1d(x, x, {.p = core::infinity}), std::invalid_argument);
}

TEST_CASE("drift tail_wasserstein_1d: whole range, sides and clipped levels", "[drift]") {
  const std::vector<double> x{1.0, 2.0, 3.0, 9.0}, y{0.0, 4.0, 4.5};
  for (const double p : {1.0, 2.0})
    for (const auto side : {drift::tail_side::left, drift::tail_side::right})
      CHECK(close(drift::tail_wasserstein_1d(x, y, {.p = p, .alpha = 1.0, .side = side}).value,
                  drift::wasserstein_1d(x, y, {.p = p}).value, 1e-15));
  // top 30 %: |9 − 4.5| on .25, |3 − 4.5| on .05
  CHECK(close(drift::tail_wasserstein_1d(x, y, {.alpha = 0.3}).value, (4.5 * 0.25 + 1.5 * 0.05) / 0.3, 1e-14));
  CHECK(close(drift::tail_wasserstein_1d(x, y, {.alpha = 0.1, .side = drift::tail_side::left}).value, 1.0, 1e-15));
}

TEST_CASE("drift wasserstein_1d: mean standard error matches the spread", "[drift]") {
  core::random_engine random(3);
  constexpr int replicates = 1500;
  for (const bool equal_sizes : {true, false})
    for (const double p : {1.0, 2.0}) {
      double sum = 0, squares = 0, errors = 0;
      for (int r = 0; r < replicates; ++r) {
        std::vector<double> x(300), y(equal_sizes ? 300 : 200);
        for (double& v : x) v = core::normal_quantile(core::uniform_01(random));
        for (double& v : y) v = 0.6 + 1.3 * core::normal_quantile(core::uniform_01(random));
        const estimate e = drift::wasserstein_1d(x, y, {.p = p});
        sum += e.value;
        squares += e.value * e.value;
        errors += e.standard_error;
      }
      const double mean = sum / replicates;
      const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
      CHECK(std::abs(errors / replicates / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
    }
}
