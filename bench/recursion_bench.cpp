// SPDX-License-Identifier: BSL-1.0

#include <benchmark/benchmark.h>

#include <boost/math/distributions/normal.hpp>
#include <boost/random/chi_squared_distribution.hpp>
#include <boost/random/discrete_distribution.hpp>
#include <boost/random/normal_distribution.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/categorical_theory.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_mixture.hpp"
#include "tailwatch/recursion/linear_regression.hpp"
#include "tailwatch/recursion/run.hpp"

namespace {

namespace recursion = tailwatch::recursion;
using tailwatch::core::random_engine;

template <class Function>
double seconds(Function&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// 1e5 replicates × 100 generations × M = 100. Twin: the same two numbers a step from Boost's own distributions.
void gaussian_replace_replicates(benchmark::State& state) {
  random_engine random(1);
  const recursion::gaussian_replace_options options{.samples = 100, .generations = 100, .replicates = 100000};
  const double twin = seconds([&] {
    boost::random::normal_distribution<double> normal;
    boost::random::chi_squared_distribution<double> chi_squared(99);
    double sum = 0.0;
    for (int i = 0; i < 100000; ++i) {
      double mean = 0.0, variance = 1.0;
      for (int g = 0; g < 100; ++g) {
        mean += std::sqrt(variance / 100) * normal(random);
        variance *= chi_squared(random) / 100;
      }
      sum += variance + mean;
    }
    benchmark::DoNotOptimize(sum);
  });
  const double own = seconds([&] { benchmark::DoNotOptimize(recursion::gaussian_replace(options, random)); });
  recursion::gaussian_replicates last;
  for (auto _ : state) benchmark::DoNotOptimize(last = recursion::gaussian_replace(options, random));
  double mean = 0.0;
  for (const double v : last.variance) mean += std::log(v) / 100000.0;
  state.counters["value"] = mean;
  state.SetItemsProcessed(state.iterations() * 10000000);
  state.counters["times_faster_than_boost_distributions"] = twin / own;
}
BENCHMARK(gaussian_replace_replicates)->Unit(benchmark::kMillisecond);

// The same by drawing the data, 200 replicates: what `run` costs around fit and sample.
void gaussian_run(benchmark::State& state) {
  random_engine random(1);
  for (auto _ : state)
    for (int i = 0; i < 200; ++i)
      benchmark::DoNotOptimize(recursion::run(recursion::gaussian{}.sample(100, random), recursion::gaussian_model{},
                                              {.generations = 100}, random));
  state.SetItemsProcessed(state.iterations() * 200 * 100 * 100);
}
BENCHMARK(gaussian_run)->Unit(benchmark::kMillisecond);

// One generation of K = 1e6 types and M draws: fit from counts, then the counts of the next sample.
void categorical_generation(benchmark::State& state) {
  random_engine random(1);
  const recursion::categorical_model model;
  const auto draws = static_cast<std::uint64_t>(state.range(0));
  const recursion::category_counts data{recursion::zipf(1000000, 1.0).resample(draws, random)};
  for (auto _ : state) benchmark::DoNotOptimize(model.sample(model.fit(data), draws, random));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(categorical_generation)->Arg(100000)->Arg(10000000)->Unit(benchmark::kMillisecond);

// Draw by draw from 1e6 types, against Boost's alias method (discrete_distribution).
void alias_draws(benchmark::State& state) {
  random_engine random(1);
  const auto law = recursion::zipf(1000000, 1.0);
  const recursion::alias_table table(law.weights());
  boost::random::discrete_distribution<int, double> boost_table(law.weights().begin(), law.weights().end());
  constexpr int draws = 1000000;
  std::uint64_t sum = 0;
  const auto draw_own = [&] {
    for (int i = 0; i < draws; ++i) sum += table(random);
  };
  const auto draw_boost = [&] {
    for (int i = 0; i < draws; ++i) sum += static_cast<std::uint64_t>(boost_table(random));
  };
  draw_own();
  draw_boost();
  const double ratio = seconds(draw_boost) / seconds(draw_own);
  for (auto _ : state) draw_own();
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations() * draws);
  state.counters["times_faster_than_boost_discrete"] = ratio;
}
BENCHMARK(alias_draws)->Unit(benchmark::kMillisecond);

void surviving_types_exact(benchmark::State& state) {
  const auto law = recursion::zipf(1000, 1.0);
  std::vector<double> p;
  for (std::size_t i = 0; i < law.types(); ++i) p.push_back(law.probability(i));
  for (auto _ : state) benchmark::DoNotOptimize(recursion::categorical_replace_types(p, 1000, 50));
}
BENCHMARK(surviving_types_exact)->Unit(benchmark::kMillisecond);

// The points of peers/recursion.py: two clouds by a rank-one lattice and the normal quantile.
recursion::point_set lattice_clouds(std::size_t n) {
  const boost::math::normal_distribution<double> normal;
  recursion::point_set x{2, {}};
  x.values.reserve(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto k = static_cast<double>(i + 1);
    const double u = boost::math::quantile(normal, std::fmod(k * 0.7548776662466927, 1.0));
    const double v = boost::math::quantile(normal, std::fmod(k * 0.5698402909980532, 1.0));
    if (i % 10 < 3) {
      x.values.push_back(-1.5 + u);
      x.values.push_back(-1.0 + 0.3 * u + 0.6 * v);
    } else {
      x.values.push_back(2.0 + 0.7 * u);
      x.values.push_back(1.0 - 0.3 * u + 0.9 * v);
    }
  }
  return x;
}

// Expectation–maximisation, d = 2, two components, ten iterations, k-means++ seeds and Lloyd's iterations included.
// Twin: the same iterations from the textbook, one density at a time.
void mixture_em(benchmark::State& state) {
  const recursion::point_set data = lattice_clouds(static_cast<std::size_t>(state.range(0)));
  const recursion::gaussian_mixture_model family{{.components = 2, .maximum_iterations = 10, .tolerance = 0.0}};
  random_engine random(1);
  recursion::gaussian_mixture model;
  const double own = seconds([&] { model = family.fit(data, random); });
  const double twin = seconds([&] {
    double sum = 0.0;
    for (std::size_t i = 0; i < data.size(); ++i) sum += model.log_density(data[i]);
    benchmark::DoNotOptimize(sum);
  });
  for (auto _ : state) benchmark::DoNotOptimize(model = family.fit(data, random));
  state.SetItemsProcessed(state.iterations() * state.range(0) * 10);
  state.counters["value"] = model.log_likelihood();
  state.counters["times_faster_than_ten_passes_of_log_density"] = 10.0 * twin / own;
}
BENCHMARK(mixture_em)->Arg(1000000)->Unit(benchmark::kMillisecond);

void linear_fit(benchmark::State& state) {
  random_engine random(1);
  const recursion::linear_regression_model family;
  const auto rows = family.sample({std::vector<double>(20, 1.0), 1.0}, 100000, random);
  for (auto _ : state) benchmark::DoNotOptimize(family.fit(rows));
  state.SetItemsProcessed(state.iterations() * 100000);
}
BENCHMARK(linear_fit)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
