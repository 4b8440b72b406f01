// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/uniqueness/precision_recall.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

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
  CHECK(closed.recall.value == 1.0);
  CHECK(closed.density.value == 10.0 / 3.0);
  CHECK(open.generated_points_without_room.value == 1.0);
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

// The generator has collapsed onto three points of the reference: both conventions are told apart by one call, and neither is 0/0.
TEST_CASE("uniqueness precision_recall: both conventions at once, and where points coincide", "[uniqueness]") {
  core::random_engine random(9);
  constexpr std::size_t n = 70, m = 45, d = 5, k = 3;
  std::vector<double> reference(n * d), generated(m * d), spread(m * d);
  for (double& x : reference) x = core::uniform_01(random);
  for (double& x : spread) x = core::uniform_01(random);
  for (std::size_t j = 0; j < m; ++j)
    for (std::size_t c = 0; c < d; ++c) generated[j * d + c] = reference[(j % 3) * d + c];
  const auto both = uniqueness::precision_recall.both(rows(generated, m, d), rows(reference, n, d), k);
  CHECK(both.open.generated_points_without_room.value == 1.0);
  CHECK(both.open.reference_points_without_room.value == 0.0);
  CHECK(both.open.recall.value == 0.0);
  CHECK(both.closed.recall.value == 3.0 / 70.0);  // the three points themselves
  CHECK(both.open.precision.value == 1.0);
  for (const auto kind : {uniqueness::ball::open, uniqueness::ball::closed}) {
    const auto single =
        uniqueness::precision_recall(rows(generated, m, d), rows(reference, n, d), {.k = k, .ball = kind});
    const auto& of_both = kind == uniqueness::ball::open ? both.open : both.closed;
    CHECK(single.precision == of_both.precision);
    CHECK(single.recall == of_both.recall);
    CHECK(single.density == of_both.density);
    CHECK(single.coverage == of_both.coverage);
  }

  // Without coincidence both agree with a program of the definition.
  const auto apart = uniqueness::precision_recall.both(rows(spread, m, d), rows(reference, n, d), k);
  const auto distance = [&](const double* a, const double* b) {
    double sum = 0.0;
    for (std::size_t c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return sum;
  };
  const auto radius = [&](const std::vector<double>& x, std::size_t size, std::size_t i) {
    std::vector<double> to;
    for (std::size_t j = 0; j < size; ++j)
      if (j != i) to.push_back(distance(&x[i * d], &x[j * d]));
    std::sort(to.begin(), to.end());
    return to[k - 1];
  };
  double precise = 0.0, recalled = 0.0, dense = 0.0, covered = 0.0;
  for (std::size_t j = 0; j < m; ++j) {
    int around = 0;
    for (std::size_t i = 0; i < n; ++i)
      around += distance(&spread[j * d], &reference[i * d]) < radius(reference, n, i) ? 1 : 0;
    precise += around != 0 ? 1.0 / m : 0.0;
    dense += around / static_cast<double>(k * m);
  }
  for (std::size_t i = 0; i < n; ++i) {
    bool holds = false, found = false;
    for (std::size_t j = 0; j < m; ++j) {
      const double between = distance(&spread[j * d], &reference[i * d]);
      holds = holds || between < radius(reference, n, i);
      found = found || between < radius(spread, m, j);
    }
    covered += holds ? 1.0 / n : 0.0;
    recalled += found ? 1.0 / n : 0.0;
  }
  CHECK(close(apart.open.precision.value, precise, 1e-13));
  CHECK(close(apart.open.recall.value, recalled, 1e-13));
  CHECK(close(apart.open.density.value, dense, 1e-13));
  CHECK(close(apart.open.coverage.value, covered, 1e-13));
  CHECK(apart.closed.precision == apart.open.precision);
  CHECK(apart.closed.coverage == apart.open.coverage);
}
