// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/gaussian.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/replicate.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::gaussian;
using recursion::gaussian_model;
using recursion::variance_estimator;
using tailwatch::testing::close;

TEST_CASE("recursion gaussian: fits by hand", "[recursion]") {
  const std::vector<double> x{1, 2, 3, 4};
  CHECK(gaussian_model{}.fit(x) == gaussian{2.5, 1.25});
  CHECK(close(gaussian_model{variance_estimator::unbiased}.fit(x).variance, 5.0 / 3.0, 1e-15));
  CHECK(gaussian_model{}.fit(std::vector<float>{2, 2, 2}) == gaussian{2.0, 0.0});
  CHECK(gaussian_model{}.fit(std::vector<int>{7}) == gaussian{7.0, 0.0});
}

TEST_CASE("recursion gaussian: too little data has no fit", "[recursion]") {
  CHECK(core::is_nan(gaussian_model{}.fit(std::vector<double>{}).variance));
  CHECK(core::is_nan(gaussian_model{variance_estimator::unbiased}.fit(std::vector<double>{1.0}).variance));
  CHECK(core::is_nan(gaussian_model{}.fit(std::vector<double>{1.0, core::nan}).mean));
}

TEST_CASE("recursion gaussian: a narrow law far from zero keeps its variance", "[recursion]") {
  std::vector<double> x;
  for (int i = 0; i < 1000; ++i) x.push_back(1e6 + (i % 2 == 0 ? 1e-4 : -1e-4));
  CHECK(close(gaussian_model{}.fit(x).variance, 1e-8, 1e-5));  // 1e-4 beside 1e6 has a spacing of 1e-10
}

TEST_CASE("recursion gaussian: density", "[recursion]") {
  CHECK(close(gaussian{}.log_density(0.0), -0.91893853320467274, 1e-15));
  CHECK(close(gaussian({1.0, 4.0}).log_density(3.0), -0.91893853320467274 - std::log(2.0) - 0.5, 1e-15));
  CHECK(gaussian({1.0, 0.0}).log_density(1.0) == core::infinity);
  CHECK(gaussian({1.0, 0.0}).log_density(1.5) == -core::infinity);
}

TEST_CASE("recursion gaussian: samples have the law they are drawn from", "[recursion]") {
  core::random_engine random(5);
  const auto x = gaussian{3.0, 4.0}.sample(100000, random);
  const auto back = gaussian_model{}.fit(x);
  CHECK(std::abs(back.mean - 3.0) < 5 * 2.0 / std::sqrt(1e5));
  CHECK(std::abs(back.variance - 4.0) < 5 * 4.0 * std::sqrt(2.0 / 1e5));
  CHECK(gaussian{3.0, 0.0}.sample(4, random) == std::vector<double>(4, 3.0));
  CHECK(gaussian{}.sample(0, random).empty());
}

TEST_CASE("recursion gaussian: gamma variates have their moments", "[recursion]") {
  for (const double shape : {0.5, 1.0, 1.5, 9.5, 499.5}) {
    core::random_engine random(6);
    boost::random::normal_distribution<double> normal;
    const recursion::detail::gamma_variate gamma(shape);
    const int n = 200000;
    double first = 0.0, second = 0.0, third = 0.0;
    for (int i = 0; i < n; ++i) {
      const double d = gamma(normal, random) - shape;
      first += d;
      second += d * d;
      third += d * d * d;
    }
    // central moments a, 2a, 3a² + 6a …; the variance of d² is 2a² + 6a, that of d³ below 15a³ + 130a² + 120a
    CHECK(std::abs(first / n) < 5 * std::sqrt(shape / n));
    CHECK(std::abs(second / n - shape) < 5 * std::sqrt((2 * shape * shape + 6 * shape) / n));
    CHECK(std::abs(third / n - 2 * shape) <
          5 * std::sqrt((15 * shape * shape * shape + 130 * shape * shape + 120 * shape) / n));
  }
}

TEST_CASE("recursion gaussian: replicates by sufficient statistics", "[recursion]") {
  const auto simulate = [](std::uint64_t seed) {
    core::random_engine random(seed);
    return recursion::gaussian_replace({.samples = 5, .generations = 3, .replicates = 7, .real = {2.0, 9.0}}, random);
  };
  CHECK(simulate(1) == simulate(1));
  CHECK_FALSE(simulate(1) == simulate(2));
  core::random_engine random(1);
  std::vector<std::uint64_t> seen;
  const auto last = recursion::gaussian_replace({.samples = 5, .generations = 3, .replicates = 7}, random,
                                                [&seen](std::uint64_t n, auto means, auto variances) {
                                                  seen.push_back(n);
                                                  CHECK(means.size() == 7);
                                                  CHECK(variances.size() == 7);
                                                });
  CHECK(seen == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(last.mean.size() == 7);
  const auto none = recursion::gaussian_replace({.generations = 0, .replicates = 2, .real = {2.0, 9.0}}, random);
  CHECK(none.mean == std::vector<double>{2.0, 2.0});
  CHECK(none.variance == std::vector<double>{9.0, 9.0});
  CHECK_THROWS_AS(recursion::gaussian_replace({.samples = 1}, random), std::invalid_argument);
  CHECK_THROWS_AS(recursion::gaussian_replace({.real = {0.0, -1.0}}, random), std::invalid_argument);

  const auto block = [](std::uint64_t, std::uint64_t seed) {
    core::random_engine r(seed);
    return recursion::gaussian_replace({.samples = 5, .generations = 3, .replicates = 10}, r);
  };
  CHECK(recursion::replicate(6, 3, block, {.threads = 3}) == recursion::replicate(6, 3, block));
}
