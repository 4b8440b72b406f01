// SPDX-License-Identifier: BSL-1.0

// Entropy of the counts of a vocabulary: from the counts (which builds the frequency profile) and from the profile alone, beside
// the loop over the counts that one would write by hand. Counts are Zipf over 50257 words, one million observations.
// Differential entropy of normal samples; nearest neighbours beside a comparison of all pairs. The gradient of the softmax
// entropy beside the loops that one would write by hand.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/entropy.hpp"
#include "tailwatch/neighbours/brute_force.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

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
BENCHMARK_CAPTURE(from_profile, grassberger_1988, entropy::grassberger_1988);
BENCHMARK_CAPTURE(from_profile, schurmann, entropy::schurmann);
BENCHMARK_CAPTURE(from_profile, zhang, entropy::zhang);
BENCHMARK_CAPTURE(from_profile, ansb, entropy::ansb);
BENCHMARK_CAPTURE(from_profile, james_stein_shrink, entropy::james_stein_shrink);
BENCHMARK_CAPTURE(from_profile, james_stein_shrink_intensity, entropy::james_stein_shrink_intensity);
BENCHMARK_CAPTURE(from_profile, dirichlet, entropy::dirichlet);
BENCHMARK_CAPTURE(from_profile, dirichlet_posterior_mean, entropy::dirichlet_posterior_mean);
BENCHMARK_CAPTURE(from_profile, tsallis, entropy::tsallis);

/// 2589 Zipf types, alphabet 10000, from the counts.
void nsb_of_types(benchmark::State& state) {
  std::vector<std::uint32_t> counts;
  for (std::uint32_t r = 1; r <= 2589; ++r) counts.push_back(r > 2000 ? 1 : 2000 / r);
  double h = 0.0;
  for (auto _ : state) benchmark::DoNotOptimize(h = entropy::nsb(counts, {.alphabet_size = 10000}).value);
  state.counters["value"] = h;
}
BENCHMARK(nsb_of_types);

/// Probabilities ∝ 1/rank, from memory.
template <class Real>
void plugin_of_probabilities(benchmark::State& state) {
  std::vector<Real> p(static_cast<std::size_t>(state.range(0)));
  double sum = 0.0, h = 0.0;
  for (std::size_t r = p.size(); r > 0; --r) sum += 1.0 / static_cast<double>(r);
  for (std::size_t r = 0; r < p.size(); ++r) p[r] = static_cast<Real>(1.0 / static_cast<double>(r + 1) / sum);
  for (auto _ : state) benchmark::DoNotOptimize(h = entropy::plugin(probabilities(p)).value);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["value"] = h;
}
BENCHMARK(plugin_of_probabilities<double>)->Arg(10000000);
BENCHMARK(plugin_of_probabilities<float>)->Arg(10000000);

std::vector<double> normal_sample(std::size_t n) {
  core::random_engine random(1);
  std::vector<double> x(n);
  for (double& v : x)
    v = std::sqrt(-2.0 * std::log1p(-core::uniform_01(random))) *
        std::cos(6.283185307179586 * core::uniform_01(random));
  return x;
}

template <class Estimator>
void of_sample(benchmark::State& state, const Estimator& estimator) {
  const auto x = normal_sample(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(estimator(x));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(of_sample, vasicek, entropy::differential_vasicek)->Arg(100000);
BENCHMARK_CAPTURE(of_sample, van_es, entropy::differential_van_es)->Arg(100000);
BENCHMARK_CAPTURE(of_sample, correa, entropy::differential_correa)->Arg(100000);
BENCHMARK_CAPTURE(of_sample, kozachenko_leonenko, entropy::differential_kozachenko_leonenko)->Arg(100000);
BENCHMARK_CAPTURE(of_sample, kernel_density, entropy::differential_kernel_density)->Arg(10000);

template <class F>
double seconds(const F& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// n points in d dimensions, Euclidean; the counter is how much longer all pairs take, vectorised.
void of_points(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0)), d = static_cast<std::size_t>(state.range(1));
  const auto x = normal_sample(n * d);
  const auto search = [&] {
    benchmark::DoNotOptimize(
        entropy::differential_kozachenko_leonenko(rows(x, n, d), {.norm = entropy::distance_norm::euclidean}));
  };
  for (auto _ : state) search();
  state.SetItemsProcessed(state.iterations() * state.range(0));
  const double ours = seconds(search);
  state.counters["all_pairs_ratio"] =
      seconds([&] { benchmark::DoNotOptimize(neighbours::brute_force(rows(x, n, d), 3)); }) / ours;
}
BENCHMARK(of_points)->Args({10000, 2})->Args({10000, 3})->Args({5000, 6})->Args({5000, 16})->Args({2000, 64});

void ksg_of_pairs(benchmark::State& state) {
  const auto x = normal_sample(static_cast<std::size_t>(2 * state.range(0)));
  const auto half = static_cast<std::ptrdiff_t>(state.range(0));
  const std::vector<double> a(x.begin(), x.begin() + half), b(x.begin() + half, x.end());
  for (auto _ : state) benchmark::DoNotOptimize(entropy::mutual_information_ksg1(a, b));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(ksg_of_pairs)->Arg(10000);

/// Log-softmax, entropy, gradient: what a framework without a fused kernel does, in float.
double gradient_by_hand(const float* x, std::size_t n, float* g) {
  float m = x[0], s = 0.0F, h = 0.0F;
  for (std::size_t i = 0; i < n; ++i) m = x[i] > m ? x[i] : m;
  for (std::size_t i = 0; i < n; ++i) s += std::exp(x[i] - m);
  const float lse = m + std::log(s);
  for (std::size_t i = 0; i < n; ++i) h -= std::exp(x[i] - lse) * (x[i] - lse);
  for (std::size_t i = 0; i < n; ++i) g[i] = -std::exp(x[i] - lse) * (x[i] - lse + h);
  return static_cast<double>(h);
}

template <class Logit>
void softmax_gradient(benchmark::State& state) {
  constexpr std::size_t rows = 32, vocabulary = 50257;
  const auto normal = normal_sample(rows * vocabulary);
  const std::vector<float> x(normal.begin(), normal.end());
  std::vector<Logit> logits(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if constexpr (std::is_same_v<Logit, float>) {
      logits[i] = x[i];
    } else {
      logits[i] = {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x[i]) >> 16)};
    }
  }
  std::vector<float> gradient(x.size());
  const auto fused = [&] {
    benchmark::DoNotOptimize(
        entropy::softmax_entropy_gradient(logits.data(), rows, vocabulary, vocabulary, gradient.data(), vocabulary));
  };
  for (auto _ : state) fused();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
  const double by_hand = seconds([&] {
    for (std::size_t r = 0; r < rows; ++r)
      benchmark::DoNotOptimize(
          gradient_by_hand(x.data() + r * vocabulary, vocabulary, gradient.data() + r * vocabulary));
  });
  state.counters["by_hand_ratio"] = by_hand / seconds(fused);
}
BENCHMARK(softmax_gradient<float>);
BENCHMARK(softmax_gradient<simd::bfloat16>);

