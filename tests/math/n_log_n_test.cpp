// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/n_log_n.hpp"

#include <cmath>

#include "support/catch.hpp"

TEST_CASE("math: differences of n ln n do not cancel", "[math]") {
  using tailwatch::math::n_log_n_bend;
  using tailwatch::math::n_log_n_step;
  using tailwatch::testing::close;
  CHECK(n_log_n_step(1.0) == 0.0);
  CHECK(close(n_log_n_step(2.0), 2.0 * std::log(2.0), 1e-15));
  CHECK(close(n_log_n_step(3.0), 3.0 * std::log(3.0) - 2.0 * std::log(2.0), 1e-15));
  CHECK(close(n_log_n_step(1e12), std::log(1e12) + 1.0 - 0.5e-12, 1e-15));  // ln n + 1 − 1/2n …
  CHECK(close(n_log_n_bend(2.0), 2.0 * std::log(2.0), 1e-15));
  CHECK(close(n_log_n_bend(3.0), 3.0 * std::log(3.0) - 4.0 * std::log(2.0), 1e-14));
  for (const double n : {1e3, 1e4, 1e4 + 1.0, 1e12})
    CHECK(close(n_log_n_bend(n), 1.0 / (n - 1.0) + 1.0 / (6.0 * n * n * n), 1.1e-4));  // centred at n − 1
}
