// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/nsb.hpp"

#include <cmath>
#include <cstdint>
#include <utility>
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

TEST_CASE("entropy: nsb of counts near 1e12 keeps its digits, and takes no longer", "[entropy]") {
  // Values by a trapezoidal rule over 240 nodes in 60-digit arithmetic. Where counts are nearly equal the two gammas of its weight agree in all
  // digits that a double has; with cells unseen beside them the width of the weight was lost in that noise, and the integral took ten seconds.
  const auto nsb = [](std::vector<tailwatch::summary::frequency_profile::entry> entries, std::uint64_t cells) {
    return tailwatch::entropy::nsb(tailwatch::summary::frequency_profile::from_entries(std::move(entries)),
                                   {.alphabet_size = cells});
  };
  const auto uneven = nsb({{1'000'000'000'000, 5}, {300'000'000'000, 20}, {70'000'000'000, 100}}, 200);
  CHECK(tailwatch::testing::close(uneven.value, 4.32585270703705286, 1e-14));
  CHECK(tailwatch::testing::close(uneven.standard_error, 2.55241659253e-7, 1e-9));
  const auto collapsed = nsb({{1'000'000'000'000, 1}, {1, 3}}, 10);
  CHECK(tailwatch::testing::close(collapsed.value, 8.85215627214630672e-11, 1e-12));
  CHECK(tailwatch::testing::close(collapsed.standard_error, 4.82664416652e-11, 1e-9));
  const auto equal = nsb({{1'000'000'000'000, 1000}}, 1010);
  CHECK(tailwatch::testing::close(equal.value, 6.9077552789822126, 1e-14));
  CHECK(tailwatch::testing::close(equal.standard_error, 1.25902695108e-13, 0.01));
  const auto one_rare = nsb({{1'000'000'000'000, 1000}, {100'000, 1}}, 1001);
  CHECK(tailwatch::testing::close(one_rare.standard_error, 5.09783298248e-12, 1e-5));
  const auto poisson = nsb({{100'000'000, 10}, {100'010'000, 10}, {99'990'000, 10}}, 30);
  CHECK(tailwatch::testing::close(poisson.value, 3.40119738084243415, 1e-14));
  CHECK(tailwatch::testing::close(poisson.standard_error, 7.6179117985e-10, 1e-4));
}
