// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/training_signals.hpp"
#include "tailwatch/sink/record.hpp"
#include "tailwatch/summary/softmax_rows.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::core::random_engine;

namespace {

/// Keeps the latest value of each record, and how often it came.
struct hooks_sink {
  using record_type = tailwatch::sink::record;
  std::map<std::string, record_type> latest;
  std::map<std::string, int> times;
  std::vector<double> wall_times;
  [[nodiscard]] bool write(const record_type& r) noexcept {
    if (r.is_alert) {
      times["alert"] += 1;
      return true;
    }
    if (!r.baseline.empty()) {
      times["null"] += 1;
      return true;
    }
    latest[std::string(r.name)] = r;
    times[std::string(r.name)] += 1;
    wall_times.push_back(r.wall_time);
    return true;
  }
  double value(const std::string& name) const {
    const auto at = latest.find(name);
    return at == latest.end() ? tailwatch::core::nan : at->second.value;
  }
};

double hooks_normal(random_engine& random) {
  return tailwatch::core::normal_quantile(tailwatch::core::uniform_01(random) + 0x1p-55);
}

std::vector<float> hooks_logits(std::size_t rows, std::size_t stride, double scale, random_engine& random) {
  std::vector<float> x(rows * stride);
  for (float& v : x) v = static_cast<float>(scale * hooks_normal(random));
  return x;
}

double hooks_time = 100.0;
double hooks_clock() noexcept { return hooks_time += 0.25; }

using cm = monitor::collapse_monitor;
static_assert(noexcept(std::declval<cm&>().on_logits(std::declval<const float*>(), 1U, 1U, 1U)));
static_assert(noexcept(std::declval<cm&>().on_logits(std::declval<const void*>(), 1U, 1U, 1U,
                                                     tailwatch::summary::logit_type::float32)));
static_assert(noexcept(std::declval<cm&>().on_tokens(std::declval<const std::vector<int>&>())));
static_assert(noexcept(std::declval<cm&>().on_tokens(std::declval<const int*>(), 1U, 1U, 1U)));
static_assert(noexcept(std::declval<cm&>().on_samples({})));
static_assert(noexcept(std::declval<cm&>().on_embeddings(std::declval<const float*>(), 1U, 1U)));
static_assert(noexcept(std::declval<cm&>().on_rewards(std::declval<const std::vector<double>&>())));
static_assert(noexcept(std::declval<cm&>().on_policy(monitor::policy_batch<float>{})));
static_assert(noexcept(std::declval<cm&>().on_evaluate("loss", 1.0)));
static_assert(noexcept(std::declval<cm&>().merge(std::declval<cm&>())));

}  // namespace

