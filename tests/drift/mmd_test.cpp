// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/median_bandwidth.hpp"
#include "tailwatch/drift/mmd_polynomial.hpp"
#include "tailwatch/drift/mmd_rbf.hpp"
#include "tailwatch/drift/sliced_wasserstein.hpp"

using namespace tailwatch;
using drift::mmd_estimator;
using tailwatch::testing::close;

namespace {

std::vector<double> mmd_test_normal(std::size_t size, double shift, double scale, core::random_engine& random) {
  std::vector<double> x(size);
  for (double& v : x) v = shift + scale * core::normal_quantile(core::uniform_01(random) + 0x1p-54);
  return x;
}

/// The definition, one pair at a time.
template <class Kernel>
double mmd_test_definition(const std::vector<double>& x, const std::vector<double>& y, std::size_t d,
                           mmd_estimator estimator, const Kernel& kernel) {
  const std::size_t n = x.size() / d, m = y.size() / d;
  double xx = 0.0, yy = 0.0, xy = 0.0;
  const bool biased = estimator == mmd_estimator::biased, u = estimator == mmd_estimator::u_statistic;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) xx += i != j || biased ? kernel(&x[i * d], &x[j * d]) : 0.0;
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < m; ++j) yy += i != j || biased ? kernel(&y[i * d], &y[j * d]) : 0.0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m; ++j) xy += i != j || !u ? kernel(&x[i * d], &y[j * d]) : 0.0;
  const auto a = static_cast<double>(n), b = static_cast<double>(m);
  return xx / (a * (biased ? a : a - 1.0)) + yy / (b * (biased ? b : b - 1.0)) - 2.0 * xy / (a * (u ? a - 1.0 : b));
}

}  // namespace

