// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/effective_samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/gaussian.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::variance_estimator;
using tailwatch::testing::close;

namespace {

// variances of one Gaussian lineage, generation 1 on, with the noise of `draws` measurements each
std::vector<double> variance_lineage(std::uint64_t m, std::uint64_t generations, std::uint64_t draws,
                                     variance_estimator estimator, core::random_engine& random) {
  std::vector<double> v;
  recursion::gaussian law;
  for (std::uint64_t g = 0; g < generations; ++g) {
    const auto next = recursion::gaussian_replace(
        {.samples = m, .generations = 1, .replicates = 1, .estimator = estimator, .real = law}, random);
    law = {next.mean[0], next.variance[0]};
    if (draws == 0) {
      v.push_back(law.variance);
    } else {
      const auto seen = recursion::gaussian_replace(
          {.samples = draws, .generations = 1, .replicates = 1, .estimator = variance_estimator::unbiased, .real = law},
          random);
      v.push_back(seen.variance[0]);
    }
  }
  return v;
}

struct inverse_size_tally {
  double mean = 0, squares = 0, n = 0, covered = 0, error = 0;
  void add(const recursion::effective_sample_size& e, double truth) {
    // on the scale of 1/M, where the estimate is nearly unbiased and its error is relative
    const double x = 1 / e.samples.value;
    const double d = x - mean;
    mean += d / ++n;
    squares += d * (x - mean);
    covered += e.bounds.lower <= truth && truth <= e.bounds.upper ? 1 : 0;
    if (std::isfinite(e.samples.value)) error += e.samples.standard_error / (e.samples.value * e.samples.value);
  }
  [[nodiscard]] double deviation() const { return std::sqrt(squares / (n - 1)); }
};

}  // namespace

TEST_CASE("recursion: effective sample size of a Gaussian lineage, without and with measurement noise", "[recursion]") {
  core::random_engine random(61);
  for (const auto estimator : {variance_estimator::biased, variance_estimator::unbiased})
    for (const std::uint64_t draws : {0U, 400U}) {
      constexpr double m = 100;
      inverse_size_tally t;
      constexpr int replicates = 300;
      for (int i = 0; i < replicates; ++i)
        t.add(recursion::effective_samples_from_variances(
                  variance_lineage(100, 31, draws, estimator, random),
                  {.estimator = estimator, .measurement_samples = static_cast<double>(draws)}),
              m);
      INFO("draws " << draws << ": 1/M " << t.mean << " +- " << t.deviation() << " claimed " << t.error / t.n
                    << " covered " << t.covered / t.n);
      // sqrt(2/30) = .26 relative, more with noise; coverage of 300 known to .013
      CHECK(std::abs(t.mean * m - 1) < 4 * t.deviation() * m / std::sqrt(replicates) + 0.03);
      CHECK(close(t.error / t.n, t.deviation(), 0.2));
      CHECK(t.covered / t.n > 0.95 - 4 * 0.013);
      if (draws == 0) CHECK(close(t.deviation() * m, std::sqrt(2.0 / 30), 0.2));
    }
  // noise taken for drift gives a size far too small: the option matters
  const auto noisy = variance_lineage(1000, 60, 200, variance_estimator::biased, random);
  CHECK(recursion::effective_samples_from_variances(noisy).samples.value < 200);
  CHECK(recursion::effective_samples_from_variances(noisy, {.measurement_samples = 200}).bounds.upper > 900);
}

