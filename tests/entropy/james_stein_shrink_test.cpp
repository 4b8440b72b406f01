// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/james_stein_shrink.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("entropy: james_stein_shrink reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::james_stein_shrink_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::james_stein_shrink, true);
}

TEST_CASE("entropy: james_stein_shrink_intensity reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::james_stein_shrink_intensity_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::james_stein_shrink_intensity, true);
}

TEST_CASE("entropy: james_stein_shrink of equal counts is the target itself", "[entropy]") {
  const std::vector<int> x{3, 3, 3};
  CHECK(tailwatch::entropy::james_stein_shrink_intensity(x).value == 1.0);
  CHECK(tailwatch::testing::close(tailwatch::entropy::james_stein_shrink(x).value, std::log(3.0), 1e-15));
  CHECK(tailwatch::testing::close(
      tailwatch::entropy::james_stein_shrink(std::vector<int>{1}, {.alphabet_size = 8}).value, std::log(8.0), 1e-15));
  CHECK_THROWS_AS(tailwatch::entropy::james_stein_shrink(x, {.alphabet_size = 2}), std::invalid_argument);
}

TEST_CASE("entropy: listed but unseen cells are part of james_stein_shrink's alphabet", "[entropy]") {
  const auto listed = tailwatch::entropy::james_stein_shrink(std::vector<int>{4, 1, 0, 0});
  const auto named = tailwatch::entropy::james_stein_shrink(std::vector<int>{4, 1}, {.alphabet_size = 4});
  CHECK(listed.value == named.value);
}
