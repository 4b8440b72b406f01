// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/softmax_entropy_quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"

namespace {

using tailwatch::testing::close;
constexpr auto entropy_quantiles = tailwatch::entropy::softmax_entropy_quantiles;

/// Two logits, 0 and t: the entropy of a coin.
double coin_entropy(double t) {
  const double p = 1.0 / (1.0 + std::exp(t));
  return -p * std::log(p) - (1.0 - p) * std::log1p(-p);
}

std::vector<float> coins(const std::vector<double>& t) {
  std::vector<float> x;
  for (const double v : t) {
    x.push_back(0.0F);
    x.push_back(static_cast<float>(v));
  }
  return x;
}

tailwatch::entropy::softmax_entropy_spread random_spread(tailwatch::core::random_engine& random) {
  std::vector<double> t(300);
  for (double& v : t) v = 6.0 * tailwatch::core::uniform_01(random);
  const auto x = coins(t);
  return entropy_quantiles(tailwatch::rows(x, t.size(), 2), {.levels = {0.25, 0.5, 0.9}});
}

}  // namespace

TEST_CASE("entropy: softmax_entropy_quantiles by hand", "[entropy]") {
  const std::vector<double> t{3.0, 0.0, 1.0, 2.0, 4.0};
  auto x = coins(t);
  x.insert(x.end(), {0.0F, 9.0F, std::numeric_limits<float>::quiet_NaN(), 0.0F});
  const std::vector<std::uint8_t> mask{1, 1, 1, 1, 1, 0, 1};
  const auto s = entropy_quantiles(x.data(), 7, 2, 2, mask.data(), {.levels = {0.5, 0.125}, .top = 0.3});
  CHECK(s.masked == 1);
  CHECK(s.rejected == 1);
  CHECK(s.mean.count == 5);
  double sum = 0.0;
  for (const double v : t) sum += coin_entropy(v);
  CHECK(close(s.mean.value, sum / 5, 0.0, 1e-6));
  REQUIRE(s.quantiles.size() == 2);
  CHECK(close(s.quantiles[0].value, coin_entropy(2.0), 0.0, 1e-6));
  CHECK(close(s.quantiles[1].value, 0.5 * (coin_entropy(4.0) + coin_entropy(3.0)), 0.0, 1e-6));
  CHECK(std::isnan(s.quantiles[1].standard_error));  // the interval would leave the sample
  // 1.5 rows: the largest, and half of the next.
  CHECK(close(s.top_share.value, (coin_entropy(0.0) + 0.5 * coin_entropy(1.0)) / sum, 0.0, 1e-6));

  const auto bits =
      entropy_quantiles(x.data(), 5, 2, 2, nullptr, {.levels = {0.5}, .unit = tailwatch::information_unit::bits});
  CHECK(close(bits.quantiles[0].value, coin_entropy(2.0) / std::log(2.0), 0.0, 2e-6));
}

TEST_CASE("entropy: softmax_entropy_quantiles of equal rows, certain rows, no rows", "[entropy]") {
  const std::vector<float> equal(40 * 8, 1.0F);
  const auto s = entropy_quantiles(tailwatch::rows(equal, 40, 8));
  for (const auto& q : s.quantiles) CHECK(close(q.value, std::log(8.0), 0.0, 1e-6));
  CHECK(close(s.top_share.value, 0.2, 1e-12));
  CHECK(s.top_share.standard_error < 1e-8);
  const std::vector<float> certain(3, 5.0F);
  const auto c = entropy_quantiles(tailwatch::rows(certain, 3, 1));
  CHECK(c.quantiles[2].value == 0.0);
  CHECK(std::isnan(c.top_share.value));
  const std::vector<float> none;
  const auto n = entropy_quantiles(tailwatch::rows(none, 0, 3));
  CHECK(std::isnan(n.mean.value));
  CHECK(std::isnan(n.quantiles[0].value));
  CHECK(std::isnan(n.top_share.value));
  CHECK_THROWS_AS(entropy_quantiles(tailwatch::rows(certain, 3, 1), {.levels = {0.0}}), std::invalid_argument);
  CHECK_THROWS_AS(entropy_quantiles(tailwatch::rows(certain, 3, 1), {.top = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(entropy_quantiles(certain.data(), 1, 3, 2), std::invalid_argument);
  CHECK_THROWS_AS(entropy_quantiles(certain.data(), 1, 0, 2), std::invalid_argument);
}

TEST_CASE("entropy: the errors of softmax_entropy_quantiles match their scatter", "[entropy]") {
  for (const std::size_t which : {0UL, 1UL, 2UL, 3UL}) {
    const auto s = tailwatch::testing::replicate(400, 31 + which, [which](auto& random) {
      const auto spread = random_spread(random);
      return which < 3 ? spread.quantiles[which] : spread.top_share;
    });
    INFO("quantity " << which << " deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}
