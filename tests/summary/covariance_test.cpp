// SPDX-License-Identifier: BSL-1.0
// covariance: closed forms, far from the origin, every count and dimension around a block, errors against replicates. Laws:
// conformance/.
#include "tailwatch/summary/covariance.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;
using summary::covariance;
using tailwatch::testing::close;

static_assert(core::summary<covariance>);
static_assert(core::reducible<covariance>);

namespace {

double covariance_normal(core::random_engine& random) {
  const double u = 1.0 - core::uniform_01(random);
  return std::sqrt(-2.0 * std::log(u)) * std::cos(6.283185307179586 * core::uniform_01(random));
}

/// Two-pass products about the mean in long double: obviously right.
std::vector<long double> covariance_twin(const std::vector<double>& x, std::size_t n, std::size_t d) {
  std::vector<long double> mean(d, 0.0L), sums(d * d, 0.0L);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t c = 0; c < d; ++c) mean[c] += static_cast<long double>(x[i * d + c]) / static_cast<long double>(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < d; ++a)
      for (std::size_t b = 0; b < d; ++b)
        sums[a * d + b] +=
            (static_cast<long double>(x[i * d + a]) - mean[a]) * (static_cast<long double>(x[i * d + b]) - mean[b]);
  for (long double& s : sums) s /= static_cast<long double>(n) - 1.0L;
  return sums;
}

}  // namespace

TEST_CASE("covariance: any count and dimension against long double, far from the origin", "[summary]") {
  core::random_engine random(1);
  for (const std::size_t d : {1U, 2U, 3U, 7U, 8U, 9U, 33U})
    for (const std::size_t n : {2U, 3U, 5U, 255U, 256U, 257U, 515U, 516U}) {
      const double origin = n % 2 == 0 ? 1e6 : 10.0;
      std::vector<double> x(n * d);
      for (double& v : x) v = origin + covariance_normal(random);
      const covariance state(rows(x, n, d));
      const auto expected = covariance_twin(x, n, d);
      const auto s = state.matrix();
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j < d; ++j) {
          const double least = std::sqrt(std::min(s[i * d + i], s[j * d + j]));
          REQUIRE(std::abs(s[i * d + j] - static_cast<double>(expected[i * d + j])) <
                  (1e-12 + 0x1p-52 * origin / least) * std::sqrt(s[i * d + i] * s[j * d + j]));
        }
    }
  // Above the 256 columns of a tile, on a sample of the entries.
  const std::size_t n = 40, d = 300;
  std::vector<double> x(n * d);
  for (double& v : x) v = covariance_normal(random);
  const covariance state(rows(x, n, d));
  for (const std::size_t i : {0U, 1U, 254U, 255U, 256U, 257U, 299U})
    for (const std::size_t j : {0U, 255U, 256U, 299U}) {
      std::vector<double> pair(2 * n);
      for (std::size_t l = 0; l < n; ++l) {
        pair[2 * l] = x[l * d + i];
        pair[2 * l + 1] = x[l * d + j];
      }
      const double expected = static_cast<double>(covariance_twin(pair, n, 2)[1]);
      CHECK(std::abs(state.between(i, j).value - expected) < 1e-13);
      CHECK(state.matrix()[i * d + j] == state.between(i, j).value);
    }
}

TEST_CASE("covariance: errors match the spread over replicates of Gaussian points", "[summary]") {
  core::random_engine random(2);
  constexpr std::size_t n = 50;
  constexpr int replicates = 1500;
  struct tally {
    double sum = 0.0, squares = 0.0, variance = 0.0;
    void see(const estimate& e) {
      sum += e.value;
      squares += e.value * e.value;
      variance += e.standard_error * e.standard_error;
    }
    [[nodiscard]] double ratio() const {
      const double m = replicates;
      return variance / m / ((squares - sum * sum / m) / (m - 1.0));
    }
  } mean, covar, var, r;
  for (int k = 0; k < replicates; ++k) {
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) {
      const double a = covariance_normal(random), b = covariance_normal(random);
      x.push_back(2.0 * a);
      x.push_back(0.6 * a + 0.8 * b);
    }
    const covariance state(rows(x, n, 2));
    mean.see(state.mean(0));
    covar.see(state.between(0, 1));
    var.see(state.between(1, 1));
    r.see(state.correlation(0, 1));
  }
  // The variance of 1500 replicates is known to √(2/1499) = 3.7 %, four of those 15 %; the plug-in errors are biased by O(1/n).
  for (const tally& t : {mean, covar, var, r}) CHECK(std::abs(t.ratio() - 1.0) < 0.15 + 4.0 / static_cast<double>(n));
  CHECK(std::abs(covar.sum / replicates - 1.2) < 4.0 * std::sqrt(covar.variance) / replicates);
}

TEST_CASE("covariance: edges", "[summary]") {
  covariance state(2);
  CHECK(std::isnan(state.mean(0).value));
  CHECK(std::isnan(state.matrix()[0]));
  CHECK(std::isnan(state.correlation(0, 1).value));
  const std::vector<double> one{1.0, 5.0};
  state.update(rows(one, 1, 2));
  CHECK(state.mean(1).value == 5.0);
  CHECK(std::isnan(state.mean(1).standard_error));
  CHECK(std::isnan(state.between(0, 0).value));
  const std::vector<float> bad{
      1.0F, std::numeric_limits<float>::quiet_NaN(), 2.0F, std::numeric_limits<float>::infinity(), 3.0F, 5.0F};
  state.update(rows(bad, 3, 2));
  CHECK(state.count() == 2);
  CHECK(state.rejected() == 2);
  CHECK(state.between(0, 0).value == 2.0);
  CHECK(state.between(1, 1).value == 0.0);
  CHECK(std::isnan(state.correlation(0, 1).value));  // a constant coordinate
  CHECK(close(state.correlation(0, 0).value, 1.0, 1e-15));
  const covariance before = state;
  CHECK_THROWS_AS(state.update(rows(one, 2, 1)), std::invalid_argument);
  CHECK_THROWS_AS(state.merge(covariance(3)), std::invalid_argument);
  CHECK_THROWS_AS(state.mean(2), std::invalid_argument);
  CHECK_THROWS_AS(state.between(0, 2), std::invalid_argument);
  CHECK_THROWS_AS(covariance(std::size_t{1} << 17), std::invalid_argument);
  CHECK(state == before);
  state.update(core::rows_view<double>{nullptr, 0, 2});
  CHECK(state == before);
}
