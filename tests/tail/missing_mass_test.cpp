// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/missing_mass.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: missing_mass reads any source of counts", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::missing_mass_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::tail::missing_mass);
}

TEST_CASE("tail: missing_mass is the share of singletons", "[tail]") {
  const auto e = tailwatch::tail::missing_mass(std::vector<int>{1, 1, 2, 6});
  CHECK(tailwatch::testing::close(e.value, 0.2, 1e-15));
  CHECK(tailwatch::testing::close(e.standard_error, std::sqrt((2.0 * 8.0 + 20.0) / 1000.0), 1e-14));
  for (const auto& silent : {std::vector<int>{5, 5}, std::vector<int>{1, 1, 1}}) {  // the formula's 0 is no certainty
    CHECK(std::isnan(tailwatch::tail::missing_mass(silent).standard_error));
    const auto interval = tailwatch::tail::missing_mass_esty_interval(silent);
    CHECK((interval.lower == interval.upper && interval.lower == tailwatch::tail::missing_mass(silent).value));
  }
}

TEST_CASE("tail: the error of missing_mass is that of the mass this sample misses", "[tail]") {
  const auto source = tailwatch::testing::categorical::zipf(2000, 1.0);
  const auto s = tailwatch::testing::replicate(400, 31, [&](auto& random) {
    const auto counts = source.counts(1000, random);
    auto e = tailwatch::tail::missing_mass(counts);
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (counts[i] == 0) e.value -= source.shares()[i];
    return e;
  });
  CHECK(std::abs(s.discrepancy()) < 4.0);
  CHECK(std::abs(s.mean) < 1e-3 + 4.0 * s.deviation / 20.0);  // biased by at most 1/N
}

TEST_CASE("tail: bounds on the missing mass", "[tail]") {
  const std::vector<int> x{1, 1, 2, 6};
  const auto e = tailwatch::tail::missing_mass(x);
  const auto interval = tailwatch::tail::missing_mass_esty_interval(x, {.level = 0.9});
  CHECK(tailwatch::testing::close(interval.upper - interval.lower, 2.0 * 1.6448536269514722 * e.standard_error, 1e-13));
  CHECK(tailwatch::tail::missing_mass_mcallester_schapire_upper(x).value == 1.0);
  std::vector<int> many(1000, 2000);
  const double bound = tailwatch::tail::missing_mass_mcallester_schapire_upper(many, {.delta = 0.1}).value;
  CHECK(tailwatch::testing::close(bound, (2.0 * std::sqrt(2.0) + std::sqrt(3.0)) * std::sqrt(std::log(30.0) / 2e6),
                                  1e-13));
  CHECK_THROWS_AS(tailwatch::tail::missing_mass_mcallester_schapire_upper(x, {.delta = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::tail::missing_mass_esty_interval(x, {.level = 0.0}), std::invalid_argument);
}