TEST_CASE("drift mmd: the definition, every estimator, sizes around the panels", "[drift]") {
  core::random_engine random(1);
  for (const std::size_t d : {1U, 3U, 8U})
    for (const std::size_t n : {2U, 31U, 32U, 33U, 65U}) {
      const auto x = mmd_test_normal(n * d, 0.0, 1.0, random), y = mmd_test_normal(n * d, 0.5, 1.3, random);
      const auto rbf = [&](const double* a, const double* b) {
        double sum = 0.0;
        for (std::size_t c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
        return std::exp(-sum / (2.0 * 1.7 * 1.7));
      };
      const auto cubic = [&](const double* a, const double* b) {
        double sum = 0.0;
        for (std::size_t c = 0; c < d; ++c) sum += a[c] * b[c];
        return std::pow(sum / static_cast<double>(d) + 1.0, 3.0);
      };
      for (const auto e : {mmd_estimator::biased, mmd_estimator::unbiased, mmd_estimator::u_statistic}) {
        CHECK(close(drift::mmd_rbf(rows(x, n, d), rows(y, n, d), {.sigma = 1.7, .estimator = e}).value,
                    mmd_test_definition(x, y, d, e, rbf), 1e-11, 1e-14));
        CHECK(close(drift::mmd_polynomial(rows(x, n, d), rows(y, n, d), {.estimator = e}).value,
                    mmd_test_definition(x, y, d, e, cubic), 1e-10, 1e-12));
      }
    }
}

TEST_CASE("drift mmd: two points by hand, samples on the line, float", "[drift]") {
  const std::vector<double> x{0.0}, y{3.0}, u{0.0, 1.0}, v{1.0, 3.0};
  CHECK(close(drift::mmd_rbf(x, y, {.estimator = mmd_estimator::biased}).value, 2.0 - 2.0 * std::exp(-4.5), 1e-15));
  CHECK(close(drift::mmd_polynomial(x, y, {.degree = 1, .estimator = mmd_estimator::biased}).value, 9.0, 1e-15));
  CHECK(close(
      drift::mmd_polynomial(x, y, {.degree = 2, .gamma = 0.5, .coef0 = 0.0, .estimator = mmd_estimator::biased}).value,
      81.0 / 4.0, 1e-15));
  const double linear = std::exp(-0.5) + std::exp(-2.0) - (std::exp(-4.5) + 1.0);
  const estimate one_pair = drift::mmd_rbf(u, v, {.estimator = mmd_estimator::linear});
  CHECK(close(one_pair.value, linear, 1e-14));
  CHECK(std::isnan(one_pair.standard_error));
  const std::vector<float> a{0.0F, 1.0F}, b{1.0F, 3.0F};
  for (const auto e : {mmd_estimator::biased, mmd_estimator::linear})
    CHECK(drift::mmd_rbf(a, v, {.estimator = e}).value ==
          drift::mmd_rbf(sample(u), rows(b, 2, 1), {.estimator = e}).value);
}

TEST_CASE("drift mmd: far from the origin the digits stay", "[drift]") {
  core::random_engine random(2);
  auto x = mmd_test_normal(150, 0.0, 1.0, random), y = mmd_test_normal(150, 0.2, 1.0, random);
  for (double& v : x) v = std::ldexp(std::round(std::ldexp(v, 20)), -20);
  for (double& v : y) v = std::ldexp(std::round(std::ldexp(v, 20)), -20);
  const double near = drift::mmd_rbf(rows(x, 50, 3), rows(y, 50, 3)).value;
  for (double& v : x) v += 1048576.0;
  for (double& v : y) v += 1048576.0;
  CHECK(drift::mmd_rbf(rows(x, 50, 3), rows(y, 50, 3)).value == near);
}

TEST_CASE("drift mmd: standard errors match the spread over replicates", "[drift][montecarlo]") {
  core::random_engine random(3);
  constexpr int replicates = 400;
  for (const auto e : {mmd_estimator::unbiased, mmd_estimator::linear}) {
    double mean = 0.0, square = 0.0, error = 0.0;
    for (int r = 0; r < replicates; ++r) {
      const auto x = mmd_test_normal(200, 0.0, 1.0, random), y = mmd_test_normal(160, 0.8, 1.2, random);
      const estimate v = drift::mmd_rbf(rows(x, 100, 2), rows(y, 80, 2), {.sigma = 1.5, .estimator = e});
      mean += v.value / replicates;
      square += v.value * v.value / replicates;
      error += v.standard_error / replicates;
    }
    const double spread = std::sqrt(square - mean * mean);
    CHECK(std::abs(error / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
    // E k between N(a, s²) and N(b, t²) in each of 2 dimensions: w exp(−(a − b)²/(2v)), v = σ² + s² + t², w = σ/√v.
    const double xx = 2.25 / 4.25, yy = 2.25 / (2.25 + 2.88), v = 2.25 + 2.44, xy = 2.25 / v * std::exp(-0.64 / v);
    CHECK(std::abs(mean - (xx + yy - 2.0 * xy)) < 4.0 * spread / std::sqrt(replicates));
  }
}

TEST_CASE("drift mmd: borders and arguments", "[drift]") {
  const std::vector<double> one{0.0}, two{0.0, 1.0}, none, bad{1.0, core::nan}, four{1.0, 2.0, 3.0, 4.0};
  CHECK(std::isnan(drift::mmd_rbf(one, two).value));
  CHECK(std::isnan(drift::mmd_rbf(two, none).value));
  CHECK(drift::mmd_rbf(two, none).count == 2);
  for (const auto e : {mmd_estimator::biased, mmd_estimator::linear}) {
    CHECK(std::isnan(drift::mmd_rbf(two, bad, {.estimator = e}).value));
    CHECK(std::isnan(drift::mmd_polynomial(bad, two, {.estimator = e}).value));
  }
  CHECK(drift::mmd_rbf(two, two, {.estimator = mmd_estimator::biased}).value == 0.0);
  CHECK_THROWS_AS(drift::mmd_rbf(two, two, {.sigma = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::mmd_rbf(two, one, {.estimator = mmd_estimator::u_statistic}), std::invalid_argument);
  CHECK_THROWS_AS(drift::mmd_rbf(rows(four, 2, 2), rows(four, 4, 1)), std::invalid_argument);
  CHECK_THROWS_AS(drift::mmd_polynomial(two, two, {.degree = 0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::mmd_polynomial(two, two, {.gamma = -1.0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::mmd_polynomial(two, two, {.coef0 = core::nan}), std::invalid_argument);
}

TEST_CASE("drift median_bandwidth: small sets by hand, large ones by histogram", "[drift]") {
  const std::vector<double> x{0.0, 1.0}, y{3.0}, z{7.0}, none, bad{core::infinity}, many_equal(5000, 2.0);
  CHECK(drift::median_bandwidth(x, y).value == 2.0);                              // 1, 2, 3
  CHECK(drift::median_bandwidth(x, std::vector<double>{3.0, 7.0}).value == 3.5);  // 1, 2, 3 | 4, 6, 7
  CHECK(drift::median_bandwidth(y, none).count == 1);
  for (const auto& other : {none, bad}) CHECK(std::isnan(drift::median_bandwidth(y, other).value));
  CHECK(drift::median_bandwidth(none, x).value == 1.0);
  CHECK(drift::median_bandwidth(many_equal, z).value == 0.0);
  // 3000 points have more pairs than are kept: the pairs of 0, 1, …, 2999 at distance k are 3000 − k.
  std::vector<double> line(3000);
  for (std::size_t i = 0; i < line.size(); ++i) line[i] = static_cast<double>(i);
  std::uint64_t middle = 3000ULL * 2999 / 4, below = 0, k = 1;
  while (below + 3000 - k <= middle) below += 3000 - k++;
  CHECK(drift::median_bandwidth(line, none).value == static_cast<double>(k));
}

// Parts are cut by size and merged in order: threads change no bit.
TEST_CASE("drift mmd: the caller's threads give the bits of one thread", "[drift]") {
  constexpr std::size_t n = 2100, m = 4200, d = 3;
  core::random_engine random(12);
  std::vector<float> x(n * d), y(m * d);
  for (float& v : x) v = static_cast<float>(core::uniform_01(random));
  for (float& v : y) v = static_cast<float>(1.1 * core::uniform_01(random));
  const auto threads = [](std::size_t parts, const auto& work) {
    std::vector<std::thread> started;
    for (std::size_t part = 0; part < parts; ++part) started.emplace_back([&work, part] { work(part); });
    for (std::thread& t : started) t.join();
  };
  CHECK(drift::mmd_rbf(rows(x, n, d), rows(y, m, d), {}, threads) == drift::mmd_rbf(rows(x, n, d), rows(y, m, d)));
  CHECK(drift::mmd_polynomial(rows(x, n, d), rows(y, m, d), {}, threads) ==
        drift::mmd_polynomial(rows(x, n, d), rows(y, m, d)));
  core::random_engine a(3), b(3);
  CHECK(drift::sliced_wasserstein(rows(x, n, d), rows(y, m, d), a, {.projections = 19}, threads) ==
        drift::sliced_wasserstein(rows(x, n, d), rows(y, m, d), b, {.projections = 19}));
  // f32 points in single precision, against the same numbers as doubles: each kernel value within 3e-7
  const std::vector<double> wide_x(x.begin(), x.end()), wide_y(y.begin(), y.end());
  const estimate narrow = drift::mmd_rbf(rows(x, n, d), rows(y, m, d));
  const estimate wide = drift::mmd_rbf(rows(wide_x, n, d), rows(wide_y, m, d));
  CHECK(std::abs(narrow.value - wide.value) < 1e-7);
  CHECK(std::abs(narrow.standard_error - wide.standard_error) < 1e-4 * wide.standard_error);
}
