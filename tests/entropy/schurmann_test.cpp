// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/schurmann.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/grassberger.hpp"
#include "tailwatch/entropy/zhang.hpp"

TEST_CASE("entropy: schurmann reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::schurmann_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::schurmann);
}

TEST_CASE("entropy: schurmann spans zhang and grassberger", "[entropy]") {
  const std::vector<int> x{7, 1, 1, 2, 4};
  CHECK(tailwatch::testing::close(tailwatch::entropy::schurmann(x, {.xi = 1.0}).value,
                                  tailwatch::entropy::zhang(x).value, 1e-14));
  const double shift = tailwatch::math::digamma(15.0) - std::log(15.0);
  CHECK(tailwatch::testing::close(tailwatch::entropy::schurmann(x, {.xi = 0.5}).value,
                                  tailwatch::entropy::grassberger(x).value + shift, 1e-14));
  CHECK_THROWS_AS(tailwatch::entropy::schurmann(x, {.xi = 0.4}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::entropy::schurmann(x, {.xi = 1.1}), std::invalid_argument);
}

TEST_CASE("entropy: the error of schurmann matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 19, [&](auto& random) { return tailwatch::entropy::schurmann(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
