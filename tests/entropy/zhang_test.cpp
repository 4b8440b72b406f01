// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/zhang.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("entropy: zhang reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::zhang_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::zhang);
}

TEST_CASE("entropy: zhang equals its double sum of products", "[entropy]") {
  const std::vector<int> x{7, 1, 1, 2, 4};
  const double n = 15.0;
  double h = 0.0;
  for (const int count : x) {
    double product = 1.0;
    for (double v = 1.0; v <= n - count; v += 1.0) {
      product *= 1.0 - (count - 1.0) / (n - v);
      h += count / n * product / v;
    }
  }
  CHECK(tailwatch::testing::close(tailwatch::entropy::zhang(x).value, h, 1e-13));
}

TEST_CASE("entropy: the error of zhang matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 15, [&](auto& random) { return tailwatch::entropy::zhang(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
