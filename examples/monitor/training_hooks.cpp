// SPDX-License-Identifier: BSL-1.0

// A training loop that hands its logits, samples and rewards to the monitor. The first 100 steps are what is normal;
// from step 200 on the policy sharpens until it says one thing.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/training_signals.hpp"

namespace monitor = tailwatch::monitor;

constexpr std::size_t prompts = 8, responses = 4, length = 6, vocabulary = 40;

double seconds() noexcept {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

int main() {
  monitor::collapse_monitor watch(
      {monitor::entropy_mean(),
       monitor::entropy_quantile(0.9),
       monitor::distinct_n(2, monitor::block_source::samples),
       monitor::unique_response_ratio(),
       monitor::embedding_effective_rank(),
       monitor::reward_std(),
       monitor::frac_reward_zero_std(),
       {.name = "entropy_squared",
        .source = monitor::block_source::logits,
        .measure =
            [](const monitor::block_data& b) {
              return std::pow(b.logits().mean(b.logits().entropy()).value, 2);  // a signal of one's own
            }}},
      {.on_alert = monitor::action::stop, .patience = 3, .warm_up_blocks = 100, .clock = seconds});
  tailwatch::core::random_engine random(3);
  const auto normal = [&] { return tailwatch::core::normal_quantile(tailwatch::core::uniform_01(random) + 0x1p-54); };

  watch.on_train_begin();
  std::uint64_t alarm = 0, stop = 0;
  for (std::uint64_t step = 1; step <= 400 && stop == 0; ++step) {
    const double sharpness = step < 200 ? 1.0 : 1.0 + 0.02 * static_cast<double>(step - 200);
    std::vector<float> logits(length * vocabulary), embeddings;
    tailwatch::token_sequences samples;
    std::vector<std::uint64_t> of_prompt;
    std::vector<double> rewards;
    for (std::size_t p = 0; p < prompts; ++p) {
      for (std::size_t j = 0; j < logits.size(); ++j)  // what the model knows, the same at every step, and some noise
        logits[j] =
            static_cast<float>(sharpness * (1.5 * std::sin(1.0 + 7.0 * static_cast<double>(j + p)) + 0.1 * normal()));
      watch.on_logits(logits.data(), length, vocabulary, vocabulary);
      for (std::size_t r = 0; r < responses; ++r) {
        std::vector<std::uint32_t> tokens(length);
        for (std::size_t t = 0; t < length; ++t) {  // Gumbel: argmax of logit − ln(−ln u) is a sample
          double best = -1e300;
          for (std::uint32_t v = 0; v < vocabulary; ++v) {
            const double u = tailwatch::core::uniform_01(random) + 0x1p-54;
            const double x = static_cast<double>(logits[t * vocabulary + v]) - std::log(-std::log(u));
            if (x > best) best = x, tokens[t] = v;
          }
        }
        samples.push_back(tokens);
        of_prompt.push_back(p);
        rewards.push_back(static_cast<double>(std::ranges::count(tokens, tokens[0])));
        for (const std::uint32_t token : tokens) embeddings.push_back(static_cast<float>(token));
      }
    }
    watch.on_samples(samples, of_prompt);
    watch.on_rewards(rewards, of_prompt);
    watch.on_embeddings(embeddings.data(), samples.size(), length);
    for (const monitor::alert& a : watch.on_step_end(step)) {
      if (alarm == 0) alarm = step;
      std::printf("%s\n", monitor::describe(a).c_str());
    }
    if (watch.requested_action() == monitor::action::stop) stop = step;
  }
  watch.on_train_end();
  std::printf("alarm at step %d, asked to stop at step %d, %.0f µs a step\n", static_cast<int>(alarm),
              static_cast<int>(stop), 1e6 * watch.last_cost());
  return alarm > 200 && stop >= alarm && watch.dropped() == 0 ? 0 : 1;
}
