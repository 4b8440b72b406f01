// SPDX-License-Identifier: BSL-1.0

#include <benchmark/benchmark.h>

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
  for (auto _ : state) benchmark::DoNotOptimize(recursion::gaussian_replace(options, random));
  state.SetItemsProcessed(state.iterations() * 10000000);
  state.counters["times_faster_than_boost_distributions"] = twin / own;
}
BENCHMARK(gaussian_replace_replicates)->Unit(benchmark::kMillisecond)->Iterations(3);

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

}  // namespace

BENCHMARK_MAIN();
