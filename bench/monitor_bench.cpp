// SPDX-License-Identifier: BSL-1.0

#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <streambuf>
#include <string>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor.hpp"
#include "tailwatch/sink.hpp"

namespace {

namespace monitor = tailwatch::monitor;
using tailwatch::collapse_direction;
using tailwatch::core::random_engine;

template <class Function>
double seconds(Function&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

const std::vector<double>& stream() {
  static const std::vector<double> x = [] {
    random_engine random(1);
    std::vector<double> values(4096);
    for (double& v : values) v = 0.8 * tailwatch::core::uniform_01(random);
    return values;
  }();
  return x;
}

// Twin: the same recursion in logs, as the formula is usually written.
struct log_domain_twin {
  std::vector<double> bets = monitor::bets_on(collapse_direction::rises, 0.4);
  std::vector<double> log_s = std::vector<double>(bets.size(), -tailwatch::core::infinity);
  double t = 0.0;
  double update(double x) {
    t += 1.0;
    for (std::size_t k = 0; k < bets.size(); ++k)
      log_s[k] =
          monitor::detail::log_add(log_s[k], -std::log(t) - std::log1p(t)) + std::log1p(bets[k] * (x / 0.4 - 1.0));
    return monitor::detail::log_add(monitor::detail::log_sum_exp(log_s) - std::log(4.0), -std::log1p(t));
  }
};

void shiryaev_update(benchmark::State& state) {
  const double twin = seconds([] {
    log_domain_twin detector;
    for (const double x : stream()) benchmark::DoNotOptimize(detector.update(x));
  });
  double own = 0.0;
  for (auto _ : state)
    own += seconds([] {
      monitor::shiryaev_mixture detector(0.4, collapse_direction::rises);
      for (const double x : stream()) benchmark::DoNotOptimize(detector.try_update(x));
      benchmark::DoNotOptimize(detector.log_value());
    });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream().size()));
  state.counters["times_faster_than_logs"] = twin * static_cast<double>(state.iterations()) / own;
}
BENCHMARK(shiryaev_update)->Unit(benchmark::kMicrosecond);

template <class Detector>
void e_detector_update(benchmark::State& state) {
  Detector detector(0.4, collapse_direction::rises);
  for (auto _ : state) {
    for (const double x : stream()) benchmark::DoNotOptimize(detector.try_update(x));
    benchmark::DoNotOptimize(detector.log_value());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream().size()));
}
BENCHMARK(e_detector_update<monitor::e_sr>)->Unit(benchmark::kMicrosecond);
BENCHMARK(e_detector_update<monitor::e_cusum>)->Unit(benchmark::kMicrosecond);

// Twin: the same capitals in logs, one betting_capital per grid point.
void betting_sequence_update(benchmark::State& state) {
  const std::span<const double> x = std::span(stream()).first(256);
  const double twin = seconds([&] {
    for (int j = 1; j < 1000; ++j) {
      monitor::betting_capital capital(0.001 * j, {.convex = false});
      for (const double v : x) capital.update(v);
      benchmark::DoNotOptimize(capital.log_value());
    }
  });
  double own = 0.0;
  for (auto _ : state)
    own += seconds([&] {
      monitor::betting_sequence sequence;
      for (const double v : x) benchmark::DoNotOptimize(sequence.try_update(v));
      benchmark::DoNotOptimize(sequence.log_capital(400));
    });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(x.size()));
  state.counters["times_faster_than_logs"] = twin * static_cast<double>(state.iterations()) / own;
}
BENCHMARK(betting_sequence_update)->Unit(benchmark::kMicrosecond);

template <class Sequence>
void sequence_value(benchmark::State& state) {
  Sequence sequence;
  for (const double x : stream()) sequence.update(x);
  for (auto _ : state) benchmark::DoNotOptimize(sequence.value());
}
BENCHMARK(sequence_value<monitor::betting_sequence>)->Unit(benchmark::kMicrosecond);
BENCHMARK(sequence_value<monitor::conjugate_mixture_bernoulli>)->Unit(benchmark::kMicrosecond);
BENCHMARK(sequence_value<monitor::conjugate_mixture_empirical_bernstein>)->Unit(benchmark::kMicrosecond);