TEST_CASE("hooks: logits are measured as softmax_rows measures them, padding, targets and mask included", "[monitor]") {
  random_engine random(1);
  constexpr std::size_t rows = 40, vocabulary = 50, stride = 64;
  std::vector<float> x = hooks_logits(rows, stride, 2.0, random);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = vocabulary; j < stride; ++j) x[r * stride + j] = 1e9F;  // padding must not be read
  std::vector<std::int32_t> targets(rows);
  std::vector<std::uint8_t> mask(rows, 1);
  for (std::size_t r = 0; r < rows; ++r) {
    targets[r] = r % 5 == 0 ? -100 : static_cast<std::int32_t>(r);
    mask[r] = r % 4 == 0 ? 0 : 1;
  }
  cm m({monitor::entropy_mean(), monitor::entropy_quantile(0.5), monitor::max_probability(), monitor::perplexity(),
        monitor::softmax_tail_mass(1e-2), monitor::top_p_size(0.8), monitor::top_p_tail_mass(0.8),
        monitor::entropy_quantile(0.1), monitor::entropy_quantile(0.9)});
  hooks_sink sink;
  m.attach(sink);
  m.on_logits(x.data(), rows, vocabulary, stride, targets.data(), mask.data());
  m.on_step_end(1);
  tailwatch::summary::softmax_rows whole({.tail_thresholds = {1e-2}, .top_p = {0.8}});
  whole.update(x.data(), rows, vocabulary, stride, targets.data(), mask.data());
  // Sums are rounded to 2⁻⁴⁰ a term.
  CHECK(std::abs(sink.value("entropy/mean") - whole.entropy().mean().value) < 1e-11);
  CHECK(std::abs(sink.latest["entropy/mean"].standard_error / whole.entropy().mean().standard_error - 1.0) < 1e-9);
  CHECK(sink.latest["entropy/mean"].count == whole.count());
  CHECK(std::abs(sink.value("max_probability/mean") - whole.max_probability().mean().value) < 1e-11);
  CHECK(std::abs(std::log(sink.value("perplexity")) - whole.negative_log_likelihood().mean().value) < 1e-11);
  CHECK(std::abs(sink.value("softmax_tail_mass") - whole.tail_mass(0).mean().value) < 1e-11);
  CHECK(sink.latest["perplexity"].count == whole.negative_log_likelihood().count());
  CHECK(std::abs(sink.value("top_p/size") - whole.nucleus_size(0).mean().value) < 1e-11);
  CHECK(std::abs(sink.value("top_p/tail_mass") - whole.mass_outside_top_p(0).mean().value) < 1e-11);
  CHECK(sink.value("entropy/sampling_error") == 0.0);  // every row was read
  std::vector<double> entropies;
  for (std::size_t r = 0; r < rows; ++r) {
    if (mask[r] == 0) continue;
    const auto partial = tailwatch::simd::row_pass(x.data() + r * stride, vocabulary);
    entropies.push_back(tailwatch::simd::entropy(partial));
  }
  std::ranges::sort(entropies);  // 30 of them: the 3rd, 15th, 27th; one error of the share is 1.64, 2.74 ranks
  CHECK(sink.value("entropy/p10") == entropies[2]);
  CHECK(sink.value("entropy/p50") == entropies[14]);
  CHECK(sink.value("entropy/p90") == entropies[26]);
  CHECK(sink.latest["entropy/p50"].standard_error == 0.5 * (entropies[17] - entropies[12]));
  CHECK(sink.latest["entropy/p90"].standard_error == 0.5 * (entropies[28] - entropies[25]));
  CHECK(sink.value("entropy/p50") > whole.entropy().sums().mean - 1.0);
  CHECK(sink.times["monitor/problem/no_baseline"] == 1);
  // The next step has no logits: no value, and nothing is reported twice.
  m.on_step_end(2);
  CHECK(sink.times["entropy/mean"] == 1);
  CHECK(sink.times["monitor/problem/no_baseline"] == 1);
  CHECK(tailwatch::core::is_nan(m.last_cost()));
}

TEST_CASE("hooks: a sample of the rows is unbiased and its error is what is printed", "[monitor]") {
  random_engine random(2);
  constexpr std::size_t rows = 500, vocabulary = 8;
  std::vector<float> x(rows * vocabulary);
  for (std::size_t r = 0; r < rows; ++r) {
    const double scale = 0.2 + 4.0 * tailwatch::core::uniform_01(random);
    for (std::size_t j = 0; j < vocabulary; ++j)
      x[r * vocabulary + j] = static_cast<float>(scale * hooks_normal(random));
  }
  cm all({monitor::entropy_mean()});
  cm some({monitor::entropy_mean()}, {.gather = {.rows_per_call = 100}});
  hooks_sink whole, sampled;
  all.attach(whole);
  some.attach(sampled);
  all.on_logits(x.data(), rows, vocabulary, vocabulary);
  all.on_step_end(1);
  const double truth = whole.value("entropy/mean");
  double sum = 0.0, squares = 0.0, printed = 0.0;
  constexpr int repetitions = 400;
  for (int i = 1; i <= repetitions; ++i) {
    some.on_logits(x.data(), rows, vocabulary, vocabulary);
    some.on_step_end(static_cast<std::uint64_t>(i));
    CHECK(sampled.latest["entropy/mean"].count == 100);
    const double d = sampled.value("entropy/mean") - truth;
    sum += d;
    squares += d * d;
    printed += sampled.value("entropy/sampling_error") * sampled.value("entropy/sampling_error");
  }
  const double deviation = std::sqrt(squares / repetitions);
  CHECK(std::abs(sum / repetitions) < 4.0 * deviation / std::sqrt(repetitions));
  // The spread of a variance of 400 near-normal values: 7 % at one standard error.
  CHECK(std::abs(std::sqrt(printed / repetitions) / deviation - 1.0) < 4.0 * 0.5 * std::sqrt(2.0 / repetitions));
}

