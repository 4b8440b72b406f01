// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hill_number_at_coverage.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: hill_number_at_coverage takes the smallest sample that covers enough", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::hill_number_at_coverage_fn>);
  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  const tailwatch::summary::frequency_profile profile(x);
  const auto coverage = [&](std::uint64_t m) {
    return 1.0 - tailwatch::math::missing_mass_at_size(profile.entries(), 31, m);
  };
  for (const double q : {0.0, 0.5, 1.0, 2.0})
    for (const double c : {0.01, 0.3, 0.7, 0.86, 0.9, 0.99}) {
      INFO("q " << q << " coverage " << c);
      const auto e = tailwatch::diversity::hill_number_at_coverage(x, {.order = q, .coverage = c});
      CHECK(e.coverage >= c);
      CHECK(e.coverage == coverage(e.sample_size));
      CHECK((e.sample_size == 1 || coverage(e.sample_size - 1) < c));
      CHECK(e.number.value ==
            tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = e.sample_size}).value);
      // a sample of one has one type; beyond N orders other than 0, 1 and 2 have no error
      CHECK(std::isnan(e.number.standard_error) == (e.sample_size == 1 || (q == 0.5 && e.sample_size > 31)));
    }
  CHECK(std::isnan(tailwatch::diversity::hill_number_at_coverage(std::vector<int>{1}).number.value));
  CHECK(tailwatch::diversity::hill_number_at_coverage(std::vector<int>{4, 4}).sample_size < 8);
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_coverage(x, {.coverage = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_coverage(x, {.order = -1}), std::invalid_argument);
}

TEST_CASE("diversity: the errors of hill_number_at_coverage match their scatter, rarefied and beyond N",
          "[diversity]") {
  const auto zipf = tailwatch::testing::categorical::zipf(500, 1.0);
  const auto equal = tailwatch::testing::categorical::zipf(500, 0.0);
  for (const auto* source : {&zipf, &equal})
    for (const double q : {0.0, 0.5, 1.0, 2.0})
      for (const double c : {0.5, 0.7, 0.95}) {  // of 500 observations: 0.79 and 0.63 on average
        if (q == 0.5 && c > 0.6) continue;       // no error beyond N
        const auto s = tailwatch::testing::replicate(400, 56, [&](auto& random) {
          return tailwatch::diversity::hill_number_at_coverage(source->counts(500, random), {.order = q, .coverage = c})
              .number;
        });
        INFO((source == &zipf ? "zipf" : "equal") << " q " << q << " coverage " << c << ": deviation " << s.deviation
                                                  << ", mean standard error " << s.mean_error);
        CHECK(std::abs(s.discrepancy()) < 4.0);
      }
}

TEST_CASE("diversity: hill_number_at_coverage sees how rich two sources are against each other", "[diversity]") {
  // Twice as many equally frequent kinds are twice as many at any coverage, at equal size they are not.
  const auto poor = tailwatch::testing::categorical::zipf(300, 0.0);
  const auto rich = tailwatch::testing::categorical::zipf(600, 0.0);
  const auto ratio = tailwatch::testing::replicate(100, 55, [&](auto& random) -> tailwatch::estimate {
    const auto a = tailwatch::diversity::hill_number_at_coverage(poor.counts(400, random), {.coverage = 0.6});
    const auto b = tailwatch::diversity::hill_number_at_coverage(rich.counts(700, random), {.coverage = 0.6});
    return {b.number.value / a.number.value, tailwatch::core::nan, 0};
  });
  CHECK(std::abs(ratio.mean - 2.0) < 0.1);
}
