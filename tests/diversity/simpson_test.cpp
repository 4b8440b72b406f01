// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/simpson.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: simpson_dominance reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::simpson_dominance_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::simpson_dominance);
}

TEST_CASE("diversity: simpson_unbiased reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::simpson_unbiased_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::simpson_unbiased);
}

TEST_CASE("diversity: gini_simpson reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::gini_simpson_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::gini_simpson);
}

TEST_CASE("diversity: inverse_simpson reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::inverse_simpson_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::inverse_simpson);
}

TEST_CASE("diversity: simpson_evenness reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::simpson_evenness_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::simpson_evenness);
}

TEST_CASE("diversity: the Simpson family in closed form", "[diversity]") {
  const std::vector<int> x{3, 1};
  CHECK(tailwatch::testing::close(tailwatch::diversity::simpson_dominance(x).value, 0.625, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::simpson_unbiased(x).value, 0.5, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::gini_simpson(x).value, 0.375, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::inverse_simpson(x).value, 1.6, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::simpson_evenness(x).value, 0.8, 1e-15));
  CHECK(std::isnan(tailwatch::diversity::simpson_unbiased(std::vector<int>{1}).value));
  const std::vector<long long> giant{1'000'000'000'000, 1};
  CHECK(tailwatch::testing::close(tailwatch::diversity::gini_simpson(giant).value, 2e-12, 1e-11));
}

TEST_CASE("diversity: the error of simpson_unbiased matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 54, [&](auto& random) { return tailwatch::diversity::simpson_unbiased(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: the error of simpson_unbiased keeps its degenerate part for equal shares", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 0.0);
  const auto s = tailwatch::testing::replicate(
      400, 55, [&](auto& random) { return tailwatch::diversity::simpson_unbiased(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("diversity: the error of inverse_simpson matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 56, [&](auto& random) { return tailwatch::diversity::inverse_simpson(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
