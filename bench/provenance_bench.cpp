// SPDX-License-Identifier: BSL-1.0

#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/random/normal_distribution.hpp>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/math/roc.hpp"
#include "tailwatch/provenance/combine_detectors.hpp"
#include "tailwatch/provenance/green_list.hpp"
#include "tailwatch/provenance/synthid.hpp"
#include "tailwatch/provenance/token_score.hpp"

namespace {

namespace provenance = tailwatch::provenance;
namespace core = tailwatch::core;
namespace simd = tailwatch::simd;

template <class Function>
double seconds(Function&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// n normal numbers that any language can repeat.
std::vector<double> normals(std::size_t n, double step) {
  std::vector<double> x(n);
  for (std::size_t k = 0; k < n; ++k) {
    const double at = static_cast<double>(k + 1) * step;
    x[k] = core::normal_quantile(at - std::floor(at));
  }
  return x;
}

// 64 rows of 50257 logits of two models: 26 MB.
void score_tokens_two_models(benchmark::State& state) {
  constexpr std::size_t rows = 64, vocabulary = 50257;
  const auto first = normals(rows * vocabulary, 0.7548776662466927),
             second = normals(rows * vocabulary, 0.5698402909980532);
  std::vector<float> q(rows * vocabulary), p(rows * vocabulary);
  for (std::size_t i = 0; i < p.size(); ++i) {
    q[i] = static_cast<float>(2.5 * first[i]);
    p[i] = q[i] + static_cast<float>(0.3 * second[i]);
  }
  std::vector<int> tokens(rows);
  for (std::size_t r = 0; r < rows; ++r) tokens[r] = static_cast<int>(r * 977 % vocabulary);
  const auto sampling = core::rows(q, rows, vocabulary), scoring = core::rows(p, rows, vocabulary);
  // The obvious way: softmax of both in double, then the sums.
  const auto plain = [&] {
    double total = 0.0;
    std::vector<double> log_p(vocabulary), weight(vocabulary);
    for (std::size_t r = 0; r < rows; ++r) {
      const auto log_softmax = [&](auto row, std::vector<double>& out) {
        double m = -1e300, s = 0.0;
        for (const float x : row) m = std::max(m, static_cast<double>(x));
        for (const float x : row) s += std::exp(static_cast<double>(x) - m);
        for (std::size_t v = 0; v < vocabulary; ++v) out[v] = static_cast<double>(row[v]) - m - std::log(s);
      };
      log_softmax(scoring[r], log_p);
      log_softmax(sampling[r], weight);
      double mean = 0.0, square = 0.0;
      for (std::size_t v = 0; v < vocabulary; ++v) {
        const double w = std::exp(weight[v]);
        mean += w * log_p[v];
        square += w * log_p[v] * log_p[v];
      }
      total += mean + square;
    }
    benchmark::DoNotOptimize(total);
  };
  const auto own = [&] { benchmark::DoNotOptimize(provenance::score_tokens(sampling, scoring, tokens)); };
  own();
  const double ratio = seconds(plain) / std::min(seconds(own), seconds(own));
  for (auto _ : state) own();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * vocabulary));
  double sum = 0.0;
  for (const auto& t : provenance::score_tokens(sampling, scoring, tokens).tokens) sum += t.expected_log_probability;
  state.counters["value"] = sum;
  state.counters["times_faster_than_plain_loops"] = ratio;
}
BENCHMARK(score_tokens_two_models)->Unit(benchmark::kMillisecond);

// The cross pass alone, against its scalar twin, on a row in cache.
void cross_pass(benchmark::State& state) {
  constexpr std::size_t n = 50257;
  core::random_engine random(2);
  boost::random::normal_distribution<float> normal(0.0F, 2.5F);
  std::vector<float> q(n), p(n);
  for (float& x : q) x = normal(random);
  for (float& x : p) x = normal(random);
  const auto first = simd::row_pass(q.data(), n), second = simd::row_pass(p.data(), n, 5);
  const auto own = [&] { benchmark::DoNotOptimize(simd::cross_pass(q.data(), p.data(), n, first, second)); };
  const auto twin = [&] {
    benchmark::DoNotOptimize(simd::cross_pass<simd::scalar>(q.data(), p.data(), n, first, second));
  };
  own();
  const double ratio = seconds([&] {
                         for (int i = 0; i < 5; ++i) twin();
                       }) /
                       seconds([&] {
                         for (int i = 0; i < 5; ++i) own();
                       });
  for (auto _ : state) own();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
  state.counters["times_faster_than_scalar"] = ratio;
}
BENCHMARK(cross_pass)->Unit(benchmark::kMicrosecond);

// 1e5 + 1e5 scores: the area with its error. All pairs would be 1e10 comparisons; 2000 + 2000 of them are timed and scaled.
void roc_area(benchmark::State& state) {
  const auto negatives = normals(100000, 0.7548776662466927);
  auto positives = normals(100000, 0.5698402909980532);
  for (double& x : positives) x += 1.0;
  const double pairs = 2500.0 * seconds([&] {
                         std::uint64_t above = 0;
                         for (std::size_t i = 0; i < 2000; ++i)
                           for (std::size_t j = 0; j < 2000; ++j) above += positives[i] > negatives[j] ? 1U : 0U;
                         benchmark::DoNotOptimize(above);
                       });
  const auto own = [&] { benchmark::DoNotOptimize(tailwatch::math::roc_area(negatives, positives)); };
  const double ratio = pairs / seconds(own);
  for (auto _ : state) own();
  state.SetItemsProcessed(state.iterations() * 200000);
  state.counters["value"] = tailwatch::math::roc_area(negatives, positives).value;
  state.counters["times_faster_than_all_pairs"] = ratio;
}
BENCHMARK(roc_area)->Unit(benchmark::kMillisecond);

void combine_detectors(benchmark::State& state) {
  core::random_engine random(4);
  constexpr std::size_t texts = 10000, detectors = 6;
  auto x = normals(texts * detectors, 0.7548776662466927);
  std::vector<int> labels(texts);
  for (std::size_t i = 0; i < texts; ++i) {
    labels[i] = i % 2 == 0 ? 1 : 0;
    for (std::size_t k = 0; k < detectors; ++k) x[i * detectors + k] += 0.5 * labels[i];
  }
  for (auto _ : state)
    benchmark::DoNotOptimize(provenance::combine_detectors(core::rows(x, texts, detectors), labels, random));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts));
}
BENCHMARK(combine_detectors)->Unit(benchmark::kMillisecond);

void green_list_windows(benchmark::State& state) {
  core::random_engine random(5);
  std::vector<std::uint8_t> flags(2000);
  for (auto& f : flags) f = core::uniform_01(random) < 0.25 ? 1 : 0;
  for (auto _ : state) benchmark::DoNotOptimize(provenance::green_list_windows(flags));
}
BENCHMARK(green_list_windows)->Unit(benchmark::kMillisecond);

void synthid_weighted(benchmark::State& state) {
  core::random_engine random(6);
  std::vector<std::uint8_t> bits(1000 * 30);
  for (auto& b : bits) b = static_cast<std::uint8_t>(random() & 1U);
  const provenance::synthid_options options{provenance::synthid_weights(30)};
  for (auto _ : state) benchmark::DoNotOptimize(provenance::synthid(core::rows(bits, 1000, 30), options));
  state.SetItemsProcessed(state.iterations() * 30000);
}
BENCHMARK(synthid_weighted)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
