// SPDX-License-Identifier: BSL-1.0

// Dense counting against a loop that only mixes the ids into one word (what reading and hashing cost), and n-gram
// counting against boost::unordered_flat_map. The tokens are independent Zipf draws, the hardest case: real text
// repeats its n-grams far more often.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/summary.hpp"

namespace {

using namespace tailwatch;

constexpr std::size_t vocabulary = 50257;

std::vector<std::uint32_t> zipf_ids(std::size_t n, double exponent = 1.07) {
  std::vector<double> cumulative(vocabulary);
  double sum = 0.0;
  for (std::size_t r = 0; r < vocabulary; ++r) cumulative[r] = sum += std::pow(static_cast<double>(r + 1), -exponent);
  std::vector<std::uint32_t> id_of_rank(vocabulary);  // frequent ids must not be neighbours in memory
  for (std::size_t r = 0; r < vocabulary; ++r) id_of_rank[r] = static_cast<std::uint32_t>(r);
  core::random_engine random(1);
  core::shuffle(id_of_rank, random);
  std::vector<std::uint32_t> ids(n);
  for (auto& id : ids) {
    const auto at = std::ranges::lower_bound(cumulative, core::uniform_01(random) * sum);
    id = id_of_rank[std::min<std::size_t>(static_cast<std::size_t>(at - cumulative.begin()), vocabulary - 1)];
  }
  return ids;
}

const std::vector<std::uint32_t>& tokens() {
  static const std::vector<std::uint32_t> ids = zipf_ids(10'000'000);
  return ids;
}
std::span<const std::uint32_t> first(std::int64_t n) {
  return std::span<const std::uint32_t>(tokens()).first(static_cast<std::size_t>(n));
}

/// Processor time, so that a busy machine does not count.
template <class Work>
double seconds(Work&& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void per_token(benchmark::State& state, std::size_t n, double time) {
  state.counters["ns/token"] = 1e9 * time / (static_cast<double>(n) * static_cast<double>(state.iterations()));
}

std::uint64_t mix_all(std::span<const std::uint32_t> ids) {
  std::uint64_t x = 0;
  for (const std::uint32_t id : ids) x ^= core::mix64(id);
  return x;
}

void dense(benchmark::State& state) {
  const auto ids = first(1'000'000);
  summary::dense_counts counts(vocabulary);
  double counting = 0.0;
  double mixing = 0.0;
  for (auto _ : state) {
    counting += seconds([&] { counts.update(ids); });
    mixing += seconds([&] { benchmark::DoNotOptimize(mix_all(ids)); });
  }
  per_token(state, ids.size(), counting);
  state.counters["hash loop / this"] = mixing / counting;
}
BENCHMARK(dense);

void dense_one_id_only(benchmark::State& state) {  // a model that repeats itself: each count waits for the one before
  const std::vector<std::uint32_t> ids(1'000'000, 17);
  summary::dense_counts counts(vocabulary);
  double time = 0.0;
  for (auto _ : state) time += seconds([&] { counts.update(ids); });
  per_token(state, ids.size(), time);
}
BENCHMARK(dense_one_id_only);

void ngrams(benchmark::State& state) {
  const auto order = static_cast<std::size_t>(state.range(0));
  const auto ids = first(state.range(1));
  double ours = 0.0;
  double map_time = 0.0;
  std::uint64_t distinct = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    summary::ngram_counts counts({.order = order, .vocabulary = vocabulary});
    ours += seconds([&] { counts.update(ids); });
    distinct = counts.distinct();
    bytes = counts.memory_bytes();
    map_time += seconds([&] {
      boost::unordered_flat_map<std::uint64_t, std::uint64_t> map;
      std::uint64_t key = 0;
      const std::uint64_t mask = (std::uint64_t{1} << (16 * order)) - 1;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        key = ((key << 16) | ids[i]) & mask;
        if (i + 1 >= order) ++map[key];
      }
      if (map.size() != distinct) state.SkipWithError("the two tables differ");
    });
  }
  per_token(state, ids.size(), ours);
  state.counters["distinct"] = static_cast<double>(distinct);
  state.counters["bytes/key"] = static_cast<double>(bytes) / static_cast<double>(distinct);
  state.counters["flat_map / this"] = map_time / ours;
}
BENCHMARK(ngrams)->ArgsProduct({{2, 3}, {1'000'000, 10'000'000}})->Unit(benchmark::kMillisecond);

void ngrams_by_sentence(benchmark::State& state) {  // short updates: no batch to deal into regions
  const auto order = static_cast<std::size_t>(state.range(0));
  const auto ids = first(1'000'000);
  double time = 0.0;
  for (auto _ : state) {
    summary::ngram_counts counts({.order = order, .vocabulary = vocabulary});
    time += seconds([&] {
      for (std::size_t i = 0; i + 25 <= ids.size(); i += 25) counts.update(ids.subspan(i, 25));
    });
  }
  per_token(state, ids.size(), time);
}
BENCHMARK(ngrams_by_sentence)->Arg(3)->Arg(5)->Unit(benchmark::kMillisecond);

void ngrams_shared(benchmark::State& state) {
  const std::size_t half = tokens().size() / 2;
  summary::ngram_counts a({.order = 3, .vocabulary = vocabulary});
  summary::ngram_counts b({.order = 3, .vocabulary = vocabulary});
  a.update(std::span<const std::uint32_t>(tokens()).first(half));
  b.update(std::span<const std::uint32_t>(tokens()).subspan(half));
  double time = 0.0;
  for (auto _ : state) time += seconds([&] { benchmark::DoNotOptimize(a.shared_with(b)); });
  per_token(state, half, time);
}
BENCHMARK(ngrams_shared)->Unit(benchmark::kMillisecond);

void ngrams_merge(benchmark::State& state) {
  const std::size_t half = tokens().size() / 2;
  summary::ngram_counts a({.order = 3, .vocabulary = vocabulary});
  summary::ngram_counts b({.order = 3, .vocabulary = vocabulary});
  a.update(std::span<const std::uint32_t>(tokens()).first(half));
  b.update(std::span<const std::uint32_t>(tokens()).subspan(half));
  double time = 0.0;
  for (auto _ : state) {
    summary::ngram_counts whole = a;
    time += seconds([&] { whole.merge(b); });
  }
  per_token(state, half, time);
}
BENCHMARK(ngrams_merge)->Unit(benchmark::kMillisecond);

void limited_table(benchmark::State& state) {  // max_keys reached: most keys are turned away by one comparison
  const auto ids = first(1'000'000);
  std::vector<std::uint64_t> keys;
  for (std::size_t i = 0; i + 3 <= ids.size(); ++i)
    keys.push_back((std::uint64_t{ids[i]} << 32) | (std::uint64_t{ids[i + 1]} << 16) | ids[i + 2]);
  double time = 0.0;
  for (auto _ : state) {
    summary::count_table table({.max_keys = 16384});
    time += seconds([&] { table.update(keys); });
    benchmark::DoNotOptimize(table.overflow());
  }
  per_token(state, keys.size(), time);
}
BENCHMARK(limited_table)->Unit(benchmark::kMillisecond);

}  // namespace
