// SPDX-License-Identifier: BSL-1.0
// Simulated recursions against the closed forms, within 5 standard errors; and against the neighbouring wrong forms, which
// must be rejected, or the test would prove nothing. Replicates come from the known variance of one run.
#include <boost/random/normal_distribution.hpp>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/theory.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::mix_sampling;
using recursion::regime;
using recursion::variance_estimator;

namespace {

class sample_mean {
 public:
  void add(double x) {
    ++n_;
    const double d = x - mean_;
    mean_ += d / n_;
    squares_ += d * (x - mean_);
  }
  [[nodiscard]] double z(double expected) const { return (mean_ - expected) / std::sqrt(squares_ / (n_ - 1) / n_); }
  [[nodiscard]] bool agrees(double expected) const {
    UNSCOPED_INFO("mean " << mean_ << ", expected " << expected << ", z " << z(expected));
    return std::abs(z(expected)) < 5.0;
  }
  [[nodiscard]] bool rejects(double wrong) const {
    UNSCOPED_INFO("mean " << mean_ << ", wrong " << wrong << ", z " << z(wrong));
    return std::abs(z(wrong)) > 5.0;
  }

 private:
  double n_ = 0.0;
  double mean_ = 0.0;
  double squares_ = 0.0;
};

using reals = std::vector<double>;

struct gaussian_run {
  sample_mean variance, displacement;
};

// Last generation of `replicates` runs from a real N(0, 1) sample of `m`.
gaussian_run simulate_gaussian(int replicates, std::uint64_t m, const recursion::run_options& options,
                               variance_estimator estimator, std::uint64_t seed) {
  gaussian_run result;
  core::random_engine random(seed);
  const auto fresh = [](std::uint64_t n, core::random_engine& r) { return recursion::gaussian{}.sample(n, r); };
  for (int i = 0; i < replicates; ++i) {
    recursion::gaussian last;
    (void)recursion::run(
        recursion::gaussian{}.sample(m, random), recursion::gaussian_model{estimator}, options, random,
        [&last](const auto& g) { last = g.model; }, fresh);
    result.variance.add(last.variance);
    result.displacement.add(last.mean * last.mean);
  }
  return result;
}

struct categorical_run {
  sample_mean simpson, chi_squared, types;
};

categorical_run simulate_categorical(int replicates, const recursion::categorical& real, std::uint64_t m,
                                     const recursion::run_options& options, std::uint64_t seed) {
  categorical_run result;
  core::random_engine random(seed);
  const recursion::categorical_model model;
  const auto fresh = [&](std::uint64_t n, core::random_engine& r) { return model.sample(real, n, r); };
  for (int i = 0; i < replicates; ++i) {
    recursion::categorical last;
    (void)recursion::run(
        model.sample(real, m, random), model, options, random, [&last](const auto& g) { last = g.model; }, fresh);
    double chi_squared = 0.0;
    for (std::size_t k = 0; k < real.types(); ++k) {
      const double d = last.probability(k) - real.probability(k);
      chi_squared += d * d / real.probability(k);
    }
    result.simpson.add(last.simpson() / real.simpson());
    result.chi_squared.add(chi_squared);
    result.types.add(static_cast<double>(last.alive()));
  }
  return result;
}

}  // namespace

