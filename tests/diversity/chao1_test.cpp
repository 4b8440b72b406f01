// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/chao1.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("diversity: chao1 reads any source of counts", "[diversity]") {
  static_assert(tailwatch::core::estimator<tailwatch::diversity::chao1_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::diversity::chao1);
}

TEST_CASE("diversity: chao1 variants", "[diversity]") {
  using tailwatch::diversity::chao1_variant;
  const std::vector<int> x{1, 1, 1, 2, 5};
  CHECK(tailwatch::testing::close(tailwatch::diversity::chao1(x).value, 5.0 + 6.0 / 4.0, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::chao1(x, {.variant = chao1_variant::classic}).value,
                                  5.0 + 9.0 / 2.0, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::diversity::chao1(x, {.variant = chao1_variant::finite_sample}).value,
                                  5.0 + 0.9 * 9.0 / 2.0, 1e-15));
  CHECK(tailwatch::diversity::chao1(std::vector<int>{5, 9, 3}).value == 3.0);
  CHECK(tailwatch::diversity::chao1(std::vector<int>{5, 9, 3}).standard_error > 0.0);
  CHECK(std::isnan(tailwatch::diversity::chao1(std::vector<int>{7, 9, 8}).standard_error));  // nothing rare
  // Published: f₁ = 3, f₂ = 1: 3·2/4 + 3·25/16 + 9·4/64
  using tailwatch::diversity::chao1_error;
  CHECK(tailwatch::testing::close(tailwatch::diversity::chao1(x, {.error = chao1_error::published}).standard_error,
                                  std::sqrt(1.5 + 75.0 / 16.0 + 36.0 / 64.0), 1e-14));
  CHECK(std::isnan(
      tailwatch::diversity::chao1(std::vector<int>{5, 9, 3}, {.error = chao1_error::published}).standard_error));
}

TEST_CASE("diversity: chao1_confidence_interval never goes below the types seen", "[diversity]") {
  const auto i = tailwatch::diversity::chao1_confidence_interval(std::vector<int>{1, 1, 1, 2, 5});
  CHECK(i.lower > 5.0);
  CHECK(i.upper > 6.5);
  CHECK(i.level == 0.95);
  CHECK(std::isnan(tailwatch::diversity::chao1_confidence_interval(std::vector<int>{5, 9}).lower));
  CHECK_THROWS_AS(tailwatch::diversity::chao1_confidence_interval(std::vector<int>{5}, {.level = 1.0}),
                  std::invalid_argument);
}

TEST_CASE("diversity: chao2 counts sampling units", "[diversity]") {
  const std::vector<int> x{1, 1, 2, 3};
  CHECK(
      tailwatch::testing::close(tailwatch::diversity::chao2(x, {.sampling_units = 4}).value, 4.0 + 0.75 * 2.0, 1e-15));
  CHECK(tailwatch::diversity::chao2(x, {.sampling_units = 4}).count == 4);
  CHECK_THROWS_AS(tailwatch::diversity::chao2(x, {.sampling_units = 2}), std::invalid_argument);
}

TEST_CASE("diversity: the error of chao1 matches its scatter", "[diversity]") {
  const auto source = tailwatch::testing::categorical::zipf(500, 0.0);
  const auto s = tailwatch::testing::replicate(400, 58, [&](auto& random) {
    return tailwatch::diversity::chao1(source.counts(1500, random),
                                       {.variant = tailwatch::diversity::chao1_variant::classic});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