template <class Boundary>
void boundary_value(benchmark::State& state) {
  const Boundary boundary;
  double v = 1.0;
  for (auto _ : state) benchmark::DoNotOptimize(boundary(v = v < 1e6 ? 1.1 * v : 1.0, 0.05));
}
BENCHMARK(boundary_value<monitor::boundary_normal_mixture>);
BENCHMARK(boundary_value<monitor::boundary_gamma_exponential_mixture>);
BENCHMARK(boundary_value<monitor::boundary_beta_binomial_mixture>);
BENCHMARK(boundary_value<monitor::boundary_polynomial_stitching>);

void adwin_update(benchmark::State& state) {
  monitor::adwin window({.clock = static_cast<std::uint64_t>(state.range(0))});
  for (auto _ : state)
    for (const double x : stream()) window.update(x);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(stream().size()));
  state.counters["width"] = static_cast<double>(window.width());
}
BENCHMARK(adwin_update)->Arg(32)->Arg(1)->Unit(benchmark::kMicrosecond);

// 20 signals both ways against one baseline (40 nulls), one block a step: the monitor's own cost in a training loop.
void step_end(benchmark::State& state) {
  random_engine random(3);
  std::vector<monitor::signal> signals(20);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    std::vector<std::vector<double>> parts(5, std::vector<double>(20));
    for (auto& part : parts)
      for (double& v : part) v = tailwatch::core::uniform_01(random);
    signals[i].name = "signal_" + std::to_string(i);
    signals[i].baselines.push_back({"control", monitor::baseline(parts)});
  }
  monitor::collapse_monitor watch(signals);
  std::uint64_t step = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < signals.size(); ++i) watch.observe(i, stream()[(step * 20 + i) % 4096]);
    benchmark::DoNotOptimize(watch.on_step_end(++step).size());
  }
  state.counters["nulls"] = static_cast<double>(watch.nulls());
}
BENCHMARK(step_end)->Unit(benchmark::kMicrosecond);

// 20 signals of hooks, warm-up baselines (40 nulls): what on_step_end costs beyond the row pass, whose time stands beside it.
// range: signals of text among them? Counting n-grams of a block is their cost, not the monitor's.
void hooks_step_end(benchmark::State& state) {
  constexpr std::size_t rows = 2048, vocabulary = 1000;
  std::vector<monitor::signal> signals{
      monitor::entropy_mean(),        monitor::entropy_quantile(0.1), monitor::entropy_quantile(0.5),
      monitor::entropy_quantile(0.9), monitor::max_probability(),     monitor::perplexity(),
      monitor::reward_mean(),         monitor::reward_std(),          monitor::frac_reward_zero_std(),
      monitor::pass_at_k(4),          monitor::policy_kl(1),          monitor::policy_kl(2),
      monitor::policy_kl(3),          monitor::clip_ratio_low(),      monitor::clip_ratio_high(),
      monitor::clip_ratio_region()};
  for (const char* name : {"loss", "gradient_norm", "learning_rate", "held_out_loss"}) {
    monitor::signal s;
    s.name = name;
    signals.push_back(s);
  }
  monitor::collapse_monitor watch(std::move(signals), {.warm_up_blocks = 50});
  random_engine random(4);
  std::vector<float> logits(rows * vocabulary), policy(rows), reference(rows);
  for (float& x : logits) x = static_cast<float>(6.0 * tailwatch::core::uniform_01(random));
  std::vector<std::int64_t> targets(rows, 3);
  std::vector<double> rewards(64);
  std::vector<std::uint64_t> groups(64);
  std::uint64_t step = 0;
  double seconds_of_end = 0.0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < rows; ++i) {
      policy[i] = static_cast<float>(-1.0 - tailwatch::core::uniform_01(random));
      reference[i] = static_cast<float>(-1.0 - tailwatch::core::uniform_01(random));
    }
    for (std::size_t i = 0; i < rewards.size(); ++i) {
      rewards[i] = static_cast<double>(random() % 2);
      groups[i] = i / 8;
    }
    watch.on_logits(logits.data(), rows, vocabulary, vocabulary, targets.data());
    watch.on_rewards(rewards, groups);
    watch.on_policy(monitor::policy_batch<float>{policy, reference, reference, {}, {}});
    for (std::size_t i = 16; i < 20; ++i) watch.observe(i, tailwatch::core::uniform_01(random));
    seconds_of_end += seconds([&] { benchmark::DoNotOptimize(watch.on_step_end(++step).size()); });
  }
  state.counters["us_of_on_step_end"] = 1e6 * seconds_of_end / static_cast<double>(state.iterations());
  state.counters["nulls"] = static_cast<double>(watch.nulls());
}
BENCHMARK(hooks_step_end)->Unit(benchmark::kMicrosecond);

