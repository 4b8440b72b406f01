// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/grassberger_1988.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("entropy: grassberger_1988 reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::grassberger_1988_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::grassberger_1988);
}

TEST_CASE("entropy: grassberger_1988 of one pair", "[entropy]") {
  // (2/2)(ln 2 − ψ(2) − 1/3)
  const double gamma = 0.57721566490153286061;
  CHECK(tailwatch::testing::close(tailwatch::entropy::grassberger_1988(std::vector<int>{2}).value,
                                  std::log(2.0) - (1.0 - gamma) - 1.0 / 3.0, 1e-14));
}

TEST_CASE("entropy: the error of grassberger_1988 matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 14, [&](auto& random) { return tailwatch::entropy::grassberger_1988(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
