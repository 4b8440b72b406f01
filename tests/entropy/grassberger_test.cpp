// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/grassberger.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("entropy: grassberger reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::grassberger_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::grassberger);
}

TEST_CASE("entropy: grassberger's G obeys its recurrence", "[entropy]") {
  const double gamma = 0.57721566490153286061;
  CHECK(tailwatch::testing::close(tailwatch::entropy::detail::grassberger_g(1), -gamma - std::log(2.0), 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::entropy::detail::grassberger_g(2), 2.0 - gamma - std::log(2.0), 1e-15));
  for (std::uint64_t m = 1; m < 5000; m += 7) {
    const double even = tailwatch::entropy::detail::grassberger_g(2 * m);
    CHECK(tailwatch::entropy::detail::grassberger_g(2 * m + 1) == even);
    CHECK(std::abs(tailwatch::entropy::detail::grassberger_g(2 * m + 2) - even - 2.0 / static_cast<double>(2 * m + 1)) <
          4e-15);
  }
}

TEST_CASE("entropy: grassberger of two singletons", "[entropy]") {
  const double gamma = 0.57721566490153286061;
  CHECK(tailwatch::testing::close(tailwatch::entropy::grassberger(std::vector<int>{1, 1}).value,
                                  2.0 * std::log(2.0) + gamma, 1e-14));
}

TEST_CASE("entropy: the error of grassberger matches its scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(50, 1.0);
  const auto s = tailwatch::testing::replicate(
      400, 13, [&](auto& random) { return tailwatch::entropy::grassberger(source.counts(1000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("entropy: the error of grassberger does not take parity for scatter", "[entropy]") {
  const auto source = tailwatch::testing::categorical::zipf(20, 0.0);
  const auto s = tailwatch::testing::replicate(
      300, 27, [&](auto& random) { return tailwatch::entropy::grassberger(source.counts(2000, random)); });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);  // the plain jackknife: 11 times
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
