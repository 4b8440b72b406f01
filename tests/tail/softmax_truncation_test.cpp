// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/softmax_truncation.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

namespace {

namespace tail = tailwatch::tail;
using tailwatch::testing::close;

}  // namespace

TEST_CASE("tail: what top-k and top-p leave out, by hand", "[tail]") {
  static_assert(tailwatch::core::estimator<tail::softmax_mass_outside_top_k_fn>);
  static_assert(tailwatch::core::estimator<tail::softmax_mass_outside_top_p_fn>);
  static_assert(tailwatch::core::estimator<tail::softmax_nucleus_size_fn>);
  // 1/2, 1/4, 1/8, 1/8; 1/4 each; a row that the mask skips.
  const std::vector<float> logits{std::log(4.0F), std::log(2.0F), 0, 0, 7, 7, 7, 7, 0, 9, 0, 0};
  const std::vector<std::uint8_t> mask{1, 1, 0};
  const auto x = tailwatch::rows(logits, 3, 4);
  const auto k = tail::softmax_mass_outside_top_k(logits.data(), 3, 4, 4, mask.data(), {.k = 2});
  CHECK(close(k.value, (0.25 + 0.5) / 2, 1e-6));
  CHECK(close(k.standard_error, 0.125, 1e-5));
  CHECK(k.count == 2);
  CHECK(tail::softmax_mass_outside_top_k(x).value == 0.0);  // 50 of 4
  const auto p = tail::softmax_mass_outside_top_p(logits.data(), 3, 4, 4, mask.data(), {.p = 0.7});
  CHECK(close(p.value, 0.25, 1e-6));
  const auto size = tail::softmax_nucleus_size(logits.data(), 3, 4, 4, mask.data(), {.p = 0.7});
  CHECK(size.value == 2.5);
  CHECK(close(size.standard_error, 0.5, 1e-12));

  tailwatch::summary::softmax_rows state({.top_k = {1, 2}, .top_p = {0.1, 0.7}});
  state.update(logits.data(), 3, 4, 4, nullptr, mask.data());
  CHECK(tail::softmax_mass_outside_top_k(state, {.index = 1}) == k);
  CHECK(tail::softmax_mass_outside_top_p(state, {.index = 1}) == p);
  CHECK(tail::softmax_nucleus_size(state, {.index = 1}) == size);
  CHECK(tail::softmax_nucleus_size(state).value == 1.0);
}

TEST_CASE("tail: truncation refuses what it cannot mean", "[tail]") {
  const std::vector<float> logits{1, 2, 3, 4};
  const auto x = tailwatch::rows(logits, 1, 4);
  CHECK_THROWS_AS(tail::softmax_mass_outside_top_k(x, {.k = 0}), std::invalid_argument);
  for (const double p : {0.0, 1.0, -0.5, std::nan("")}) {
    CHECK_THROWS_AS(tail::softmax_mass_outside_top_p(x, {.p = p}), std::invalid_argument);
    CHECK_THROWS_AS(tail::softmax_nucleus_size(x, {.p = p}), std::invalid_argument);
  }
  const tailwatch::summary::softmax_rows plain;
  CHECK_THROWS_AS(tail::softmax_mass_outside_top_k(plain), std::invalid_argument);
  CHECK_THROWS_AS(tail::softmax_mass_outside_top_p(plain), std::invalid_argument);
  CHECK_THROWS_AS(tail::softmax_nucleus_size(plain), std::invalid_argument);
  CHECK(std::isnan(tail::softmax_nucleus_size(tailwatch::summary::softmax_rows({.top_p = {0.9}})).value));
}

TEST_CASE("tail: the errors of what truncation leaves out match their scatter", "[tail]") {
  for (const int which : {0, 1, 2}) {
    const auto s = tailwatch::testing::replicate(300, 40 + static_cast<std::uint64_t>(which), [which](auto& random) {
      std::vector<float> logits(50 * 100);
      for (std::size_t row = 0; row < 50; ++row) {
        const double width = 6.0 * static_cast<double>(1 + tailwatch::core::uniform_below(random, 3));
        for (std::size_t v = 0; v < 100; ++v)
          logits[row * 100 + v] = static_cast<float>(width * tailwatch::core::uniform_01(random));
      }
      const auto x = tailwatch::rows(logits, 50, 100);
      return which == 0   ? tail::softmax_mass_outside_top_k(x, {.k = 5})
             : which == 1 ? tail::softmax_mass_outside_top_p(x)
                          : tail::softmax_nucleus_size(x);
    });
    INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}
