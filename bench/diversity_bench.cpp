// SPDX-License-Identifier: BSL-1.0

// Lexical diversity of a million tokens, in tokens per second; the type-token ratio and distinct-2 beside std::unordered_set, the
// obvious way to count distinct things; distinct-3 of ten million beside boost::unordered_flat_map, in turn. Tokens are
// independent Zipf draws from 50257 words, u_i = mix64(i) 2⁻⁶⁴, so that bench/peers/diversity.py has the same ones.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <span>
#include <unordered_set>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/diversity.hpp"
#if __has_include(<Eigen/Eigenvalues>)
#include "tailwatch/diversity/vendi_score.hpp"
#endif

namespace {

using namespace tailwatch;

std::vector<std::uint32_t> zipf_tokens(std::size_t n) {
  std::vector<double> cumulative;
  double sum = 0.0;
  for (int r = 1; r <= 50257; ++r) cumulative.push_back(sum += 1.0 / r);
  std::vector<std::uint32_t> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = static_cast<double>(core::mix64(i) >> 11) * 0x1p-53;
    out[i] = static_cast<std::uint32_t>(std::ranges::lower_bound(cumulative, u * sum) - cumulative.begin());
  }
  return out;
}

const std::vector<std::uint32_t>& tokens() {
  static const std::vector<std::uint32_t> ids = zipf_tokens(1'000'000);
  return ids;
}

/// Processor time: what else runs on the machine counts for neither side.
template <class Work>
double seconds(Work&& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// A fresh table on both sides, its growth and page faults included; the map has an integer key and the library's own hash.
void distinct_3_of_ten_million(benchmark::State& state) {
  static const std::vector<std::uint32_t> text = zipf_tokens(10'000'000);
  double own = 0.0, map = 0.0, value = 0.0;
  for (auto _ : state) {
    own += seconds([&] { value = diversity::distinct_n(text, {.order = 3}).value; });
    state.PauseTiming();
    map += seconds([&] {
      boost::unordered_flat_map<std::uint64_t, std::uint64_t> counts;
      for (std::size_t i = 0; i + 3 <= text.size(); ++i)
        ++counts[std::uint64_t{text[i]} << 32 | std::uint64_t{text[i + 1]} << 16 | text[i + 2]];
      benchmark::DoNotOptimize(counts.size());
    });
    state.ResumeTiming();
  }
  const auto n = static_cast<double>(state.iterations()) * static_cast<double>(text.size());
  state.SetItemsProcessed(state.iterations() * std::ssize(text));
  state.counters["value"] = value;
  state.counters["ns_per_token"] = 1e9 * own / n;
  state.counters["ns_per_token_flat_map"] = 1e9 * map / n;
  state.counters["times_faster_than_flat_map"] = map / own;
}
BENCHMARK(distinct_3_of_ten_million)->Unit(benchmark::kMillisecond)->Iterations(5);

/// 10⁶ counts with many seen once or twice: the pass over the counts is the cost.
void chao1_of_million(benchmark::State& state) {
  core::random_engine random(5);
  std::vector<std::int64_t> counts(1'000'000);
  for (auto& n : counts) n = static_cast<std::int64_t>(0.7 / std::sqrt(1.0 - core::uniform_01(random)));
  for (auto _ : state) benchmark::DoNotOptimize(diversity::chao1(counts));
  state.SetItemsProcessed(state.iterations() * std::ssize(counts));
}
BENCHMARK(chao1_of_million)->Unit(benchmark::kMillisecond);

void hill_bands(benchmark::State& state) {
  std::vector<std::uint32_t> counts(5000);
  for (const auto id : tokens())
    if (id < counts.size()) ++counts[id];
  const std::vector<std::uint64_t> sizes{100000, 500000, 1000000, 2000000};
  core::random_engine random(7);
  const auto order = static_cast<double>(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        diversity::hill_number_bands(counts, std::span<const std::uint64_t>(sizes), random, {.order = order}));
}
BENCHMARK(hill_bands)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

void distinct_by_unordered_set(benchmark::State& state) {
  const auto order = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    std::unordered_set<std::uint64_t> seen;
    for (std::size_t i = 0; i + order <= tokens().size(); ++i) {
      std::uint64_t key = tokens()[i];
      if (order == 2) key = key << 32 | tokens()[i + 1];
      seen.insert(key);
    }
    benchmark::DoNotOptimize(seen.size());
  }
  state.SetItemsProcessed(state.iterations() * std::ssize(tokens()));
}
BENCHMARK(distinct_by_unordered_set)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

void distinct_n(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(diversity::distinct_n(tokens(), {.order = static_cast<std::size_t>(state.range(0))}));
  state.SetItemsProcessed(state.iterations() * std::ssize(tokens()));
}
BENCHMARK(distinct_n)->Arg(1)->Arg(2)->Arg(4)->Unit(benchmark::kMillisecond);

