// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/sink/record.hpp"

namespace tailwatch::sink {

struct rate_limit_options {
  std::uint64_t steps = 1;  ///< metrics of at most one step in so many
  double seconds = 0.0;  ///< and not sooner after the last ones than this, by the records' wall time; 0: no such limit
};

/// Lets a sink have the metrics of some steps only, and all of everything else: alerts, nulls, and what went wrong
/// ("monitor/problem/..."). Metrics of one step pass together or not at all.
///
/// Metrics held back count as taken: a limit that was asked for is no failure. Records without wall time do not pass a limit
/// of seconds by time; the steps decide alone.
/// @example examples/sink/sinks.cpp
template <metric_sink Sink>
class rate_limit {
 public:
  using record_type = record;
  /// @throws std::invalid_argument  for steps = 0 or negative seconds
  explicit rate_limit(Sink& sink, const rate_limit_options& options = {}) : sink_(&sink), options_(options) {
    core::check_at_least("sink::rate_limit", "steps", options.steps, std::uint64_t{1});
    core::check_not_negative("sink::rate_limit", "seconds", options.seconds);
  }

  [[nodiscard]] bool write(const record& r) noexcept {
    if (r.is_alert || !r.baseline.empty() || r.name.starts_with("monitor/problem/")) return sink_->write(r);
    if (!started_ || r.step != step_) {
      const bool step_due = !started_ || r.step < passed_step_ || r.step - passed_step_ >= options_.steps;
      const bool time_due = !started_ || core::is_nan(r.wall_time) || core::is_nan(passed_time_) ||
                            r.wall_time - passed_time_ >= options_.seconds || r.wall_time < passed_time_;
      passing_ = step_due && time_due;
      if (passing_) {
        passed_step_ = r.step;
        passed_time_ = r.wall_time;
      }
      step_ = r.step;
      started_ = true;
    }
    if (passing_) return sink_->write(r);
    ++held_back_;
    return true;
  }
  /// Metrics that the limit held back.
  [[nodiscard]] std::uint64_t held_back() const noexcept { return held_back_; }

 private:
  Sink* sink_;
  rate_limit_options options_;
  std::uint64_t step_ = 0, passed_step_ = 0, held_back_ = 0;
  double passed_time_ = core::nan;
  bool started_ = false, passing_ = false;
};

}  // namespace tailwatch::sink
