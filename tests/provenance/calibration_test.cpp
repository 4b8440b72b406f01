// SPDX-License-Identifier: BSL-1.0
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/provenance/combine_detectors.hpp"
#include "tailwatch/provenance/isotonic.hpp"
#include "tailwatch/provenance/platt.hpp"

namespace provenance = tailwatch::provenance;
namespace core = tailwatch::core;
using tailwatch::testing::close;

namespace {

const std::vector<double> calibration_human{.1, .2, .2, .35, .4, .5, .55, .6, .7, .3};
const std::vector<double> calibration_machine{.4, .5, .65, .7, .8, .9, .95, .35};

std::vector<double> calibration_normals(std::size_t n, double mean, core::random_engine& random) {
  boost::random::normal_distribution<double> law(mean, 1.0);
  std::vector<double> x(n);
  for (double& v : x) v = law(random);
  return x;
}

}  // namespace

TEST_CASE("provenance: Platt's sigmoid", "[provenance]") {
  // scikit-learn 1.9: its sigmoid is 1/(1 + exp(a s + b)), smoothed targets
  const auto fit = provenance::platt(calibration_human, calibration_machine);
  CHECK(close(fit.slope.value, 4.563518372916388, 1e-6));
  CHECK(close(fit.intercept.value, -2.577470625270485, 1e-6));
  const auto plain = provenance::platt(calibration_human, calibration_machine, {.smoothed_targets = false});
  CHECK(close(plain.slope.value, 6.2673094, 1e-6));
  CHECK(close(plain.intercept.value, -3.47975244, 1e-6));
  CHECK(fit.slope.count == 18);
  CHECK(close(fit(0.6).value, 1 / (1 + std::exp(-(4.563518372916388 * 0.6 - 2.577470625270485))), 1e-6));
  CHECK(fit(0.6).standard_error > 0.0);
  CHECK(std::isnan(provenance::platt(calibration_human, std::vector<double>{}).slope.value));
  CHECK(std::isnan(provenance::platt(std::vector<int>{1, 1}, std::vector<int>{1}).slope.value));
  CHECK(std::isnan(
      provenance::platt(std::vector<int>{1, 2}, std::vector<int>{3, 4}, {.smoothed_targets = false}).slope.value));
  CHECK(provenance::platt(std::vector<int>{1, 2}, std::vector<int>{3, 4}).slope.value > 0.0);
  std::vector<double> with_nan = calibration_human;
  with_nan.push_back(std::numeric_limits<double>::quiet_NaN());
  CHECK(provenance::platt(with_nan, calibration_machine).rejected == 1);
}

TEST_CASE("provenance: errors of Platt's sigmoid are the scatter over replicates", "[provenance]") {
  // two normal laws one apart, 400 and 300 of them: the log-odds are linear, slope 1, intercept ln(3/4) - 1/2
  core::random_engine random(31);
  double mean = 0, squares = 0, error = 0, p_mean = 0, p_squares = 0, p_error = 0;
  constexpr int replicates = 400;
  for (int i = 1; i <= replicates; ++i) {
    const auto fit = provenance::platt(calibration_normals(400, 0, random), calibration_normals(300, 1, random),
                                       {.smoothed_targets = false});
    const double d = fit.slope.value - mean;
    mean += d / i;
    squares += d * (fit.slope.value - mean);
    error += fit.slope.standard_error / replicates;
    const auto p = fit(1.5);
    const double e = p.value - p_mean;
    p_mean += e / i;
    p_squares += e * (p.value - p_mean);
    p_error += p.standard_error / replicates;
  }
  const double deviation = std::sqrt(squares / (replicates - 1)), p_deviation = std::sqrt(p_squares / (replicates - 1));
  INFO("slope " << mean << " +- " << deviation << " claimed " << error << "; p " << p_mean << " +- " << p_deviation
                << " claimed " << p_error);
  CHECK(std::abs(mean - 1.0) < 0.03);  // bias O(1/N)
  CHECK(close(error, deviation, 4 / std::sqrt(2.0 * replicates)));
  CHECK(close(p_error, p_deviation, 4 / std::sqrt(2.0 * replicates)));
  CHECK(std::abs(p_mean - 1 / (1 + std::exp(-1.0) * 4 / 3)) < 0.01);
}

TEST_CASE("provenance: isotonic calibration", "[provenance]") {
  const auto fit = provenance::isotonic(calibration_human, calibration_machine);
  // scikit-learn 1.9
  const double at[8] = {.05, .2, .33, .45, .52, .68, .75, .99};
  const double expected[8] = {0.0, 0.0, 0.225, 0.375, 0.375, 2.0 / 3, 5.0 / 6, 1.0};
  for (int i = 0; i < 8; ++i) {
    INFO(at[i]);
    CHECK(close(fit(at[i]).value, expected[i], 1e-12, 1e-12));
  }
  CHECK(fit(0.2).standard_error > 0.0);
  std::uint64_t count = 0;
  for (std::size_t b = 0; b < fit.blocks.size(); ++b) {
    count += fit.blocks[b].count;
    if (b > 0) CHECK(fit.blocks[b].share() > fit.blocks[b - 1].share());
  }
  CHECK(count == 18);
  CHECK(std::isnan(provenance::isotonic(std::vector<double>{}, std::vector<double>{})(1.0).value));
  CHECK(std::isnan(fit(std::numeric_limits<double>::quiet_NaN()).value));
  const auto one = provenance::isotonic(std::vector<int>{1}, std::vector<int>{1});
  CHECK(one(7.0).value == 0.5);
}

