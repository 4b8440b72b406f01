// SPDX-License-Identifier: BSL-1.0

// Two signals of a generator, judged against five parts of normal data. At step 6 its tail begins to thin out.

#include "tailwatch/monitor/collapse_monitor.hpp"

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <span>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/sink/ostream.hpp"

namespace monitor = tailwatch::monitor;

// The value of a signal on one block of data: here a number with noise.
double block_value(double level, double noise, tailwatch::core::random_engine& random) {
  return level + noise * tailwatch::core::normal_quantile(tailwatch::core::uniform_01(random) + 0x1p-54);
}

int main() {
  tailwatch::core::random_engine random(7);
  const auto normal_parts = [&](double level, double noise) {
    std::vector<std::vector<double>> parts(5, std::vector<double>(20));
    for (auto& part : parts)
      for (double& v : part) v = block_value(level, noise, random);
    return parts;
  };
  const monitor::baseline_options split{.parts = monitor::part_model::random_split};
  std::vector<monitor::signal> signals(2);
  signals[0] = {.name = "rare_word_mass", .role = monitor::signal_role::tail_mass, .relative_tolerance = 0.02};
  signals[0].baselines.push_back({"human", monitor::baseline(normal_parts(0.016, 0.004), split)});
  signals[1] = {.name = "token_entropy", .role = monitor::signal_role::entropy};
  signals[1].baselines.push_back({"human", monitor::baseline(normal_parts(6.1, 0.08), split)});

  monitor::collapse_monitor watch(signals);  // alpha 0.05: the chance of any false alarm, ever
  tailwatch::sink::ostream log(std::cout, {.metrics = false});
  watch.attach(log);
  watch.on_train_begin();
  std::uint64_t alarm = 0;
  for (std::uint64_t step = 1; step <= 12 && alarm == 0; ++step) {
    const double left = step < 6 ? 1.0 : 0.6;
    for (int block = 0; block < 20; ++block) {
      watch.observe("rare_word_mass", block_value(0.016 * left, 0.004, random));
      watch.observe("token_entropy", block_value(6.1, 0.08, random));
    }
    for (const monitor::alert& a : watch.on_step_end(step))
      if (a.kind == monitor::collapse_kind::shrinkage) alarm = step;
  }
  watch.on_train_end();
  std::printf("shrinkage at step %d, dropped %d\n", static_cast<int>(alarm), static_cast<int>(watch.dropped()));
  return alarm >= 6 && alarm <= 11 ? 0 : 1;
}
