// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/plugin.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("entropy: plugin reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::plugin_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::plugin);
}

TEST_CASE("entropy: plugin of equal counts is ln S, and its error that of equal shares", "[entropy]") {
  const std::vector<int> equal{8, 8, 8, 8};
  const auto e = tailwatch::entropy::plugin(equal);
  CHECK(tailwatch::testing::close(e.value, std::log(4.0), 1e-15));
  CHECK(tailwatch::testing::close(e.standard_error, std::sqrt(4.0 / 2.0) / 32.0, 0.25));  // √(S/2)/N
  CHECK(std::isnan(tailwatch::entropy::plugin(std::vector<int>{42}).standard_error));
  CHECK(std::isnan(tailwatch::entropy::plugin(std::vector<int>{1, 1, 1, 1}).standard_error));
  CHECK(tailwatch::entropy::plugin(equal, {.error = tailwatch::entropy::plugin_error::delta_method}).standard_error <
        1e-15);
  CHECK(tailwatch::testing::close(
      tailwatch::entropy::plugin(std::vector<int>{1, 1}, {.unit = tailwatch::information_unit::bits}).value, 1.0,
      1e-15));
  CHECK(tailwatch::entropy::plugin(std::vector<int>{42}).value == 0.0);
}

TEST_CASE("entropy: plugin keeps its digits when one count is giant", "[entropy]") {
  // p = 1e-12: H = p(1 − ln p) + O(p²)
  const auto e = tailwatch::entropy::plugin(std::vector<long long>{1'000'000'000'000, 1});
  CHECK(tailwatch::testing::close(e.value, 1e-12 * (1.0 - std::log(1e-12)), 1e-11));
}

TEST_CASE("entropy: plugin has the published error by option", "[entropy]") {
  // 8, 4, 2, 2: H = 1.75 ln 2, Σ p ln²p = 3.75 ln²2, so √((3.75 − 1.75²)/16)·ln 2.
  const std::vector<int> x{8, 4, 2, 2};
  const auto published = tailwatch::entropy::plugin(x, {.error = tailwatch::entropy::plugin_error::delta_method});
  CHECK(tailwatch::testing::close(published.standard_error, std::sqrt((3.75 - 3.0625) / 16.0) * std::log(2.0), 1e-14));
  CHECK(published.value == tailwatch::entropy::plugin(x).value);
  CHECK(published.standard_error != tailwatch::entropy::plugin(x).standard_error);
  CHECK(std::isnan(tailwatch::entropy::plugin(std::vector<int>{1, 1}).standard_error));
}

TEST_CASE("entropy: the error of plugin matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 11, [&](auto& random) { return tailwatch::entropy::plugin(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
