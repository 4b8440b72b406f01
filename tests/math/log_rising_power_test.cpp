// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/log_rising_power.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: log_rising_power_excess against the plain sum", "[math]") {
  for (const double b : {1e-6, 0.1, 0.5, 3.0, 15.9, 16.0, 100.0, 1e5, 1e10})
    for (const double n : {0.0, 1.0, 2.0, 24.0, 25.0, 100.0, 5000.0}) {
      long double sum = 0.0L;
      for (double j = 0.0; j < n; j += 1.0)
        sum += std::log1p(static_cast<long double>(j) / static_cast<long double>(b));
      INFO("b " << b << " n " << n);
      CHECK(tailwatch::testing::close(tailwatch::math::log_rising_power_excess(b, n), static_cast<double>(sum), 2e-14,
                                      1e-300));
    }
}
