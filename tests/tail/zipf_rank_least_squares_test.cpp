// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/zipf_rank_least_squares.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: zipf_rank_least_squares reads any source of counts", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::zipf_rank_least_squares_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::tail::zipf_rank_least_squares);
}

TEST_CASE("tail: zipf_rank_least_squares recovers an exact law", "[tail]") {
  std::vector<std::uint64_t> x;
  for (double r = 1.0; r <= 100.0; r += 1.0) x.push_back(static_cast<std::uint64_t>(std::llround(1e15 / (r * r))));
  CHECK(tailwatch::testing::close(tailwatch::tail::zipf_rank_least_squares(x).value, 2.0, 1e-9));
  CHECK(tailwatch::testing::close(tailwatch::tail::zipf_rank_least_squares(x, {.max_rank = 10}).value, 2.0, 1e-12));
  CHECK(std::isnan(tailwatch::tail::zipf_rank_least_squares(x, {.max_rank = 1}).value));
  CHECK(std::abs(tailwatch::tail::zipf_rank_least_squares(std::vector<int>{4, 4, 4}).value) < 1e-15);
}
