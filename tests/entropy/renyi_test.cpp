// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/renyi.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/plugin.hpp"

TEST_CASE("entropy: renyi reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::renyi_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::renyi);
}

TEST_CASE("entropy: renyi passes through Shannon at order 1", "[entropy]") {
  const std::vector<int> x{700, 100, 90, 60, 50};
  const auto shannon = tailwatch::entropy::renyi(x, {.order = 1.0});
  CHECK(shannon.value == tailwatch::entropy::plugin(x).value);
  for (const double step : {1e-12, -1e-12, 1e-9, -1e-9, 1e-6, -1e-6}) {
    const auto e = tailwatch::entropy::renyi(x, {.order = 1.0 + step});
    CHECK(std::abs(e.value - shannon.value) < 2.0 * std::abs(step) + 1e-14);
    CHECK(std::abs(e.standard_error - shannon.standard_error) < 2.0 * std::abs(step) + 1e-14);
  }
}

TEST_CASE("entropy: renyi falls with the order and is flat for equal counts", "[entropy]") {
  double before = std::log(5.0) + 1e-12;
  for (const double q :
       {0.0, 0.1, 0.5, 0.9, 1.0, 1.1, 1.5, 2.0, 5.0, 50.0, 1e4, std::numeric_limits<double>::infinity()}) {
    const double h = tailwatch::entropy::renyi(std::vector<int>{700, 100, 90, 60, 50}, {.order = q}).value;
    CHECK(h < before);
    before = h;
    const auto flat = tailwatch::entropy::renyi(std::vector<int>{8, 8, 8}, {.order = q});
    CHECK(tailwatch::testing::close(flat.value, std::log(3.0), 1e-14));
    // q times that of Shannon's entropy, √(S/2)/N, to first order in the differences of the counts
    if (q > 0.0 && q <= 2.0)
      CHECK(tailwatch::testing::close(flat.standard_error, q * std::sqrt(3.0 / 2.0) / 24.0, 0.4));
  }
  CHECK_THROWS_AS(tailwatch::entropy::renyi(std::vector<int>{1}, {.order = -0.5}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::entropy::renyi(std::vector<int>{1}, {.order = std::nan("")}), std::invalid_argument);
}

TEST_CASE("entropy: renyi does not know the error of the number of types", "[entropy]") {
  CHECK(std::isnan(tailwatch::entropy::renyi(std::vector<int>{3, 2}, {.order = 0.0}).standard_error));
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(tailwatch::entropy::renyi(std::vector<int>{3, 3}, {.order = infinity}).standard_error));
  CHECK(tailwatch::entropy::renyi(std::vector<int>{3, 2}, {.order = infinity}).standard_error > 0.0);
}

TEST_CASE("entropy: the error of renyi of order 2 matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 21, [&](auto& random) { return tailwatch::entropy::renyi(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("entropy: the error of renyi of order one half matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(30, 1.0);
  const auto s = tailwatch::testing::replicate(
      300, 22, [&](auto& random) { return tailwatch::entropy::renyi(source.counts(20000, random), {.order = 0.5}); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("entropy: the error of renyi of order infinity matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(400, 23, [&](auto& random) {
    return tailwatch::entropy::renyi(source.counts(1000, random), {.order = std::numeric_limits<double>::infinity()});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
