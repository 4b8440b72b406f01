// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/softmax_tail_mass.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: softmax_tail_mass is the mass of the rare tokens of each row", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::softmax_tail_mass_fn>);
  // Row 0: 1/2, 1/4, 1/8, 1/8; row 1: 1/4 each.
  const std::vector<float> logits{std::log(4.0F), std::log(2.0F), 0.0F, 0.0F, 7.0F, 7.0F, 7.0F, 7.0F};
  const auto x = tailwatch::rows(logits, 2, 4);
  const auto e = tailwatch::tail::softmax_tail_mass(x, {.threshold = 0.2});
  CHECK(tailwatch::testing::close(e.value, 0.125, 1e-6));
  CHECK(tailwatch::testing::close(e.standard_error, 0.125, 1e-6));
  CHECK(e.count == 2);
  CHECK(std::abs(tailwatch::tail::softmax_tail_mass(x, {.threshold = 0.1}).value) < 1e-6);
  CHECK(tailwatch::testing::close(tailwatch::tail::softmax_tail_mass(x, {.threshold = 0.3}).value, 0.75, 1e-6));
  CHECK_THROWS_AS(tailwatch::tail::softmax_tail_mass(x, {.threshold = 1.0}), std::invalid_argument);

  tailwatch::summary::softmax_rows state({.tail_thresholds = {0.2, 0.3}});
  state.update(logits.data(), 2, 4, 4);
  CHECK(tailwatch::tail::softmax_tail_mass(state) == e);
  CHECK(tailwatch::testing::close(tailwatch::tail::softmax_tail_mass(state, {.index = 1}).value, 0.75, 1e-6));
  CHECK_THROWS_AS(tailwatch::tail::softmax_tail_mass(state, {.index = 2}), std::invalid_argument);
  CHECK(std::isnan(
      tailwatch::tail::softmax_tail_mass(tailwatch::summary::softmax_rows({.tail_thresholds = {0.2}})).value));
}

TEST_CASE("tail: the error of softmax_tail_mass matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(300, 95, [](auto& random) {
    std::vector<float> logits(50 * 100);
    for (std::size_t row = 0; row < 50; ++row) {  // three kinds of context, from vague to certain
      const double width = 6.0 * static_cast<double>(1 + tailwatch::core::uniform_below(random, 3));
      for (std::size_t v = 0; v < 100; ++v)
        logits[row * 100 + v] = static_cast<float>(width * tailwatch::core::uniform_01(random));
    }
    return tailwatch::tail::softmax_tail_mass(tailwatch::rows(logits, 50, 100), {.threshold = 5e-3});
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
