// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hill_number_at_size.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/diversity/hill_number.hpp"

TEST_CASE("diversity: hill_number_at_size reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::hill_number_at_size_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::hill_number_at_size);
}

TEST_CASE("diversity: hill_number_at_size at N is the observed number", "[diversity]") {
  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  CHECK(tailwatch::testing::close(tailwatch::diversity::hill_number_at_size(x, {.order = 0, .sample_size = 31}).value,
                                  10.0, 1e-13));
  for (const int q : {1, 2})
    CHECK(tailwatch::testing::close(tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = 31}).value,
                                    q == 1 ? tailwatch::diversity::hill_number(x, {.order = 1.0}).value
                                           : 1.0 / (1.0 / 31.0 + 30.0 / 31.0 * 136.0 / 930.0),
                                    1e-12));
  for (const int q : {0, 1, 2}) {
    CHECK(tailwatch::testing::close(tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = 1}).value,
                                    1.0, 1e-13));
    double before = 0.0;
    for (std::uint64_t m = 1; m < 100; m += 3) {
      const double d = tailwatch::diversity::hill_number_at_size(x, {.order = q, .sample_size = m}).value;
      CHECK(d > before);
      before = d;
    }
  }
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_size(x, {.order = 3}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::diversity::hill_number_at_size(x, {.sample_size = 0}), std::invalid_argument);
}

TEST_CASE("diversity: hill_number_at_size is the mean over subsamples", "[diversity]") {
  std::vector<int> bag;
  const std::vector<int> x{7, 1, 1, 2, 1, 3, 2, 9, 1, 4};
  for (std::size_t i = 0; i < x.size(); ++i) bag.insert(bag.end(), static_cast<std::size_t>(x[i]), static_cast<int>(i));
  const auto types = tailwatch::testing::replicate(2000, 53, [&](auto& random) {
    auto order = bag;
    tailwatch::core::shuffle(order, random);
    std::vector<int> counts(x.size());
    for (std::size_t i = 0; i < 12; ++i) ++counts[static_cast<std::size_t>(order[i])];
    return tailwatch::diversity::hill_number(counts, {.order = 0.0});
  });
  const double expected = tailwatch::diversity::hill_number_at_size(x, {.order = 0, .sample_size = 12}).value;
  CHECK(std::abs(types.mean - expected) < 4.0 * types.deviation / std::sqrt(2000.0));
}

TEST_CASE("diversity: the errors of hill_number_at_size match their scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(500, 1.0);
  for (const int q : {0, 1, 2})
    for (const std::uint64_t m : {200U, 1000U, 3000U}) {
      if (m > 1000 && q < 2) continue;
      const auto s = tailwatch::testing::replicate(300, 54, [&](auto& random) {
        return tailwatch::diversity::hill_number_at_size(source.counts(1000, random), {.order = q, .sample_size = m});
      });
      INFO("q " << q << " m " << m << ": deviation " << s.deviation << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
  const std::vector<int> x{7, 1, 1, 2};
  CHECK(std::isnan(tailwatch::diversity::hill_number_at_size(x, {.order = 0, .sample_size = 12}).standard_error));
  CHECK(std::isnan(tailwatch::diversity::hill_number_at_size(x, {.order = 1, .sample_size = 12}).standard_error));
  CHECK(std::isnan(tailwatch::diversity::hill_number_at_size(x, {.order = 2, .sample_size = 1}).standard_error));
}