TEST_CASE("provenance: a combination is the ridge regression it says", "[provenance]") {
  // scikit-learn 1.9, LogisticRegression(C = 1) on standardised columns
  const std::vector<double> x{.1, 3,   .2, 1,   .2, 2.5, .35, 4,   .4, 2, .5, 1.5, .55, 3.5, .6,  2.2, .7,  .5,
                              .3, 2.8, .4, 4.2, .5, 3.1, .65, 2.4, .7, 5, .8, 1.1, .9,  3.3, .95, 2.9, .35, 4.6};
  std::vector<int> labels(18, 0);
  for (std::size_t i = 10; i < 18; ++i) labels[i] = 1;
  core::random_engine random(1);
  const auto c = provenance::combine_detectors(core::rows(x, 18, 2), labels, random, {.folds = 4});
  CHECK(close(c.combination.weight[0].value, 1.2505270580207744, 1e-6));
  CHECK(close(c.combination.weight[1].value, 0.9351235930797882, 1e-6));
  CHECK(close(c.combination.intercept.value, -0.29386487505666203, 1e-6));
  CHECK(c.single.size() == 2);
  CHECK(close(c.single[0].area.value, 0.8125, 1e-14));
  CHECK(c.best == 0);
  CHECK(c.out_of_fold.size() == 18);
  const double first[2] = {.1, 3};
  CHECK(close(c.combination.probability(first), 1 / (1 + std::exp(-c.combination.log_odds(first))), 1e-14));
  CHECK_THROWS_AS(provenance::combine_detectors(core::rows(x, 18, 2), labels, random, {.folds = 1}),
                  std::invalid_argument);
  CHECK_THROWS_AS(provenance::combine_detectors(core::rows(x, 18, 2), labels, random, {.folds = 9}),
                  std::invalid_argument);
  CHECK_THROWS_AS(provenance::combine_detectors(core::rows(x, 18, 2), std::vector<int>(17), random),
                  std::invalid_argument);
  CHECK_THROWS_AS(provenance::combine_detectors(core::rows(x, 18, 2), labels, random, {.folds = 4, .ridge = -1.0}),
                  std::invalid_argument);
  std::vector<double> bad = x;
  bad[3] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(provenance::combine_detectors(core::rows(bad, 18, 2), labels, random, {.folds = 4}),
                  std::invalid_argument);
}

TEST_CASE("provenance: combined detectors gain what theory says, and nothing where there is nothing", "[provenance]") {
  // three independent scores, each with the classes one deviation apart: accuracies Phi(1/2) = .691 alone, Phi(sqrt 3/2) = .807
  // together; areas Phi(1/sqrt 2) = .760 and Phi(sqrt(3/2)) = .890
  core::random_engine random(33);
  double single = 0, combined = 0, gain = 0, area = 0, null_area = 0, null_accuracy = 0;
  constexpr int replicates = 20;
  for (int i = 0; i < replicates; ++i) {
    constexpr std::size_t n = 600;
    std::vector<double> x(3 * n), noise(3 * n);
    std::vector<int> labels(n);
    boost::random::normal_distribution<double> normal;
    for (std::size_t r = 0; r < n; ++r) {
      labels[r] = r % 2 == 0 ? 1 : 0;
      for (std::size_t k = 0; k < 3; ++k) {
        x[3 * r + k] = normal(random) + (k == 1 ? -1.0 : 1.0) * labels[r];  // the second runs the other way
        noise[3 * r + k] = normal(random);
      }
    }
    const auto c = provenance::combine_detectors(core::rows(x, n, 3), labels, random);
    single += c.single[0].accuracy.value / replicates;
    combined += c.combined.accuracy.value / replicates;
    area += c.combined.area.value / replicates;
    gain += c.area_gain.value / c.area_gain.standard_error / replicates;
    CHECK(c.combined.accuracy_interval.lower < c.combined.accuracy.value);
    const auto nothing = provenance::combine_detectors(core::rows(noise, n, 3), labels, random);
    null_area += nothing.combined.area.value / replicates;
    null_accuracy += nothing.combined.accuracy.value / replicates;
  }
  INFO(single << " " << combined << " " << area << " null " << null_area << " " << null_accuracy);
  // one accuracy of 600 texts scatters by .017, the mean of 20 by .004; chosen thresholds cost a little
  CHECK(std::abs(single - 0.691) < 0.02);
  CHECK(std::abs(combined - 0.807) < 0.02);
  CHECK(std::abs(area - 0.890) < 0.015);
  CHECK(gain > 5);
  CHECK(std::abs(null_area - 0.5) < 0.03);  // cross-validated areas of noise fall slightly below 1/2
  CHECK(std::abs(null_accuracy - 0.5) < 0.03);
}
