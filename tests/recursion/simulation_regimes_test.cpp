// SPDX-License-Identifier: BSL-1.0
// Runs of the library's own models and regimes against the closed forms within 5 standard errors, and against the neighbouring
// wrong form, which must be rejected.
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/kernel_density.hpp"
#include "tailwatch/recursion/linear_regression.hpp"
#include "tailwatch/recursion/population.hpp"
#include "tailwatch/recursion/power_law.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/sharpening.hpp"
#include "tailwatch/recursion/theory.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::linear_design;
using recursion::regime;

namespace {

class running_mean {
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
  double n_ = 0.0, mean_ = 0.0, squares_ = 0.0;
};

std::vector<double> standard_normals(std::uint64_t n, core::random_engine& random) {
  return recursion::gaussian{}.sample(n, random);
}

struct last_moments {
  running_mean variance, displacement, log_variance, wasserstein;
  void add(const recursion::gaussian& g) {
    variance.add(g.variance);
    displacement.add(g.mean * g.mean);
    log_variance.add(std::log(g.variance));
    wasserstein.add(g.mean * g.mean + (std::sqrt(g.variance) - 1.0) * (std::sqrt(g.variance) - 1.0));
  }
};

template <class Family>
last_moments last_gaussian(int replicates, std::uint64_t real, const Family& family,
                           const recursion::run_options& options, std::uint64_t seed) {
  last_moments result;
  core::random_engine random(seed);
  for (int i = 0; i < replicates; ++i) {
    recursion::gaussian last;
    (void)recursion::run(
        standard_normals(real, random), family, options, random, [&last](const auto& g) { last = g.model; },
        standard_normals);
    result.add(last);
  }
  return result;
}

}  // namespace

TEST_CASE("recursion regime simulation: growing sizes", "[recursion]") {
  const std::vector<std::uint64_t> drawn{8, 12, 16};
  const std::vector<std::uint64_t> fitted{5, 8, 12, 16};
  const auto got = last_gaussian(20000, 5, recursion::gaussian_model{}, {.generations = 4, .sample_sizes = drawn}, 1);
  CHECK(got.variance.agrees(recursion::growing_replace_variance(fitted)));
  CHECK(got.displacement.agrees(recursion::growing_replace_mean_squared_displacement(fitted)));
  CHECK(got.log_variance.agrees(recursion::growing_replace_log_variance(fitted)));
  CHECK(got.wasserstein.agrees(recursion::growing_replace_wasserstein2_squared(fitted)));
  CHECK(got.variance.rejects(recursion::gaussian_replace_variance(5, 4)));
  CHECK(got.log_variance.rejects(recursion::gaussian_replace_log_variance(16, 4)));
}

TEST_CASE("recursion regime simulation: the real data again and again", "[recursion]") {
  const auto got = last_gaussian(20000, 5, recursion::gaussian_model{},
                                 {.regime = regime::augment, .generations = 5, .sample_size = 10}, 2);
  CHECK(got.variance.agrees((1.0 - 1.0 / 5) * (1.0 - recursion::fixed_real_loss(5, 10, 5))));
  CHECK(got.variance.rejects((1.0 - 1.0 / 5) * (1.0 - recursion::fixed_real_loss(5, 10, 1))));
  CHECK(got.variance.rejects(1.0 - recursion::mix_loss(15, 5, 5)));  // fresh real data would do better
}

TEST_CASE("recursion regime simulation: a shrinking sampler", "[recursion]") {
  const recursion::shrinking_model family{recursion::gaussian_model{}, 0.9};
  const auto got = last_gaussian(20000, 20, family, {.generations = 5}, 3);
  CHECK(got.variance.agrees(recursion::gaussian_shrinking_replace_variance(20, 5, 0.9)));
  CHECK(got.log_variance.agrees(recursion::gaussian_shrinking_replace_log_variance(20, 5, 0.9)));
  CHECK(got.variance.rejects(recursion::gaussian_replace_variance(20, 5)));
  CHECK(got.variance.rejects(0.9 * recursion::gaussian_shrinking_replace_variance(20, 5, 0.9)));
}

TEST_CASE("recursion regime simulation: refresh and weights by the calculus of lineages", "[recursion]") {
  {
    recursion::lineage_moments l;
    auto model = l.fit({{l.draw_real(6), 1.0}});
    for (int g = 1; g < 6; ++g)
      model = g % 3 == 0 ? l.fit({{l.draw_real(3), 3.0}, {l.draw(model, 3), 3.0}}) : l.fit({{l.draw(model, 6), 1.0}});
    const auto got = last_gaussian(20000, 6, recursion::gaussian_model{},
                                   {.generations = 6, .refresh_every = 3, .refresh_fraction = 0.5}, 4);
    CHECK(got.variance.agrees(l.variance(model)));
    CHECK(got.displacement.agrees(l.displacement(model)));
    CHECK(got.variance.rejects(recursion::gaussian_replace_variance(6, 6)));
  }
  {
    recursion::lineage_moments l;
    auto model = l.fit({{l.draw_real(8), 1.0}});
    for (int g = 1; g < 5; ++g) model = l.fit({{l.draw_real(2), 0.8}, {l.draw(model, 6), 0.2}});
    const auto got =
        last_gaussian(20000, 8, recursion::gaussian_model{},
                      {.regime = regime::mix, .generations = 5, .real_fraction = 0.25, .real_weight = 0.8}, 5);
    CHECK(got.variance.agrees(l.variance(model)));
    CHECK(got.displacement.agrees(l.displacement(model)));
    CHECK(got.variance.rejects(1.0 - recursion::mix_loss(8, 2, 5)));
  }
}

