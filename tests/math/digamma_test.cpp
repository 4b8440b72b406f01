// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/digamma.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: digamma and trigamma at known points", "[math]") {
  using tailwatch::math::digamma;
  using tailwatch::math::trigamma;
  const double gamma = 0.57721566490153286061;
  const double pi = 3.14159265358979323846;
  CHECK(tailwatch::testing::close(digamma(1.0), -gamma, 1e-15));
  CHECK(tailwatch::testing::close(digamma(0.5), -gamma - 2.0 * std::log(2.0), 1e-15));
  CHECK(tailwatch::testing::close(trigamma(1.0), pi * pi / 6.0, 1e-14));
  CHECK(tailwatch::testing::close(trigamma(0.5), pi * pi / 2.0, 1e-14));
  for (const double x : {1e-8, 1e-3, 0.3, 1.4616, 4.9, 9.99, 10.0, 10.01, 55.5, 1e4, 1e9}) {
    CHECK(std::abs(digamma(x + 1.0) - digamma(x) - 1.0 / x) <= 4e-15 * (1.0 + std::abs(digamma(x))));
    CHECK(tailwatch::testing::close(trigamma(x), trigamma(x + 1.0) + 1.0 / x / x, 1e-13));
  }
}

TEST_CASE("math: trigamma_excess stays relative where trigamma - 1/x cancels", "[math]") {
  for (const double x : {1e6, 1e9, 1e12, 1e15})
    CHECK(tailwatch::testing::close(tailwatch::math::trigamma_excess(x), 0.5 / x + 1.0 / (6.0 * x * x), 1e-12));
  CHECK(tailwatch::testing::close(tailwatch::math::trigamma_excess(9.999), tailwatch::math::trigamma_excess(10.001),
                                  2.1e-4));
}
