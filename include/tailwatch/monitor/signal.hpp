// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tailwatch/core/unit.hpp"
#include "tailwatch/monitor/baseline.hpp"
#include "tailwatch/monitor/kind.hpp"

namespace tailwatch::monitor {

/// A baseline under the name by which alerts call it: "human", "generation 0".
struct labelled_baseline {
  std::string label;
  monitor::baseline data;
};

/// One signal of a monitor: a number per block, and what is normal for it. Every baseline and every direction is one
/// one-sided null with an e-process of its own.
struct signal {
  std::string name = {};
  signal_role role = signal_role::other;
  collapse_direction direction = collapse_direction::either;  ///< which departures may alarm
  std::vector<labelled_baseline> baselines = {};
  double tolerance = 0.0;           ///< departure that is of no interest, in units of the signal
  double relative_tolerance = 0.0;  ///< the same as a share of |baseline mean|; the two add up
  double weight = 1.0;              ///< share of α relative to the other signals, split evenly over its nulls
};

}  // namespace tailwatch::monitor
