// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/jackknife.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/plugin.hpp"

TEST_CASE("entropy: jackknife reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::jackknife_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::jackknife);
}

TEST_CASE("entropy: jackknife equals its definition", "[entropy]") {
  const std::vector<int> x{7, 1, 1, 2, 4};
  const double n = 15.0;
  double left_out = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto y = x;
    --y[i];
    left_out += x[i] * tailwatch::entropy::plugin(y).value;
  }
  const double h = n * tailwatch::entropy::plugin(x).value - (n - 1.0) / n * left_out;
  CHECK(tailwatch::testing::close(tailwatch::entropy::jackknife(x).value, h, 1e-13));
  CHECK(std::isnan(tailwatch::entropy::jackknife(std::vector<int>{1}).value));
  CHECK(tailwatch::entropy::jackknife(std::vector<int>{1}).count == 1);
}

TEST_CASE("entropy: the error of jackknife matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 18, [&](auto& random) { return tailwatch::entropy::jackknife(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
