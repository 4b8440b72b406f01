// SPDX-License-Identifier: BSL-1.0

// Order statistics: Hill's estimator by selection of the k + 1 largest, beside a full sort; the generalised Pareto fit; and the
// missing mass of a vocabulary's counts.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/tail.hpp"

namespace {

using namespace tailwatch;

const std::vector<double>& pareto() {
  static const std::vector<double> sample = [] {
    core::random_engine random(1);
    std::vector<double> x(1'000'000);
    for (double& value : x) value = 1.0 / std::sqrt(1.0 - core::uniform_01(random));
    return x;
  }();
  return sample;
}

void hill_by_full_sort(benchmark::State& state) {
  const auto k = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    auto x = pareto();
    std::ranges::sort(x, std::ranges::greater{});
    double sum = 0.0;
    for (std::size_t i = 0; i < k; ++i) sum += std::log(x[i] / x[k]);
    benchmark::DoNotOptimize(sum / static_cast<double>(k));
  }
  state.SetItemsProcessed(state.iterations() * std::ssize(pareto()));
}
BENCHMARK(hill_by_full_sort)->Arg(1000)->Unit(benchmark::kMillisecond);

void hill(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tail::hill(pareto(), {.k = static_cast<std::size_t>(state.range(0))}));
  state.SetItemsProcessed(state.iterations() * std::ssize(pareto()));
}
BENCHMARK(hill)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

/// Every k of a sorted sample.
void hill_curve(benchmark::State& state) {
  auto x = pareto();
  std::ranges::sort(x);
  double end = 0.0;
  for (auto _ : state) benchmark::DoNotOptimize(end = tail::hill_curve(x, x.size() - 1).back());
  state.SetItemsProcessed(state.iterations() * std::ssize(x));
  state.counters["value"] = end;
}
BENCHMARK(hill_curve)->Unit(benchmark::kMillisecond);

void expected_shortfall(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tail::expected_shortfall(pareto()));
  state.SetItemsProcessed(state.iterations() * std::ssize(pareto()));
}
BENCHMARK(expected_shortfall)->Unit(benchmark::kMillisecond);

void gpd_maximum_likelihood(benchmark::State& state) {
  const std::vector<double> x(pareto().begin(), pareto().begin() + 10000);
  for (auto _ : state) benchmark::DoNotOptimize(tail::gpd_fit(x, {.k = static_cast<std::size_t>(state.range(0))}));
}
BENCHMARK(gpd_maximum_likelihood)->Arg(200)->Arg(2000)->Unit(benchmark::kMillisecond);

void missing_mass(benchmark::State& state) {
  std::vector<std::uint32_t> counts(50257);
  for (std::size_t r = 0; r < counts.size(); ++r)
    counts[r] = static_cast<std::uint32_t>(8.5e4 / static_cast<double>(r + 1));
  for (auto _ : state) benchmark::DoNotOptimize(tail::missing_mass(counts));
  state.SetItemsProcessed(state.iterations() * std::ssize(counts));
}
BENCHMARK(missing_mass)->Unit(benchmark::kMicrosecond);

/// 10⁶ counts, the type that numpy gives.
const std::vector<std::int64_t>& million_counts() {
  static const std::vector<std::int64_t> counts = [] {
    core::random_engine random(5);
    std::vector<std::int64_t> c(1'000'000);
    for (auto& n : c) n = static_cast<std::int64_t>(0.7 / std::sqrt(1.0 - core::uniform_01(random)));
    return c;
  }();
  return counts;
}
void coverage_of_million(benchmark::State& state) {
  double value = 0.0;
  for (auto _ : state) benchmark::DoNotOptimize(value = tail::coverage_chao_jost(million_counts()).value);
  state.SetItemsProcessed(state.iterations() * std::ssize(million_counts()));
}
BENCHMARK(coverage_of_million)->Unit(benchmark::kMillisecond);

const std::vector<std::uint32_t>& word_counts() {
  static const std::vector<std::uint32_t> counts = [] {
    std::vector<std::uint32_t> c(50257);
    for (std::size_t r = 0; r < c.size(); ++r)
      c[r] = static_cast<std::uint32_t>(8.5e5 / (static_cast<double>(r) + 2.7));
    return c;
  }();
  return counts;
}

void powerlaw_discrete(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tail::powerlaw_discrete(word_counts()));
  state.SetItemsProcessed(state.iterations() * std::ssize(word_counts()));
}
BENCHMARK(powerlaw_discrete)->Unit(benchmark::kMicrosecond);

void powerlaw_discrete_xmin(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tail::powerlaw_discrete_xmin(word_counts()));
  state.SetItemsProcessed(state.iterations() * std::ssize(word_counts()));
}
BENCHMARK(powerlaw_discrete_xmin)->Unit(benchmark::kMillisecond);

void powerlaw_xmin(benchmark::State& state) {
  const std::vector<double> x(pareto().begin(), pareto().begin() + 5000);
  for (auto _ : state) benchmark::DoNotOptimize(tail::powerlaw_xmin(x));
  state.SetItemsProcessed(state.iterations() * std::ssize(x));
}
BENCHMARK(powerlaw_xmin)->Unit(benchmark::kMillisecond);

void zipf(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tail::zipf(word_counts()));
  state.SetItemsProcessed(state.iterations() * std::ssize(word_counts()));
}
BENCHMARK(zipf)->Unit(benchmark::kMillisecond);

