// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/l_moments.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: l_moments of a uniform grid", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::l_moments_fn>);
  std::vector<double> x;
  for (int i = 0; i < 1025; ++i) x.push_back(1e6 + i / 1024.0);
  const auto l = tailwatch::tail::l_moments(x);
  CHECK(tailwatch::testing::close(l.location, 1e6 + 0.5, 1e-15));
  CHECK(tailwatch::testing::close(l.scale, 1026.0 / 6144.0, 1e-12));
  CHECK(std::abs(l.skewness) < 1e-12);
  CHECK(std::abs(l.kurtosis) < 1e-12);
  CHECK(std::isnan(tailwatch::tail::l_moments(std::vector<double>{1, 2, 3}).location));
  CHECK(tailwatch::tail::l_moments(std::vector<double>(5, 2.0)).scale == 0.0);
  CHECK(std::isnan(tailwatch::tail::l_moments(std::vector<double>(5, 2.0)).skewness));
}