TEST_CASE("recursion simulation: Gaussian replace by sufficient statistics", "[recursion]") {
  // CV of v at M = 20, n = 10: sqrt(1.72); 1e5 replicates give .4 %, and .2 % at (20, 3)
  for (const auto estimator : {variance_estimator::biased, variance_estimator::unbiased})
    for (const std::uint64_t generations : {3U, 10U}) {
      const std::uint64_t m = 20;
      const bool biased = estimator == variance_estimator::biased;
      const auto other = biased ? variance_estimator::unbiased : variance_estimator::biased;
      core::random_engine random(11);
      const auto last = recursion::gaussian_replace(
          {.samples = m, .generations = generations, .replicates = 100000, .estimator = estimator}, random);
      sample_mean variance, displacement, deviation, w2, log_variance, log_square, kl, reverse, relative;
      const double mean_log = recursion::gaussian_replace_log_variance(m, generations, estimator);
      const double mean_v = recursion::gaussian_replace_variance(m, generations, estimator);
      for (std::size_t i = 0; i < last.mean.size(); ++i) {
        const double mu = last.mean[i];
        const double v = last.variance[i];
        variance.add(v);
        displacement.add(mu * mu);
        deviation.add(std::sqrt(v));
        w2.add(mu * mu + (std::sqrt(v) - 1.0) * (std::sqrt(v) - 1.0));
        log_variance.add(std::log(v));
        log_square.add((std::log(v) - mean_log) * (std::log(v) - mean_log));
        kl.add(0.5 * (v + mu * mu - 1.0 - std::log(v)));
        reverse.add(0.5 * ((1.0 + mu * mu) / v - 1.0 + std::log(v)));
        relative.add((v / mean_v - 1.0) * (v / mean_v - 1.0));
      }
      CHECK(variance.agrees(mean_v));
      CHECK(displacement.agrees(recursion::gaussian_replace_mean_squared_displacement(m, generations, estimator)));
      CHECK(deviation.agrees(recursion::gaussian_replace_standard_deviation(m, generations, estimator)));
      CHECK(w2.agrees(recursion::gaussian_replace_wasserstein2_squared(m, generations, estimator)));
      CHECK(log_variance.agrees(mean_log));
      CHECK(log_square.agrees(recursion::gaussian_replace_log_variance_variance(m, generations)));
      CHECK(kl.agrees(recursion::gaussian_replace_kullback_leibler(m, generations, estimator)));
      CHECK(reverse.agrees(recursion::gaussian_replace_reverse_kullback_leibler(m, generations, estimator)));
      CHECK(relative.agrees(recursion::gaussian_replace_variance_relative_variance(m, generations)));
      CHECK(variance.rejects(recursion::gaussian_replace_variance(m, generations, other)));
      CHECK(log_variance.rejects(recursion::gaussian_replace_log_variance(m, generations, other)));
      CHECK(log_variance.rejects(recursion::gaussian_replace_log_variance(m, generations - 1, estimator)));
      CHECK(displacement.rejects(recursion::gaussian_replace_mean_squared_displacement(m, generations + 1, estimator)));
    }
}

TEST_CASE("recursion simulation: two samples and one degree of freedom", "[recursion]") {
  // chi-squared with one degree of freedom: the gamma variate of shape 1/2, stepped up from 3/2
  core::random_engine random(12);
  const auto last = recursion::gaussian_replace({.samples = 2, .generations = 1, .replicates = 200000}, random);
  sample_mean variance, log_variance;
  for (const double v : last.variance) {
    variance.add(v);
    log_variance.add(std::log(v));
  }
  CHECK(variance.agrees(0.5));
  CHECK(log_variance.agrees(recursion::gaussian_replace_log_variance(2, 1)));
}

