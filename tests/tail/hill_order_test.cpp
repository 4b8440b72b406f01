// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/hill_order.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("tail: hill orders stay in range", "[tail]") {
  tailwatch::core::random_engine random(37);
  std::vector<double> x(400);
  for (double& value : x) value = std::pow(1.0 - tailwatch::core::uniform_01(random), -0.5);
  const std::size_t rt = tailwatch::tail::hill_order_reiss_thomas(x, {.smallest = 10, .largest = 200});
  CHECK((rt >= 10 && rt <= 200));
  const std::size_t ks = tailwatch::tail::hill_order_minimum_distance(x);
  CHECK((ks >= 1 && ks < 60));
  CHECK(tailwatch::tail::hill_order_reiss_thomas(std::vector<double>{}) == 0);
  CHECK(tailwatch::tail::hill_order_minimum_distance(std::vector<double>{1.0, 2.0}) == 0);
  CHECK(tailwatch::tail::hill_order_minimum_distance(std::vector<double>{std::nan(""), 2.0, 3.0, 4.0},
                                                     {.fraction = 1.0}) == 0);
  CHECK_THROWS_AS(tailwatch::tail::hill_order_reiss_thomas(x, {.smallest = 0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::tail::hill_order_minimum_distance(x, {.fraction = 0.0}), std::invalid_argument);
}
