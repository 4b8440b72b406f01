// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/unseen_share.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: lerch_series against its own definition", "[math]") {
  for (const std::uint64_t total : {1ULL, 2ULL, 5ULL, 50ULL, 1000ULL})
    for (const double a : {1e-3, 0.01, 0.2, 0.5, 0.9, 1.0}) {
      long double sum = 0.0L;
      long double power = 1.0L;
      for (std::uint64_t k = 0; k < 60000 && power > 1e-30L; ++k, power *= 1.0L - static_cast<long double>(a))
        sum += power / static_cast<long double>(total + k);
      double harmonic = 0.0;
      for (std::uint64_t r = 1; r < total; ++r) harmonic += 1.0 / static_cast<double>(r);
      INFO("N " << total << " a " << a);
      CHECK(tailwatch::testing::close(tailwatch::math::lerch_series(a, total, harmonic), static_cast<double>(sum),
                                      2e-13));
    }
}

TEST_CASE("math: lerch_series is continuous where its two routes meet", "[math]") {
  for (const std::uint64_t total : {100ULL, 1000000ULL, 1000000000000ULL}) {
    const double n = static_cast<double>(total);
    const double harmonic = tailwatch::math::digamma(n) + 0.57721566490153286061;
    const double below = tailwatch::math::lerch_series((1.0 - 1e-9) / n, total, harmonic);
    const double above = tailwatch::math::lerch_series((1.0 + 1e-9) / n, total, harmonic);
    CHECK(tailwatch::testing::close(below, above, 1e-8));
  }
}

TEST_CASE("math: singleton_share of the three cases", "[math]") {
  CHECK(tailwatch::math::singleton_share(0, 5, 100) == 1.0);
  CHECK(tailwatch::testing::close(tailwatch::math::singleton_share(4, 2, 11), 4.0 / 44.0, 1e-15));
  CHECK(tailwatch::testing::close(tailwatch::math::singleton_share(4, 0, 11), 2.0 / 32.0, 1e-15));
}
