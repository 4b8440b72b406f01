// SPDX-License-Identifier: BSL-1.0

// The samples of keys against a loop that only mixes the keys, on 10⁷ Zipf tokens and their trigrams, nearly all of which
// are distinct: `per_mix` is the time of a key as a multiple of that loop in the same run.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch/bottom_k.hpp"
#include "tailwatch/sketch/bucketed_sample.hpp"

namespace {

using namespace tailwatch;

constexpr std::size_t keys_in_stream = 10'000'000;

const std::vector<std::uint64_t>& zipf_tokens() {
  static const std::vector<std::uint64_t> tokens = [] {
    constexpr std::size_t vocabulary = 262144;
    std::vector<double> cumulative(vocabulary);
    double sum = 0.0;
    for (std::size_t r = 0; r < vocabulary; ++r) cumulative[r] = sum += std::pow(static_cast<double>(r + 1), -1.07);
    core::random_engine random(1);
    std::vector<std::uint64_t> ids(keys_in_stream);
    for (auto& id : ids) {
      const auto at = std::ranges::lower_bound(cumulative, core::uniform_01(random) * sum);
      id = std::min<std::uint64_t>(static_cast<std::uint64_t>(at - cumulative.begin()), vocabulary - 1);
    }
    return ids;
  }();
  return tokens;
}
const std::vector<std::uint64_t>& zipf_trigrams() {
  static const std::vector<std::uint64_t> keys = [] {
    const auto& t = zipf_tokens();
    std::vector<std::uint64_t> packed(t.size());
    for (std::size_t i = 0; i < t.size(); ++i)
      packed[i] = t[i] << 36 | t[(i + 1) % t.size()] << 18 | t[(i + 2) % t.size()];
    return packed;
  }();
  return keys;
}

/// Processor time, so that a busy machine does not count.
template <class Work>
double seconds(const Work& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double mixing_loop(const std::vector<std::uint64_t>& keys) {
  return seconds([&] {
    std::uint64_t x = 0;
    for (const std::uint64_t key : keys) x ^= core::mix64(key);
    benchmark::DoNotOptimize(x);
  });
}

template <class State>
void update(benchmark::State& bench, const State& empty, const std::vector<std::uint64_t>& keys) {
  double ours = 0.0, mixing = 0.0;
  for (auto _ : bench) {
    mixing += mixing_loop(keys);
    State state = empty;
    ours += seconds([&] { state.update(keys); });
    benchmark::DoNotOptimize(state.count());
  }
  const double n = static_cast<double>(keys.size()) * static_cast<double>(bench.iterations());
  bench.counters["ns_per_key"] = ours / n * 1e9;
  bench.counters["per_mix"] = ours / mixing;
}

template <class State>
void merge(benchmark::State& bench, const State& empty) {
  State a = empty, b = empty;
  const auto& keys = zipf_trigrams();
  a.update(std::span(keys).first(keys.size() / 2));
  b.update(std::span(keys).subspan(keys.size() / 2));
  for (auto _ : bench) {
    State merged = a;
    merged.merge(b);
    benchmark::DoNotOptimize(merged.count());
  }
}

const sketch::bucketed_sample small_buckets, large_buckets({.buckets = 16384});
const sketch::bottom_k smallest;

}  // namespace

BENCHMARK_CAPTURE(update, bucketed_sample_4096_trigrams, small_buckets, zipf_trigrams())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(update, bucketed_sample_4096_tokens, small_buckets, zipf_tokens())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(update, bucketed_sample_16384_trigrams, large_buckets, zipf_trigrams())
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(update, bottom_k_4096_trigrams, smallest, zipf_trigrams())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(update, bottom_k_4096_tokens, smallest, zipf_tokens())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(merge, bucketed_sample_4096, small_buckets)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(merge, bottom_k_4096, smallest)->Unit(benchmark::kMicrosecond);
