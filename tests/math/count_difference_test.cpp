// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/count_difference.hpp"

#include <cmath>
#include <cstdint>

#include "support/catch.hpp"
#include "support/replicates.hpp"

TEST_CASE("math: differences in a count keep their digits at 1e12 and 1e18", "[math]") {
  for (const std::uint64_t r : {std::uint64_t{2}, std::uint64_t{999}, std::uint64_t{20'000}, std::uint64_t{5'000'000},
                                std::uint64_t{1'000'000'000'000}, std::uint64_t{1'000'000'000'000'000'000}}) {
    for (const double room : {1.0, 1.5}) {  // nothing above r, and plenty
      const auto count = static_cast<double>(r);
      const double n = count * room;
      const auto phi = [n](double x) { return x > 0.0 ? -x / n * std::log(x / n) : 0.0; };
      INFO(r << " of " << n);
      if (r > 1000) {
        CHECK(tailwatch::testing::close(tailwatch::math::count_drop(phi, r, n), (std::log((count - 0.5) / n) + 1.0) / n,
                                        1e-4));
        CHECK(tailwatch::testing::close(tailwatch::math::count_bend(phi, r, n), -1.0 / ((count - 1.0) * n), 0.02));
      } else {
        CHECK(tailwatch::math::count_drop(phi, r, n) == phi(count - 1.0) - phi(count));
        CHECK(tailwatch::math::count_bend(phi, r, n) == phi(count) - 2.0 * phi(count - 1.0) + phi(count - 2.0));
      }
    }
  }
}
