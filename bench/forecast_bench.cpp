// SPDX-License-Identifier: BSL-1.0
// What a forecast costs, against simulating lineages.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/effective_samples.hpp"
#include "tailwatch/recursion/forecast.hpp"
#include "tailwatch/recursion/safe_mixing.hpp"

namespace {

namespace recursion = tailwatch::recursion;
using tailwatch::core::random_engine;

std::vector<double> shares(std::size_t types) {
  const auto law = recursion::zipf(types, 1.0);
  std::vector<double> p;
  for (std::size_t i = 0; i < types; ++i) p.push_back(law.probability(i));
  return p;
}

// M and the share of real data uncertain: 225 laws of Simpson's diversity at each generation asked for.
void forecast_simpson_uncertain(benchmark::State& state) {
  const auto real = recursion::power_sums_of(shares(1000));
  const recursion::forecast_options options{
      .loss = 0.005, .regime = recursion::regime::mix, .real_share = {0.001, 0.0005, 0}};
  for (auto _ : state) benchmark::DoNotOptimize(recursion::forecast_simpson(real, {100000, 10000, 0}, options));
}
BENCHMARK(forecast_simpson_uncertain)->Unit(benchmark::kMillisecond);

// A million types: grouping them, and the forecast for half of the vocabulary; a lineage of as many generations is simulated beside it.
void forecast_vocabulary_million(benchmark::State& state) {
  const auto p = shares(1000000);
  const auto law = recursion::zipf(1000000, 1.0);
  random_engine random(1);
  const auto start = std::chrono::steady_clock::now();
  auto counts = law.resample(10000000, random);
  for (int g = 1; g < 6; ++g) counts = recursion::categorical(counts).resample(10000000, random);
  benchmark::DoNotOptimize(counts);
  const double lineage = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  double own = 0.0;
  for (auto _ : state) {
    const auto before = std::chrono::steady_clock::now();
    const recursion::grouped_law groups(p);
    benchmark::DoNotOptimize(recursion::forecast_vocabulary(groups, {10000000, 0, 0}, {.loss = 0.5}));
    own = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  }
  state.counters["one_lineage_takes_times_as_long"] = lineage / own;
}
BENCHMARK(forecast_vocabulary_million)->Unit(benchmark::kMillisecond);

void forecast_vocabulary_uncertain(benchmark::State& state) {
  const recursion::grouped_law law(shares(100000));
  const recursion::forecast_options options{
      .loss = 0.2, .regime = recursion::regime::mix, .real_share = {0.1, 0.02, 0}};
  for (auto _ : state) benchmark::DoNotOptimize(recursion::forecast_vocabulary(law, {1000000, 100000, 0}, options));
}
BENCHMARK(forecast_vocabulary_uncertain)->Unit(benchmark::kMillisecond);

void safe_real_samples_for_vocabulary(benchmark::State& state) {
  const recursion::grouped_law law(shares(100000));
  for (auto _ : state) benchmark::DoNotOptimize(recursion::safe_real_samples_for_vocabulary(law, 1000000, 0.1));
}
BENCHMARK(safe_real_samples_for_vocabulary)->Unit(benchmark::kMillisecond);

void effective_samples_from_counts(benchmark::State& state) {
  const auto law = recursion::zipf(100000, 1.0);
  random_engine random(2);
  std::vector<std::vector<std::uint64_t>> seen;
  for (int g = 0; g < 5; ++g) seen.push_back(law.resample(1000000, random));
  for (auto _ : state) benchmark::DoNotOptimize(recursion::effective_samples_from_counts(seen));
  state.SetItemsProcessed(state.iterations() * 500000);
}
BENCHMARK(effective_samples_from_counts)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