/// 32 rows of 50257 normal logits: what each quantity adds to the one read of softmax_entropy. by_sort_ratio: top-k and top-p by
/// sorting each row.
void softmax_rows_with(benchmark::State& state, const summary::softmax_rows_options& options) {
  constexpr std::size_t rows = 32, vocabulary = 50257;
  const auto normal = normal_sample(rows * vocabulary);
  std::vector<float> x(normal.begin(), normal.end());
  for (float& v : x) v *= 2.5F;
  const auto update = [&] {
    summary::softmax_rows s(options);
    s.update(x.data(), rows, vocabulary, vocabulary);
    benchmark::DoNotOptimize(s.count());
  };
  for (auto _ : state) update();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
  if (options.top_k.empty() && options.top_p.empty()) return;
  std::vector<float> sorted(vocabulary);
  const double by_sort = seconds([&] {
    for (std::size_t r = 0; r < rows; ++r) {
      std::copy_n(x.data() + r * vocabulary, vocabulary, sorted.data());
      std::sort(sorted.begin(), sorted.end(), std::greater<>{});
      benchmark::DoNotOptimize(sorted.data());
    }
  });
  state.counters["by_sort_ratio"] = by_sort / seconds(update);
}
BENCHMARK_CAPTURE(softmax_rows_with, entropy, summary::softmax_rows_options{});
BENCHMARK_CAPTURE(softmax_rows_with, collision_entropy, summary::softmax_rows_options{.collision_entropy = true});
BENCHMARK_CAPTURE(softmax_rows_with, top_k, summary::softmax_rows_options{.top_k = {50}});
BENCHMARK_CAPTURE(softmax_rows_with, top_p, summary::softmax_rows_options{.top_p = {0.9}});

/// Eight rows of 50257 logits, from logits.
template <class Estimator>
void of_logits(benchmark::State& state, const Estimator& estimator) {
  std::vector<float> logits(std::size_t{8} * 50257);
  core::random_engine random(9);
  for (float& x : logits) x = static_cast<float>(8.0 * core::uniform_01(random));
  const auto rows = core::rows_view<float>{logits.data(), 8, 50257};
  for (auto _ : state) benchmark::DoNotOptimize(estimator(rows));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(logits.size()));
}
BENCHMARK_CAPTURE(of_logits, softmax_entropy, entropy::softmax_entropy);
BENCHMARK_CAPTURE(of_logits, softmax_renyi_2, entropy::softmax_renyi_2);
BENCHMARK_CAPTURE(of_logits, softmax_entropy_quantiles, entropy::softmax_entropy_quantiles);

/// 10⁵ Zipf words.
template <class Estimator>
void of_words(benchmark::State& state, const Estimator& estimator) {
  std::vector<std::uint32_t> words(100000);
  core::random_engine random(10);
  for (auto& w : words) w = static_cast<std::uint32_t>(std::exp(10.0 * core::uniform_01(random)));
  for (auto _ : state) benchmark::DoNotOptimize(estimator(words));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(words.size()));
}
BENCHMARK_CAPTURE(of_words, ngram, entropy::ngram)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(of_words, conditional_ngram, entropy::conditional_ngram)->Unit(benchmark::kMillisecond);

/// 10⁴ pairs of dependent numbers.
template <class Estimator>
void of_pairs(benchmark::State& state, const Estimator& estimator) {
  std::vector<double> x(10000), y(10000);
  core::random_engine random(11);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = core::uniform_01(random);
    y[i] = x[i] + core::uniform_01(random);
  }
  for (auto _ : state) benchmark::DoNotOptimize(estimator(x, y));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
}
BENCHMARK_CAPTURE(of_pairs, mutual_information_ksg2, entropy::mutual_information_ksg2)->Unit(benchmark::kMillisecond);

/// 10⁵ numbers, sorted anew each time.
template <class Estimator>
void of_numbers(benchmark::State& state, const Estimator& estimator) {
  std::vector<double> x(100000);
  core::random_engine random(12);
  for (double& v : x) v = core::uniform_01(random) + core::uniform_01(random);
  for (auto _ : state) benchmark::DoNotOptimize(estimator(x));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
}
BENCHMARK_CAPTURE(of_numbers, differential_ebrahimi, entropy::differential_ebrahimi)->Unit(benchmark::kMillisecond);

}  // namespace
