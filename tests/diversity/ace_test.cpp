// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/ace.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: ace reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::ace_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::ace);
}

TEST_CASE("diversity: ace of even rare counts is types over coverage", "[diversity]") {
  // rare: 1, 1, 2, 2; coverage 2/3; g² = max(6·4/30 − 1, 0) = 0
  CHECK(tailwatch::testing::close(tailwatch::diversity::ace(std::vector<int>{1, 1, 2, 2, 50}).value, 1.0 + 6.0, 1e-14));
  CHECK(tailwatch::diversity::ace(std::vector<int>{50, 60}).value == 2.0);
  CHECK(std::isnan(tailwatch::diversity::ace(std::vector<int>{1, 1, 50}).value));
  CHECK_THROWS_AS(tailwatch::diversity::ace(std::vector<int>{1}, {.rare_threshold = 0}), std::invalid_argument);
}
