// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/gini_index.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: gini_index reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::gini_index_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::gini_index);
}

TEST_CASE("diversity: gini_index of equal and of unequal counts", "[diversity]") {
  CHECK(tailwatch::diversity::gini_index(std::vector<int>{5, 5, 5}).value == 0.0);
  CHECK(tailwatch::testing::close(tailwatch::diversity::gini_index(std::vector<int>{1, 3}).value, 0.25, 1e-15));
  CHECK(tailwatch::testing::close(
      tailwatch::diversity::gini_index(std::vector<int>{0, 0, 0, 8}, {.keep_zeros = true}).value, 0.75, 1e-15));
  CHECK(tailwatch::diversity::gini_index(std::vector<int>{0, 0, 0, 8}).value == 0.0);
}
