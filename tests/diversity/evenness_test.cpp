// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/evenness.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: pielou_evenness reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::pielou_evenness_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::pielou_evenness);
}

TEST_CASE("diversity: heip_evenness reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::heip_evenness_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::heip_evenness);
}

TEST_CASE("diversity: evenness of equal counts is one", "[diversity]") {
  const std::vector<int> x{4, 4, 4};
  CHECK(tailwatch::testing::close(tailwatch::diversity::pielou_evenness(x).value, 1.0, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::heip_evenness(x).value, 1.0, 1e-14));
  CHECK(std::isnan(tailwatch::diversity::pielou_evenness(std::vector<int>{4}).value));
  CHECK(std::isnan(tailwatch::diversity::heip_evenness(std::vector<int>{4}).value));
}
