// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/chao_shen.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("entropy: chao_shen reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::chao_shen_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::chao_shen);
}

TEST_CASE("entropy: chao_shen of singletons takes coverage 1/N", "[entropy]") {
  const auto e = tailwatch::entropy::chao_shen(std::vector<int>{1, 1});
  CHECK(tailwatch::testing::close(e.value, -2.0 * 0.25 * std::log(0.25) / (1.0 - 0.75 * 0.75), 1e-14));
  CHECK(std::isnan(e.standard_error));
  CHECK(tailwatch::entropy::chao_shen(std::vector<int>{42}).value == 0.0);
}

TEST_CASE("entropy: the error of chao_shen matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 16, [&](auto& random) { return tailwatch::entropy::chao_shen(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
