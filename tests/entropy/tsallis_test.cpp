// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/tsallis.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/plugin.hpp"

TEST_CASE("entropy: tsallis reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::tsallis_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::tsallis);
}

TEST_CASE("entropy: tsallis of order 2 is 1 - sum of squares", "[entropy]") {
  CHECK(tailwatch::testing::close(tailwatch::entropy::tsallis(std::vector<int>{3, 1}).value, 1.0 - 10.0 / 16.0, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::entropy::tsallis(std::vector<int>{3, 1, 7}, {.order = 0.0}).value, 2.0,
                                  1e-14));
  CHECK(tailwatch::entropy::tsallis(std::vector<int>{3, 1}, {.order = 1.0}).value ==
        tailwatch::entropy::plugin(std::vector<int>{3, 1}).value);
  CHECK_THROWS_AS(tailwatch::entropy::tsallis(std::vector<int>{1}, {.order = -1.0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::entropy::tsallis(std::vector<int>{1}, {.order = std::numeric_limits<double>::infinity()}),
                  std::invalid_argument);
}

TEST_CASE("entropy: the error of tsallis matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 24, [&](auto& random) { return tailwatch::entropy::tsallis(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
