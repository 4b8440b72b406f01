// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/berger_parker.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: berger_parker reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::berger_parker_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::berger_parker);
}

TEST_CASE("diversity: berger_parker is the largest share", "[diversity]") {
  CHECK(tailwatch::testing::close(tailwatch::diversity::berger_parker(std::vector<int>{3, 1}).value, 0.75, 1e-15));
  CHECK(std::isnan(tailwatch::diversity::berger_parker(std::vector<int>{3, 3}).standard_error));
}

TEST_CASE("diversity: the error of berger_parker matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 57, [&](auto& random) { return tailwatch::diversity::berger_parker(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
