// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/math/roc.hpp"

#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace math = tailwatch::math;
namespace core = tailwatch::core;
using tailwatch::testing::close;

namespace {

const std::vector<double> roc_human{.1, .2, .2, .35, .4, .5, .55, .6, .7, .3};
const std::vector<double> roc_machine{.4, .5, .65, .7, .8, .9, .95, .35};

std::vector<double> roc_normals(std::size_t n, double mean, core::random_engine& random) {
  boost::random::normal_distribution<double> law(mean, 1.0);
  std::vector<double> x(n);
  for (double& v : x) v = law(random);
  return x;
}

}  // namespace

TEST_CASE("math: ROC area, its partial forms and its error", "[math]") {
  // scikit-learn 1.9 roc_auc_score; DeLong's error from its definition
  const auto area = math::roc_area(roc_human, roc_machine);
  CHECK(close(area.value, 0.8125, 1e-14));
  CHECK(close(area.standard_error, 0.10324593077803224, 1e-12));
  CHECK(area.count == 18);
  CHECK(close(math::roc_area(roc_human, roc_machine, {.max_false_positive_rate = 0.05}).value, 0.6955128205128205,
              1e-13));
  CHECK(
      close(math::roc_area(roc_human, roc_machine, {.max_false_positive_rate = 0.1}).value, 0.7039473684210527, 1e-13));
  CHECK(close(math::roc_area(roc_human, roc_machine, {.max_false_positive_rate = 0.25}).value, 0.7428571428571429,
              1e-13));
  CHECK(
      close(math::roc_area(roc_human, roc_machine, {.max_false_positive_rate = 0.5}).value, 0.7583333333333333, 1e-13));
  const auto raw = math::roc_area(roc_human, roc_machine, {.max_false_positive_rate = 0.5, .standardised = false});
  CHECK(close(raw.value, 2 * (0.7583333333333333 - 0.5) * (0.5 - 0.125) + 0.125, 1e-13));

  const auto swapped = math::roc_area(roc_machine, roc_human);
  CHECK(close(swapped.value, 1.0 - 0.8125, 1e-14));
  CHECK(close(swapped.standard_error, area.standard_error, 1e-12));
  const auto separated = math::roc_area(std::vector<int>{1, 2}, std::vector<int>{3, 4});
  CHECK(separated.value == 1.0);
  CHECK(std::isnan(separated.standard_error));
  CHECK(math::roc_area(std::vector<int>{1, 1}, std::vector<int>{1, 1}).value == 0.5);
  CHECK(std::isnan(math::roc_area(std::vector<int>{}, std::vector<int>{1}).value));
  CHECK_THROWS_AS(math::roc_area(roc_human, roc_machine, {.max_false_positive_rate = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(math::roc_area(roc_human, roc_machine, {.max_false_positive_rate = 1.5}), std::invalid_argument);
  std::vector<double> with_nan = roc_human;
  with_nan.push_back(std::numeric_limits<double>::quiet_NaN());
  CHECK(math::roc_area(with_nan, roc_machine) == area);
}

TEST_CASE("math: ROC curve counts at every distinct score", "[math]") {
  const auto curve = math::roc_curve(roc_human, roc_machine);
  const std::vector<std::uint64_t> fp{0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 9, 10};
  const std::vector<std::uint64_t> tp{0, 1, 2, 3, 4, 5, 5, 5, 6, 7, 8, 8, 8, 8};
  REQUIRE(curve.points.size() == fp.size());
  for (std::size_t i = 0; i < fp.size(); ++i) {
    CHECK(curve.points[i].false_positives == fp[i]);
    CHECK(curve.points[i].true_positives == tp[i]);
  }
  CHECK(curve.points.front().threshold == std::numeric_limits<double>::infinity());
  CHECK(curve.points.back().threshold == 0.1);
  CHECK(close(curve.false_positive_rate(7), 0.3, 1e-15));
  CHECK(close(curve.true_positive_rate(7), 0.625, 1e-15));
}

TEST_CASE("math: true-positive rate at a false-positive rate", "[math]") {
  const auto point = math::roc_operating_point(roc_human, roc_machine, {.false_positive_rate = 0.1});
  CHECK(point.threshold == 0.65);
  CHECK(point.true_positive_rate.value == 5.0 / 8);
  CHECK(point.false_positive_rate.value == 0.1);
  const auto exact = math::clopper_pearson(5, 8);
  CHECK((point.true_positive_interval == exact));
  CHECK((point.false_positive_interval == math::clopper_pearson(1, 10)));
  // Beta(2, 9), scipy
  CHECK(close(point.false_positive_bound, 0.39416330243650215, 1e-9));
  const auto strict = math::roc_operating_point(roc_human, roc_machine, {.false_positive_rate = 0.0});
  CHECK(strict.threshold == 0.8);
  CHECK(strict.false_positive_rate.value == 0.0);
  CHECK(strict.true_positive_rate.value == 3.0 / 8);
  CHECK(math::roc_operating_point(roc_machine, roc_human, {.false_positive_rate = 0.0}).threshold ==
        std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(math::roc_operating_point(roc_human, roc_machine, {.false_positive_rate = 1.0}),
                  std::invalid_argument);
}

TEST_CASE("math: errors of ROC areas are the scatter over replicates", "[math]") {
  struct tally {
    double mean = 0, squares = 0, error = 0, n = 0;
    void add(const tailwatch::estimate& e) {
      const double d = e.value - mean;
      mean += d / ++n;
      squares += d * (e.value - mean);
      error += e.standard_error;
    }
    // mean standard error against the deviation, in Monte-Carlo errors of the latter
    [[nodiscard]] double discrepancy() const {
      const double deviation = std::sqrt(squares / (n - 1));
      return (error / n - deviation) / (deviation / std::sqrt(2 * n));
    }
  } whole, partial, difference;
  core::random_engine random(71);
  double inside = 0;
  constexpr int replicates = 800;
  for (int i = 0; i < replicates; ++i) {
    const auto negatives = roc_normals(200, 0.0, random), positives = roc_normals(150, 1.0, random);
    whole.add(math::roc_area(negatives, positives));
    partial.add(math::roc_area(negatives, positives, {.max_false_positive_rate = 0.2, .standardised = false}));
    auto other_negatives = roc_normals(200, 0.0, random), other_positives = roc_normals(150, 1.5, random);
    for (std::size_t k = 0; k < other_negatives.size(); ++k)
      other_negatives[k] = 0.6 * negatives[k] + 0.8 * other_negatives[k];
    for (std::size_t k = 0; k < other_positives.size(); ++k)
      other_positives[k] = 0.6 * positives[k] + 0.8 * other_positives[k];
    difference.add(math::roc_area_difference(other_negatives, other_positives, negatives, positives));
    const auto point = math::roc_operating_point(negatives, positives, {.false_positive_rate = 0.05});
    inside += 0.5 * std::erfc(point.threshold / std::sqrt(2.0)) <= point.false_positive_bound ? 1.0 : 0.0;
  }
  CHECK(std::abs(whole.mean - 0.5 * std::erfc(-0.5)) < 5 * 0.027 / std::sqrt(replicates));  // Phi(1/sqrt 2)
  INFO("whole " << whole.discrepancy() << " partial " << partial.discrepancy() << " difference "
                << difference.discrepancy());
  CHECK(std::abs(whole.discrepancy()) < 4);
  CHECK(std::abs(partial.discrepancy()) < 4);
  CHECK(std::abs(difference.discrepancy()) < 4);
  INFO("bound holds in " << inside / replicates);
  CHECK(inside / replicates > 0.95 - 4 * std::sqrt(0.05 * 0.95 / replicates));
  CHECK_THROWS_AS(math::roc_area_difference(roc_human, roc_machine, roc_human, roc_human), std::invalid_argument);
}