TEST_CASE("hooks: text, samples, embeddings, rewards and policies give the values one works out by hand", "[monitor]") {
  std::vector<monitor::signal> signals{monitor::types(),
                                       monitor::distinct_n(2),
                                       monitor::repetition_n(1),
                                       monitor::singleton_share(1),
                                       monitor::missing_mass(),
                                       monitor::duplicate_rate(),
                                       monitor::near_duplicate_rate(),
                                       monitor::unique_response_ratio(),
                                       monitor::response_length(),
                                       monitor::response_clip_ratio(3),
                                       monitor::embedding_log_variance(),
                                       monitor::embedding_effective_rank(),
                                       monitor::reward_mean(),
                                       monitor::reward_std(),
                                       monitor::frac_reward_zero_std(),
                                       monitor::pass_at_k(2),
                                       monitor::policy_kl(1),
                                       monitor::policy_kl(2),
                                       monitor::policy_kl(3),
                                       monitor::clip_ratio_low(),
                                       monitor::clip_ratio_high(),
                                       monitor::clip_ratio_region()};
  // One's own is one line.
  signals.push_back(
      {.name = "longest", .source = monitor::block_source::tokens, .measure = [](const monitor::block_data& b) {
         return static_cast<double>(b.tokens().sequences()[0].size());
       }});
  cm m(std::move(signals));
  hooks_sink sink;
  m.attach(sink);

  // 7 7 8 | 8 9: types {7, 8, 9}; bigrams 77 78 89; f1 = 1 (9)
  const std::vector<int> batch{7, 7, 8, 99, 8, 9, 99, 99};
  const std::vector<std::uint8_t> mask{1, 1, 1, 0, 1, 1, 0, 0};
  m.on_tokens(batch.data(), 2, 4, 4, mask.data());
  tailwatch::token_sequences responses;
  for (const std::vector<int>& r : {std::vector<int>{1, 2, 3}, {1, 2, 3}, {4}, {5, 6}}) responses.push_back(r);
  const std::vector<std::uint64_t> prompts{0, 0, 1, 1};
  m.on_samples(responses, prompts);
  const std::vector<float> points{1, 0, -1, 0, 0, 1, 0, -1};
  m.on_embeddings(points.data(), 4, 2);
  m.on_rewards(std::vector<double>{1.0, 0.0, 1.0, 1.0}, prompts);
  const std::vector<float> policy{-1.0F, -2.0F, -3.0F}, old{-1.5F, -2.0F, -2.0F}, reference{-1.0F, -1.0F, -3.0F},
      advantages{1.0F, 1.0F, -1.0F};
  m.on_policy(monitor::policy_batch<float>{policy, old, reference, advantages, {}});
  m.on_evaluate("held_out_loss", 3.25);
  m.on_step_end(1);

  CHECK(sink.value("types") == 3.0);
  CHECK(sink.value("distinct_2") == 1.0);
  CHECK(std::abs(sink.value("repetition_1") - 0.4) < 1e-15);
  CHECK(std::abs(sink.value("f1_share_1") - 1.0 / 3.0) < 1e-15);
  CHECK(std::abs(sink.value("missing_mass") - 0.2) < 1e-15);
  CHECK(sink.value("longest") == 3.0);
  CHECK(sink.value("samples/duplicate_rate") == 0.25);
  CHECK(sink.value("samples/near_duplicate_rate") == 0.25);
  CHECK(sink.value("unique_response_ratio") == 0.75);
  CHECK(sink.value("response_length/mean") == 2.25);
  CHECK(sink.value("response_length/clip_ratio") == 0.5);
  CHECK(std::abs(sink.value("embedding/log_variance") - std::log(4.0 / 6.0)) < 1e-12);
  CHECK(std::abs(sink.value("embedding/effective_rank") - 2.0) < 1e-12);
  CHECK(sink.value("reward/mean") == 0.75);
  CHECK(std::abs(sink.value("reward_std") - 0.5 * std::sqrt(0.5)) < 1e-11);
  CHECK(sink.value("frac_reward_zero_std") == 0.5);
  CHECK(sink.value("pass_at_2") == 1.0);
  CHECK(std::abs(sink.value("kl/k1") + 1.0 / 3.0) < 1e-11);
  CHECK(std::abs(sink.value("kl/k2") - 0.5 / 3.0) < 1e-11);
  CHECK(std::abs(sink.value("kl/k3") - (std::exp(1.0) - 2.0) / 3.0) < 1e-11);
  CHECK(std::abs(sink.value("clip_ratio/low_mean") - 1.0 / 3.0) < 1e-11);   // e⁻¹ below 0.8, advantage < 0
  CHECK(std::abs(sink.value("clip_ratio/high_mean") - 1.0 / 3.0) < 1e-11);  // e^0.5 above 1.2, advantage > 0
  CHECK(std::abs(sink.value("clip_ratio/region_mean") - 2.0 / 3.0) < 1e-11);
  CHECK(sink.value("held_out_loss") == 3.25);
  CHECK(m.dropped() == 0);
  CHECK(m.count(monitor::problem::refused) == 0);
}

