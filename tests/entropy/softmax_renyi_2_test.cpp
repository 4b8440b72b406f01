// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/softmax_renyi_2.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/softmax_entropy.hpp"

namespace {

constexpr auto renyi_2 = tailwatch::entropy::softmax_renyi_2;

/// Rows whose logits spread more or less widely, from vague to certain.
std::vector<float> renyi_2_logits(tailwatch::core::random_engine& random, std::size_t rows, std::size_t vocabulary) {
  std::vector<float> x(rows * vocabulary);
  for (std::size_t r = 0; r < rows; ++r) {
    const double width = 6.0 * tailwatch::core::uniform_01(random);
    for (std::size_t v = 0; v < vocabulary; ++v)
      x[r * vocabulary + v] = static_cast<float>(width * tailwatch::core::uniform_01(random));
  }
  return x;
}

}  // namespace

TEST_CASE("entropy: softmax_renyi_2 in closed form, with mask, stride and units", "[entropy]") {
  static_assert(tailwatch::core::estimator<tailwatch::entropy::softmax_renyi_2_fn>);
  using tailwatch::testing::close;
  // 1/2, 1/4, 1/8, 1/8; 1/4 each; a masked row; one with NaN. The fifth column is padding.
  std::vector<float> x{std::log(4.0F), std::log(2.0F), 0, 0, 99, 7, 7, 7, 7, 99, 1, 2, 3, 4, 99, 1, 2, 3, 4, 99};
  x[16] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::uint8_t> mask{1, 1, 0, 1};
  const auto e = renyi_2(x.data(), 4, 4, 5, mask.data());
  const double a = -std::log(11.0 / 32.0), b = std::log(4.0);
  CHECK(close(e.value, (a + b) / 2, 1e-6));
  CHECK(close(e.standard_error, (b - a) / 2, 1e-5));  // s/√2 of two
  CHECK(e.count == 2);
  CHECK(close(renyi_2(x.data(), 4, 4, 5, mask.data(), {.unit = tailwatch::information_unit::bits}).value,
              (a + b) / 2 / std::log(2.0), 1e-6));
  const std::vector<std::uint8_t> all(4, 0);
  CHECK(std::isnan(renyi_2(x.data(), 4, 4, 5, all.data()).value));
  CHECK_THROWS_AS(renyi_2(x.data(), 4, 4, 3), std::invalid_argument);
  CHECK_THROWS_AS(renyi_2(tailwatch::summary::softmax_rows{}), std::invalid_argument);
}

TEST_CASE("entropy: softmax_renyi_2 lies below Shannon's entropy, and its error matches its scatter", "[entropy]") {
  const auto s = tailwatch::testing::replicate(400, 12, [](auto& random) {
    const auto x = renyi_2_logits(random, 40, 50);
    const auto e = renyi_2(tailwatch::rows(x, 40, 50));
    CHECK(e.value < tailwatch::entropy::softmax_entropy(tailwatch::rows(x, 40, 50)).value);
    return e;
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