TEST_CASE("recursion regime simulation: ensembles and cross-training", "[recursion]") {
  core::random_engine random(6);
  const auto simulate = [&random](const std::vector<double>& exchange) {
    struct {
      running_mean variance, together;
    } got;
    for (int i = 0; i < 8000; ++i) {
      std::vector<std::vector<double>> real;
      for (int p = 0; p < 3; ++p) real.push_back(standard_normals(6, random));
      const auto t =
          recursion::run_population(real, recursion::gaussian_model{}, {.generations = 4, .exchange = exchange}, random,
                                    [](std::size_t, const auto& g) { return g.model; });
      got.variance.add(t.records[0].back().variance);
      got.together.add(t.records[0].back().mean * t.records[1].back().mean);
    }
    return got;
  };
  const auto expected = recursion::ensemble_loss(3, 6, 4);
  const auto ensemble = simulate({});
  CHECK(ensemble.variance.agrees(1.0 - expected.within));
  CHECK(ensemble.together.agrees(expected.between));
  CHECK(ensemble.variance.rejects(recursion::gaussian_replace_variance(6, 4)));
  const auto alone = simulate(recursion::isolated_exchange(3));
  CHECK(alone.variance.agrees(recursion::gaussian_replace_variance(6, 4)));
  CHECK(alone.together.agrees(0.0));

  recursion::lineage_moments l;
  std::vector<std::size_t> models;
  for (int p = 0; p < 3; ++p) models.push_back(l.fit({{l.draw_real(6), 1.0}}));
  for (int g = 1; g < 4; ++g) {
    std::vector<std::size_t> next;
    for (std::size_t p = 0; p < 3; ++p)
      next.push_back(l.fit({{l.draw(models[(p + 1) % 3], 3), 1.0}, {l.draw(models[(p + 2) % 3], 3), 1.0}}));
    models = next;
  }
  const auto cross = simulate(recursion::cross_exchange(3));
  CHECK(cross.variance.agrees(l.variance(models[0])));
  CHECK(cross.together.agrees(l.common_displacement(models[0], models[1])));
}

TEST_CASE("recursion regime simulation: kernel densities through the loop", "[recursion]") {
  // generation g's training set has been resampled g times; its biased variance is what the forms speak of
  const auto simulate = [](const recursion::kernel_density_model& family, std::uint64_t seed) {
    running_mean variance;
    core::random_engine random(seed);
    for (int i = 0; i < 12000; ++i) {
      double last = 0.0;
      (void)recursion::run(standard_normals(15, random), family, {.generations = 7}, random,
                           [&last](const auto& g) { last = recursion::gaussian_model{}.fit(g.training).variance; });
      variance.add(last);
    }
    return variance;
  };
  const double start = 14.0 / 15;
  const auto fixed = simulate({recursion::bandwidth_rule::fixed, 0.4}, 7);
  CHECK(fixed.agrees(recursion::kernel_density_replace_variance(15, 0.4, start, 6)));
  CHECK(fixed.rejects(recursion::kernel_density_replace_variance(15, 0.4, start, 8)));
  CHECK(fixed.rejects(recursion::gaussian_replace_variance(15, 7)));
  const auto scaled = simulate({.factor = 1.06}, 8);
  CHECK(scaled.agrees(recursion::kernel_density_scaled_replace_variance(15, 1.06, start, 6)));
  CHECK(scaled.rejects(recursion::kernel_density_scaled_replace_variance(15, 0.9, start, 6)));
}

TEST_CASE("recursion regime simulation: regression through the loop, same against fresh designs", "[recursion]") {
  // d = 3, rows = 7, four fits. The relative spread of a risk is about 1, so 1.5e4 runs give .8 %; same and fresh differ by 9 %
  constexpr std::uint64_t d = 3, rows = 7, fits = 4;
  const auto simulate = [](regime r, linear_design design, std::uint64_t seed) {
    running_mean risk;
    core::random_engine random(seed);
    const std::vector<double> truth(d, 0.0);
    for (int i = 0; i < 15000; ++i) {
      recursion::linear_regression_model family{.design = design};
      const recursion::linear_regression_model first{.design = linear_design::fresh};
      const recursion::regression_rows real = first.sample({truth, 1.0}, rows, random);
      if (design == linear_design::same) family.inputs = real.inputs;
      double last = 0.0;
      (void)recursion::run(real, family, {.regime = r, .generations = fits}, random,
                           [&](const auto& g) { last = g.model.risk(truth); });
      risk.add(last);
    }
    return risk;
  };
  const double same = recursion::linear_accumulate_risk(d, rows, 1.0, fits, linear_design::same);
  const double fresh = recursion::linear_accumulate_risk(d, rows, 1.0, fits, linear_design::fresh);
  const auto accumulate_same = simulate(regime::accumulate, linear_design::same, 9);
  const auto accumulate_fresh = simulate(regime::accumulate, linear_design::fresh, 10);
  CHECK(accumulate_same.agrees(same));
  CHECK(accumulate_same.rejects(fresh));
  CHECK(accumulate_fresh.agrees(fresh));
  CHECK(accumulate_fresh.rejects(same));
  const auto replace = simulate(regime::replace, linear_design::same, 11);
  CHECK(replace.agrees(recursion::linear_replace_risk(d, rows, 1.0, fits)));
  CHECK(replace.rejects(same));
}

