// SPDX-License-Identifier: BSL-1.0
//
// Reinforcement learning in miniature, watched: a policy writes responses to prompts and is trained on their rewards by the
// policy gradient with group baselines, as language models are fine-tuned. Three runs differ in one term of the loss:
//
//   reward alone                    the policy sharpens until every response to a prompt is the same: entropy collapses
//   a large entropy bonus           it forgets what it knew: entropy explodes
//   an anchor to the first policy   it stays near it: no alarm
//
// The baseline is the policy before its first update. Each run prints when the monitor alarms and when the damage is done.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/entropy/softmax_entropy_gradient.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/training_signals.hpp"

namespace {

using namespace tailwatch;

constexpr std::size_t prompts = 32, prompts_per_step = 8, responses = 16, length = 6, vocabulary = 24;
constexpr std::size_t rows = prompts_per_step * length;
constexpr std::uint64_t warm_up = 100, steps = 1500;

struct setting {
  const char* name;
  double entropy_bonus;
  double anchor;  ///< weight of KL(policy‖first policy)
};

struct outcome {
  std::uint64_t alarm = 0;  ///< step of the first alarm, 0 if none; then its direction and kind
  collapse_direction direction = collapse_direction::either;
  monitor::collapse_kind kind = monitor::collapse_kind::unclassified;
  std::uint64_t damage =
      0;  ///< step at which the entropy is half its first value, or as far above it as half of the room
  double first_reward = 0.0, last_reward = 0.0;
  std::uint64_t dropped = 0;
};

struct row_softmax {
  std::array<double, vocabulary> p{}, log_p{};
  explicit row_softmax(const float* x) {
    double maximum = x[0], sum = 0.0;
    for (std::size_t v = 1; v < vocabulary; ++v) maximum = std::max(maximum, static_cast<double>(x[v]));
    for (std::size_t v = 0; v < vocabulary; ++v) sum += std::exp(static_cast<double>(x[v]) - maximum);
    for (std::size_t v = 0; v < vocabulary; ++v) {
      log_p[v] = static_cast<double>(x[v]) - maximum - std::log(sum);
      p[v] = std::exp(log_p[v]);
    }
  }
  [[nodiscard]] std::uint32_t sample(core::random_engine& random) const {
    double left = core::uniform_01(random);
    std::uint32_t v = 0;
    while (v + 1 < vocabulary && (left -= p[v]) >= 0.0) ++v;
    return v;
  }
};

/// Half of the words suit a prompt, so there are 12⁶ perfect responses: nothing forces the policy to know only one.
double reward(std::size_t prompt, std::span<const std::uint32_t> response) {
  double fitting = 0.0;
  for (const std::uint32_t word : response) fitting += (word + prompt) % 2 == 0 ? 1.0 : 0.0;
  return fitting / static_cast<double>(length);
}

outcome train(const setting& s) {
  monitor::collapse_monitor watch(
      {monitor::entropy_mean(), monitor::entropy_quantile(0.1), monitor::entropy_quantile(0.9),
       monitor::distinct_n(2, monitor::block_source::samples), monitor::unique_response_ratio(), monitor::reward_std(),
       monitor::frac_reward_zero_std()},
      {.warm_up_blocks = warm_up, .gather = {.vocabulary = vocabulary, .rows_per_call = 0}});

  core::random_engine random(11);
  std::vector<float> policy(prompts * length * vocabulary);
  for (std::size_t j = 0; j < policy.size(); ++j)  // what it knows before: some words are likelier than others
    policy[j] = static_cast<float>((1.0 + 0.02 * static_cast<double>(j / (length * vocabulary))) *
                                   std::sin(1.0 + 7.0 * static_cast<double>(j)));
  const std::vector<float> first = policy;
  std::vector<float> logits(rows * vocabulary), bonus(logits.size());
  std::vector<double> gradient(logits.size());
  std::vector<std::size_t> order(prompts);
  std::iota(order.begin(), order.end(), std::size_t{0});

  outcome result;
  double first_entropy = 0.0;
  watch.on_train_begin();
  for (std::uint64_t step = 1; step <= warm_up + steps; ++step) {
    core::shuffle(order, random);
    constexpr std::size_t of_one = length * vocabulary;
    for (std::size_t i = 0; i < prompts_per_step; ++i)
      std::copy_n(policy.begin() + static_cast<std::ptrdiff_t>(order[i] * of_one), of_one,
                  logits.begin() + static_cast<std::ptrdiff_t>(i * of_one));
    watch.on_logits(logits.data(), rows, vocabulary, vocabulary);
    core::token_sequences samples;
    std::vector<std::uint64_t> of_prompt;
    std::vector<double> rewards;
    std::ranges::fill(gradient, 0.0);
    double mean_reward = 0.0;
    for (std::size_t i = 0; i < prompts_per_step; ++i) {
      const std::size_t q = order[i];
      std::vector<row_softmax> at;
      for (std::size_t t = 0; t < length; ++t) at.emplace_back(logits.data() + (i * length + t) * vocabulary);
      std::vector<std::array<std::uint32_t, length>> group(responses);
      double mean = 0.0;
      for (auto& response : group) {
        for (std::size_t t = 0; t < length; ++t) response[t] = at[t].sample(random);
        samples.push_back(response);
        of_prompt.push_back(q);
        rewards.push_back(reward(q, response));
        mean += rewards.back() / static_cast<double>(responses);
      }
      mean_reward += mean / static_cast<double>(prompts_per_step);
      // Ascent of Σ (reward − group mean)·ln p, and of −anchor·KL(p‖first).
      for (std::size_t r = 0; r < responses; ++r) {
        const double advantage = (rewards[i * responses + r] - mean) / static_cast<double>(responses);
        for (std::size_t t = 0; t < length; ++t)
          for (std::size_t v = 0; v < vocabulary; ++v)
            gradient[(i * length + t) * vocabulary + v] += advantage * ((group[r][t] == v ? 1.0 : 0.0) - at[t].p[v]);
      }
      for (std::size_t t = 0; t < length && s.anchor > 0.0; ++t) {
        const std::size_t row = (i * length + t) * vocabulary;
        const row_softmax anchor(first.data() + (q * length + t) * vocabulary);
        double kl = 0.0;
        for (std::size_t v = 0; v < vocabulary; ++v) kl += at[t].p[v] * (at[t].log_p[v] - anchor.log_p[v]);
        for (std::size_t v = 0; v < vocabulary; ++v)
          gradient[row + v] -= s.anchor * at[t].p[v] * (at[t].log_p[v] - anchor.log_p[v] - kl);
      }
    }
    watch.on_samples(samples, of_prompt);
    watch.on_rewards(rewards, of_prompt);
    watch.on_evaluate("reward/mean", mean_reward);

    const auto regulariser =
        entropy::softmax_entropy_gradient(logits.data(), rows, vocabulary, vocabulary, bonus.data(), vocabulary);
    const double mean_entropy = regulariser.value / static_cast<double>(rows);
    if (step == 1) first_entropy = mean_entropy, result.first_reward = mean_reward;
    const double halfway_up = (first_entropy + std::log(static_cast<double>(vocabulary))) / 2.0;
    if (result.damage == 0 && (mean_entropy < first_entropy / 2.0 || mean_entropy > halfway_up)) result.damage = step;
    result.last_reward = mean_reward;

    for (const monitor::alert& a : watch.on_step_end(step)) {
      if (result.alarm != 0) continue;
      result.alarm = step;
      result.direction = a.direction;
      result.kind = a.kind;
      std::printf("%-22s %s\n", s.name, monitor::describe(a).c_str());
    }
    if (step <= warm_up) continue;  // what is normal is learned before anything is trained
    constexpr double rate = 2.0;
    for (std::size_t i = 0; i < prompts_per_step; ++i)
      for (std::size_t j = 0; j < of_one; ++j)
        policy[order[i] * of_one + j] += static_cast<float>(
            rate * (gradient[i * of_one + j] + s.entropy_bonus * static_cast<double>(bonus[i * of_one + j])));
  }
  watch.on_train_end();
  result.dropped = watch.dropped();
  return result;
}

void print(const setting& s, const outcome& o) {
  std::printf("%-22s reward %.2f -> %.2f; ", s.name, o.first_reward, o.last_reward);
  if (o.alarm == 0) {
    std::printf("no alarm in %d steps\n", static_cast<int>(steps));
    return;
  }
  std::printf("alarm %d steps after the first update (%s)", static_cast<int>(o.alarm - warm_up),
              std::string(monitor::to_string(o.kind)).c_str());
  if (o.damage != 0) std::printf(", entropy halfway gone after %d", static_cast<int>(o.damage - warm_up));
  std::printf("\n");
}

}  // namespace

int main() {
  const std::array<setting, 3> settings{
      {{"reward alone", 0.0, 0.0}, {"large entropy bonus", 0.3, 0.0}, {"anchored", 0.0, 1.0}}};
  const outcome collapse = train(settings[0]);
  const outcome explosion = train(settings[1]);
  const outcome anchored = train(settings[2]);
  print(settings[0], collapse);
  print(settings[1], explosion);
  print(settings[2], anchored);
  const bool collapse_seen = collapse.alarm > warm_up && collapse.damage > collapse.alarm &&
                             collapse.kind == monitor::collapse_kind::shrinkage;
  const bool explosion_seen = explosion.alarm > warm_up && explosion.damage > explosion.alarm &&
                              explosion.direction == collapse_direction::rises &&
                              explosion.kind == monitor::collapse_kind::expansion;
  return collapse_seen && explosion_seen && anchored.alarm == 0 && collapse.dropped == 0 ? 0 : 1;
}
