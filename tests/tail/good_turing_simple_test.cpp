// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/good_turing_simple.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("tail: good_turing_simple gives probabilities that add up to one", "[tail]") {
  const auto source = tailwatch::testing::categorical::zipf(2000, 1.0);
  tailwatch::core::random_engine random(35);
  const auto fit = tailwatch::tail::good_turing_simple(source.counts(5000, random));
  double sum = fit.unseen_mass;
  double before = 0.0;
  for (const auto& r : fit.counts) {
    sum += static_cast<double>(r.multiplicity) * r.probability;
    if (r.count < 6) CHECK(r.adjusted_count < static_cast<double>(r.count));
    before = r.probability;
  }
  CHECK(tailwatch::testing::close(sum, 1.0, 1e-12));
  CHECK(before > 0.0);
  CHECK(fit.slope < -1.0);
}

TEST_CASE("tail: good_turing_simple without data or without a slope", "[tail]") {
  CHECK(std::isnan(tailwatch::tail::good_turing_simple(std::vector<int>{}).unseen_mass));
  CHECK(tailwatch::tail::good_turing_simple(std::vector<int>{}).counts.empty());
  CHECK(std::isnan(tailwatch::tail::good_turing_simple(std::vector<int>{3, 3}).slope));
  CHECK_THROWS_AS(tailwatch::tail::good_turing_simple(std::vector<int>{3, -3}), std::invalid_argument);
}
