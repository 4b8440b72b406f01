// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/pickands.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: pickands of samples that allow no value", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::pickands_fn>);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(tailwatch::tail::pickands(std::vector<double>{}, {.k = 2}).value));
  CHECK(std::isnan(
      tailwatch::tail::pickands(std::vector<double>{nan, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 2}).value));
  CHECK(std::isnan(
      tailwatch::tail::pickands(std::vector<double>{infinity, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 2})
          .value));
  const std::vector<int> whole{9, 7, 5, 4, 3, 2, 1, 1};
  const std::vector<float> narrow{1, 9, 5, 4, 7, 3, 2, 1};
  CHECK(tailwatch::testing::close(tailwatch::tail::pickands(tailwatch::core::sample(whole), {.k = 2}).value,
                                  tailwatch::tail::pickands(narrow, {.k = 2}).value, 0.0));
  CHECK_THROWS_AS(tailwatch::tail::pickands(narrow, {.k = 0}), std::invalid_argument);
  CHECK(std::isnan(tailwatch::tail::pickands(narrow, {.k = 8}).value));
}

TEST_CASE("tail: pickands of a quantile grid is its index", "[tail]") {
  std::vector<double> x;
  for (int i = 1; i <= 64; ++i) x.push_back(std::pow(static_cast<double>(i), -0.5));
  CHECK(tailwatch::testing::close(tailwatch::tail::pickands(x, {.k = 8}).value, 0.5, 1e-13));
  CHECK(std::isnan(tailwatch::tail::pickands(std::vector<double>(20, 1.0), {.k = 2}).value));
  CHECK(std::isnan(tailwatch::tail::pickands(x, {.k = 17}).value));
}

TEST_CASE("tail: the error of pickands matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(300, 40, [](auto& random) {
    std::vector<double> x(4000);
    for (double& value : x) value = std::pow(1.0 - tailwatch::core::uniform_01(random), -0.5);
    return tailwatch::tail::pickands(x, {.k = 200});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
