// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/block_rewards.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;

TEST_CASE("block_rewards: groups are whole, whatever order they came in", "[monitor]") {
  tailwatch::core::random_engine random(6);
  monitor::block_rewards forward(200), backward(200), left(200), right(200);
  std::vector<monitor::block_rewards::reward> all;
  std::map<std::uint64_t, std::multiset<double>> groups;
  for (int i = 0; i < 150; ++i) {
    all.emplace_back(tailwatch::core::uniform_below(random, 9), tailwatch::core::uniform_01(random));
    groups[all.back().first].insert(all.back().second);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(forward.add(all[i].first, all[i].second));
    CHECK(backward.add(all[all.size() - 1 - i].first, all[all.size() - 1 - i].second));
    CHECK((i % 2 == 0 ? left : right).add(all[i].first, all[i].second));
  }
  CHECK(left.merge(right) == 0);
  std::size_t visited = 0;
  forward.for_each_group([&](std::span<const monitor::block_rewards::reward> group) {
    ++visited;
    std::multiset<double> values;
    for (const auto& [g, x] : group) {
      CHECK(g == group.front().first);
      values.insert(x);
    }
    CHECK(values == groups[group.front().first]);
  });
  CHECK(visited == groups.size());
  for (const monitor::block_rewards* same : {&backward, &left}) {
    REQUIRE(same->size() == forward.size());
    for (std::size_t i = 0; i < forward.size(); ++i) CHECK(same->rewards()[i] == forward.rewards()[i]);
  }
}

TEST_CASE("block_rewards: what is not finite or finds no room is counted; saved it is the same", "[monitor]") {
  monitor::block_rewards block(3), loaded(3), small(2);
  CHECK(block.add(1, 0.5));
  CHECK(block.add(1, tailwatch::core::nan));
  CHECK(block.add(1, std::numeric_limits<double>::infinity()));
  CHECK(block.rejected() == 2);
  CHECK(block.add(0, 1.0));
  CHECK(block.add(2, 0.0));
  CHECK_FALSE(block.add(2, 1.0));
  monitor::block_rewards more(3);
  CHECK(more.add(4, 4.0));
  CHECK(block.merge(more) == 1);
  tailwatch::core::output_archive out;
  out.begin({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  block.save_fields(out);
  out.end();
  const auto bytes = std::move(out).bytes();
  const auto load = [&](monitor::block_rewards& to) {
    tailwatch::core::input_archive in(bytes);
    in.open({tailwatch::core::state_family::testing, 0, 0, 0, 0});
    to.load_fields(in);
    in.close();
  };
  load(loaded);
  CHECK(loaded.rejected() == 2);
  for (std::size_t i = 0; i < 3; ++i) CHECK(loaded.rewards()[i] == block.rewards()[i]);
  CHECK_THROWS_AS(load(small), tailwatch::core::archive_error);
  block.clear();
  CHECK(block.size() == 0);
  CHECK(block.rewards().empty());
}
