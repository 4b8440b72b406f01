// SPDX-License-Identifier: BSL-1.0
//
// write_logs FOLDER: what a monitored run leaves behind, for programs of others to read: an event file, OpenMetrics text, JSONL,
// and expected.txt with the values in them.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/sink/histogram.hpp"
#include "tailwatch/sink/jsonl.hpp"
#include "tailwatch/sink/openmetrics.hpp"
#include "tailwatch/sink/record.hpp"
#include "tailwatch/sink/tee.hpp"
#include "tailwatch/sink/tensorboard.hpp"

using namespace tailwatch;

namespace {

double clock_seconds = 1700000000.0;
double write_logs_clock() noexcept { return clock_seconds += 0.125; }

struct expectations {
  using record_type = sink::record;
  std::ofstream* out;
  [[nodiscard]] bool write(const record_type& r) noexcept {
    if (r.is_alert) {
      *out << "alert " << r.step << ' ' << r.name << ' ' << r.log_e_value << '\n';
    } else if (r.baseline.empty()) {
      *out << "scalar " << r.step << ' ' << r.name << ' ' << r.value << '\n';
    }
    return out->good();
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string(argv[1]) + "/";
  core::random_engine random(5);
  const auto normal = [&] { return core::normal_quantile(core::uniform_01(random) + 0x1p-55); };
  std::vector<monitor::signal> signals;
  for (const char* name : {"entropy/mean", "reward \"std\"\\odd"}) {  // a name that needs escaping
    std::vector<std::vector<double>> parts(5, std::vector<double>(40));
    for (auto& part : parts)
      for (double& v : part) v = 2.0 + normal();
    signals.push_back(monitor::with_baseline({.name = name, .role = monitor::signal_role::entropy}, "human",
                                             monitor::baseline(parts, {.parts = monitor::part_model::random_split})));
  }
  monitor::collapse_monitor watch(std::move(signals), {.clock = write_logs_clock});
  std::ofstream events(folder + sink::tensorboard_file_name(1700000000, "host"), std::ios::binary);
  std::ofstream lines(folder + "run.jsonl");
  std::ofstream expected(folder + "expected.txt");
  expected.precision(17);
  sink::tensorboard board(events);
  sink::jsonl json(lines);
  sink::openmetrics metrics({.labels = {{"run", "a1"}}});
  expectations known{&expected};
  sink::tee all(board, json, metrics, known);
  watch.attach(all);
  watch.on_train_begin();
  for (std::uint64_t step = 1; step <= 60; ++step) {
    std::vector<double> sample(200);
    for (double& v : sample) v = normal();
    if (step % 20 == 0 && !board.distribution("logits", sink::histogram_of(sample), step)) return 1;
    for (int block = 0; block < 4; ++block) {
      watch.observe("entropy/mean", (step < 20 ? 2.0 : 0.5) + normal());
      watch.observe("reward \"std\"\\odd", 2.0 + normal());
    }
    watch.on_step_end(step);
  }
  watch.on_train_end();
  events.flush();
  expected << "seconds " << clock_seconds << '\n';
  return watch.alarmed() && watch.dropped() == 0 && metrics.expose_file(folder + "metrics.prom") &&
                 metrics.expose_file(folder + "metrics.txt", sink::exposition_format::prometheus)
             ? 0
             : 1;
}
