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
  // A lead of 2√(c₁ + c₂) = 2√(60 + 40) is not yet one.
  CHECK(std::isnan(tailwatch::diversity::berger_parker(std::vector<int>{60, 40}).standard_error));
  CHECK(tailwatch::testing::close(tailwatch::diversity::berger_parker(std::vector<int>{61, 39}).standard_error,
                                  std::sqrt(0.61 * 0.39 / 100.0), 1e-15));
}

TEST_CASE("diversity: the error of berger_parker matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 57, [&](auto& random) { return tailwatch::diversity::berger_parker(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
  // Among equals nobody leads by more than chance, and there is no error.
  const auto equal = tailwatch::testing::categorical::zipf(50, 0.0);
  tailwatch::core::random_engine random(58);
  int known = 0;
  for (int r = 0; r < 400; ++r)
    known += std::isnan(tailwatch::diversity::berger_parker(equal.counts(1000, random)).standard_error) ? 0 : 1;
  CHECK(known <= 4);
}
