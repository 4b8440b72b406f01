// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/ichao1.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: ichao1 reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::ichao1_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::ichao1);
}

TEST_CASE("diversity: ichao1 adds to chao1 where types were seen three times", "[diversity]") {
  const std::vector<int> x{1, 1, 1, 1, 2, 3, 3, 4};
  const double base =
      tailwatch::diversity::chao1(x, {.variant = tailwatch::diversity::chao1_variant::finite_sample}).value;
  const double n = 16.0;
  const double add = (n - 3.0) / (4.0 * n) * 2.0 * (4.0 - (n - 3.0) / (2.0 * (n - 1.0)) * 1.0 * 2.0);
  CHECK(tailwatch::testing::close(tailwatch::diversity::ichao1(x).value, base + add, 1e-14));
  CHECK(tailwatch::testing::close(
      tailwatch::diversity::ichao1(x, {.variant = tailwatch::diversity::ichao1_variant::spader}).value,
      base + 0.25 * 2.0 * 3.0, 1e-14));
}
