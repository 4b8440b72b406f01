// SPDX-License-Identifier: BSL-1.0

// Text in blocks, judged against human text: quiet on fresh human text, an alarm on a sharpened sampler.

#include "tailwatch/monitor/text_monitor.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/blocks.hpp"

namespace monitor = tailwatch::monitor;

// Sentences of 5 to 24 words of a Zipf law; sharpness above 1 makes the rare rarer.
tailwatch::token_sequences write(std::size_t sentences, double sharpness, tailwatch::core::random_engine& random) {
  std::vector<double> cumulative;
  double sum = 0.0;
  for (int rank = 1; rank <= 3000; ++rank) cumulative.push_back(sum += std::pow(rank + 2.0, -1.1 * sharpness));
  tailwatch::token_sequences text;
  for (std::size_t i = 0; i < sentences; ++i) {
    std::vector<std::uint32_t> sentence(5 + tailwatch::core::uniform_below(random, 20));
    for (auto& word : sentence)
      word = static_cast<std::uint32_t>(
          std::ranges::lower_bound(cumulative, tailwatch::core::uniform_01(random) * sum) - cumulative.begin());
    text.push_back(sentence);
  }
  return text;
}

int main() {
  tailwatch::core::random_engine random(11);
  const monitor::text_reference reference(write(3000, 1.0, random), 3000);
  monitor::text_signals signals(reference);
  monitor::text_baseline human{"human", {}, {.parts = monitor::part_model::random_split}};
  for (int part = 0; part < 5; ++part) {
    std::vector<monitor::text_values>& blocks = human.parts.emplace_back();
    for (const auto& block : monitor::cut_blocks(write(700, 1.0, random), 500, random).blocks)
      blocks.push_back(signals.values(block));
  }
  const std::span<const monitor::text_baseline> baselines(&human, 1);
  const monitor::collapse_monitor core(monitor::text_monitor_signals(baselines));
  int alarms[2] = {0, 0};
  for (const bool sharpened : {false, true}) {
    monitor::text_monitor watch(reference, core, 500);
    for (std::uint64_t generation = 0; generation < 6; ++generation) {
      const auto text = write(700, sharpened ? 1.0 + 0.04 * static_cast<double>(generation) : 1.0, random);
      for (const auto& block : monitor::cut_blocks(text, 500, random).blocks) watch.observe_block(block);
      for (const monitor::alert& a : watch.on_step_end(generation)) {
        if (alarms[sharpened]++ == 0) std::printf("%s\n", monitor::describe(a).c_str());
      }
      watch.on_generation_end();
    }
    std::printf("%s: %d alarms\n", sharpened ? "sharpened" : "human", alarms[sharpened]);
  }
  return alarms[0] == 0 && alarms[1] > 0 ? 0 : 1;
}
