// SPDX-License-Identifier: BSL-1.0
#include "tailwatch_ggml.h"

#include <exception>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "tailwatch/adapters/ggml.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/training_signals.hpp"
#include "tailwatch/sink/jsonl.hpp"

namespace {

namespace monitor = tailwatch::monitor;

struct watched_run {
  std::ofstream file;
  std::optional<tailwatch::sink::jsonl> records;
  monitor::collapse_monitor watch;
  tailwatch::adapters::ggml_watch hook{watch};
  int alerts = 0;
  std::string latest;

  explicit watched_run(std::size_t warm_up)
      : watch({monitor::entropy_mean(), monitor::entropy_quantile(0.1), monitor::entropy_quantile(0.9),
               monitor::perplexity()},
              {.warm_up_blocks = warm_up}) {}
};

std::unique_ptr<watched_run> run;  // ggml's callback carries no pointer of ours
std::string error;

void keep(const monitor::alert& a) noexcept {
  ++run->alerts;
  try {
    run->latest = monitor::describe(a);
  } catch (const std::exception&) {
    run->latest.clear();
  }
}

}  // namespace

extern "C" {

int tailwatch_ggml_begin(int warm_up, const char* jsonl) {
  try {
    auto next = std::make_unique<watched_run>(static_cast<std::size_t>(warm_up < 1 ? 1 : warm_up));
    if (jsonl != nullptr) {
      next->file.open(jsonl);
      if (!next->file) {
        error = std::string("cannot write ") + jsonl;
        return -1;
      }
      next->watch.attach(next->records.emplace(next->file));
    }
    next->hook.on_alert = keep;
    run = std::move(next);
    run->watch.on_train_begin();
    return 0;
  } catch (const std::exception& e) {
    error = e.what();
    return -1;
  }
}
const char* tailwatch_ggml_error(void) { return error.c_str(); }

void tailwatch_ggml_epoch_callback(bool train, ggml_opt_context_t context, ggml_opt_dataset_t, ggml_opt_result_t result,
                                   int64_t, int64_t, int64_t) {
  if (run != nullptr) tailwatch::adapters::ggml_step(run->hook, train, context, result);
}

int64_t tailwatch_ggml_steps(void) { return run == nullptr ? 0 : static_cast<int64_t>(run->hook.step); }
int tailwatch_ggml_alerts(void) { return run == nullptr ? 0 : run->alerts; }
const char* tailwatch_ggml_alert(void) { return run == nullptr ? "" : run->latest.c_str(); }
int64_t tailwatch_ggml_problems(void) {
  if (run == nullptr) return 0;
  std::uint64_t sum = 0;
  for (const auto p : {monitor::problem::dropped, monitor::problem::screened, monitor::problem::refused,
                       monitor::problem::rejected, monitor::problem::failed})
    sum += run->watch.count(p);
  return static_cast<int64_t>(sum);
}
void tailwatch_ggml_end(void) {
  if (run != nullptr) run->watch.on_train_end();
  run.reset();
}

}  // extern "C"
