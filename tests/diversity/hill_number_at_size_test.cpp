// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hill_number_at_size.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/diversity/hill_number.hpp"
#include "tailwatch/diversity/hill_number_asymptotic.hpp"

TEST_CASE("diversity: hill_number_at_size reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::hill_number_at_size_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::hill_number_at_size);
}

TEST_CASE("diversity: hill_number_at_size at N is the observed number", "[diversity]") {
  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  CHECK(tailwatch::testing::close(tailwatch::diversity::hill_number_at_size(x, {.order = 0, .sample_size = 31}).value,
                                  10.0, 1e-13));
  for (const double q : {1.0, 2.0})
    CHECK(tailwatch::testing::close(tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = 31}).value,
                                    q == 1.0 ? tailwatch::diversity::hill_number(x, {.order = 1.0}).value
                                             : 1.0 / (1.0 / 31.0 + 30.0 / 31.0 * 136.0 / 930.0),
                                    1e-12));
  for (const double q : {0.0, 0.3, 1.0, 1.0000001, 1.4, 1.6, 2.0, 3.7}) {
    INFO("q " << q);
    CHECK(tailwatch::testing::close(tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = 1}).value,
                                    1.0, 1e-13));
    double before = 0.0;
    for (std::uint64_t m = 1; m < 100; m += 3) {
      const double d = tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = m}).value;
      CHECK(d > before);
      before = d;
    }
  }
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_size(x, {.order = -0.1}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_size(x, {.order = INFINITY}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_size(x, {.order = std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_size(x, {.sample_size = 0}), std::invalid_argument);
}

TEST_CASE("diversity: hill_number_at_size is the mean over subsamples", "[diversity]") {
  std::vector<int> bag;
  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  for (std::size_t i = 0; i < x.size(); ++i) bag.insert(bag.end(), static_cast<std::size_t>(x[i]), static_cast<int>(i));
  for (const double q : {0.0, 0.4, 2.5}) {  // the mean of Σ p^q is rarefied, not that of the number
    const auto power = tailwatch::testing::replicate(2000, 53, [&](auto& random) -> tailwatch::estimate {
      auto order = bag;
      tailwatch::core::shuffle(order, random);
      std::vector<int> counts(x.size());
      for (std::size_t i = 0; i < 12; ++i) ++counts[static_cast<std::size_t>(order[i])];
      return {std::pow(tailwatch::diversity::hill_number(counts, {.order = q}).value, 1.0 - q), 0.0, 0};
    });
    const double expected = tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = 12}).value;
    CHECK(std::abs(power.mean - std::pow(expected, 1.0 - q)) < 4.0 * power.deviation / std::sqrt(2000.0));
  }
}

TEST_CASE("diversity: hill_number_at_size grows from the observed to the asymptotic number", "[diversity]") {
  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  for (const double q : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0}) {
    INFO("q " << q);
    const double end = tailwatch::diversity::hill_number_asymptotic(x, {.order = q}).value;
    const auto at = [&](std::uint64_t m) {
      return tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = m}).value;
    };
    CHECK(at(62) < end);
    CHECK(tailwatch::testing::close(at(std::uint64_t{1} << 40), end, 1e-9));
  }
}

TEST_CASE("diversity: the errors of hill_number_at_size match their scatter", "[diversity]") {
  const auto zipf = tailwatch::testing::categorical::zipf(500, 1.0);
  const auto equal = tailwatch::testing::categorical::zipf(100, 0.0);
  for (const auto* source : {&zipf, &equal})
    for (const double q : {0.0, 0.5, 1.0, 2.0})
      for (const std::uint64_t m : {200U, 1000U, 3000U}) {
        // equal shares: every type was seen, so the number of types at m = N and beyond has no scatter to compare with
        if ((m > 1000 && q == 0.5) || (source == &equal && m >= 1000 && q == 0.0)) continue;
        const auto s = tailwatch::testing::replicate(300, 54, [&](auto& random) {
          return tailwatch::diversity::hill_number_at_size(source->counts(1000, random),
                                                           {.order = q, .sample_size = m});
        });
        INFO((source == &zipf ? "zipf" : "equal")
             << " q " << q << " m " << m << ": deviation " << s.deviation << ", mean standard error " << s.mean_error);
        CHECK(std::abs(s.discrepancy()) < 4.0);
      }
  const std::vector<int> x{7, 1, 1, 2}, no_singletons{7, 3, 2}, none_rare{7, 8, 9};
  CHECK(tailwatch::diversity::hill_number_at_size(no_singletons, {.sample_size = 20}).standard_error > 0.0);
  CHECK(std::isnan(tailwatch::diversity::hill_number_at_size(none_rare, {.sample_size = 40}).standard_error));
  CHECK(std::isnan(tailwatch::diversity::hill_number_at_size(x, {.order = 1.5, .sample_size = 12}).standard_error));
  CHECK(std::isnan(
      tailwatch::diversity::hill_number_at_size(
          x, {.order = 1, .sample_size = 12, .extrapolation = tailwatch::diversity::shannon_extrapolation::inext3})
          .standard_error));
  CHECK(std::isnan(tailwatch::diversity::hill_number_at_size(x, {.order = 2, .sample_size = 1}).standard_error));
}

TEST_CASE("diversity: hill_number_at_size of giant counts takes a series, not every count", "[diversity]") {
  // The sum over k is exact to 1e-15 at a mean of 2e6 just above which the series takes over; both sides of that border agree.
  const std::vector<long long> x{4'000'000, 3'000'000, 2'500'000};
  for (const double q : {0.5, 1.0, 1.2, 2.5}) {
    const auto at = [&](std::uint64_t m) {
      return tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = m}).value;
    };
    // In between D is linear in 1/m to first order: no step where one count after the other passes the border
    double before = 0.0;
    for (std::uint64_t m = 1'000'000; m <= 9'000'000; m += 500'000) {
      const double scaled = (at(m) - at(9'499'999)) * static_cast<double>(m) / (1.0 - static_cast<double>(m) / 9.5e6);
      if (before != 0.0) CHECK(tailwatch::testing::close(scaled, before, 2e-3));
      before = scaled;
    }
  }
  const auto giant = tailwatch::summary::frequency_profile::from_entries({{1ULL << 62, 3}, {1, 2}, {2, 2}});
  CHECK(tailwatch::testing::close(
      tailwatch::diversity::hill_number_at_size(giant, {.order = 1.0, .sample_size = 1ULL << 62}).value, 3.0, 1e-15));
}
