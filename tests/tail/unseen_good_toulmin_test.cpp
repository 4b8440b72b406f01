// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/unseen_good_toulmin.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: unseen_good_toulmin reads any source of counts", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::unseen_good_toulmin_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::tail::unseen_good_toulmin);
}

TEST_CASE("tail: unseen_good_toulmin predicts the new types of further observations", "[tail]") {
  const auto source = tailwatch::testing::categorical::zipf(3000, 1.0);
  const auto s = tailwatch::testing::replicate(300, 33, [&](auto& random) {
    auto counts = source.counts(1000, random);
    auto e = tailwatch::tail::unseen_good_toulmin(counts);
    for (int i = 0; i < 1000; ++i) e.value -= counts[source.draw(random)]++ == 0 ? 1.0 : 0.0;
    return e;
  });
  CHECK(std::abs(s.mean) < 4.0 * s.deviation / std::sqrt(300.0));
  const auto u = tailwatch::testing::replicate(
      300, 34, [&](auto& random) { return tailwatch::tail::unseen_good_toulmin(source.counts(1000, random)); });
  CHECK(u.mean_error > 0.95 * u.deviation);
  CHECK(u.mean_error < 2.0 * u.deviation);
}

TEST_CASE("tail: unseen_good_toulmin in closed form", "[tail]") {
  CHECK(
      tailwatch::testing::close(tailwatch::tail::unseen_good_toulmin(std::vector<int>{1, 1, 1, 2, 3}, {.t = 0.5}).value,
                                1.5 - 0.25 + 0.125, 1e-15));
  CHECK_THROWS_AS(tailwatch::tail::unseen_good_toulmin(std::vector<int>{1}, {.t = 1.5}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::tail::unseen_good_toulmin(std::vector<int>{1}, {.t = 0.0}), std::invalid_argument);
}
