// SPDX-License-Identifier: BSL-1.0

// Every state in one run: nanoseconds an update, also as a multiple of a loop that mixes the same keys in a batch, saved bytes,
// and the time of a merge. 10⁷ Zipf tokens (s = 1.07, 262 144 ids) and their trigrams, most of which are distinct.
//
//   taskset -c 1 states_bench

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <span>
#include <vector>

#include "tailwatch/core.hpp"
#include "tailwatch/sketch.hpp"
#include "tailwatch/summary.hpp"

namespace {

using namespace tailwatch;

constexpr std::size_t n_keys = 10'000'000, vocabulary = 262144;
volatile std::uint64_t sink = 0;

/// Processor time, so that a busy machine does not count.
template <class Work>
double seconds(const Work& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::vector<std::uint64_t> zipf_tokens() {
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
}
std::vector<std::uint64_t> trigrams_of(const std::vector<std::uint64_t>& t) {
  std::vector<std::uint64_t> keys(t.size());
  for (std::size_t i = 0; i < t.size(); ++i) keys[i] = t[i] << 36 | t[(i + 1) % t.size()] << 18 | t[(i + 2) % t.size()];
  return keys;
}

/// Median of five, each beside a mixing loop over the same keys.
struct timing {
  double ns = 0.0, mixing = 0.0;
};
template <class State, class Feed>
timing time_update(const State& empty, const std::vector<std::uint64_t>& keys, std::size_t n, const Feed& feed) {
  std::vector<double> ours, mixing;
  for (int run = 0; run < 5; ++run) {
    mixing.push_back(seconds([&] {
      std::uint64_t x = 0;
      for (const std::uint64_t k : keys) x ^= core::mix64(k);
      sink = x;
    }));
    State state = empty;
    ours.push_back(seconds([&] { feed(state); }));
    sink = state.count();
  }
  std::sort(ours.begin(), ours.end());
  std::sort(mixing.begin(), mixing.end());
  return {ours[2] * 1e9 / static_cast<double>(n), mixing[2] * 1e9 / static_cast<double>(keys.size())};
}

/// Microseconds of merging one half of the stream into a copy of the other, copies made beforehand.
template <class State>
double time_merge(const State& a, const State& b) {
  std::vector<double> runs;
  const std::size_t copies = std::clamp<std::size_t>(4'000'000 / (1 + core::to_bytes(a).size()), 2, 200);
  for (int run = 0; run < 5; ++run) {
    std::vector<State> into(copies, a);
    runs.push_back(seconds([&] {
      for (State& s : into) s.merge(b);
    }));
    sink = into.back().count();
  }
  std::sort(runs.begin(), runs.end());
  return runs[2] * 1e6 / static_cast<double>(copies);
}

void print(const char* state, const char* input, const timing& t, std::size_t bytes, double merge) {
  std::printf("%-28s %-10s %8.2f ns %7.2f x mixing (%.2f ns)", state, input, t.ns, t.ns / t.mixing, t.mixing);
  if (bytes != 0) std::printf("  %9zu bytes saved  merge %10.2f us", bytes, merge);
  std::printf("\n");
  std::fflush(stdout);
}

template <class State, class Part>
void row(const char* name, const char* input, const State& empty, const std::vector<std::uint64_t>& keys, std::size_t n,
         const Part& part) {
  const timing t = time_update(empty, keys, n, [&](State& s) { part(s, 0, n); });
  State a = empty, b = empty;
  part(a, 0, n / 2);
  part(b, n / 2, n);
  print(name, input, t, core::to_bytes(a).size(), time_merge(a, b));
}

}  // namespace

int main() {
  const auto tokens = zipf_tokens(), trigrams = trigrams_of(tokens);
  std::vector<std::uint32_t> ids(tokens.begin(), tokens.end());
  std::vector<double> surprisal(n_keys), log_p(n_keys);
  core::random_engine random(2);
  for (std::size_t i = 0; i < n_keys; ++i) {
    surprisal[i] = -3.0 * std::log(1.0 - core::uniform_01(random)) * core::uniform_01(random);
    log_p[i] = -surprisal[i];
  }
  const auto of = [](const auto& data) {
    return [&data](auto& state, std::size_t begin, std::size_t end) {
      state.update(std::span(data).subspan(begin, end - begin));
    };
  };
  const auto keyed = [&](const char* name, const auto& empty) {
    row(name, "trigrams", empty, trigrams, n_keys, of(trigrams));
    row(name, "tokens", empty, tokens, n_keys, of(tokens));
  };
  keyed("hyper_log_log p=12", sketch::hyper_log_log({.precision = 12}));
  keyed("hyper_log_log p=14", sketch::hyper_log_log({.precision = 14}));
  keyed("bucketed_sample k=4096", sketch::bucketed_sample());
  keyed("bucketed_sample k=16384", sketch::bucketed_sample({.buckets = 16384}));
  keyed("bottom_k k=4096", sketch::bottom_k());
  keyed("bottom_k k=4096 murmur3", sketch::bottom_k(sketch::theta_options()));
  keyed("count_min 32768 x 5", sketch::count_min({.width = 32768, .depth = 5}));
  keyed("count_table max_keys=16384", summary::count_table({.max_keys = 16384}));
  row("dense_counts V=262144", "tokens", summary::dense_counts(vocabulary), tokens, n_keys, of(ids));
  {
    std::vector<std::uint32_t> small(ids);
    for (auto& id : small) id = std::min(id, 50256U);
    row("dense_counts V=50257", "tokens", summary::dense_counts(50257), tokens, n_keys, of(small));
  }
  row("log_linear_histogram m=5", "numbers", sketch::log_linear_histogram(), tokens, n_keys, of(surprisal));
  row("log_linear_histogram m=7", "numbers", sketch::log_linear_histogram({.mantissa_bits = 7}), tokens, n_keys,
      of(surprisal));
  row("moments", "numbers", summary::moments(), tokens, n_keys, of(surprisal));
  row("log_likelihood", "tokens", summary::log_likelihood(), tokens, n_keys,
      [&](auto& s, std::size_t begin, std::size_t end) {
        s.update(log_probabilities(std::span<const double>(log_p).subspan(begin, end - begin)));
      });
  row("log_likelihood", "documents", summary::log_likelihood(), tokens, n_keys,
      [&](auto& s, std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; i += 500)
          s.add_document(log_probabilities(std::span<const double>(log_p).subspan(i, 500)),
                         {.words = 400, .bytes = 2000});
      });
  for (const std::size_t d : {std::size_t{64}, std::size_t{512}}) {
    const std::size_t points = d == 64 ? 20000 : 2000;
    row(d == 64 ? "covariance d=64 (a point)" : "covariance d=512 (a point)", "numbers", summary::covariance(d), tokens,
        points, [&](auto& s, std::size_t begin, std::size_t end) {
          s.update(rows(std::span<const double>(surprisal).subspan(begin * d, (end - begin) * d), end - begin, d));
        });
  }
  row("min_hash k=128 (a key)", "trigrams", sketch::min_hash({.permutations = 128}), trigrams, 200'000, of(trigrams));
  const timing t = time_update(sketch::reservoir<std::uint64_t>(1024), trigrams, n_keys,
                               [&](auto& s) { s.update(trigrams, random); });
  print("reservoir k=1024", "trigrams", t, 0, 0.0);
  return 0;
}