TEST_CASE("hooks: text against a reference", "[monitor]") {
  random_engine random(4);
  const auto text = [&](std::size_t tokens, double exponent) {
    tailwatch::token_sequences t;
    for (std::size_t i = 0; i < tokens / 20; ++i) {
      std::vector<std::uint32_t> s(20);
      for (auto& id : s)
        id = static_cast<std::uint32_t>(500.0 * std::pow(tailwatch::core::uniform_01(random), exponent));
      t.push_back(s);
    }
    return t;
  };
  const monitor::text_reference reference(text(20000, 3.0), 500);
  cm m({monitor::kl_to_reference(reference), monitor::jensen_shannon_to_reference(reference),
        monitor::rare_type_coverage(reference), monitor::rare_word_mass(reference), monitor::novel_trigrams(reference),
        monitor::token_entropy()},
       {.gather = {.block_tokens = 2000}});
  hooks_sink sink;
  m.attach(sink);
  m.on_tokens(text(10000, 3.0));
  m.on_step_end(1);
  CHECK(sink.latest["kl/reference"].count == 5);  // blocks
  // Mean of five values about 0 with the spread of the five.
  CHECK(std::abs(sink.value("kl/reference")) < 5.0 * sink.latest["kl/reference"].standard_error + 1e-3);
  const double divergence = sink.value("jensen_shannon/reference");
  CHECK(divergence > 0.0);
  m.on_tokens(text(10000, 5.0));
  m.on_step_end(2);
  CHECK(sink.value("kl/reference") > 10.0 * sink.latest["kl/reference"].standard_error);
  CHECK(sink.value("jensen_shannon/reference") > divergence);
  CHECK(m.count(monitor::problem::failed) == 0);
}

TEST_CASE("hooks: blocks of text are cut to the token across steps, other blocks are steps", "[monitor]") {
  cm m({monitor::types(), monitor::reward_mean()}, {.steps_per_block = 2, .gather = {.block_tokens = 10}});
  hooks_sink sink;
  m.attach(sink);
  const std::vector<int> seven{1, 2, 3, 4, 5, 6, 7};
  m.on_tokens(seven);
  m.on_rewards(std::vector<double>{1.0});
  m.on_step_end(1);
  CHECK(sink.times["types"] == 0);
  CHECK(sink.times["reward/mean"] == 0);
  m.on_tokens(seven);
  m.on_rewards(std::vector<double>{2.0});
  m.on_step_end(2);
  CHECK(sink.value("types") == 7.0);  // 1 ... 7 and 1 2 3
  CHECK(sink.value("reward/mean") == 1.5);
  CHECK(m.gathered().tokens().sequences().token_count() == 4);
  m.on_generation_end();
  CHECK(m.gathered().tokens().empty());
  CHECK(m.dropped() == 0);
}

