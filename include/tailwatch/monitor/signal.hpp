// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tailwatch/core/unit.hpp"
#include "tailwatch/monitor/baseline.hpp"
#include "tailwatch/monitor/block_data.hpp"
#include "tailwatch/monitor/kind.hpp"

namespace tailwatch::monitor {

/// A baseline under the name by which alerts call it: "human", "generation 0".
struct labelled_baseline {
  std::string label;
  monitor::baseline data;
};

/// One signal of a monitor: a number per block, and what is normal for it. Every baseline and every direction is one
/// one-sided null with an e-process of its own.
///
/// The number comes from `observe`, or from `measure`, which reads what a hook gathered (`source`): so a signal of one's
/// own is one line,
///
///   {.name = "renyi_2", .source = block_source::tokens,
///    .measure = [](const block_data& b) { return entropy::renyi(b.tokens().profile(1), {.order = 2}); }}
///
/// and those that trainers ask for are functions in training_signals.hpp. Without a baseline the first
/// `warm_up_blocks` blocks of the run are one; without those either, the signal is reported and not judged.
struct signal {
  std::string name = {};
  signal_role role = signal_role::other;
  collapse_direction direction = collapse_direction::either;  ///< which departures may alarm
  std::vector<labelled_baseline> baselines = {};
  double tolerance = 0.0;           ///< departure that is of no interest, in units of the signal
  double relative_tolerance = 0.0;  ///< the same as a share of |baseline mean|; the two add up
  double weight = 1.0;              ///< share of α relative to the other signals, split evenly over its nulls
  block_source source = block_source::observed;          ///< the hook whose data `measure` reads
  block_measure measure = {};                            ///< required unless observed
  std::function<void(gathering_options&)> prepare = {};  ///< what the measure needs gathered, such as a threshold
};

/// `s` judged against one more baseline: with_baseline(entropy_mean(), "human", parts).
[[nodiscard]] inline signal with_baseline(signal s, std::string label, baseline data) {
  s.baselines.push_back({std::move(label), std::move(data)});
  return s;
}

}  // namespace tailwatch::monitor
