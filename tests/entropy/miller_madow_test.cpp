// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/miller_madow.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("entropy: miller_madow reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::miller_madow_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::miller_madow);
}

TEST_CASE("entropy: miller_madow adds (S - 1)/(2N)", "[entropy]") {
  CHECK(tailwatch::testing::close(tailwatch::entropy::miller_madow(std::vector<int>{1, 1}).value, std::log(2.0) + 0.25,
                                  1e-15));
  CHECK(tailwatch::entropy::miller_madow(std::vector<int>{9}).value == 0.0);
}

TEST_CASE("entropy: the error of miller_madow matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 12, [&](auto& random) { return tailwatch::entropy::miller_madow(source.counts(2000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
