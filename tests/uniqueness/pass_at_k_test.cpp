// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/uniqueness/pass_at_k.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/is_nan.hpp"

using namespace tailwatch;
using prompts = std::vector<uniqueness::prompt_successes>;

TEST_CASE("pass_at_k: is one minus the ratio of binomial coefficients", "[uniqueness]") {
  // 1 − C(7, 3)/C(10, 3) = 1 − 35/120
  CHECK(std::abs(uniqueness::pass_at_k(prompts{{10, 3}}, {.k = 3}).value - (1.0 - 35.0 / 120.0)) < 1e-15);
  CHECK(std::abs(uniqueness::pass_at_k(prompts{{10, 3}}).value - 0.3) < 1e-15);  // k = 1: the share
  CHECK(uniqueness::pass_at_k(prompts{{10, 8}}, {.k = 3}).value == 1.0);         // fewer than k are wrong
  CHECK(uniqueness::pass_at_k(prompts{{10, 0}}, {.k = 10}).value == 0.0);
  // Brute force over all subsets of 6 of which 2 are right, k = 2: 15 pairs, 6 without a right one.
  CHECK(std::abs(uniqueness::pass_at_k(prompts{{6, 2}}, {.k = 2}).value - 9.0 / 15.0) < 1e-15);
  // C(10⁶ − 1, 10³)/C(10⁶, 10³) = 1 − 10⁻³ exactly; the coefficients themselves overflow.
  CHECK(std::abs(uniqueness::pass_at_k(prompts{{1000000, 1}}, {.k = 1000}).value - 1e-3) < 1e-15);
}

TEST_CASE("pass_at_k: is a mean over the prompts that have k samples", "[uniqueness]") {
  const prompts two{{4, 1}, {4, 0}, {1, 1}};
  const estimate e = uniqueness::pass_at_k(two, {.k = 2});
  CHECK(e.value == 0.25);
  CHECK(e.count == 2);
  CHECK(std::abs(e.standard_error - 0.25) < 1e-15);  // 0.5 and 0: s = 0.3536, /√2
  CHECK(core::is_nan(uniqueness::pass_at_k(prompts{{1, 1}}, {.k = 2}).value));
  CHECK(core::is_nan(uniqueness::pass_at_k(prompts{{4, 1}}).standard_error));
  CHECK_THROWS_AS(uniqueness::pass_at_k(two, {.k = 0}), std::invalid_argument);
  CHECK_THROWS_AS(uniqueness::pass_at_k(prompts{{1, 2}}), std::invalid_argument);
}
