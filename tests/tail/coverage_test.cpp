// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/coverage.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: coverage_good_turing reads any source of counts", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::coverage_good_turing_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::tail::coverage_good_turing);
}

TEST_CASE("tail: coverage_chao_jost reads any source of counts", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::coverage_chao_jost_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::tail::coverage_chao_jost);
}

TEST_CASE("tail: coverage_at_size reads any source of counts", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::coverage_at_size_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::tail::coverage_at_size);
}

TEST_CASE("tail: coverage_zhang_huang of undefined and of plain counts", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::coverage_zhang_huang_fn>);
  CHECK(std::isnan(tailwatch::tail::coverage_zhang_huang(std::vector<int>{}).value));
  CHECK(std::isnan(tailwatch::tail::coverage_zhang_huang(std::vector<int>{2, 2, 2}).value));
  CHECK(std::isnan(tailwatch::tail::coverage_zhang_huang(std::vector<int>{1, 1}).value));
  // 1 − 3/7 + 2·1/21
  CHECK(tailwatch::testing::close(tailwatch::tail::coverage_zhang_huang(std::vector<int>{1, 1, 1, 2, 2}).value,
                                  1.0 - 3.0 / 7.0 + 2.0 / 21.0, 1e-14));
}

TEST_CASE("tail: coverage_at_size passes through the sample's own coverage", "[tail]") {
  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  double before = 0.0;
  for (const std::uint64_t m : {1U, 5U, 10U, 20U, 29U, 30U, 31U, 40U, 100U, 1000U}) {
    const double c = tailwatch::tail::coverage_at_size(x, {.sample_size = m}).value;
    CHECK(c > before);
    before = c;
  }
  // m = N − 1: the share of pairs in which one observation is new to the rest, exactly Good and Turing's
  CHECK(tailwatch::testing::close(tailwatch::tail::coverage_at_size(x, {.sample_size = 30}).value,
                                  tailwatch::tail::coverage_good_turing(x).value, 1e-14));
  CHECK(tailwatch::testing::close(tailwatch::tail::coverage_at_size(x, {.sample_size = 31}).value,
                                  tailwatch::tail::coverage_chao_jost(x).value, 1e-14));
  CHECK_THROWS_AS(tailwatch::tail::coverage_at_size(x, {.sample_size = 0}), std::invalid_argument);
}

TEST_CASE("tail: the error of coverage_chao_jost is that of the mass this sample misses", "[tail]") {
  const auto source = tailwatch::testing::categorical::zipf(2000, 1.0);
  const auto s = tailwatch::testing::replicate(400, 32, [&](auto& random) {
    const auto counts = source.counts(1000, random);
    auto e = tailwatch::tail::coverage_chao_jost(counts);
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (counts[i] != 0) e.value -= source.shares()[i];
    return e;
  });
  CHECK(std::abs(s.discrepancy()) < 4.0);
  CHECK(std::abs(s.mean) < 4.0 * s.deviation / 20.0);
}

TEST_CASE("tail: the error of coverage_at_size matches its scatter", "[tail]") {
  const auto zipf = tailwatch::testing::categorical::zipf(500, 1.0);
  const auto equal = tailwatch::testing::categorical::zipf(500, 0.0);
  for (const auto* source : {&zipf, &equal})
    for (const std::uint64_t m : {100U, 500U, 900U, 999U, 1000U, 1500U, 2500U}) {
      const auto s = tailwatch::testing::replicate(400, 64, [&](auto& random) {
        return tailwatch::tail::coverage_at_size(source->counts(1000, random), {.sample_size = m});
      });
      INFO((source == &zipf ? "zipf" : "equal")
           << " m " << m << ": deviation " << s.deviation << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
}

TEST_CASE("tail: coverage of larger samples keeps its digits at 1e12 observations", "[tail]") {
  // A = 2e-13: 1 − A as a double has lost three digits of it
  const auto profile = tailwatch::summary::frequency_profile::from_entries(
      {{1, 1'000'000}, {2, 100'000}, {3, 1000}, {1'000'000'000'000, 1}});
  const double covered = tailwatch::tail::coverage_at_size(profile, {.sample_size = 2 * profile.total()}).value;
  CHECK(tailwatch::testing::close(1.0 - covered, 8.18729768145759662e-7, 1e-9));
}

TEST_CASE("tail: the error of coverage_at_size does not depend on how large the counts are", "[tail]") {
  // √N times it has a limit; differences of neighbouring counts lose all digits near 1e9
  double before = 0.0;
  for (const std::uint64_t f : {1ULL, 1'000ULL, 1'000'000ULL, 10'000'000ULL}) {
    const auto profile =
        tailwatch::summary::frequency_profile::from_entries({{100'000 * f, 5}, {30'000 * f, 20}, {7'000 * f, 100}});
    const double error = tailwatch::tail::coverage_at_size(profile, {.sample_size = 1000}).standard_error *
                         std::sqrt(static_cast<double>(profile.total()));
    if (before > 0.0) CHECK(tailwatch::testing::close(error, before, 2e-3));
    before = error;
  }
}
