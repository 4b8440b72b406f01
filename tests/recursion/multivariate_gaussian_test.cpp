// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/multivariate_gaussian.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/run.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::multivariate_gaussian;
using recursion::multivariate_gaussian_model;
using recursion::point_set;
using recursion::variance_estimator;
using tailwatch::testing::close;

TEST_CASE("recursion multivariate gaussian: fit by hand", "[recursion]") {
  const point_set points{2, {0, 0, 2, 0, 0, 4, 2, 4}};
  const auto law = multivariate_gaussian_model{}.fit(points);
  CHECK(law.mean() == std::vector<double>{1, 2});
  CHECK(law.covariance() == std::vector<double>{1, 0, 0, 4});
  CHECK(law.trace() == 5.0);
  CHECK(close(law.log_determinant(), std::log(4.0), 1e-15));
  const auto unbiased = multivariate_gaussian_model{variance_estimator::unbiased}.fit(points);
  CHECK(close(unbiased.covariance()[3], 16.0 / 3.0, 1e-15));
  // a product of two normal laws
  CHECK(close(law.log_density(std::vector<double>{2, 0}),
              recursion::gaussian{1, 1}.log_density(2) + recursion::gaussian{2, 4}.log_density(0), 1e-15));
  // correlation 1/2: density by the closed form
  const multivariate_gaussian correlated({0, 0}, {1, 0.5, 0.5, 1});
  CHECK(close(correlated.log_density(std::vector<double>{1, -1}),
              -std::log(2 * 3.14159265358979323846) - 0.5 * std::log(0.75) - 2.0, 1e-14));
}

TEST_CASE("recursion multivariate gaussian: singular, undefined and wrong", "[recursion]") {
  const auto line = multivariate_gaussian_model{}.fit(point_set{2, {0, 0, 1, 2, 2, 4}});  // y = 2x
  CHECK(line.log_determinant() == -core::infinity);
  CHECK(core::is_nan(line.log_density(std::vector<double>{0, 0})));
  core::random_engine random(1);
  const auto drawn = line.sample(50, random);
  for (std::size_t i = 0; i < drawn.size(); ++i) CHECK(std::abs(drawn[i][1] - 2 * drawn[i][0]) < 1e-12);
  // as many points as dimensions: rank d − 1 up to rounding, far from the origin
  std::vector<double> identity(900, 0.0);
  for (std::size_t i = 0; i < 30; ++i) identity[i * 31] = 1.0;
  const multivariate_gaussian wide(std::vector<double>(30, 100.0), identity);
  for (int i = 0; i < 20; ++i) {
    CHECK(multivariate_gaussian_model{}.fit(wide.sample(30, random)).log_determinant() == -core::infinity);
    CHECK(core::is_finite(multivariate_gaussian_model{}.fit(wide.sample(31, random)).log_determinant()));
  }
  CHECK(core::is_nan(multivariate_gaussian_model{}.fit(point_set{2, {}}).mean()[0]));
  CHECK(core::is_nan(multivariate_gaussian_model{variance_estimator::unbiased}.fit(point_set{1, {3}}).trace()));
  CHECK_THROWS_AS(multivariate_gaussian({0, 0}, {1, 0, 0}), std::invalid_argument);
  CHECK_THROWS_AS(multivariate_gaussian({0, 0}, {1, 2, 2, 1}), std::invalid_argument);
  CHECK_THROWS_AS(multivariate_gaussian({0}, {-1}), std::invalid_argument);
  CHECK_THROWS_AS(multivariate_gaussian({0, 0}, {1, 0.1, 0.1, 0}), std::invalid_argument);
  CHECK_THROWS_AS(multivariate_gaussian({0, 0, 0}, {1, 1, 0.5, 1, 1, 0.2, 0.5, 0.2, 1}), std::invalid_argument);
  CHECK(multivariate_gaussian({3}, {0}).rank() == 0);
  CHECK(multivariate_gaussian({3}, {0}).sample(2, random) == point_set{1, {3, 3}});
  CHECK(close(multivariate_gaussian({0, 0}, {1e20, 0, 0, 1e-20}).log_determinant(), 0.0, 0,
              1e-12));  // units do not matter
  CHECK_THROWS_AS(line.log_density(std::vector<double>{0}), std::invalid_argument);
}

TEST_CASE("recursion multivariate gaussian: points as data", "[recursion]") {
  using traits = recursion::data_traits<point_set>;
  point_set all;
  traits::append(all, point_set{2, {0, 0, 1, 10}});
  traits::append(all, point_set{2, {2, 20, 3, 30, 4, 40}});
  CHECK(all.size() == 5);
  CHECK_THROWS_AS(traits::append(all, point_set{1, {7}}), std::invalid_argument);
  core::random_engine random(2);
  CHECK(traits::draw(all, 5, random) == all);
  const auto some = traits::draw(all, 3, random);
  CHECK(some.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(some[i][1] == 10 * some[i][0]);
  recursion::real_reserve<point_set> reserve(all);
  double sum = 0.0;
  for (int round = 0; round < 3; ++round) {
    const auto part = reserve(2, random);
    CHECK(part.size() == (round < 2 ? 2 : 1));
    for (std::size_t i = 0; i < part.size(); ++i) sum += part[i][1];
  }
  CHECK(sum == 100.0);
  CHECK(reserve.remaining() == 0);
}

TEST_CASE("recursion multivariate gaussian: determinant and trace follow their laws", "[recursion]") {
  // d = 3, M = 20, n = 5; a correlated law, which must not matter. Var ln det = n Σ psi1: 1.6, so 4000 runs give .02
  const multivariate_gaussian real({1, 2, 3}, {2, 0.5, 0.3, 0.5, 1, -0.4, 0.3, -0.4, 0.7});
  for (const auto estimator : {variance_estimator::biased, variance_estimator::unbiased}) {
    core::random_engine random(3);
    double sum = 0.0, square = 0.0, trace = 0.0, trace_square = 0.0;
    constexpr int runs = 4000;
    for (int i = 0; i < runs; ++i) {
      double log_ratio = 0.0, trace_ratio = 0.0;
      (void)recursion::run(real.sample(20, random), multivariate_gaussian_model{estimator}, {.generations = 5}, random,
                           [&](const auto& g) {
                             log_ratio = g.model.log_determinant() - real.log_determinant();
                             trace_ratio = g.model.trace() / real.trace();
                           });
      sum += log_ratio / runs;
      square += log_ratio * log_ratio / runs;
      trace += trace_ratio / runs;
      trace_square += trace_ratio * trace_ratio / runs;
    }
    const double error = std::sqrt((square - sum * sum) / runs);
    CHECK(std::abs(sum - recursion::gaussian_replace_log_determinant(20, 3, 5, estimator)) < 5 * error);
    const double trace_error = std::sqrt((trace_square - trace * trace) / runs);
    CHECK(std::abs(trace - recursion::gaussian_replace_variance(20, 5, estimator)) < 5 * trace_error);
    CHECK(std::abs(sum - recursion::gaussian_replace_log_determinant(20, 3, 4, estimator)) > 5 * error);
  }
}