TEST_CASE("recursion simulation: Gaussian regimes by drawing the data", "[recursion]") {
  const std::uint64_t m = 10;
  for (const auto estimator : {variance_estimator::biased, variance_estimator::unbiased}) {
    const auto replace = simulate_gaussian(6000, m, {.generations = 4}, estimator, 21);
    CHECK(replace.variance.agrees(recursion::gaussian_replace_variance(m, 4, estimator)));
    CHECK(replace.displacement.agrees(recursion::gaussian_replace_mean_squared_displacement(m, 4, estimator)));
    const auto accumulate = simulate_gaussian(6000, m, {.regime = regime::accumulate, .generations = 4}, estimator, 22);
    CHECK(accumulate.variance.agrees(recursion::accumulate_variance(m, 4, estimator)));
    CHECK(accumulate.displacement.agrees(recursion::accumulate_mean_squared_displacement(m, 4, estimator)));
    CHECK(accumulate.variance.rejects(recursion::accumulate_variance(
        m, 4, estimator == variance_estimator::biased ? variance_estimator::unbiased : variance_estimator::biased)));
  }
  const auto subsample = simulate_gaussian(6000, m, {.regime = regime::accumulate_subsample, .generations = 5},
                                           variance_estimator::biased, 23);
  CHECK(subsample.variance.agrees(recursion::accumulate_subsample_variance(m, 5)));
  CHECK(subsample.displacement.agrees(1.0 - recursion::accumulate_subsample_variance(m, 5)));
  CHECK(subsample.variance.rejects(recursion::accumulate_variance(m, 5)));
  CHECK(subsample.variance.rejects(recursion::gaussian_replace_variance(m, 5)));

  // M = 4, one fresh real unit: exactly k and "each with probability k/M" differ enough to be told apart
  const auto mix = simulate_gaussian(40000, 4, {.regime = regime::mix, .generations = 5, .real_fraction = 0.25},
                                     variance_estimator::biased, 24);
  CHECK(mix.variance.agrees(1.0 - recursion::mix_loss(4, 1, 5, mix_sampling::fixed)));
  CHECK(mix.displacement.agrees(recursion::mix_loss(4, 1, 5, mix_sampling::fixed)));
  CHECK(mix.variance.rejects(1.0 - recursion::mix_loss(4, 1, 5, mix_sampling::multinomial)));
  CHECK(mix.variance.rejects(recursion::gaussian_replace_variance(4, 5)));
}

TEST_CASE("recursion simulation: a sampler that shrinks, in a mixed loop", "[recursion]") {
  core::random_engine random(25);
  const auto fresh = [](std::uint64_t n, core::random_engine& r) { return recursion::gaussian{}.sample(n, r); };
  const auto fit = [](const reals& x) { return recursion::gaussian_model{}.fit(x); };
  const auto shrunk = [](const recursion::gaussian& g, std::uint64_t n, core::random_engine& r) {
    return recursion::gaussian{g.mean, 0.8 * g.variance}.sample(n, r);
  };
  sample_mean variance, displacement;
  for (int i = 0; i < 6000; ++i) {
    recursion::gaussian last;
    (void)recursion::run(
        recursion::gaussian{}.sample(10, random), fit, shrunk,
        {.regime = regime::mix, .generations = 6, .real_fraction = 0.2}, random,
        [&last](const auto& g) { last = g.model; }, fresh);
    variance.add(last.variance);
    displacement.add(last.mean * last.mean);
  }
  const auto expected = recursion::mix_shrinking_moments(10, 2, 6, 0.8);
  CHECK(variance.agrees(expected.variance));
  CHECK(displacement.agrees(expected.displacement));
  CHECK(variance.rejects(recursion::mix_shrinking_moments(10, 2, 6, 1.0).variance));
}

