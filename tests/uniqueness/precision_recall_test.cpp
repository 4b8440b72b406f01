// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/uniqueness/precision_recall.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"

using namespace tailwatch;

static_assert(core::estimator<uniqueness::precision_recall_fn>);

TEST_CASE("uniqueness precision_recall: five points on a line", "[uniqueness]") {
  // k = 1: reference 0 1 3 with radii 1 1 2, generated 1.5 10 with radii 8.5 8.5
  const std::vector<double> reference{0.0, 1.0, 3.0}, generated{1.5, 10.0};
  const auto r = uniqueness::precision_recall(rows(generated, 2, 1), rows(reference, 3, 1), {.k = 1});
  CHECK(r.precision.value == 0.5);
  CHECK(r.recall.value == 1.0);
  CHECK(r.density.value == 1.0);
  CHECK(r.coverage.value == 2.0 / 3.0);
  CHECK(r.precision.count == 2);
  CHECK(r.coverage.count == 3);
  CHECK(r.recall.standard_error > 0.0);
}

TEST_CASE("uniqueness precision_recall: total collapse under open and closed balls", "[uniqueness]") {
  const std::vector<double> same(20, 1.0);
  const auto open = uniqueness::precision_recall(rows(same, 10, 2), rows(same, 10, 2), {.k = 3});
  CHECK(open.precision.value == 0.0);
  CHECK(open.recall.value == 0.0);
  CHECK(open.density.value == 0.0);
  CHECK(open.coverage.value == 0.0);
  const auto closed =
      uniqueness::precision_recall(rows(same, 10, 2), rows(same, 10, 2), {.k = 3, .ball = uniqueness::ball::closed});
  CHECK(closed.precision.value == 1.0);
  CHECK(closed.coverage.value == 1.0);
}

TEST_CASE("uniqueness precision_recall: too few points, NaN and impossible arguments", "[uniqueness]") {
  const std::vector<double> x{0.0, 1.0, 2.0, 5.0, 6.0, 7.0}, bad{0.0, core::nan};
  const auto few = uniqueness::precision_recall(rows(x, 6, 1), rows(x, 6, 1), {.k = 6});
  CHECK(std::isnan(few.precision.value));
  CHECK(std::isnan(few.recall.value));
  const auto not_finite = uniqueness::precision_recall(rows(bad, 2, 1), rows(x, 6, 1), {.k = 1});
  CHECK(std::isnan(not_finite.precision.value));
  CHECK_THROWS_AS(uniqueness::precision_recall(rows(x, 6, 1), rows(x, 6, 1), {.k = 0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::precision_recall(rows(x, 3, 2), rows(x, 6, 1)), std::invalid_argument);
}