void zipf_mandelbrot(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(tail::zipf_mandelbrot(word_counts()));
  state.SetItemsProcessed(state.iterations() * std::ssize(word_counts()));
}
BENCHMARK(zipf_mandelbrot)->Unit(benchmark::kMillisecond);

void gev_fit(benchmark::State& state) {
  core::random_engine random(2);
  std::vector<double> x(static_cast<std::size_t>(state.range(0)));
  for (double& value : x) value = -std::log(-std::log(core::uniform_01(random) + 1e-300));
  for (auto _ : state) benchmark::DoNotOptimize(tail::gev_fit(x));
  state.SetItemsProcessed(state.iterations() * std::ssize(x));
}
BENCHMARK(gev_fit)->Arg(1000)->Unit(benchmark::kMicrosecond);

/// The profile of 50257 Zipf words.
template <class Estimator>
void from_profile(benchmark::State& state, const Estimator& estimator) {
  const summary::frequency_profile profile(word_counts());
  for (auto _ : state) benchmark::DoNotOptimize(estimator(profile));
}
BENCHMARK_CAPTURE(from_profile, coverage_good_turing, tail::coverage_good_turing);
BENCHMARK_CAPTURE(from_profile, coverage_chao_jost, tail::coverage_chao_jost);
BENCHMARK_CAPTURE(from_profile, coverage_zhang_huang, tail::coverage_zhang_huang);
BENCHMARK_CAPTURE(from_profile, good_turing_simple, tail::good_turing_simple);
BENCHMARK_CAPTURE(from_profile, unseen_good_toulmin, tail::unseen_good_toulmin);
BENCHMARK_CAPTURE(from_profile, powerlaw_discrete_distance, tail::powerlaw_discrete_distance);
BENCHMARK_CAPTURE(from_profile, zipf_rank_least_squares, tail::zipf_rank_least_squares);
BENCHMARK_CAPTURE(from_profile, coverage_at_size,
                  [](const auto& p) { return tail::coverage_at_size(p, {.sample_size = 100000}); });
BENCHMARK_CAPTURE(from_profile, esty_interval, [](const auto& p) { return tail::missing_mass_esty_interval(p); });
BENCHMARK_CAPTURE(from_profile, mcallester_schapire,
                  [](const auto& p) { return tail::missing_mass_mcallester_schapire_upper(p); });

/// 10⁶ Pareto values, the ⌊√n⌋ largest.
template <class Estimator>
void of_sample(benchmark::State& state, const Estimator& estimator) {
  for (auto _ : state) benchmark::DoNotOptimize(estimator(pareto()));
  state.SetItemsProcessed(state.iterations() * std::ssize(pareto()));
}
BENCHMARK_CAPTURE(of_sample, moment_estimator, tail::moment_estimator)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, pickands, tail::pickands)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, weissman_quantile, tail::weissman_quantile)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, mean_excess, tail::mean_excess)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, mean_excess_at_order, tail::mean_excess_at_order)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, l_moments, tail::l_moments)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, powerlaw_distance, tail::powerlaw_distance)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, exceedance_mass, [](const auto& x) { return tail::exceedance_mass(x, x); })
    -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_sample, gpd_moments, [](const auto& x) {
  return tail::gpd_fit(x, {.method = tail::gpd_method::method_of_moments});
}) -> Unit(benchmark::kMillisecond);

void hill_order(benchmark::State& state) {
  const std::vector<double> x(pareto().begin(), pareto().begin() + 5000);
  for (auto _ : state) {
    benchmark::DoNotOptimize(tail::hill_order_minimum_distance(x));
    benchmark::DoNotOptimize(tail::hill_order_reiss_thomas(x, {.largest = 500}));
  }
}
BENCHMARK(hill_order)->Unit(benchmark::kMillisecond);

/// 10⁶ words, a point every 1000.
void heaps(benchmark::State& state) {
  std::vector<std::uint32_t> words(1'000'000);
  core::random_engine random(6);
  for (auto& w : words) w = static_cast<std::uint32_t>(std::exp(11.0 * core::uniform_01(random)));
  for (auto _ : state) benchmark::DoNotOptimize(tail::heaps(words));
  state.SetItemsProcessed(state.iterations() * std::ssize(words));
}
BENCHMARK(heaps)->Unit(benchmark::kMillisecond);

void reference_tail_coverage(benchmark::State& state) {
  const auto x = counts(word_counts());
  for (auto _ : state) benchmark::DoNotOptimize(tail::reference_tail_coverage(x, x));
  state.SetItemsProcessed(state.iterations() * std::ssize(word_counts()));
}
BENCHMARK(reference_tail_coverage)->Unit(benchmark::kMicrosecond);

/// Eight rows of 50257 logits.
template <class Estimator>
void of_logits(benchmark::State& state, const Estimator& estimator) {
  std::vector<float> logits(std::size_t{8} * 50257);
  core::random_engine random(9);
  for (float& x : logits) x = static_cast<float>(8.0 * core::uniform_01(random));
  const core::rows_view<float> rows{logits.data(), 8, 50257};
  for (auto _ : state) benchmark::DoNotOptimize(estimator(rows));
  state.SetItemsProcessed(state.iterations() * std::ssize(logits));
}
BENCHMARK_CAPTURE(of_logits, softmax_tail_mass, tail::softmax_tail_mass)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(of_logits, softmax_mass_outside_top_k, tail::softmax_mass_outside_top_k)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(of_logits, softmax_mass_outside_top_p, tail::softmax_mass_outside_top_p)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(of_logits, softmax_nucleus_size, tail::softmax_nucleus_size)->Unit(benchmark::kMicrosecond);

}  // namespace
