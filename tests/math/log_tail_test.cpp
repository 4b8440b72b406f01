// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/math/log_tail.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "support/catch.hpp"

namespace math = tailwatch::math;
using tailwatch::testing::close;

TEST_CASE("math: logarithm of the binomial tail", "[math]") {
  // 40 digits by summation; the last two by the incomplete beta function
  struct expected {
    std::uint64_t k, n;
    double p, log_tail;
  };
  for (const expected& e : {expected{1, 1, 0.25, -1.3862943611198906},
                            {40, 100, 0.25, -7.2837700257336101},
                            {25, 100, 0.25, -0.61928562691596337},
                            {3, 100, 0.25, -1.8740751438335333e-10},
                            {900, 1000, 0.25, -954.48216354123579},
                            {1000, 1000, 0.25, -1386.2943611198906},
                            {60000, 100000, 0.5, -2018.4147883771367},
                            {5, 5, 0.3, -6.0198640216296801},
                            {1, 1000000, 1e-7, -2.352168413502429},
                            {499000, 1000000, 0.5, -0.022957690591799185}}) {
    INFO(e.k << " of " << e.n);
    CHECK(close(math::log_binomial_tail(e.k, e.n, e.p), e.log_tail, 1e-12));
  }
  CHECK(math::log_binomial_tail(0, 5, 0.3) == 0.0);
  CHECK(math::log_binomial_tail(6, 5, 0.3) == -std::numeric_limits<double>::infinity());
  CHECK(math::log_binomial_tail(1, 5, 0.0) == -std::numeric_limits<double>::infinity());
  CHECK(math::log_binomial_tail(5, 5, 1.0) == 0.0);
  CHECK_THROWS_AS(math::log_binomial_tail(1, 5, 1.5), std::invalid_argument);
  // both sides of the mean meet: P(X >= k) + P(X <= k - 1) = 1 by symmetry at 1/2
  for (std::uint64_t k = 1; k <= 41; ++k)
    CHECK(close(std::exp(math::log_binomial_tail(k, 41, 0.5)) + std::exp(math::log_binomial_tail(42 - k, 41, 0.5)), 1.0,
                1e-14));
}

TEST_CASE("math: logarithm of the gamma tail", "[math]") {
  struct expected {
    std::uint64_t n;
    double x, log_tail;
  };
  for (const expected& e : {expected{1, 0.5, -0.5},
                            {10, 3.0, -0.0011030963172077956},
                            {10, 10.0, -0.781039568496278},
                            {10, 40.0, -19.355662004031215},
                            {200, 330.0, -33.001456607033212},
                            {200, 150.0, -5.7098515831312139e-5},
                            {1000, 5000.0, -2396.3215937672061},
                            {5, 0.001, -8.3263918642115033e-18},
                            {20000, 20050.0, -1.0186995461979492}}) {
    INFO(e.n << " at " << e.x);
    CHECK(close(math::log_gamma_tail(e.n, e.x), e.log_tail, 1e-12));
  }
  CHECK(math::log_gamma_tail(3, 0.0) == 0.0);
  CHECK(math::log_gamma_tail(0, 1.0) == -std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(math::log_gamma_tail(3, -1.0), std::invalid_argument);
}

TEST_CASE("math: logarithm of the normal tail", "[math]") {
  CHECK(close(math::log_normal_tail(0.0), -0.69314718055994531, 1e-15));
  CHECK(close(math::log_normal_tail(-3.0), -0.0013508099647481938, 1e-12));
  CHECK(close(math::log_normal_tail(1.0), -1.8410216450092635, 1e-14));
  CHECK(close(math::log_normal_tail(5.0), -15.064998393988726, 1e-14));
  CHECK(close(math::log_normal_tail(24.9), -314.14041276161316, 1e-14));
  CHECK(close(math::log_normal_tail(25.1), -319.14838740588863, 1e-14));
  CHECK(close(math::log_normal_tail(100.0), -5005.5242086942051, 1e-14));
  CHECK(close(math::log_normal_tail(1e6), -500000000014.73445, 1e-14));
  CHECK(math::log_normal_tail(-40.0) == 0.0);
  CHECK(std::isnan(math::log_normal_tail(std::numeric_limits<double>::quiet_NaN())));
}
