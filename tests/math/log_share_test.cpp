// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/log_share.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: log_share is exact near one", "[math]") {
  CHECK(tailwatch::testing::close(tailwatch::math::log_share(999'999'999'999, 1'000'000'000'000), -1.0000000000005e-12,
                                  1e-15));
  CHECK(tailwatch::math::log_share(7, 7) == 0.0);
  CHECK(tailwatch::testing::close(tailwatch::math::log_share(1, 4), -std::log(4.0), 1e-15));
}