TEST_CASE("recursion simulation: categorical regimes", "[recursion]") {
  const std::uint64_t m = 30;
  const auto real = recursion::zipf(12, 1.0);
  const double k = 12;
  const auto replace = simulate_categorical(2500, real, m, {.generations = 10}, 31);
  CHECK(replace.simpson.agrees(recursion::categorical_replace_simpson(m, 10)));
  CHECK(replace.chi_squared.agrees(
      recursion::categorical_chi_squared(k, 1 - recursion::categorical_replace_simpson(m, 10))));
  CHECK(replace.simpson.rejects(recursion::categorical_replace_simpson(m, 9)));
  std::vector<double> p;
  for (std::size_t i = 0; i < real.types(); ++i) p.push_back(real.probability(i));
  CHECK(replace.types.agrees(recursion::categorical_replace_types(p, m, 10)));
  CHECK(replace.types.rejects(
      recursion::categorical_replace_types_approximation(p, m, 10)));  // M = 30 is too small for it

  const auto accumulate = simulate_categorical(2500, real, m, {.regime = regime::accumulate, .generations = 8}, 32);
  CHECK(accumulate.simpson.agrees(recursion::accumulate_variance(m, 8)));
  CHECK(accumulate.chi_squared.agrees(recursion::categorical_chi_squared(k, 1 - recursion::accumulate_variance(m, 8))));
  const auto subsample =
      simulate_categorical(2500, real, m, {.regime = regime::accumulate_subsample, .generations = 6}, 33);
  CHECK(subsample.simpson.agrees(recursion::accumulate_subsample_variance(m, 6)));
  CHECK(subsample.simpson.rejects(recursion::accumulate_variance(m, 6)));
  const auto mix =
      simulate_categorical(2500, real, m, {.regime = regime::mix, .generations = 12, .real_fraction = 0.1}, 34);
  CHECK(mix.simpson.agrees(1 - recursion::mix_loss(m, 3, 12)));
  CHECK(mix.chi_squared.agrees(recursion::categorical_chi_squared(k, recursion::mix_loss(m, 3, 12))));
}

TEST_CASE("recursion simulation: first extinction and the survival of the deviation, to what they promise",
          "[recursion]") {
  core::random_engine random(40);
  const auto real = recursion::zipf(10, 1.0);
  std::vector<double> p;
  for (std::size_t i = 0; i < real.types(); ++i) p.push_back(real.probability(i));
  double generations = 0.0;
  for (int i = 0; i < 3000; ++i)
    for (auto law = real; law.alive() == real.types(); ++generations)
      law = recursion::categorical(law.resample(200, random));
  // one run scatters by about its mean: 3000 give 2 %
  CHECK(tailwatch::testing::close(generations / 3000, recursion::categorical_first_extinction_approximation(p, 200),
                                  0.06));

  const auto last = recursion::gaussian_replace({.samples = 10, .generations = 10, .replicates = 50000}, random);
  double above = 0.0;
  for (const double v : last.variance) above += v > 0.0625 ? 1.0 : 0.0;
  CHECK(std::abs(above / 50000 - recursion::gaussian_replace_survival(10, 10, 0.25)) < 0.02);
}

TEST_CASE("recursion simulation: multinomial mixing", "[recursion]") {
  // each unit real with probability 1/4: not what `run` does, so drawn here
  core::random_engine random(35);
  sample_mean variance;
  for (int i = 0; i < 40000; ++i) {
    recursion::gaussian model;
    for (int g = 0; g < 8; ++g) {
      reals x = recursion::gaussian{}.sample(4, random);
      if (g > 0)
        for (double& value : x)
          if (core::uniform_01(random) >= 0.25) value = model.mean + std::sqrt(model.variance) * value;
      model = recursion::gaussian_model{}.fit(x);
    }
    variance.add(model.variance);
  }
  CHECK(variance.agrees(1.0 - recursion::mix_loss(4, 1, 8, mix_sampling::multinomial)));
  CHECK(variance.rejects(1.0 - recursion::mix_loss(4, 1, 8, mix_sampling::fixed)));
}

TEST_CASE("recursion simulation: the same real data again and again", "[recursion]") {
  core::random_engine random(36);
  sample_mean variance;
  for (int i = 0; i < 20000; ++i) {
    const reals real = recursion::gaussian{}.sample(10, random);
    recursion::gaussian model = recursion::gaussian_model{}.fit(real);
    for (int g = 1; g < 8; ++g) {
      reals x = model.sample(30, random);
      x.insert(x.end(), real.begin(), real.end());
      model = recursion::gaussian_model{}.fit(x);
    }
    variance.add(model.variance);
  }
  CHECK(variance.agrees(0.9 * (1.0 - recursion::fixed_real_loss(10, 30, 8))));
}

