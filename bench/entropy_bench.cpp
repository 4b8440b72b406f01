// SPDX-License-Identifier: BSL-1.0

// Entropy of the counts of a vocabulary: from the counts (which builds the frequency profile) and from the profile alone, beside
// the loop over the counts that one would write by hand. Counts are Zipf over 50257 words, one million observations.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tailwatch/entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace {

using namespace tailwatch;

std::vector<std::uint32_t> zipf_counts(std::size_t words) {
  std::vector<std::uint32_t> counts(words);
  for (std::size_t r = 0; r < words; ++r) counts[r] = static_cast<std::uint32_t>(8.5e4 / static_cast<double>(r + 1));
  return counts;
}
const std::vector<std::uint32_t>& counts_of_words() {
  static const std::vector<std::uint32_t> counts = zipf_counts(50257);
  return counts;
}

/// N, then −Σ p ln p: two passes and one logarithm per word.
double by_hand(const std::vector<std::uint32_t>& counts) {
  double n = 0.0;
  for (const auto c : counts) n += c;
  double h = 0.0;
  for (const auto c : counts)
    if (c != 0) h -= c / n * std::log(c / n);
  return h;
}

void loop_by_hand(benchmark::State& state) {
  const auto& counts = counts_of_words();
  for (auto _ : state) benchmark::DoNotOptimize(by_hand(counts));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(counts.size()));
}
BENCHMARK(loop_by_hand);

template <class Estimator>
void from_counts(benchmark::State& state, const Estimator& estimator) {
  const auto& counts = counts_of_words();
  for (auto _ : state) benchmark::DoNotOptimize(estimator(counts));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(counts.size()));
}
BENCHMARK_CAPTURE(from_counts, plugin, entropy::plugin);
BENCHMARK_CAPTURE(from_counts, chao_wang_jost, entropy::chao_wang_jost);

template <class Estimator>
void from_profile(benchmark::State& state, const Estimator& estimator) {
  const summary::frequency_profile profile(counts_of_words());
  for (auto _ : state) benchmark::DoNotOptimize(estimator(profile));
  state.counters["distinct_counts"] = static_cast<double>(profile.entries().size());
}
BENCHMARK_CAPTURE(from_profile, plugin, entropy::plugin);
BENCHMARK_CAPTURE(from_profile, miller_madow, entropy::miller_madow);
BENCHMARK_CAPTURE(from_profile, grassberger, entropy::grassberger);
BENCHMARK_CAPTURE(from_profile, chao_shen, entropy::chao_shen);
BENCHMARK_CAPTURE(from_profile, chao_wang_jost, entropy::chao_wang_jost);
BENCHMARK_CAPTURE(from_profile, jackknife, entropy::jackknife);
BENCHMARK_CAPTURE(from_profile, renyi, entropy::renyi);
BENCHMARK_CAPTURE(from_profile, nsb, entropy::nsb);

}  // namespace
