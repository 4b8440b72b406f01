// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hill_number.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: hill_number reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::hill_number_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::hill_number);
}

TEST_CASE("diversity: hill_number of equal counts is their number at every order", "[diversity]") {
  for (const double q : {0.0, 0.3, 1.0, 1.0 + 1e-9, 2.0, 30.0, std::numeric_limits<double>::infinity()})
    CHECK(tailwatch::testing::close(
        tailwatch::diversity::hill_number(std::vector<int>{6, 6, 6, 6, 6}, {.order = q}).value, 5.0, 1e-13));
  CHECK(tailwatch::testing::close(tailwatch::diversity::hill_number(std::vector<int>{3, 1}, {.order = 2.0}).value, 1.6,
                                  1e-14));
  CHECK(tailwatch::diversity::hill_number(std::vector<int>{3, 1, 9}, {.order = 0.0}).value == 3.0);
  CHECK_THROWS_AS(tailwatch::diversity::hill_number(std::vector<int>{3}, {.order = -1.0}), std::invalid_argument);
}

TEST_CASE("diversity: the error of hill_number of order 1 matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 51, [&](auto& random) { return tailwatch::diversity::hill_number(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: the error of hill_number of order 2 matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(400, 52, [&](auto& random) {
    return tailwatch::diversity::hill_number(source.counts(1000, random), {.order = 2.0});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: the error of hill_number of order 0 matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(2000, 1.0);
  const auto s = tailwatch::testing::replicate(400, 53, [&](auto& random) {
    return tailwatch::diversity::hill_number(source.counts(1000, random), {.order = 0.0});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
  CHECK(std::isnan(tailwatch::diversity::hill_number(std::vector<int>{7, 9}, {.order = 0.0}).standard_error));
}

TEST_CASE("diversity: hill_number of probabilities is that of their counts", "[diversity]") {
  const std::vector<int> counts{5, 3, 1, 1};
  const std::vector<double> p{0.5, 0.3, 0.1, 0.1}, none{0.0}, negative{0.5, -0.5};
  for (const double q : {0.0, 0.5, 1.0, 2.0, 7.0}) {
    const auto e = tailwatch::diversity::hill_number(tailwatch::probabilities(p), {.order = q});
    CHECK(tailwatch::testing::close(e.value, tailwatch::diversity::hill_number(counts, {.order = q}).value, 1e-14));
    CHECK((std::isnan(e.standard_error) && e.count == 0));
  }
  CHECK(std::isnan(tailwatch::diversity::hill_number(tailwatch::probabilities(none)).value));
  CHECK_THROWS_AS(tailwatch::diversity::hill_number(tailwatch::probabilities(negative)), std::invalid_argument);
}
