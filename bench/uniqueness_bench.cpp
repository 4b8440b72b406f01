// SPDX-License-Identifier: BSL-1.0
// Two texts of 200,000 Zipf words each: n-gram comparison against a std::unordered_set of word strings, self-BLEU against the
// program that looks at every other sentence.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch/min_hash.hpp"
#include "tailwatch/summary/ngram_counts.hpp"
#include "tailwatch/uniqueness.hpp"

namespace {

using namespace tailwatch;

constexpr std::uint32_t vocabulary = 10000;

std::vector<std::uint32_t> zipf_text(std::size_t n, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<std::uint32_t> text(n);
  for (auto& word : text) word = static_cast<std::uint32_t>(std::pow(vocabulary, core::uniform_01(random))) - 1;
  return text;
}

template <class Work>
double seconds(Work&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double novelty_by_strings(const std::vector<std::uint32_t>& generated, const std::vector<std::uint32_t>& reference,
                          std::size_t order) {
  const auto key = [order](const std::vector<std::uint32_t>& text, std::size_t i) {
    return std::string(reinterpret_cast<const char*>(text.data() + i), order * sizeof(std::uint32_t));
  };
  std::unordered_set<std::string> known;
  for (std::size_t i = 0; i + order <= reference.size(); ++i) known.insert(key(reference, i));
  std::size_t fresh = 0;
  for (std::size_t i = 0; i + order <= generated.size(); ++i) fresh += known.count(key(generated, i)) == 0 ? 1 : 0;
  return static_cast<double>(fresh);
}

void novelty_of_texts(benchmark::State& state) {
  const auto a = zipf_text(200'000, 1), b = zipf_text(200'000, 2);
  const auto order = static_cast<std::size_t>(state.range(0));
  const auto work = [&] { benchmark::DoNotOptimize(uniqueness::ngram_novelty(a, b, {.order = order}).value); };
  for (auto _ : state) work();
  state.SetItemsProcessed(static_cast<std::int64_t>(a.size() + b.size()) * state.iterations());
  state.counters["times strings"] =
      seconds(work) / seconds([&] { benchmark::DoNotOptimize(novelty_by_strings(a, b, order)); });
}
BENCHMARK(novelty_of_texts)->Arg(2)->Arg(4)->Unit(benchmark::kMillisecond);

void novelty_of_states(benchmark::State& state) {
  const auto a = zipf_text(200'000, 1), b = zipf_text(200'000, 2);
  const auto order = static_cast<std::size_t>(state.range(0));
  summary::ngram_counts generated({.order = order, .vocabulary = vocabulary}), reference = generated;
  generated.update(a);
  reference.update(b);
  for (auto _ : state) benchmark::DoNotOptimize(uniqueness::ngram_novelty(generated, reference).value);
  state.SetItemsProcessed(static_cast<std::int64_t>(generated.distinct() + reference.distinct()) * state.iterations());
}
BENCHMARK(novelty_of_states)->Arg(2)->Arg(4)->Unit(benchmark::kMillisecond);

void longest_match(benchmark::State& state) {
  const auto a = zipf_text(200'000, 1), b = zipf_text(200'000, 2);
  for (auto _ : state) benchmark::DoNotOptimize(uniqueness::longest_match(a, b).length.value);
  state.SetItemsProcessed(static_cast<std::int64_t>(a.size() + b.size()) * state.iterations());
}
BENCHMARK(longest_match)->Unit(benchmark::kMillisecond);

// Largest clipped matches by looking at every pair of sentences: the inner loop of the usual program, bigrams alone.
double matches_by_pairs(const token_sequences& sentences) {
  std::vector<std::unordered_map<std::uint64_t, std::uint32_t>> grams(sentences.size());
  for (std::size_t s = 0; s < sentences.size(); ++s)
    for (std::size_t i = 0; i + 2 <= sentences[s].size(); ++i)
      ++grams[s][std::uint64_t{sentences[s][i]} << 32 | sentences[s][i + 1]];
  std::uint64_t matches = 0;
  for (std::size_t s = 0; s < grams.size(); ++s)
    for (const auto& [gram, count] : grams[s]) {
      std::uint32_t largest = 0;
      for (std::size_t o = 0; o < grams.size(); ++o)
        if (const auto at = grams[o].find(gram); o != s && at != grams[o].end())
          largest = std::max(largest, at->second);
      matches += std::min(count, largest);
    }
  return static_cast<double>(matches);
}

/// Words by u_i = mix64(i) 2⁻⁶⁴, as bench/peers/uniqueness.py makes them.
std::vector<std::uint32_t> shared_text(std::size_t n) {
  std::vector<double> cumulative;
  double sum = 0.0;
  for (int r = 1; r <= 3000; ++r) cumulative.push_back(sum += 1.0 / r);
  std::vector<std::uint32_t> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double u = static_cast<double>(core::mix64(i) >> 11) * 0x1p-53;
    out[i] = static_cast<std::uint32_t>(std::ranges::lower_bound(cumulative, u * sum) - cumulative.begin());
  }
  return out;
}

// 1000 sentences of 24 words.
void self_bleu(benchmark::State& state) {
  const auto text = shared_text(24'000);
  token_sequences sentences;
  for (std::size_t i = 0; i < text.size(); i += 24)
    sentences.push_back(std::span<const std::uint32_t>(text).subspan(i, 24));
  double value = 0.0;
  const auto work = [&] { value = uniqueness::self_bleu(sentences).value; };
  for (auto _ : state) work();
  state.SetItemsProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
  state.counters["value"] = value;
  state.counters["times pairs"] =
      seconds(work) / seconds([&] { benchmark::DoNotOptimize(matches_by_pairs(sentences)); });
}
BENCHMARK(self_bleu)->Unit(benchmark::kMillisecond);

// 2000 points of each side in 64 dimensions, k = 5.
void precision_recall(benchmark::State& state) {
  constexpr std::size_t n = 2000, d = 64;
  std::vector<double> x(n * d), y(n * d);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>(core::mix64(i) >> 11) * 0x1p-53;
    y[i] = 0.9 * static_cast<double>(core::mix64(i + x.size()) >> 11) * 0x1p-53;
  }
  double value = 0.0;
  for (auto _ : state) value = uniqueness::precision_recall(core::rows(y, n, d), core::rows(x, n, d)).density.value;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
  state.counters["value"] = value;
}
BENCHMARK(precision_recall)->Unit(benchmark::kMillisecond);

// One signature of k = 128 of a document of 24 shingles, keys included.
void min_hash_document(benchmark::State& state) {
  const auto text = zipf_text(26, 1);
  sketch::min_hash signature;
  for (auto _ : state) {
    signature.reset();
    signature.update_shingles(text, 3);
    benchmark::DoNotOptimize(signature.signature().data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(min_hash_document)->Unit(benchmark::kMicrosecond);

// Documents of 100 words; every other one varies one of `templates` texts in a word.
void near_duplicates(benchmark::State& state) {
  const auto templates = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t documents = 10'000, length = 100;
  const auto text = zipf_text(documents * length, 1);
  core::random_engine random(2);
  token_sequences corpus;
  for (std::size_t d = 0; d < documents; ++d) {
    const auto from = text.begin() + static_cast<std::ptrdiff_t>((d % 2 == 0 ? d : d / 2 % templates) * length);
    std::vector<std::uint32_t> words(from, from + static_cast<std::ptrdiff_t>(length));
    if (d % 2 != 0) words[core::uniform_below(random, length)] = vocabulary + static_cast<std::uint32_t>(d);
    corpus.push_back(words);
  }
  double compared = 0.0;
  for (auto _ : state) {
    const auto found = uniqueness::near_duplicates(corpus);
    compared = static_cast<double>(found.candidates);
    benchmark::DoNotOptimize(found.rate.value);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(documents) * state.iterations());
  state.counters["pairs compared"] = compared;
}
BENCHMARK(near_duplicates)->Arg(1)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