TEST_CASE("hooks: bad input is counted, told once, and never fatal", "[monitor]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  cm m({monitor::entropy_mean(), monitor::types(), monitor::reward_mean(), monitor::embedding_log_variance(),
        monitor::unique_response_ratio(), monitor::policy_kl()},
       {.gather = {.max_tokens = 8, .max_rows = 3, .max_rewards = 2}});
  hooks_sink sink;
  m.attach(sink);
  const std::vector<float> x{0, nan, 1, 0, 0, 0};
  using monitor::problem;
  m.on_logits(x.data(), 3, 2, 2);  // one row of three holds NaN
  CHECK(m.count(problem::rejected) == 1);
  m.on_logits(x.data(), 0, 2, 2);
  CHECK(m.count(problem::empty_batch) == 1);
  m.on_logits(x.data(), 3, 2, 1);  // a stride below the vocabulary
  m.on_logits(static_cast<const float*>(nullptr), 3, 2, 2);
  m.on_logits(x.data(), 3, 0, 2);
  CHECK(m.count(problem::refused) == 3);
  const std::vector<std::uint8_t> nothing(3, 0);
  m.on_logits(x.data(), 3, 2, 2, static_cast<const int*>(nullptr), nothing.data());
  CHECK(m.count(problem::empty_batch) == 2);
  m.on_logits(x.data() + 2, 2, 2, 2);  // room for one more row
  CHECK(m.dropped() == 1);
  m.on_tokens(std::vector<int>(9, 1));  // room for eight
  CHECK(m.dropped() == 10);
  m.on_tokens(std::vector<int>{});
  CHECK(m.count(problem::empty_batch) == 3);
  m.on_rewards(std::vector<double>{1.0, std::numeric_limits<double>::infinity(), 2.0, 3.0});
  CHECK(m.dropped() == 11);
  CHECK(m.count(problem::rejected) == 2);
  m.on_rewards(std::vector<double>{1.0}, std::vector<std::uint64_t>{1, 2});
  CHECK(m.count(problem::refused) == 4);
  m.on_embeddings(x.data(), 3, 2);
  CHECK(m.count(problem::rejected) == 3);
  m.on_embeddings(x.data(), 2, 3);  // another dimension
  CHECK(m.count(problem::refused) == 5);
  tailwatch::token_sequences one;
  one.push_back(std::vector<int>{1});
  m.on_samples(one, std::vector<std::uint64_t>{1, 2});
  CHECK(m.count(problem::refused) == 6);
  const std::vector<float> logs{-1.0F, nan};
  m.on_policy(monitor::policy_batch<float>{logs, {}, std::span<const float>(logs).first(1), {}, {}});
  CHECK(m.count(problem::refused) == 7);
  m.on_policy(monitor::policy_batch<float>{logs, {}, logs, {}, {}});
  CHECK(m.count(problem::rejected) == 4);
  m.on_evaluate("loss", static_cast<double>(nan));
  CHECK(m.on_step_end(7).empty());
  CHECK(std::abs(sink.value("entropy/mean") -
                 (std::log(2.0) * 2 + std::log(1.0 + std::exp(1.0)) - std::exp(1.0) / (1.0 + std::exp(1.0))) / 3.0) <
        0.2);
  CHECK(sink.times["unique_response_ratio"] == 0);
  CHECK(m.on_step_end(3).empty());  // backwards
  CHECK(m.out_of_order() == 1);
  m.on_step_end(8);
  m.on_step_end(9);
  for (const char* name : {"dropped", "out_of_order", "refused", "empty_batch", "rejected", "no_baseline"})
    CHECK(sink.times["monitor/problem/" + std::string(name)] == 1);
}

TEST_CASE("hooks: a measure that throws or is missing costs its value alone", "[monitor]") {
  monitor::signal bad{.name = "bad",
                      .source = monitor::block_source::rewards,
                      .measure = [](const monitor::block_data&) -> double { throw std::runtime_error("no"); }};
  cm m({bad, monitor::reward_mean()});
  hooks_sink sink;
  m.attach(sink);
  m.on_rewards(std::vector<float>{1.0F, 3.0F});
  m.on_step_end(1);
  CHECK(m.count(monitor::problem::failed) == 1);
  CHECK(m.screened() == 1);
  CHECK(sink.value("reward/mean") == 2.0);
  bad.measure = {};
  CHECK_THROWS_AS(cm({bad}), std::invalid_argument);
  CHECK_THROWS_AS(cm({monitor::reward_mean()}, {.steps_per_block = 0}), std::invalid_argument);
  CHECK_THROWS_AS(cm({monitor::reward_mean()}, {.warm_up_blocks = 19}), std::invalid_argument);
  CHECK_THROWS_AS(cm({monitor::softmax_tail_mass(0.1)}, {.gather = {.tail_thresholds = std::vector<double>(8, 0.2)}}),
                  std::invalid_argument);
}

