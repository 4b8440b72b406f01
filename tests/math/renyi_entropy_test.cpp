// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/renyi_entropy.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"

TEST_CASE("math: renyi_entropy's routes meet", "[math]") {
  // 1 + Σ p·expm1(…) below |1 − q|·max(−ln p) = 1, the largest share factored out above.
  const tailwatch::summary::frequency_profile profile(std::vector<int>{50, 30, 19, 1});
  const double edge = 1.0 / std::log(100.0);
  for (const double q : {1.0 - edge, 1.0 + edge}) {
    const double inside =
        tailwatch::math::renyi_entropy(profile.entries(), 100, q * (q < 1.0 ? 1.0 + 1e-12 : 1.0 - 1e-12)).value;
    const double outside =
        tailwatch::math::renyi_entropy(profile.entries(), 100, q * (q < 1.0 ? 1.0 - 1e-12 : 1.0 + 1e-12)).value;
    CHECK(tailwatch::testing::close(inside, outside, 1e-11));
  }
}
