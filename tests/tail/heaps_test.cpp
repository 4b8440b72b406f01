// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/heaps.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: heaps recovers an exact law", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::heaps_fn>);
  std::vector<tailwatch::tail::vocabulary_point> curve;
  for (double n = 10.0; n < 1e6; n *= 3.0) curve.push_back({n, 7.0 * std::pow(n, 0.6)});
  const auto fit = tailwatch::tail::heaps(curve);
  CHECK(tailwatch::testing::close(fit.factor.value, 7.0, 1e-12));
  CHECK(tailwatch::testing::close(fit.exponent.value, 0.6, 1e-12));
  CHECK(std::isnan(fit.exponent.standard_error));
  curve.push_back({0.0, 1.0});
  CHECK(std::isnan(tailwatch::tail::heaps(curve).exponent.value));
}

TEST_CASE("tail: vocabulary_growth counts new words", "[tail]") {
  const std::vector<int> tokens{1, 1, 2, 3, 3, 3, 4, 1, 5};
  const auto by_step = tailwatch::tail::vocabulary_growth(tokens, {.step = 2});
  REQUIRE(by_step.size() == 4);
  CHECK(by_step[3].tokens == 8.0);
  CHECK(by_step[3].types == 4.0);
  const auto by_chunk = tailwatch::tail::vocabulary_growth(tokens, {.chunks = 2});
  REQUIRE(by_chunk.size() == 2);
  CHECK(by_chunk[1].tokens == 8.0);
  CHECK(tailwatch::tail::vocabulary_growth(std::vector<int>{}, {.chunks = 3}).empty());
  CHECK(std::isnan(tailwatch::tail::heaps(tokens).exponent.value));
  CHECK_THROWS_AS(tailwatch::tail::heaps(tokens, {.step = 0}), std::invalid_argument);
}
