// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/least_squares.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: line_fit recovers a line far from the origin", "[math]") {
  tailwatch::math::line_fit fit;
  for (int i = 0; i < 10; ++i) fit.add(1e8 + i, 3.0 - 0.5 * i);
  CHECK(tailwatch::testing::close(fit.fit().slope, -0.5, 1e-12));
  tailwatch::math::line_fit flat;
  CHECK(std::isnan(flat.fit().slope));
  flat.add(1.0, 2.0);
  flat.add(1.0, 3.0);
  CHECK(std::isnan(flat.fit().slope));
}
