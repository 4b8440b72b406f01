// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/mean_excess.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: mean_excess_at_order of samples that allow no value", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::mean_excess_at_order_fn>);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(tailwatch::tail::mean_excess_at_order(std::vector<double>{}, {.k = 3}).value));
  CHECK(std::isnan(tailwatch::tail::mean_excess_at_order(
                       std::vector<double>{nan, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3})
                       .value));
  CHECK(std::isnan(tailwatch::tail::mean_excess_at_order(
                       std::vector<double>{infinity, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5, 0.25, 0.125}, {.k = 3})
                       .value));
  const std::vector<int> whole{9, 7, 5, 4, 3, 2, 1, 1};
  const std::vector<float> narrow{1, 9, 5, 4, 7, 3, 2, 1};
  CHECK(tailwatch::testing::close(tailwatch::tail::mean_excess_at_order(tailwatch::core::sample(whole), {.k = 3}).value,
                                  tailwatch::tail::mean_excess_at_order(narrow, {.k = 3}).value, 0.0));
  CHECK_THROWS_AS(tailwatch::tail::mean_excess_at_order(narrow, {.k = 0}), std::invalid_argument);
  CHECK(std::isnan(tailwatch::tail::mean_excess_at_order(narrow, {.k = 8}).value));
}

TEST_CASE("tail: mean_excess counts strictly above the threshold", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::mean_excess_fn>);
  const auto e = tailwatch::tail::mean_excess(std::vector<double>{1, 2, 3, 5}, {.threshold = 2.0});
  CHECK(e.value == 2.0);
  CHECK(e.count == 2);
  CHECK(tailwatch::testing::close(e.standard_error, 1.0, 1e-15));
  CHECK(std::isnan(tailwatch::tail::mean_excess(std::vector<double>{1, 2}, {.threshold = 2.0}).value));
  CHECK(std::isnan(tailwatch::tail::mean_excess(std::vector<double>{1, 3}, {.threshold = 2.0}).standard_error));
  CHECK(std::isnan(tailwatch::tail::mean_excess(std::vector<double>{1, std::nan("")}).value));
  CHECK_THROWS_AS(tailwatch::tail::mean_excess(std::vector<double>{1}, {.threshold = std::nan("")}),
                  std::invalid_argument);
}

TEST_CASE("tail: the error of mean_excess matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(400, 42, [](auto& random) {
    std::vector<double> x(1000);
    for (double& value : x) value = -std::log1p(-tailwatch::core::uniform_01(random));
    return tailwatch::tail::mean_excess(x, {.threshold = 1.0});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("tail: the error of mean_excess_at_order matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(400, 43, [](auto& random) {
    std::vector<double> x(1000);
    for (double& value : x) value = -std::log1p(-tailwatch::core::uniform_01(random));
    return tailwatch::tail::mean_excess_at_order(x, {.k = 200});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
