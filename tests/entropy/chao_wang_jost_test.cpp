// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/chao_wang_jost.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/zhang.hpp"

TEST_CASE("entropy: chao_wang_jost reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::chao_wang_jost_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::chao_wang_jost);
}

TEST_CASE("entropy: chao_wang_jost without singletons is zhang", "[entropy]") {
  const std::vector<int> x{4, 8, 2, 6, 2};
  CHECK(tailwatch::entropy::chao_wang_jost(x).value == tailwatch::entropy::zhang(x).value);
}

TEST_CASE("entropy: chao_wang_jost does not cancel when doubletons dwarf singletons", "[entropy]") {
  std::vector<int> x(40, 2);
  x.insert(x.end(), {1, 5, 9});
  const auto e = tailwatch::entropy::chao_wang_jost(x);
  CHECK(tailwatch::testing::close(e.value, 3.91671, 2e-6));
  CHECK(e.value - tailwatch::entropy::zhang(x).value > 0.0);
}

TEST_CASE("entropy: the error of chao_wang_jost matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 17, [&](auto& random) { return tailwatch::entropy::chao_wang_jost(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
