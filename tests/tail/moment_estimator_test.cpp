// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/moment_estimator.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: moment_estimator of samples that allow no value", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::moment_estimator_fn>);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(tailwatch::tail::moment_estimator(std::vector<double>{}, {.k = 3}).value));
  CHECK(std::isnan(
      tailwatch::tail::moment_estimator(std::vector<double>{nan, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3})
          .value));
  CHECK(std::isnan(tailwatch::tail::moment_estimator(
                       std::vector<double>{infinity, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3})
                       .value));
  const std::vector<int> whole{9, 7, 5, 4, 3, 2, 1, 1};
  const std::vector<float> narrow{1, 9, 5, 4, 7, 3, 2, 1};
  CHECK(tailwatch::testing::close(tailwatch::tail::moment_estimator(tailwatch::core::sample(whole), {.k = 3}).value,
                                  tailwatch::tail::moment_estimator(narrow, {.k = 3}).value, 0.0));
  CHECK_THROWS_AS(tailwatch::tail::moment_estimator(narrow, {.k = 0}), std::invalid_argument);
  CHECK(std::isnan(tailwatch::tail::moment_estimator(narrow, {.k = 8}).value));
}

TEST_CASE("tail: moment_estimator of equal values is not defined", "[tail]") {
  CHECK(std::isnan(tailwatch::tail::moment_estimator(std::vector<double>{2, 2, 2, 2}, {.k = 2}).value));
}

TEST_CASE("tail: the error of moment_estimator matches its scatter on a heavy tail", "[tail]") {
  const auto s = tailwatch::testing::replicate(300, 38, [](auto& random) {
    std::vector<double> x(4000);
    for (double& value : x) value = std::pow(1.0 - tailwatch::core::uniform_01(random), -0.5);
    return tailwatch::tail::moment_estimator(x, {.k = 200});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("tail: the error of moment_estimator matches its scatter on a short tail", "[tail]") {
  const auto s = tailwatch::testing::replicate(200, 39, [](auto& random) {
    std::vector<double> x(20000);
    for (double& value : x) value = tailwatch::core::uniform_01(random);
    return tailwatch::tail::moment_estimator(x, {.k = 200});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
