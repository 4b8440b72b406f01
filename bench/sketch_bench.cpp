// SPDX-License-Identifier: BSL-1.0

// Sketches on ten million keys: trigrams of independent Zipf tokens (most of them distinct), and the tokens themselves
// (50257 distinct). Each update is also given as a multiple of a loop that only mixes the keys into one word, in the same
// run, and beside the plain loop over its definition.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch/count_min.hpp"
#include "tailwatch/sketch/hyper_log_log.hpp"
#include "tailwatch/sketch/log_linear_histogram.hpp"
#include "tailwatch/sketch/panes.hpp"
#include "tailwatch/sketch/reservoir.hpp"
#include "tailwatch/summary/dense_counts.hpp"

namespace {

using namespace tailwatch;

constexpr std::size_t n_keys = 10'000'000;

const std::vector<std::uint64_t>& zipf_tokens() {
  static const std::vector<std::uint64_t> tokens = [] {
    constexpr std::size_t vocabulary = 50257;
    std::vector<double> cumulative(vocabulary);
    double sum = 0.0;
    for (std::size_t r = 0; r < vocabulary; ++r) cumulative[r] = sum += std::pow(static_cast<double>(r + 1), -1.07);
    core::random_engine random(1);
    std::vector<std::uint64_t> ids(n_keys);
    for (auto& id : ids) {
      const auto at = std::ranges::lower_bound(cumulative, core::uniform_01(random) * sum) - cumulative.begin();
      id = std::min<std::uint64_t>(static_cast<std::uint64_t>(at), vocabulary - 1);
    }
    return ids;
  }();
  return tokens;
}

const std::vector<std::uint64_t>& zipf_trigrams() {
  static const std::vector<std::uint64_t> keys = [] {
    const auto& t = zipf_tokens();
    std::vector<std::uint64_t> k(n_keys);
    for (std::size_t i = 0; i < n_keys; ++i) k[i] = t[i] << 32 | t[(i + 1) % n_keys] << 16 | t[(i + 2) % n_keys];
    return k;
  }();
  return keys;
}

const std::vector<std::uint64_t>& keys_of(std::int64_t which) { return which == 0 ? zipf_trigrams() : zipf_tokens(); }

/// Surprisals of text: −ln of skewed probabilities.
const std::vector<double>& surprisals() {
  static const std::vector<double> x = [] {
    core::random_engine random(2);
    std::vector<double> values(n_keys);
    for (double& v : values) v = -3.0 * std::log(1.0 - core::uniform_01(random)) * core::uniform_01(random);
    return values;
  }();
  return x;
}

/// Processor time, so that a busy machine does not count.
template <class Work>
double seconds(Work&& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::uint64_t mix_all(std::span<const std::uint64_t> keys) {
  std::uint64_t x = 0;
  for (const std::uint64_t k : keys) x ^= sketch::detail::fmix64(k);
  return x;
}

/// ns per element of `work` (the best of the iterations: the machine is shared), its multiple of the mixing loop, and that
/// of `twin`.
template <class Work, class Twin>
void compare(benchmark::State& state, std::span<const std::uint64_t> keys, Work&& work, Twin&& twin) {
  double best = 1e9, mixing = 1e9, plain = 1e9;
  for (auto _ : state) {
    mixing = std::min(mixing, seconds([&] { benchmark::DoNotOptimize(mix_all(keys)); }));
    best = std::min(best, seconds(work));
    plain = std::min(plain, seconds(twin));
  }
  const double per = 1e9 / static_cast<double>(n_keys);
  state.counters["ns/key"] = best * per;
  state.counters["mixing ns"] = mixing * per;
  state.counters["x mixing"] = best / mixing;
  state.counters["twin ns"] = plain * per;
  state.counters["twin / this"] = plain / best;
}

void hyper_log_log_update(benchmark::State& state) {  // precision; trigrams or tokens
  const auto& keys = keys_of(state.range(1));
  const sketch::hyper_log_log_options options{.precision = static_cast<unsigned>(state.range(0))};
  double value = 0.0, error = 0.0;
  compare(
      state, keys,
      [&] {
        sketch::hyper_log_log s(options);
        s.update(keys);
        value = s.distinct().value;
        error = s.distinct().standard_error;
      },
      [&] {
        std::vector<std::uint8_t> registers(std::size_t{1} << options.precision, 0);
        const unsigned q = 64 - options.precision;
        for (const std::uint64_t k : keys) {
          const std::uint64_t h = sketch::detail::fmix64(k);
          std::uint8_t& r = registers[static_cast<std::size_t>(h >> q)];
          r = std::max(r, static_cast<std::uint8_t>(1 + std::countr_zero(h | (std::uint64_t{1} << q))));
        }
        benchmark::DoNotOptimize(registers.data());
      });
  state.counters["distinct"] = value;
  state.counters["se"] = error;
}
BENCHMARK(hyper_log_log_update)
    ->ArgsProduct({{12, 14}, {0, 1}})
    ->ArgNames({"p", "tokens"})
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);

void hyper_log_log_merge(benchmark::State& state) {
  const sketch::hyper_log_log_options options{.precision = static_cast<unsigned>(state.range(0))};
  sketch::hyper_log_log a(options), b(options);
  a.update(std::span(zipf_trigrams()).first(n_keys / 2));
  b.update(std::span(zipf_trigrams()).subspan(n_keys / 2));
  for (auto _ : state) {
    a.merge(b);
    benchmark::DoNotOptimize(a.registers().data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(hyper_log_log_merge)->Arg(12)->Arg(14)->ArgName("p");

void hyper_log_log_distinct(benchmark::State& state) {
  sketch::hyper_log_log a;
  a.update(zipf_trigrams());
  for (auto _ : state) benchmark::DoNotOptimize(a.distinct());
}
BENCHMARK(hyper_log_log_distinct)->Unit(benchmark::kMicrosecond);

/// Not a time: relative errors over 400 seeds against n, in units of 1/√m, beside the standard error that is stated.
void hyper_log_log_error(benchmark::State& state) {
  const auto precision = static_cast<unsigned>(state.range(0));
  std::vector<std::uint64_t> keys(static_cast<std::size_t>(state.range(1)));
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i;
  const auto n = static_cast<double>(keys.size());
  const double unit = std::sqrt(std::ldexp(1.0, static_cast<int>(precision)));
  std::vector<double> errors;
  double stated = 0.0;
  for (auto _ : state) {
    errors.clear();
    for (std::uint32_t seed = 0; seed < 400; ++seed) {
      sketch::hyper_log_log s({.precision = precision, .seed = seed});
      s.update(keys);
      const estimate e = s.distinct();
      errors.push_back(unit * (e.value / n - 1.0));
      stated += unit * e.standard_error / n / 400.0;
    }
  }
  double mean = 0.0, squares = 0.0;
  for (const double e : errors) {
    mean += e / 400.0;
    squares += e * e / 400.0;
  }
  std::ranges::sort(errors);
  state.counters["bias"] = mean;
  state.counters["rms"] = std::sqrt(squares);
  state.counters["stated"] = stated;
  state.counters["5 %"] = errors[20];
  state.counters["50 %"] = errors[200];
  state.counters["95 %"] = errors[380];
  state.counters["worst"] = std::max(-errors.front(), errors.back());
}
BENCHMARK(hyper_log_log_error)
    ->ArgsProduct({{8, 12, 16}, {100, 1'000, 10'000, 100'000, 1'000'000}})
    ->ArgNames({"p", "n"})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

void log_linear_histogram_update(benchmark::State& state) {
  const auto& x = surprisals();
  const sketch::log_linear_histogram_options options{.mantissa_bits = static_cast<int>(state.range(0))};
  compare(
      state, zipf_trigrams(),
      [&] {
        sketch::log_linear_histogram s(options);
        s.update(x);
        benchmark::DoNotOptimize(s.count());
      },
      [&] {
        sketch::log_linear_histogram s(options);
        for (const double v : x) s.add(v);
        benchmark::DoNotOptimize(s.count());
      });
  sketch::log_linear_histogram s(options);
  s.update(x);
  std::vector<double> sorted = x;
  double worst = 0.0;
  for (const double p : {0.001, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(p * static_cast<double>(n_keys)));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1), sorted.end());
    worst = std::max(worst, std::abs(s.quantile(p).value / sorted[rank - 1] - 1.0));
  }
  state.counters["worst value error %"] = 100.0 * worst;
}
BENCHMARK(log_linear_histogram_update)->Arg(5)->Arg(7)->ArgName("m")->Iterations(5)->Unit(benchmark::kMillisecond);

void log_linear_histogram_constant(benchmark::State& state) {  // every number the same: one cell
  const std::vector<double> x(n_keys, 2.5);
  compare(
      state, zipf_trigrams(),
      [&] {
        sketch::log_linear_histogram s;
        s.update(x);
        benchmark::DoNotOptimize(s.count());
      },
      [&] {
        sketch::log_linear_histogram s;
        for (const double v : x) s.add(v);
        benchmark::DoNotOptimize(s.count());
      });
}
BENCHMARK(log_linear_histogram_constant)->Iterations(3)->Unit(benchmark::kMillisecond);

void log_linear_histogram_merge(benchmark::State& state) {
  sketch::log_linear_histogram a({.mantissa_bits = static_cast<int>(state.range(0))}), b = a;
  b.update(std::span(surprisals()).first(1000));
  for (auto _ : state) {
    a.merge(b);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(log_linear_histogram_merge)->Arg(5)->Arg(7)->ArgName("m")->Unit(benchmark::kMicrosecond);

void log_linear_histogram_quantile(benchmark::State& state) {
  sketch::log_linear_histogram a;
  a.update(surprisals());
  for (auto _ : state) benchmark::DoNotOptimize(a.quantile(0.99));
}
BENCHMARK(log_linear_histogram_quantile)->Unit(benchmark::kMicrosecond);

void count_min_update(benchmark::State& state) {  // the twin: dense counts of the tokens, which need their vocabulary
  const auto& keys = keys_of(state.range(0));
  compare(
      state, keys,
      [&] {
        sketch::count_min s;
        s.update(keys);
        benchmark::DoNotOptimize(s.count());
      },
      [&] {
        summary::dense_counts s(50257);
        s.update(zipf_tokens());
        benchmark::DoNotOptimize(s.count());
      });
}
BENCHMARK(count_min_update)->Arg(0)->Arg(1)->ArgName("tokens")->Iterations(3)->Unit(benchmark::kMillisecond);

void count_min_query(benchmark::State& state) {
  sketch::count_min s;
  s.update(zipf_trigrams());
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(s.query(zipf_trigrams()[i = (i + 7919) % n_keys]));
}
BENCHMARK(count_min_query);

template <class T>
void reservoir_update(benchmark::State& state) {  // the twin: algorithm R, one draw an item
  std::vector<T> x(n_keys);
  for (std::size_t i = 0; i < n_keys; ++i) x[i] = static_cast<T>(i);
  core::random_engine random(1);
  compare(
      state, zipf_trigrams(),
      [&] {
        sketch::reservoir<T> s(1024);
        s.update(x, random);
        benchmark::DoNotOptimize(s.count());
      },
      [&] {
        std::vector<T> kept(x.begin(), x.begin() + 1024);
        for (std::size_t i = 1024; i < n_keys; ++i)
          if (const auto at = core::uniform_below(random, i + 1); at < 1024) kept[static_cast<std::size_t>(at)] = x[i];
        benchmark::DoNotOptimize(kept.data());
      });
}
BENCHMARK_TEMPLATE(reservoir_update, std::uint64_t)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(reservoir_update, double)->Iterations(3)->Unit(benchmark::kMillisecond);

void panes_query(benchmark::State& state) {  // of 64 panes of hyper_log_log p = 12; the twin merges all panes
  constexpr std::size_t size = 64;
  sketch::panes<sketch::hyper_log_log> ring(size);
  std::vector<sketch::hyper_log_log> all(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto part = std::span(zipf_trigrams()).subspan(i * 10'000, 10'000);
    all[i].update(part);
    ring.update(part);
    if (i + 1 < size) ring.advance();
  }
  double two = 0.0, every = 0.0;
  for (auto _ : state) {
    two += seconds([&] {
      for (int r = 0; r < 200; ++r) benchmark::DoNotOptimize(ring.query());
    });
    every += seconds([&] {
      for (int r = 0; r < 200; ++r) {
        sketch::hyper_log_log window;
        for (const auto& pane : all) window.merge(pane);
        benchmark::DoNotOptimize(window.registers().data());
      }
    });
  }
  state.counters["query us"] = 1e6 * two / 200.0 / static_cast<double>(state.iterations());
  state.counters["merging all / this"] = every / two;
}
BENCHMARK(panes_query)->Iterations(20)->Unit(benchmark::kMillisecond);

}  // namespace