// 2048 sampled rows of GPT-2's vocabulary, from memory; range: 0 entropy and likelihood, 1 with tail mass, 2 with a nucleus.
void hooks_logits(benchmark::State& state) {
  constexpr std::size_t rows = 4096, vocabulary = 50257, stride = 50304;
  static const std::vector<float> logits = [] {
    random_engine random(4);
    std::vector<float> x(rows * stride);
    for (float& v : x) v = static_cast<float>(8.0 * tailwatch::core::uniform_01(random));
    return x;
  }();
  std::vector<monitor::signal> signals{monitor::entropy_mean(), monitor::perplexity()};
  if (state.range(0) == 1) signals.push_back(monitor::softmax_tail_mass(1e-5));
  if (state.range(0) == 2) signals.push_back(monitor::top_p_size(0.9));
  monitor::collapse_monitor watch(std::move(signals));
  const std::vector<std::int64_t> targets(rows, 3);
  std::uint64_t step = 0;
  for (auto _ : state) {
    watch.on_logits(logits.data(), rows, vocabulary, stride, targets.data());
    benchmark::DoNotOptimize(watch.on_step_end(++step).size());
  }
  state.counters["rows"] = 2048;
}
BENCHMARK(hooks_logits)->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

// Nine signals of a block of 1000 tokens, vocabulary 12 k.
void text_block(benchmark::State& state) {
  random_engine random(5);
  tailwatch::token_sequences text;
  for (int s = 0; s < 12000; ++s) {
    std::vector<std::uint32_t> sentence(25);
    for (auto& id : sentence)
      id = static_cast<std::uint32_t>(std::pow(12000.0, tailwatch::core::uniform_01(random))) % 12000;
    text.push_back(sentence);
  }
  const monitor::text_reference reference(text, 12000);
  monitor::text_signals signals(reference);
  const auto blocks = monitor::cut_blocks(text, 1000, random).blocks;
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(signals.values(blocks[i++ % blocks.size()]));
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(text_block)->Unit(benchmark::kMicrosecond);

struct swallowing_buffer : std::streambuf {
  std::streamsize xsputn(const char*, std::streamsize n) override { return n; }
  int_type overflow(int_type c) override { return c; }
};

template <class Sink>
void sink_record(benchmark::State& state) {
  swallowing_buffer buffer;
  std::ostream out(&buffer);
  Sink log(out);
  tailwatch::sink::record r;
  r.name = "token_entropy";
  r.value = 6.0123456789;
  r.standard_error = 0.0123456789;
  r.count = 40;
  for (auto _ : state) {
    ++r.step;
    benchmark::DoNotOptimize(log.write(r));
  }
}
BENCHMARK(sink_record<tailwatch::sink::jsonl>);
BENCHMARK(sink_record<tailwatch::sink::tensorboard>);

void openmetrics_record(benchmark::State& state) {
  tailwatch::sink::openmetrics metrics;
  std::vector<std::string> names(40);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = "signal_" + std::to_string(i);
  tailwatch::sink::record r;
  for (auto _ : state) {
    r.name = names[++r.step % names.size()];
    r.value = static_cast<double>(r.step);
    benchmark::DoNotOptimize(metrics.write(r));
  }
}
BENCHMARK(openmetrics_record);

}  // namespace