TEST_CASE("recursion regime simulation: a power law refitted", "[recursion]") {
  running_mean scale, log_scale, log_square, exponent;
  core::random_engine random(12);
  const recursion::power_law_model family;
  const double expected_log = recursion::power_law_replace_log_scale(20, 4);
  for (int i = 0; i < 10000; ++i) {
    double alpha = 0.0;
    (void)recursion::run(family.sample({3.0, 1.0}, 20, random), family, {.generations = 4}, random,
                         [&alpha](const auto& g) { alpha = g.model.exponent; });
    scale.add(2.0 / (alpha - 1.0));
    log_scale.add(-std::log((alpha - 1.0) / 2.0));
    log_square.add(std::pow(-std::log((alpha - 1.0) / 2.0) - expected_log, 2));
    exponent.add((alpha - 1.0) / 2.0);
  }
  CHECK(scale.agrees(1.0));
  CHECK(log_scale.agrees(expected_log));
  CHECK(log_square.agrees(recursion::power_law_replace_log_scale_variance(20, 4)));
  CHECK(exponent.agrees(recursion::power_law_replace_exponent(20, 4)));
  CHECK(exponent.rejects(recursion::power_law_replace_exponent(20, 3)));
  CHECK(log_scale.rejects(recursion::power_law_replace_log_scale(20, 3)));
}

TEST_CASE("recursion regime simulation: the life of one type, and of two", "[recursion]") {
  core::random_engine random(13);
  const recursion::categorical_model model;
  running_mean alive, time;
  for (int i = 0; i < 4000; ++i) {
    recursion::category_counts start{recursion::categorical(std::vector<double>{0.06, 0.94}).resample(30, random)};
    bool there = false;
    (void)recursion::run(start, model, {.generations = 8}, random,
                         [&there](const auto& g) { there = g.model.probability(0) > 0.0; });
    alive.add(there ? 1.0 : 0.0);
  }
  CHECK(alive.agrees(recursion::categorical_type_survival(0.06, 30, 8)));
  CHECK(alive.rejects(recursion::categorical_type_survival(0.06, 30, 6)));
  for (int i = 0; i < 4000; ++i) {
    recursion::category_counts start{recursion::categorical(std::vector<double>{0.5, 0.5}).resample(20, random)};
    const auto t = recursion::run(start, model, {.generations = 1000}, random,
                                  [](const auto& g) { return g.model.simpson() == 0.0; });
    time.add(static_cast<double>(t.records.size()));
  }
  CHECK(time.agrees(recursion::categorical_fixation_time(0.5, 20)));
  CHECK(time.rejects(recursion::categorical_fixation_time(0.5, 20) + 2.0));
}

TEST_CASE("recursion regime simulation: curation and temperature with many draws", "[recursion]") {
  // 2e5 draws: the deterministic law up to noise; sd of a share below .0012 a generation, three generations
  const std::vector<double> p{0.4, 0.3, 0.2, 0.1}, r{0.0, 0.5, 1.0, -1.0};
  core::random_engine random(14);
  const auto start = recursion::categorical(p).sample(200000, random);
  const recursion::curated_model curated{recursion::categorical_draws_model{}, [&r](std::uint32_t t) { return r[t]; },
                                         3};
  std::vector<double> expected = p;
  const auto models =
      recursion::run(start, curated, {.generations = 4}, random, [](const auto& g) { return g.model; }).records;
  for (std::size_t g = 0; g < 4; ++g) {
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(models[g].probability(i) ==
            Approx(expected[i]).margin(5 * 0.0011 * std::sqrt(static_cast<double>(g) + 1.0)));
    expected = recursion::curated_distribution(expected, r, 3);
  }
  CHECK(std::abs(models[3].probability(2) - p[2]) > 0.2);  // it moved

  const recursion::sharpened_model cool{recursion::categorical_model{},
                                        recursion::sharpening_options{.temperature = 0.8}};
  const auto colder = recursion::run(recursion::category_counts{recursion::categorical(p).resample(1000000, random)},
                                     cool, {.generations = 4}, random, [](const auto& g) { return g.model; })
                          .records;
  const auto law = recursion::temperature_distribution(p, 0.8, 3);
  for (std::size_t i = 0; i < 4; ++i) CHECK(colder[3].probability(i) == Approx(law[i]).margin(0.006));
}
