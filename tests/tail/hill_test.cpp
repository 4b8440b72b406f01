// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/hill.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: hill of samples that allow no value", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::hill_fn>);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(tailwatch::tail::hill(std::vector<double>{}, {.k = 3}).value));
  CHECK(std::isnan(
      tailwatch::tail::hill(std::vector<double>{nan, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3}).value));
  CHECK(std::isnan(
      tailwatch::tail::hill(std::vector<double>{infinity, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3}).value));
  const std::vector<int> whole{9, 7, 5, 4, 3, 2, 1, 1};
  const std::vector<float> narrow{1, 9, 5, 4, 7, 3, 2, 1};
  CHECK(tailwatch::testing::close(tailwatch::tail::hill(tailwatch::core::sample(whole), {.k = 3}).value,
                                  tailwatch::tail::hill(narrow, {.k = 3}).value, 0.0));
  CHECK_THROWS_AS(tailwatch::tail::hill(narrow, {.k = 0}), std::invalid_argument);
  CHECK(std::isnan(tailwatch::tail::hill(narrow, {.k = 8}).value));
}

TEST_CASE("tail: hill of a geometric sample", "[tail]") {
  const std::vector<double> x{16, 8, 4, 2, 1};
  const auto e = tailwatch::tail::hill(x, {.k = 2});
  CHECK(tailwatch::testing::close(e.value, 1.5 * std::log(2.0), 1e-15));
  CHECK(tailwatch::testing::close(e.standard_error, 1.5 * std::log(2.0) / std::sqrt(2.0), 1e-15));
  CHECK(e.count == 5);
  CHECK(tailwatch::tail::hill(x).value == e.value);  // ⌊√5⌋
  CHECK(std::isnan(tailwatch::tail::hill(std::vector<double>{-3, -2, -1, 4}, {.k = 2}).value));
  CHECK(tailwatch::tail::hill(std::vector<double>{7, 7, 7, 7}, {.k = 3}).value == 0.0);
}

TEST_CASE("tail: hill_curve holds hill for every k", "[tail]") {
  std::vector<double> x;
  for (int i = 1; i <= 200; ++i) x.push_back(std::pow(200.5 / i, 0.7));
  const auto curve = tailwatch::tail::hill_curve(x, 500);
  REQUIRE(curve.size() == 199);
  for (std::size_t k = 1; k <= curve.size(); k += 11)
    CHECK(tailwatch::testing::close(curve[k - 1], tailwatch::tail::hill(x, {.k = k}).value, 1e-13));
  CHECK(tailwatch::tail::hill_curve(std::vector<double>{1.0}, 3).empty());
  CHECK(std::isnan(tailwatch::tail::hill_curve(std::vector<double>{2.0, 1.0, -1.0}, 3)[1]));
  CHECK_THROWS_AS(tailwatch::tail::hill_curve(x, 0), std::invalid_argument);
}

TEST_CASE("tail: the error of hill matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(400, 36, [](auto& random) {
    std::vector<double> x(1000);
    for (double& value : x) value = std::pow(1.0 - tailwatch::core::uniform_01(random), -0.5);
    return tailwatch::tail::hill(x, {.k = 100});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
