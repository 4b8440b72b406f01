// SPDX-License-Identifier: BSL-1.0
// Closed forms of recursion/ against simulation with many replicates: tables of z = (mean − form)/standard error, in Markdown.
// Fails where some |z| > 5. docs/studies/recursion_forms.md holds a dated run.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/kernel_density.hpp"
#include "tailwatch/recursion/linear_regression.hpp"
#include "tailwatch/recursion/multivariate_gaussian.hpp"
#include "tailwatch/recursion/population.hpp"
#include "tailwatch/recursion/power_law.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/sharpening.hpp"
#include "tailwatch/recursion/spread.hpp"
#include "tailwatch/recursion/theory.hpp"

namespace {

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::linear_design;
using recursion::regime;
using recursion::variance_estimator;
using reals = std::vector<double>;

double worst = 0.0;
int comparisons = 0;

double z_of(const core::estimate& mean, double form) {
  const double z = (mean.value - form) / mean.standard_error;
  worst = std::max(worst, std::abs(z));
  ++comparisons;
  return z;
}

core::estimate mean_of(const reals& x) {
  double sum = 0.0, square = 0.0;
  const auto n = static_cast<double>(x.size());
  for (const double v : x) sum += v;
  for (const double v : x) square += (v - sum / n) * (v - sum / n);
  return {sum / n, std::sqrt(square / (n - 1.0) / n), x.size()};
}

template <class Field>
core::estimate mean_of(const recursion::gaussian_replicates& r, Field field) {
  reals x(r.mean.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = field(r.mean[i], r.variance[i]);
  return mean_of(x);
}

void gaussian_table() {
  std::printf("| M | n | estimator | E v | E (μ − μ₀)² | E σ | E W₂² | E ln v | Var ln v | KL | reverse KL |\n");
  std::printf("|---|---|---|---|---|---|---|---|---|---|---|\n");
  core::random_engine random(20261125);
  for (const auto& [m, n] : {std::pair{10U, 5U}, std::pair{20U, 10U}, std::pair{100U, 50U}, std::pair{100U, 200U}})
    for (const auto e : {variance_estimator::biased, variance_estimator::unbiased}) {
      const auto last =
          recursion::gaussian_replace({.samples = m, .generations = n, .replicates = 400000, .estimator = e}, random);
      const double log_v = recursion::gaussian_replace_log_variance(m, n, e);
      const double z[] = {
          z_of(mean_of(last, [](double, double v) { return v; }), recursion::gaussian_replace_variance(m, n, e)),
          z_of(mean_of(last, [](double u, double) { return u * u; }),
               recursion::gaussian_replace_mean_squared_displacement(m, n, e)),
          z_of(mean_of(last, [](double, double v) { return std::sqrt(v); }),
               recursion::gaussian_replace_standard_deviation(m, n, e)),
          z_of(mean_of(last, [](double u, double v) { return u * u + (std::sqrt(v) - 1) * (std::sqrt(v) - 1); }),
               recursion::gaussian_replace_wasserstein2_squared(m, n, e)),
          z_of(mean_of(last, [](double, double v) { return std::log(v); }), log_v),
          z_of(mean_of(last, [log_v](double, double v) { return (std::log(v) - log_v) * (std::log(v) - log_v); }),
               recursion::gaussian_replace_log_variance_variance(m, n)),
          z_of(mean_of(last, [](double u, double v) { return 0.5 * (v + u * u - 1 - std::log(v)); }),
               recursion::gaussian_replace_kullback_leibler(m, n, e)),
          z_of(mean_of(last, [](double u, double v) { return 0.5 * ((1 + u * u) / v - 1 + std::log(v)); }),
               recursion::gaussian_replace_reverse_kullback_leibler(m, n, e))};
      std::printf("| %u | %u | %s |", m, n, e == variance_estimator::biased ? "biased" : "unbiased");
      for (const double value : z) std::printf(" %+.1f |", value);
      std::printf("\n");
    }
}

void row(const char* what, const core::estimate& mean, double form) {
  const double z = z_of(mean, form);
  std::printf("| %s | %llu | %.5g(%.1g) | %.5g | %+.1f |\n", what, static_cast<unsigned long long>(mean.count),
              mean.value, mean.standard_error, form, z);
  std::fflush(stdout);
}

/// field(last record) of `lineages` runs, all processors.
template <class Run>
core::estimate last_of(std::size_t lineages, std::uint64_t seed, Run run_one) {
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  return mean_of(recursion::replicate(lineages, seed,
                                      [&](std::uint64_t, std::uint64_t s) {
                                        core::random_engine random(s);
                                        return run_one(random);
                                      },
                                      {.threads = threads, .progress = {}}));
}

reals normals(std::uint64_t n, core::random_engine& random) { return recursion::gaussian{}.sample(n, random); }

template <class Family, class Field>
core::estimate gaussian_run(std::size_t lineages, std::uint64_t real, const Family& family,
                            const recursion::run_options& options, std::uint64_t seed, Field field) {
  return last_of(lineages, seed, [&](core::random_engine& random) {
    double value = 0.0;
    (void)recursion::run(
        normals(real, random), family, options, random,
        [&](const auto& g) {
          if (g.index + 1 == options.generations) value = field(g.model);
        },
        normals);
    return value;
  });
}

template <class Field>
core::estimate categorical_run(std::size_t lineages, const recursion::categorical& real, std::uint64_t m,
                               const recursion::run_options& options, std::uint64_t seed, Field field) {
  const recursion::categorical_model family;
  const auto fresh = [&](std::uint64_t n, core::random_engine& r) { return family.sample(real, n, r); };
  return last_of(lineages, seed, [&](core::random_engine& random) {
    double value = 0.0;
    (void)recursion::run(
        family.sample(real, m, random), family, options, random,
        [&](const auto& g) {
          if (g.index + 1 == options.generations) value = field(g.model);
        },
        fresh);
    return value;
  });
}

void run_table() {
  std::printf("\n| run | lineages | simulated | form | z |\n|---|---|---|---|---|\n");
  const recursion::gaussian_model biased, unbiased{variance_estimator::unbiased};
  const auto v = [](const recursion::gaussian& g) { return g.variance; };
  const auto square = [](const recursion::gaussian& g) { return g.mean * g.mean; };
  row("Gaussian replace, M = 10, n = 5", gaussian_run(400000, 10, biased, {.generations = 5}, 1, v),
      recursion::gaussian_replace_variance(10, 5));
  row("accumulate, M = 5, n = 50, biased",
      gaussian_run(20000, 5, biased, {.regime = regime::accumulate, .generations = 50}, 2, v),
      recursion::accumulate_variance(5, 50));
  row("accumulate, M = 5, n = 50, unbiased",
      gaussian_run(20000, 5, unbiased, {.regime = regime::accumulate, .generations = 50}, 3, v),
      recursion::accumulate_variance(5, 50, variance_estimator::unbiased));
  row("accumulate, M = 5, n = 50, drift of the mean, unbiased",
      gaussian_run(20000, 5, unbiased, {.regime = regime::accumulate, .generations = 50}, 4, square),
      recursion::accumulate_mean_squared_displacement(5, 50, variance_estimator::unbiased));
  row("accumulate-subsample, M = 10, n = 30",
      gaussian_run(20000, 10, biased, {.regime = regime::accumulate_subsample, .generations = 30}, 5, v),
      recursion::accumulate_subsample_variance(10, 30));
  row("accumulate-subsample, M = 40, n = 2",
      gaussian_run(200000, 40, biased, {.regime = regime::accumulate_subsample, .generations = 2}, 6, v),
      recursion::accumulate_subsample_variance(40, 2));
  row("mix, M = 50, 5 fresh, n = 200",
      gaussian_run(5000, 50, biased, {.regime = regime::mix, .generations = 200, .real_fraction = 0.1}, 7, v),
      1.0 - recursion::mix_loss(50, 5, 200));
  const recursion::shrinking_model narrow{recursion::gaussian_model{}, 0.8};
  row("mix, M = 50, 10 fresh, λ = 0.8, n = 50",
      gaussian_run(10000, 50, narrow, {.regime = regime::mix, .generations = 50, .real_fraction = 0.2}, 8, v),
      recursion::mix_shrinking_moments(50, 10, 50, 0.8).variance);
  row("augment, 20 real beside 200, n = 40",
      gaussian_run(10000, 20, biased, {.regime = regime::augment, .generations = 40, .sample_size = 200}, 9, v),
      (1.0 - 1.0 / 20) * (1.0 - recursion::fixed_real_loss(20, 200, 40)));
  const auto sizes = recursion::growing_sizes(20, 1.5, 30);
  const std::vector<std::uint64_t> drawn(sizes.begin() + 1, sizes.end());
  row("sizes 20 t^1.5, n = 30", gaussian_run(4000, 20, biased, {.generations = 30, .sample_sizes = drawn}, 10, v),
      recursion::growing_replace_variance(sizes));

  const auto zipf = recursion::zipf(50, 1.1);
  const auto simpson = [&](const recursion::categorical& c) { return c.simpson() / zipf.simpson(); };
  const auto chi = [&](const recursion::categorical& c) {
    double sum = 0.0;
    for (std::size_t i = 0; i < 50; ++i)
      sum += (c.probability(i) - zipf.probability(i)) * (c.probability(i) - zipf.probability(i)) / zipf.probability(i);
    return sum;
  };
  const auto tail = [&](const recursion::categorical& c) {
    double sum = 0.0;
    for (std::size_t i = 25; i < 50; ++i) sum += c.probability(i);
    return sum;
  };
  reals p(50);
  for (std::size_t i = 0; i < 50; ++i) p[i] = zipf.probability(i);
  double true_tail = 0.0;
  for (std::size_t i = 25; i < 50; ++i) true_tail += p[i];
  row("Zipf 1.1, 50 types, M = 100, n = 100: Simpson",
      categorical_run(10000, zipf, 100, {.generations = 100}, 11, simpson),
      recursion::categorical_replace_simpson(100, 100));
  row("the same: chi-squared", categorical_run(20000, zipf, 100, {.generations = 100}, 12, chi),
      recursion::categorical_chi_squared(50, 1.0 - recursion::categorical_replace_simpson(100, 100)));
  row("the same: mean tail mass, which does not fall",
      categorical_run(20000, zipf, 100, {.generations = 100}, 13, tail), true_tail);
  row("the same, n = 10: types alive",
      categorical_run(10000, zipf, 100, {.generations = 10}, 14,
                      [](const recursion::categorical& c) { return static_cast<double>(c.alive()); }),
      recursion::categorical_replace_types(p, 100, 10));
  row("accumulate, M = 50, n = 100: Simpson",
      categorical_run(2000, zipf, 50, {.regime = regime::accumulate, .generations = 100}, 15, simpson),
      recursion::accumulate_variance(50, 100));
  row("mix, M = 200, 4 fresh, n = 300: Simpson",
      categorical_run(1500, zipf, 200, {.regime = regime::mix, .generations = 300, .real_fraction = 0.02}, 16, simpson),
      1.0 - recursion::mix_loss(200, 4, 300));

  const auto kernel = [](const recursion::kernel_density_model& family, std::size_t lineages, std::uint64_t m,
                         std::uint64_t seed) {
    return last_of(lineages, seed, [&, m](core::random_engine& random) {
      double last = 0.0;
      (void)recursion::run(normals(m, random), family, {.generations = 31}, random, [&last](const auto& g) {
        if (g.index == 30) last = recursion::gaussian_model{}.fit(g.training).variance;
      });
      return last;
    });
  };
  row("kernel density, h = 0.3, M = 20, 30 rounds", kernel({recursion::bandwidth_rule::fixed, 0.3}, 30000, 20, 17),
      recursion::kernel_density_replace_variance(20, 0.3, 1.0 - 1.0 / 20, 30));
  row("kernel density, Silverman 1.06, M = 50, 30 rounds", kernel({.factor = 1.06}, 20000, 50, 18),
      recursion::kernel_density_scaled_replace_variance(50, 1.06, 1.0 - 1.0 / 50, 30));

  const auto regression = [](regime r, linear_design design, std::size_t lineages, std::uint64_t seed) {
    return last_of(lineages, seed, [&](core::random_engine& random) {
      recursion::linear_regression_model family{.design = design};
      const recursion::linear_regression_model first{.design = linear_design::fresh};
      const reals truth(5, 0.0);
      const recursion::regression_rows real = first.sample({truth, 1.0}, 30, random);
      if (design == linear_design::same) family.inputs = real.inputs;
      double last = 0.0;
      (void)recursion::run(real, family, {.regime = r, .generations = 6}, random,
                           [&](const auto& g) { last = g.model.risk(truth); });
      return last;
    });
  };
  row("regression, d = 5, 30 rows, replace, n = 6", regression(regime::replace, linear_design::fresh, 40000, 19),
      recursion::linear_replace_risk(5, 30, 1.0, 6));
  row("regression, accumulate, same design", regression(regime::accumulate, linear_design::same, 100000, 20),
      recursion::linear_accumulate_risk(5, 30, 1.0, 6, linear_design::same));
  row("regression, accumulate, fresh designs", regression(regime::accumulate, linear_design::fresh, 100000, 21),
      recursion::linear_accumulate_risk(5, 30, 1.0, 6, linear_design::fresh));

  row("power law, M = 50, n = 20: E ln θ",
      last_of(20000, 22,
              [](core::random_engine& random) {
                const recursion::power_law_model family;
                double last = 0.0;
                (void)recursion::run(family.sample({3.0, 1.0}, 50, random), family, {.generations = 20}, random,
                                     [&last](const auto& g) { last = -std::log((g.model.exponent - 1.0) / 2.0); });
                return last;
              }),
      recursion::power_law_replace_log_scale(50, 20));

  const auto ensemble = [](std::size_t lineages, std::uint64_t seed, bool together) {
    return last_of(lineages, seed, [together](core::random_engine& random) {
      std::vector<reals> real;
      for (int i = 0; i < 4; ++i) real.push_back(normals(20, random));
      const auto t = recursion::run_population(real, recursion::gaussian_model{}, {.generations = 15}, random,
                                               [](std::size_t, const auto& g) { return g.model; });
      return together ? t.records[0].back().mean * t.records[1].back().mean : t.records[0].back().variance;
    });
  };
  const auto expected = recursion::ensemble_loss(4, 20, 15);
  row("four models that learn from all four, M = 20, n = 15: E v", ensemble(10000, 23, false), 1.0 - expected.within);
  row("the same: common drift of two of them", ensemble(10000, 24, true), expected.between);

  row("d = 3, M = 20, n = 5: E ln det",
      last_of(40000, 25,
              [](core::random_engine& random) {
                const recursion::multivariate_gaussian real({0, 0, 0}, {2, .5, 0, .5, 1, .3, 0, .3, 1});
                double last = 0.0;
                (void)recursion::run(real.sample(20, random), recursion::multivariate_gaussian_model{},
                                     {.generations = 5}, random,
                                     [&](const auto& g) { last = g.model.log_determinant() - real.log_determinant(); });
                return last;
              }),
      recursion::gaussian_replace_log_determinant(20, 3, 5));
  row("two types, M = 50: fixation time from ½",
      last_of(20000, 26,
              [](core::random_engine& random) {
                const recursion::categorical_model family;
                const recursion::categorical half(reals{0.5, 0.5});
                return static_cast<double>(recursion::run(family.sample(half, 50, random), family,
                                                          {.generations = 100000}, random,
                                                          [](const auto& g) { return g.model.simpson() == 0.0; })
                                               .records.size());
              }),
      recursion::categorical_fixation_time(0.5, 50));
}

}  // namespace

int main() {
  gaussian_table();
  run_table();
  std::printf("\n%d comparisons, largest |z| %.2f\n", comparisons, worst);
  return worst < 5.0 ? 0 : 1;
}