template <class Estimator>
void of_tokens(benchmark::State& state, const Estimator& estimator) {
  double value = 0.0;
  for (auto _ : state) value = estimator(tokens()).value;
  state.SetItemsProcessed(state.iterations() * std::ssize(tokens()));
  state.counters["value"] = value;
}
// LexicalRichness closes a factor at the threshold, not below it.
BENCHMARK_CAPTURE(of_tokens, mtld_at_most, [](const auto& t) {
  return diversity::mtld(t, {.close = diversity::mtld_close::at_most});
}) -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_tokens, yule_k, diversity::yule_k)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_tokens, mattr, diversity::mattr)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_tokens, mtld, diversity::mtld)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_tokens, hdd, diversity::hdd)->Unit(benchmark::kMillisecond);

core::token_sequences sentences() {
  core::token_sequences text;
  for (std::size_t i = 0; i + 25 <= tokens().size(); i += 25)
    text.push_back(std::span<const std::uint32_t>(tokens()).subspan(i, 25));
  return text;
}

void distinct_2_of_sentences(benchmark::State& state) {
  const auto text = sentences();
  const auto groups = static_cast<std::size_t>(state.range(0));  // 0: no standard error
  for (auto _ : state) benchmark::DoNotOptimize(diversity::distinct_n(text, {.order = 2, .groups = groups}));
  state.SetItemsProcessed(state.iterations() * std::ssize(tokens()));
}
BENCHMARK(distinct_2_of_sentences)->Arg(0)->Arg(20)->Unit(benchmark::kMillisecond);

/// range: rows, columns
void effective_rank(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto d = static_cast<std::size_t>(state.range(1));
  core::random_engine random(3);
  std::vector<float> x(n * d);
  for (float& value : x) value = static_cast<float>(core::uniform_01(random) - 0.4);
  for (auto _ : state) benchmark::DoNotOptimize(diversity::effective_rank(core::rows(x, n, d)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(effective_rank)->Args({256, 768})->Args({2000, 64})->Unit(benchmark::kMillisecond);

#if __has_include(<Eigen/Eigenvalues>)
/// range: rows, columns, whether the standard error is wanted
void vendi_score(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto d = static_cast<std::size_t>(state.range(1));
  std::vector<float> x(n * d);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(static_cast<double>(core::mix64(i) >> 11) * 0x1p-53 - 0.4);
  double value = 0.0;
  for (auto _ : state)
    value = diversity::vendi_score(core::rows(x, n, d), {.standard_error = state.range(2) != 0}).value;
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["value"] = value;
}
BENCHMARK(vendi_score)
    ->Args({10000, 64, 0})
    ->Args({10000, 64, 1})
    ->Args({500, 768, 0})
    ->Args({500, 768, 1})
    ->Unit(benchmark::kMillisecond);
#endif

/// The profile of a million Zipf words.
template <class Estimator>
void from_profile(benchmark::State& state, const Estimator& estimator) {
  std::vector<std::uint32_t> counts(60000);
  for (const auto id : tokens())
    if (id < counts.size()) ++counts[id];
  const summary::frequency_profile profile(counts);
  for (auto _ : state) benchmark::DoNotOptimize(estimator(profile));
}
BENCHMARK_CAPTURE(from_profile, hill_number, diversity::hill_number)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, hill_number_asymptotic, diversity::hill_number_asymptotic)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, simpson_dominance, diversity::simpson_dominance)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, simpson_unbiased, diversity::simpson_unbiased)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, gini_simpson, diversity::gini_simpson)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, inverse_simpson, diversity::inverse_simpson)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, simpson_evenness, diversity::simpson_evenness)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, pielou_evenness, diversity::pielou_evenness)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, heip_evenness, diversity::heip_evenness)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, berger_parker, diversity::berger_parker)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, gini_index, diversity::gini_index)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, brillouin, diversity::brillouin)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, margalef, diversity::margalef)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, menhinick, diversity::menhinick)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, fisher_alpha, diversity::fisher_alpha)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, chao1, diversity::chao1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, ichao1, diversity::ichao1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, ace, diversity::ace)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, jackknife1, diversity::jackknife1)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, jackknife2, diversity::jackknife2)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, hill_number_at_size, [](const auto& p) {
  return diversity::hill_number_at_size(p, {.order = 1.0, .sample_size = 100000});
}) -> Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, hill_number_at_coverage, [](const auto& p) {
  return diversity::hill_number_at_coverage(p, {.order = 1.0, .coverage = 0.9});
}) -> Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, chao1_confidence_interval, [](const auto& p) {
  return diversity::chao1_confidence_interval(p);
}) -> Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(from_profile, chao2, [](const auto& p) {
  return diversity::chao2(p, {.sampling_units = p.largest()});
}) -> Unit(benchmark::kMicrosecond);

}  // namespace
