// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/gathering.hpp"

#include <set>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/monitor/block_data.hpp"

namespace monitor = tailwatch::monitor;
using monitor::block_source;

TEST_CASE("gathering: a threshold has one place, however many signals ask for it", "[monitor]") {
  std::vector<double> thresholds;
  CHECK(monitor::threshold_index(thresholds, 1e-4) == 0);
  CHECK(monitor::threshold_index(thresholds, 1e-3) == 1);
  CHECK(monitor::threshold_index(thresholds, 1e-4) == 0);
  CHECK(thresholds == std::vector<double>{1e-4, 1e-3});
}

TEST_CASE("gathering: only what some signal reads has room", "[monitor]") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < monitor::block_sources; ++i)
    names.insert(monitor::to_string(static_cast<block_source>(i)));
  CHECK(names.size() == monitor::block_sources);

  monitor::gathering_options options;
  options.max_tokens = 5;
  options.max_responses = 2;
  options.max_rewards = 3;
  options.clip_high = 0.5;
  monitor::block_data block(options, {false, true, false, false, false, true, true});
  CHECK(block.wants(block_source::tokens));
  CHECK(block.wants(block_source::rewards));
  CHECK_FALSE(block.wants(block_source::samples));
  CHECK(block.tokens().has_room(5));
  CHECK_FALSE(block.tokens().has_room(6));
  CHECK_FALSE(block.samples().has_room(1));  // nobody asked for it
  CHECK_FALSE(block.holds(block_source::tokens));
  block.tokens().add(std::vector<int>{1, 2, 3});
  for (int i = 0; i < 3; ++i) CHECK(block.rewards().add(0, 1.0));
  CHECK_FALSE(block.rewards().add(0, 1.0));
  const std::vector<float> zero{0.0F}, third{0.4F};
  CHECK(block.policy().update(monitor::policy_batch<float>{.policy = third, .old = zero}));
  CHECK(block.policy().clipped_high().value == 0.0);  // e^0.4 = 1.49 is below 1 + clip_high
  for (const block_source source : {block_source::tokens, block_source::rewards, block_source::policy}) {
    CHECK(block.holds(source));
    block.clear(source);
    CHECK_FALSE(block.holds(source));
  }
  CHECK_FALSE(block.holds(block_source::observed));
}

TEST_CASE("gathering: a measure is any function of a block, to a number or an estimate", "[monitor]") {
  const monitor::block_data block;
  CHECK_FALSE(static_cast<bool>(monitor::block_measure()));
  const monitor::block_measure number([](const monitor::block_data& b) { return b.tokens().empty() ? 1.0 : 2.0; });
  CHECK(number(block).value == 1.0);
  CHECK(tailwatch::core::is_nan(number(block).standard_error));
  const monitor::block_measure estimated([](const monitor::block_data&) { return tailwatch::estimate{3.0, 0.5, 7}; });
  CHECK(estimated(block).standard_error == 0.5);
  CHECK(estimated(block).count == 7);
}