TEST_CASE("hooks: cost and wall time come from the caller's clock", "[monitor]") {
  cm m({monitor::reward_mean()}, {.clock = hooks_clock});
  hooks_sink sink;
  m.attach(sink);
  hooks_time = 100.0;
  m.on_rewards(std::vector<double>{1.0});  // one tick inside
  m.on_step_end(1);                        // one more
  CHECK(m.last_cost() == 0.5);
  CHECK(sink.value("monitor/seconds") == 0.5);
  CHECK(sink.wall_times.front() > 100.0);
}

TEST_CASE("hooks: the start of the run is the baseline of signals that have none", "[monitor]") {
  cm m({monitor::entropy_mean(), monitor::reward_mean()},
       {.warm_up_blocks = 60, .warm_up = {.parts = monitor::part_model::random_split}});
  hooks_sink sink;
  m.attach(sink);
  CHECK(m.nulls() == 4);
  random_engine random(9);
  std::uint64_t alarm = 0;
  std::vector<std::byte> bytes;
  for (std::uint64_t step = 1; step <= 260 && alarm == 0; ++step) {
    const double scale = step <= 160 ? 1.0 : 2.0;  // entropy collapses at 160
    const auto x = hooks_logits(64, 16, scale, random);
    m.on_logits(x.data(), 64, 16, 16);
    m.on_rewards(std::vector<double>{hooks_normal(random)});
    if (step % 50 == 7) {  // killed in the middle of a step, before and after the warm-up, and resumed
      REQUIRE(m.on_save(bytes));
      cm resumed({monitor::entropy_mean(), monitor::reward_mean()},
                 {.warm_up_blocks = 60, .warm_up = {.parts = monitor::part_model::random_split}});
      REQUIRE(resumed.on_load(bytes));
      resumed.attach(sink);
      m = resumed;
    }
    for (const monitor::alert& a : m.on_step_end(step)) {
      CHECK(a.signal == "entropy/mean");
      CHECK(a.direction == tailwatch::collapse_direction::falls);
      CHECK(a.baseline == monitor::warm_up_label);
      alarm = step;
    }
  }
  CHECK(alarm > 160);
  CHECK(alarm < 200);
  CHECK(sink.times["null"] == 4);  // told when they were formed
}

TEST_CASE("hooks: with patience an action waits until the values stay beyond the bound, the alert does not",
          "[monitor]") {
  for (const bool lasting : {false, true}) {
    random_engine random(11);
    monitor::baseline_options split;
    split.parts = monitor::part_model::random_split;
    std::vector<std::vector<double>> parts(5, std::vector<double>(40));
    for (auto& part : parts)
      for (double& v : part) v = hooks_normal(random);
    monitor::signal s{.name = "reward", .baselines = {{"human", monitor::baseline(parts, split)}}};
    cm m({s}, {.on_alert = monitor::action::stop, .patience = 5});
    std::uint64_t alert = 0, action = 0;
    for (std::uint64_t step = 1; step <= 100; ++step) {
      const bool away = step > 30 && (lasting || alert == 0);
      m.observe("reward", (away ? -3.0 : 0.0) + 0.5 * hooks_normal(random));
      if (!m.on_step_end(step).empty()) alert = step;
      if (m.requested_action() == monitor::action::stop && action == 0) action = step;
    }
    CHECK(alert > 30);
    if (lasting) {
      CHECK(action == alert + 5);
    } else {
      CHECK((action == 0 || action > alert + 5));
    }
  }
}

