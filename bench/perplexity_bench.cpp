// SPDX-License-Identifier: BSL-1.0

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/perplexity/arpa.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"
#include "tailwatch/perplexity/kneser_ney_archive.hpp"
#include "tailwatch/perplexity/kneser_ney_sampler.hpp"
#include "tailwatch/perplexity/observed_log_probabilities.hpp"
#include "tailwatch/perplexity/smoothed_ngram.hpp"

namespace {

namespace perplexity = tailwatch::perplexity;
using perplexity::kneser_ney;
using tailwatch::core::random_engine;

template <class Function>
double seconds(Function&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// 800 k tokens, 20 k types, Zipf-like in every context, sentences of 1 to 40 words.
const tailwatch::token_sequences& corpus() {
  static const tailwatch::token_sequences text = [] {
    random_engine random(1);
    tailwatch::token_sequences out;
    std::vector<std::uint32_t> sentence;
    while (out.token_count() < 800000) {
      sentence.resize(1 + tailwatch::core::uniform_below(random, 40));
      std::uint32_t word = 0;
      for (auto& w : sentence) {
        const auto choice = static_cast<std::uint32_t>(std::pow(20000.0, tailwatch::core::uniform_01(random)));
        const bool anywhere = tailwatch::core::uniform_below(random, 2) == 0;
        w = word = (anywhere ? choice : word * 7919 + choice * choice) % 20000;
      }
      out.push_back(sentence);
    }
    return out;
  }();
  return text;
}

const kneser_ney& model(std::size_t order) {
  static const kneser_ney second(corpus(), {.order = 2});
  static const kneser_ney third(corpus(), {.order = 3});
  static const kneser_ney fifth(corpus(), {.order = 5});
  return order == 2 ? second : order == 3 ? third : fifth;
}

// Twin: the hash-table model of smoothed_ngram, one discount.
void fit(benchmark::State& state) {
  const auto order = static_cast<std::size_t>(state.range(0));
  const double twin = seconds([&] {
    const perplexity::smoothed_ngram hashed(corpus(), {.order = order});
    benchmark::DoNotOptimize(hashed.types());
  });
  double own = 0.0;
  for (auto _ : state)
    own += seconds([&] { benchmark::DoNotOptimize(kneser_ney(corpus(), {.order = order}).types()); });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(corpus().token_count()));
  state.counters["times_faster_than_hash_tables"] = twin * static_cast<double>(state.iterations()) / own;
}
BENCHMARK(fit)->Arg(2)->Arg(3)->Arg(5)->Unit(benchmark::kMillisecond);

void score(benchmark::State& state) {
  const kneser_ney& m = model(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(m.score(corpus()).log_likelihood());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(corpus().token_count()));
}
BENCHMARK(score)->Arg(2)->Arg(3)->Arg(5)->Unit(benchmark::kMillisecond);

perplexity::sampler_options settings(std::int64_t which) {
  switch (which) {
    case 1: return {.top_p = 0.95};
    case 2: return {.temperature = 0.8};
    case 3: return {.temperature = 0.8, .top_p = 0.95};
    case 4: return {.top_k = 50};
    default: return {};
  }
}

// 100 k words from a fresh sampler, order 3. Twin: the whole distribution of each context sorted, nothing cached, timed
// on the first 20 contexts.
void generate(benchmark::State& state) {
  const kneser_ney& m = model(3);
  const auto options = settings(state.range(0));
  const double twin = seconds([&] {
                        const perplexity::kneser_ney_sampler sampler(m, options);
                        auto c = m.sentence_begin();
                        for (std::size_t i = 0; i < 20; ++i) {
                          benchmark::DoNotOptimize(sampler.distribution(c).size());
                          m.advance(c, corpus().tokens()[i]);
                        }
                      }) /
                      20.0;
  double own = 0.0;
  std::size_t words = 0;
  for (auto _ : state) {
    random_engine random(3);
    own += seconds([&] { words += perplexity::generate(m, 100000, options, random).token_count(); });
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(words));
  state.counters["ns_per_token"] = 1e9 * own / static_cast<double>(words);
  state.counters["times_faster_than_whole_vocabulary"] = twin * static_cast<double>(words) / own;
  state.SetLabel(state.range(0) == 0   ? "plain"
                 : state.range(0) == 1 ? "top_p 0.95"
                 : state.range(0) == 2 ? "temperature 0.8"
                 : state.range(0) == 3 ? "temperature 0.8, top_p 0.95"
                                       : "top_k 50");
}
BENCHMARK(generate)->DenseRange(0, 4)->Unit(benchmark::kMillisecond);

// The order-3 model to text and back, and to bytes and back, beside the fit itself.
void files(benchmark::State& state) {
  const kneser_ney& m = model(3);
  const auto word_of = [](kneser_ney::token t) { return "w" + std::to_string(t); };
  const auto token_of = [](std::string_view word) {
    kneser_ney::token t = 0;
    for (const char c : word.substr(1)) t = 10 * t + static_cast<kneser_ney::token>(c - '0');
    return t;
  };
  double write = 0.0, read = 0.0, save = 0.0, load = 0.0, grams = 0.0;
  for (std::size_t n = 1; n <= 3; ++n) grams += static_cast<double>(m.ngram_count(n));
  for (auto _ : state) {
    std::stringstream text;
    write += seconds([&] { perplexity::write_arpa(text, m, word_of); });
    read += seconds([&] { benchmark::DoNotOptimize(perplexity::read_arpa(text, token_of).types()); });
    std::vector<std::byte> bytes;
    save += seconds([&] { bytes = perplexity::kneser_ney_to_bytes(m); });
    load += seconds([&] { benchmark::DoNotOptimize(perplexity::kneser_ney_from_bytes(bytes).types()); });
  }
  const double all = grams * static_cast<double>(state.iterations());
  state.counters["write_ns_per_ngram"] = 1e9 * write / all;
  state.counters["read_ns_per_ngram"] = 1e9 * read / all;
  state.counters["save_ns_per_ngram"] = 1e9 * save / all;
  state.counters["load_ns_per_ngram"] = 1e9 * load / all;
}
BENCHMARK(files)->Unit(benchmark::kMillisecond);

// 64 rows of 50,000 logits. Twin: the same in double, row by row.
void from_logits(benchmark::State& state) {
  constexpr std::size_t n = 64, v = 50000;
  random_engine random(5);
  std::vector<float> logits(n * v);
  for (float& x : logits) x = static_cast<float>(12.0 * tailwatch::core::uniform_01(random));
  const std::vector<double> wide(logits.begin(), logits.end());
  std::vector<std::uint32_t> tokens;
  for (std::size_t r = 0; r < n; ++r)
    tokens.push_back(static_cast<std::uint32_t>(tailwatch::core::uniform_below(random, v)));
  double own = 0.0;
  for (auto _ : state)
    own += seconds([&] {
      benchmark::DoNotOptimize(perplexity::observed_log_probabilities(tailwatch::rows(logits, n, v), tokens).rejected);
    });
  const double twin = seconds([&] {
    benchmark::DoNotOptimize(perplexity::observed_log_probabilities(tailwatch::rows(wide, n, v), tokens).rejected);
  });
  state.SetItemsProcessed(static_cast<std::int64_t>(n * v) * state.iterations());
  state.counters["times_faster_than_double"] = twin * static_cast<double>(state.iterations()) / own;
}
BENCHMARK(from_logits)->Unit(benchmark::kMillisecond);

}  // namespace
