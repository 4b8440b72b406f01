// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/ansb.hpp"

#include <cmath>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/diversity/hill_number.hpp"

TEST_CASE("entropy: ansb reads any source of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::ansb_fn>);
  tailwatch::testing::check_count_estimator(tailwatch::entropy::ansb);
}

TEST_CASE("entropy: ansb of one coincidence", "[entropy]") {
  const double gamma = 0.57721566490153286061;
  const auto e = tailwatch::entropy::ansb(std::vector<int>{2});
  CHECK(tailwatch::testing::close(e.value, std::log(2.0) + 2.0 * gamma, 1e-14));
  CHECK(tailwatch::testing::close(e.standard_error, 1.6449340668482264, 1e-12));  // ψ′(1)√1 = π²/6
  // Else ψ′(Δ) times the error of the number of types.
  const std::vector<int> mixed{2, 2, 2, 1, 1, 1, 1, 1};
  const auto types = tailwatch::diversity::hill_number(mixed, {.order = 0.0});
  CHECK(types.standard_error > 0.0);
  CHECK(tailwatch::testing::close(tailwatch::entropy::ansb(mixed).standard_error,
                                  (1.6449340668482264 - 1.25) * types.standard_error, 1e-12));  // ψ′(3) = π²/6 − 5/4
  CHECK(std::isnan(tailwatch::entropy::ansb(std::vector<int>{1, 1, 1}).value));
}
