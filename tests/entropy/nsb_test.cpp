// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/nsb.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/plugin.hpp"

TEST_CASE("entropy: nsb reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::nsb_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::nsb, true);
}

TEST_CASE("entropy: nsb of many observations is the plug-in", "[entropy]") {
  const std::vector<int> x{40000, 30000, 20000, 10000};
  const auto e = tailwatch::entropy::nsb(x);
  const auto plain = tailwatch::entropy::plugin(x);
  CHECK(std::abs(e.value - plain.value) < 0.1 * plain.standard_error);
  CHECK(tailwatch::testing::close(e.standard_error, plain.standard_error, 0.01));
}

TEST_CASE("entropy: nsb finds a large alphabet from few coincidences", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(1000, 0.0);
  const auto s = tailwatch::testing::replicate(40, 20, [&](auto& random) {
    return tailwatch::entropy::nsb(source.counts(150, random), {.alphabet_size = 1000});
  });
  CHECK(std::abs(s.mean - std::log(1000.0)) < 2.0 * s.mean_error);
  CHECK(s.mean > std::log(500.0));  // the plug-in stays below ln 150
  CHECK(s.mean_error > s.deviation);
}

TEST_CASE("entropy: nsb needs an alphabet of two", "[entropy]") {
  CHECK_THROWS_AS(tailwatch::entropy::nsb(std::vector<int>{3}), std::invalid_argument);
  CHECK(tailwatch::entropy::nsb(std::vector<int>{1, 1, 1}, {.alphabet_size = 5}).defined());
}
