// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/log_absent.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: log_absent is the hypergeometric chance of no marked one", "[math]") {
  using tailwatch::math::log_absent;
  CHECK(tailwatch::testing::close(std::exp(log_absent(10.0, 3.0, 2.0)), 21.0 / 45.0, 1e-14));
  CHECK(log_absent(10.0, 0.0, 5.0) == 0.0);
  CHECK(log_absent(10.0, 6.0, 5.0) == -std::numeric_limits<double>::infinity());
  CHECK(tailwatch::testing::close(log_absent(1e6, 50.0, 70.0), log_absent(1e6, 70.0, 50.0), 1e-14));
}

TEST_CASE("math: log_absent's two routes agree", "[math]") {
  for (const double few : {4096.0, 4097.0, 6000.0})
    for (const double many : {7000.0, 1e5, 5e6}) {
      long double sum = 0.0L;
      for (double i = 0.0; i < few; i += 1.0) sum += std::log1p(static_cast<long double>(-many / (1e8 - i)));
      CHECK(tailwatch::testing::close(tailwatch::math::log_absent(1e8, few, many), static_cast<double>(sum), 1e-12));
    }
}