TEST_CASE("recursion simulation: kernel density estimates", "[recursion]") {
  core::random_engine random(37);
  const auto fit = [](const reals& x) { return x; };
  const auto sample = [](const reals& x, std::uint64_t n, core::random_engine& r) {
    boost::random::normal_distribution<double> kernel(0.0, 0.5);
    reals out(n);
    for (double& y : out) y = x[core::uniform_below(r, x.size())] + kernel(r);
    return out;
  };
  sample_mean variance;
  for (int i = 0; i < 10000; ++i) {
    double last = 0.0;
    (void)recursion::run(recursion::gaussian{}.sample(20, random), fit, sample, {.generations = 11}, random,
                         [&last](const auto& g) { last = recursion::gaussian_model{}.fit(g.training).variance; });
    variance.add(last);
  }
  CHECK(variance.agrees(recursion::kernel_density_replace_variance(20, 0.5, 0.95, 10)));
  CHECK(variance.rejects(recursion::kernel_density_replace_variance(20, 0.5, 0.95, 9)));
}

TEST_CASE("recursion simulation: regression with the same and with fresh designs", "[recursion]") {
  // d = 1, six rows: 1/chi-squared_6 has two moments, so the mean squared error has a variance
  core::random_engine random(38);
  boost::random::normal_distribution<double> normal;
  sample_mean replace_risk, same_risk, fresh_risk;
  for (int i = 0; i < 100000; ++i) {
    double x_same[6];
    for (double& x : x_same) x = normal(random);
    double w_replace = 0.0, w_same = 0.0, w_fresh = 0.0;
    double xx_same = 0.0, xy_same = 0.0, xx_fresh = 0.0, xy_fresh = 0.0;
    for (int g = 0; g < 5; ++g) {
      double xx = 0.0, xy = 0.0;
      const double last_same = w_same;
      const double last_fresh = w_fresh;
      for (const double x : x_same) {
        const double y = x * last_same + normal(random);
        xx_same += x * x;
        xy_same += x * y;
        const double z = normal(random);
        const double noise = normal(random);
        xx_fresh += z * z;
        xy_fresh += z * (z * last_fresh + noise);
        xx += z * z;
        xy += z * (z * w_replace + noise);
      }
      w_same = xy_same / xx_same;
      w_fresh = xy_fresh / xx_fresh;
      w_replace = xy / xx;
    }
    replace_risk.add(w_replace * w_replace);
    same_risk.add(w_same * w_same);
    fresh_risk.add(w_fresh * w_fresh);
  }
  using recursion::linear_design;
  CHECK(replace_risk.agrees(recursion::linear_replace_risk(1, 6, 1, 5)));
  CHECK(same_risk.agrees(recursion::linear_accumulate_risk(1, 6, 1, 5, linear_design::same)));
  CHECK(fresh_risk.agrees(recursion::linear_accumulate_risk(1, 6, 1, 5, linear_design::fresh)));
  CHECK(same_risk.rejects(recursion::linear_accumulate_risk(1, 6, 1, 5, linear_design::fresh)));
  CHECK(fresh_risk.rejects(recursion::linear_accumulate_risk(1, 6, 1, 5, linear_design::same)));
}

TEST_CASE("recursion simulation: the weight that mixes best", "[recursion]") {
  // n = m = 10: the stationary error of theta' = w mean(real) + (1 - w) mean(synthetic)
  core::random_engine random(39);
  boost::random::normal_distribution<double> normal(0.0, std::sqrt(0.1));
  for (const double w : {recursion::optimal_mixing_weight(1.0), 0.3}) {
    sample_mean error;
    for (int i = 0; i < 20000; ++i) {
      double theta = 0.0;
      for (int g = 0; g < 40; ++g) theta = w * normal(random) + (1 - w) * (theta + normal(random));
      error.add(theta * theta);
    }
    CHECK(error.agrees(recursion::weighted_mixing_error(10, 10, w)));
  }
}