TEST_CASE("hooks: threads and ranks merged judge as one monitor, bit for bit", "[monitor]") {
  const std::vector<monitor::signal> signals{monitor::entropy_mean(),          monitor::entropy_quantile(0.1),
                                             monitor::token_entropy(),         monitor::reward_std(),
                                             monitor::duplicate_rate(),        monitor::policy_kl(),
                                             monitor::embedding_log_variance()};
  monitor::collapse_monitor_options options;
  options.warm_up_blocks = 40;
  options.steps_per_block = 2;
  options.gather.block_tokens = 100;
  const cm fresh(signals, options);
  const auto run = [&](std::size_t ranks, bool through_bytes) {
    std::vector<cm> monitors(ranks, fresh);
    random_engine random(21);
    std::string history;
    for (std::uint64_t step = 1; step <= 300; ++step) {
      const double scale = step < 150 ? 1.0 : 1.6;
      for (std::size_t item = 0; item < 12; ++item) {  // a batch of 12, dealt to the ranks in contiguous shares
        cm& m = monitors[item * ranks / 12];
        const auto x = hooks_logits(4, 24, scale, random);
        m.on_logits(x.data(), 4, 24, 24);
        std::vector<std::uint32_t> text(10 + item);
        for (auto& id : text) id = static_cast<std::uint32_t>(20.0 * tailwatch::core::uniform_01(random));
        m.on_tokens(text);
        tailwatch::token_sequences response;
        response.push_back(std::vector<int>{static_cast<int>(3 * tailwatch::core::uniform_01(random))});
        m.on_samples(response);
        m.on_rewards(std::vector<double>{hooks_normal(random), hooks_normal(random)},
                     std::vector<std::uint64_t>{item, item});
        const std::vector<float> policy{x[0] - 5.0F}, reference{x[1] - 5.0F};
        m.on_policy(monitor::policy_batch<float>{policy, {}, reference, {}, {}});
        m.on_embeddings(x.data(), 4, 24);
      }
      for (std::size_t r = 1; r < ranks; ++r) {
        if (through_bytes) {  // as a rank sends them
          std::vector<std::byte> bytes;
          REQUIRE(monitors[r].on_save(bytes));
          cm received = fresh;
          REQUIRE(received.on_load(bytes));
          REQUIRE(monitors[0].merge(received));
          monitors[r].clear_gathered();
        } else {
          REQUIRE(monitors[0].merge(monitors[r]));
        }
      }
      for (const monitor::alert& a : monitors[0].on_step_end(step)) history += monitor::describe(a) + "\n";
      if (step == 100 && ranks > 1) {  // the run goes on with another number of ranks
        std::vector<std::byte> bytes;
        REQUIRE(monitors[0].on_save(bytes));
        ranks = ranks == 3 ? 2 : 4;
        monitors.assign(ranks, fresh);
        REQUIRE(monitors[0].on_load(bytes));
      }
    }
    return history;
  };
  const std::string one = run(1, false);
  CHECK_FALSE(one.empty());
  CHECK(run(3, false) == one);
  CHECK(run(2, true) == one);
  cm other({monitor::entropy_mean()});
  cm mine = fresh;
  CHECK_FALSE(mine.merge(other));
  CHECK(mine.count(monitor::problem::refused) == 1);
}

TEST_CASE("hooks: threads fill monitors of their own at the same time, one judges", "[monitor]") {
  const cm fresh(
      {monitor::entropy_mean(), monitor::entropy_quantile(0.9), monitor::distinct_n(2), monitor::reward_std()},
      {.warm_up_blocks = 20});
  constexpr std::size_t threads = 4;
  const auto feed = [](cm& m, std::uint64_t step, std::size_t share) {
    random_engine random(tailwatch::core::split_seed(step, share));
    const auto x = hooks_logits(8, 32, step < 60 ? 1.0 : 1.8, random);
    m.on_logits(x.data(), 8, 32, 32);
    std::vector<std::uint16_t> text(40);
    for (auto& id : text) id = static_cast<std::uint16_t>(30.0 * tailwatch::core::uniform_01(random));
    m.on_tokens(text);
    m.on_rewards(std::vector<float>{x[0], x[1], x[2]}, std::vector<std::uint64_t>(3, share));
  };
  cm one = fresh;
  std::vector<cm> monitors(threads, fresh);
  bool alarmed = false;
  for (std::uint64_t step = 1; step <= 120; ++step) {
    for (std::size_t t = 0; t < threads; ++t) feed(one, step, t);
    std::vector<std::thread> workers;
    for (std::size_t t = 0; t < threads; ++t)
      workers.emplace_back([&, t] { feed(monitors[t], step, t); });  // no lock: nothing is shared
    for (std::thread& w : workers) w.join();
    for (std::size_t t = 1; t < threads; ++t) REQUIRE(monitors[0].merge(monitors[t]));
    const auto expected = one.on_step_end(step);
    const auto found = monitors[0].on_step_end(step);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(monitor::describe(found[i]) == monitor::describe(expected[i]));
    REQUIRE(monitors[0].log_e_value() == one.log_e_value());
    alarmed = alarmed || !found.empty();
  }
  CHECK(alarmed);
  CHECK(monitors[0].dropped() == 0);
}