TEST_CASE("recursion: effective sample size from variances, edges", "[recursion]") {
  const std::vector<double> two{1.0, 0.9};
  CHECK(std::isnan(recursion::effective_samples_from_variances(two).samples.value));
  CHECK(std::isnan(recursion::effective_samples_from_variances(std::vector<double>{1.0, 0.0, 0.5}).samples.value));
  CHECK(std::isnan(recursion::effective_samples_from_variances(std::vector<double>{}).samples.value));
  const std::vector<double> still{1.0, 1.0, 1.0, 1.0};
  CHECK(recursion::effective_samples_from_variances(still).samples.value > 1e10);
  CHECK_THROWS_AS(recursion::effective_samples_from_variances(still, {.measurement_samples = 1.0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(recursion::effective_samples_from_variances(still, {.level = 1.0}), std::invalid_argument);
  const std::vector<double> v{1.0, 0.8, 0.9, 0.7, 0.75};
  std::vector<double> scaled;
  for (const double x : v) scaled.push_back(1e6 * x);
  CHECK(close(recursion::effective_samples_from_variances(v).samples.value,
              recursion::effective_samples_from_variances(scaled).samples.value, 1e-5));
}

TEST_CASE("recursion: effective sample size by the temporal method", "[recursion]") {
  core::random_engine random(62);
  // 3000 types of which most are rare: the case in which weights that look at the step are 8 % off
  const auto real = recursion::zipf(3000, 1.0);
  for (const bool exact : {true, false}) {
    constexpr double m = 2000;
    inverse_size_tally t;
    constexpr int replicates = 200;
    for (int i = 0; i < replicates; ++i) {
      std::vector<std::vector<std::uint64_t>> seen;
      auto law = recursion::categorical(real.resample(2000, random));
      for (int g = 0; g < 5; ++g) {
        if (exact) {
          std::vector<std::uint64_t> counts;
          for (const double w : law.weights()) counts.push_back(static_cast<std::uint64_t>(w));
          seen.push_back(counts);
        } else {
          seen.push_back(law.resample(8000, random));
        }
        law = recursion::categorical(law.resample(2000, random));
      }
      t.add(recursion::effective_samples_from_counts(seen, {.exact_models = exact}), m);
    }
    INFO("exact " << exact << ": 1/M " << t.mean << " +- " << t.deviation() << " claimed " << t.error / t.n
                  << " covered " << t.covered / t.n);
    CHECK(std::abs(t.mean * m - 1) < 4 * t.deviation() * m / std::sqrt(replicates) + 0.005);
    CHECK(close(t.error / t.n, t.deviation(), 0.25));
    CHECK(t.covered / t.n > 0.95 - 4 * 0.016);
    CHECK(t.deviation() * m < 0.15);
  }
}

TEST_CASE("recursion: temporal method, edges", "[recursion]") {
  using counts = std::vector<std::vector<int>>;
  CHECK(std::isnan(recursion::effective_samples_from_counts(counts{}).samples.value));
  CHECK(std::isnan(recursion::effective_samples_from_counts(counts{{5, 5}}).samples.value));
  CHECK(std::isnan(recursion::effective_samples_from_counts(counts{{5, 5}, {0, 0}}).samples.value));
  CHECK(std::isnan(recursion::effective_samples_from_counts(counts{{50, 0}, {50, 0}}).samples.value));
  CHECK(recursion::effective_samples_from_counts(counts{{50, 50}, {50, 50}}).samples.value ==
        std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(recursion::effective_samples_from_counts(counts{{5, 5}, {5, 5, 5}}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::effective_samples_from_counts(counts{{5, 5}, {5, 5}}, {.level = 0.0}),
                  std::invalid_argument);
  // by hand: two types, exact models, w = 2: movement 2(.01 + .01), size 2(.25 + .25); one degree of freedom
  const auto one = recursion::effective_samples_from_counts(counts{{50, 50}, {60, 40}}, {.exact_models = true});
  CHECK(close(one.samples.value, 25.0, 1e-12));
  CHECK(close(one.samples.standard_error, 25.0 * std::sqrt(2.0), 1e-12));
}

TEST_CASE("recursion: effective sample size from contraction", "[recursion]") {
  // exactly (1 - 1/M)^n
  const auto e = recursion::effective_samples_from_contraction({1.0, 0.0, 0}, {std::pow(0.99, 7), 0.001, 0}, 7);
  CHECK(close(e.samples.value, 100.0, 1e-10));
  CHECK(e.bounds.lower < 100.0);
  CHECK(e.bounds.upper > 100.0);
  CHECK(close(e.samples.standard_error, 100.0 * 100.0 * 0.99 * (0.001 / std::pow(0.99, 7)) / 7, 1e-10));
  CHECK(recursion::effective_samples_from_contraction({1.0, 0.1, 0}, {1.1, 0.1, 0}, 7).samples.value ==
        std::numeric_limits<double>::infinity());
  CHECK(std::isnan(recursion::effective_samples_from_contraction({0.0, 0.1, 0}, {1.1, 0.1, 0}, 7).samples.value));
  CHECK_THROWS_AS(recursion::effective_samples_from_contraction({1.0, 0.1, 0}, {0.9, 0.1, 0}, 0),
                  std::invalid_argument);
}
