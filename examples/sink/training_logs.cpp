// SPDX-License-Identifier: BSL-1.0

// The same records for TensorBoard and for Prometheus. With a folder as argument the files are kept:
//
//   training_logs runs/today && tensorboard --logdir runs

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <vector>

#include "tailwatch/sink.hpp"

namespace sink = tailwatch::sink;

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const fs::path folder = argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path() / "tailwatch_training_logs";
  fs::create_directories(folder);
  const fs::path events = folder / sink::tensorboard_file_name(1700000000, "example");
  std::ofstream stream(events, std::ios::binary);
  sink::tensorboard board(stream, {.wall_time = 1.7e9});
  sink::openmetrics metrics({.labels = {{"run", "example"}}});
  sink::tee both(board, metrics);

  bool taken = true;
  sink::record r;
  for (r.step = 1; r.step <= 20; ++r.step) {
    const auto t = static_cast<double>(r.step);
    board.set_wall_time(1.7e9 + 60.0 * t);
    r.name = "token_entropy";
    r.value = 6.0 - 0.05 * t;
    r.standard_error = 0.02;
    r.count = 40;
    taken = both.write(r) && taken;
    std::vector<double> lengths(200);
    for (std::size_t i = 0; i < lengths.size(); ++i) lengths[i] = 100.0 - 3.0 * t + static_cast<double>(i % 17);
    taken = board.distribution("response_length", sink::histogram_of(lengths), r.step) && taken;
  }
  r.is_alert = true;
  r.baseline = "human";
  r.direction = "falls";
  r.log_e_value = 4.2;
  r.text = "token_entropy falls against human";
  taken = both.write(r) && metrics.expose_file(folder / "tailwatch.prom") && taken;
  stream.close();

  std::printf("%s: %d bytes\n", events.filename().string().c_str(), static_cast<int>(fs::file_size(events)));
  std::ifstream text(folder / "tailwatch.prom");
  std::string line, last;
  while (std::getline(text, line)) std::puts((last = line).c_str());
  const bool whole = taken && last == "# EOF" && fs::file_size(events) > 10000;
  if (argc == 1) fs::remove_all(folder);
  return whole ? 0 : 1;
}
