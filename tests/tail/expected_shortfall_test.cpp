// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/expected_shortfall.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: expected_shortfall of samples that allow no value", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::expected_shortfall_fn>);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(tailwatch::tail::expected_shortfall(std::vector<double>{}).value));
  CHECK(std::isnan(
      tailwatch::tail::expected_shortfall(std::vector<double>{nan, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}).value));
  CHECK(std::isnan(
      tailwatch::tail::expected_shortfall(std::vector<double>{infinity, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125})
          .value));
  const std::vector<int> whole{9, 7, 5, 4, 3, 2, 1, 1};
  const std::vector<float> narrow{1, 9, 5, 4, 7, 3, 2, 1};
  CHECK(tailwatch::testing::close(tailwatch::tail::expected_shortfall(tailwatch::core::sample(whole)).value,
                                  tailwatch::tail::expected_shortfall(narrow).value, 0.0));
}

TEST_CASE("tail: expected_shortfall takes the fraction of the next observation", "[tail]") {
  const std::vector<double> x{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  CHECK(tailwatch::testing::close(tailwatch::tail::expected_shortfall(x, {.level = 0.75}).value,
                                  (10 + 9 + 0.5 * 8) / 2.5, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::tail::expected_shortfall(x, {.level = 0.99}).value, 10.0, 1e-14));
  CHECK(std::isnan(tailwatch::tail::expected_shortfall(x, {.level = 0.99}).standard_error));
  CHECK(tailwatch::testing::close(tailwatch::tail::expected_shortfall(x, {.level = 1e-9}).value, 5.5, 1e-8));
  CHECK_THROWS_AS(tailwatch::tail::expected_shortfall(x, {.level = 1.0}), std::invalid_argument);
}

TEST_CASE("tail: the error of expected_shortfall matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(300, 44, [](auto& random) {
    std::vector<double> x(4000);
    for (double& value : x) value = -std::log1p(-tailwatch::core::uniform_01(random));
    return tailwatch::tail::expected_shortfall(x, {.level = 0.9});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
