// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/weissman_quantile.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: weissman_quantile of samples that allow no value", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::weissman_quantile_fn>);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(tailwatch::tail::weissman_quantile(std::vector<double>{}, {.k = 3}).value));
  CHECK(std::isnan(
      tailwatch::tail::weissman_quantile(std::vector<double>{nan, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3})
          .value));
  CHECK(std::isnan(tailwatch::tail::weissman_quantile(
                       std::vector<double>{infinity, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3})
                       .value));
  const std::vector<int> whole{9, 7, 5, 4, 3, 2, 1, 1};
  const std::vector<float> narrow{1, 9, 5, 4, 7, 3, 2, 1};
  CHECK(tailwatch::testing::close(tailwatch::tail::weissman_quantile(tailwatch::core::sample(whole), {.k = 3}).value,
                                  tailwatch::tail::weissman_quantile(narrow, {.k = 3}).value, 0.0));
  CHECK_THROWS_AS(tailwatch::tail::weissman_quantile(narrow, {.k = 0}), std::invalid_argument);
  CHECK(std::isnan(tailwatch::tail::weissman_quantile(narrow, {.k = 8}).value));
}

TEST_CASE("tail: weissman_quantile at p = k/n is the order statistic", "[tail]") {
  const std::vector<double> x{16, 8, 4, 2};
  CHECK(tailwatch::testing::close(tailwatch::tail::weissman_quantile(x, {.k = 2, .p = 0.5}).value, 4.0, 1e-15));
  CHECK_THROWS_AS(tailwatch::tail::weissman_quantile(x, {.k = 2, .p = 0.0}), std::invalid_argument);
}

TEST_CASE("tail: the error of weissman_quantile matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(300, 41, [](auto& random) {
    std::vector<double> x(4000);
    for (double& value : x) value = std::pow(1.0 - tailwatch::core::uniform_01(random), -1.0 / 3.0);
    return tailwatch::tail::weissman_quantile(x, {.k = 400, .p = 0.001});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
