// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/math/clopper_pearson.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "support/catch.hpp"
#include "tailwatch/math/log_tail.hpp"

namespace math = tailwatch::math;
using tailwatch::testing::close;

TEST_CASE("math: Clopper-Pearson intervals", "[math]") {
  struct expected {
    std::uint64_t x, n;
    double level, lower, upper;
  };
  for (const expected& e : {expected{0, 10, 0.95, 0.0, 0.30849710781876294},
                            {10, 10, 0.95, 0.6915028921812371, 1.0},
                            {3, 20, 0.95, 0.03207093718554477, 0.37892682654529564},
                            {95, 100, 0.99, 0.8648553174643762, 0.9890596664152524},
                            {1, 1000, 0.9, 5.129197890907456e-05, 0.004734993575492847}}) {
    const auto i = math::clopper_pearson(e.x, e.n, e.level);
    CHECK(close(i.lower, e.lower, 1e-10));
    CHECK(close(i.upper, e.upper, 1e-10));
    CHECK(i.level == e.level);
  }
  const auto none = math::clopper_pearson(0, 0);
  CHECK((none.lower == 0.0 && none.upper == 1.0));
  CHECK_THROWS_AS(math::clopper_pearson(3, 2), std::invalid_argument);
  CHECK_THROWS_AS(math::clopper_pearson(1, 2, 1.0), std::invalid_argument);
}

TEST_CASE("math: Clopper-Pearson covers whatever the share, by summation over all outcomes", "[math]") {
  for (const double p : {0.01, 0.1, 0.37, 0.5, 0.9}) {
    double covered = 0.0;
    constexpr std::uint64_t n = 30;
    for (std::uint64_t x = 0; x <= n; ++x) {
      const auto i = math::clopper_pearson(x, n, 0.9);
      if (i.lower <= p && p <= i.upper)
        covered += std::exp(math::log_binomial_tail(x, n, p)) - std::exp(math::log_binomial_tail(x + 1, n, p));
    }
    INFO("p " << p << " covered " << covered);
    CHECK(covered >= 0.9);
    CHECK(covered <= 1.0 + 1e-12);
  }
}
