// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/jackknife_richness.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: jackknife1 reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::jackknife1_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::jackknife1);
}

TEST_CASE("diversity: jackknife2 reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::jackknife2_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::jackknife2);
}

TEST_CASE("diversity: jackknife richness in closed form", "[diversity]") {
  const std::vector<int> x{1, 1, 2, 6};
  CHECK(tailwatch::testing::close(tailwatch::diversity::jackknife1(x).value, 4.0 + 0.9 * 2.0, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::jackknife2(x).value, 4.0 + 1.7 * 2.0 - 64.0 / 90.0, 1e-14));
  CHECK(std::isnan(tailwatch::diversity::jackknife2(std::vector<int>{1}).value));
}
