// SPDX-License-Identifier: BSL-1.0
// panes: the window is that of one state fed with its panes, and the weaker laws of a ring. Between two advances the laws of
// the state itself: conformance/.
#include "tailwatch/sketch/panes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sketch/golden_bytes.hpp"
#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/sketch/hyper_log_log.hpp"
#include "tailwatch/sketch/reservoir.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/moments.hpp"

using namespace tailwatch;

namespace {

using pane_ring = sketch::panes<summary::dense_counts>;

/// dense_counts that knows how often it was merged.
struct merge_counter : summary::dense_counts {
  using summary::dense_counts::dense_counts;
  static inline std::uint64_t merges = 0;
  void merge(const merge_counter& other) {
    ++merges;
    summary::dense_counts::merge(other);
  }
};

std::vector<int> pane_ids(core::random_engine& random) {
  std::vector<int> ids(static_cast<std::size_t>(core::uniform_below(random, 30)));
  for (int& id : ids) id = static_cast<int>(core::uniform_below(random, 11));  // 10 is rejected
  return ids;
}

}  // namespace

static_assert(core::summary<pane_ring>);
static_assert(core::summary<sketch::panes<sketch::hyper_log_log>>);

TEST_CASE("sketch panes: the window is one state fed with the last panes", "[sketch]") {
  for (const std::size_t size : {1U, 2U, 3U, 5U, 8U}) {
    core::random_engine random(size);
    pane_ring ring(size, summary::dense_counts(10));
    std::vector<std::vector<int>> history{{}};
    for (std::size_t step = 0; step < 5 * size + 3; ++step) {
      for (int batch = 0; batch < 2; ++batch) {
        const auto ids = pane_ids(random);
        ring.update(ids);
        history.back().insert(history.back().end(), ids.begin(), ids.end());
      }
      summary::dense_counts window(10);
      for (std::size_t i = history.size() - std::min(size, history.size()); i < history.size(); ++i)
        window.update(history[i]);
      REQUIRE(ring.query() == window);
      REQUIRE(ring.count() == window.count());
      REQUIRE(ring.rejected() == window.rejected());
      REQUIRE(ring.steps() == step);
      REQUIRE(ring.newest().count() + ring.newest().rejected() == history.back().size());
      pane_ring resumed(size, summary::dense_counts(10));  // at any step
      core::from_bytes(core::to_bytes(ring), resumed);
      REQUIRE(resumed == ring);
      REQUIRE(core::to_bytes(resumed) == core::to_bytes(ring));
      ring = resumed;
      ring.advance();
      history.emplace_back();
    }
  }
}

TEST_CASE("sketch panes: a query is two merges, an advance fewer than two on average", "[sketch]") {
  for (const std::size_t size : {4U, 64U}) {
    sketch::panes<merge_counter> ring(size, merge_counter(10));
    merge_counter::merges = 0;
    const std::uint64_t steps = 20 * size;
    for (std::uint64_t s = 0; s < steps; ++s) {
      ring.update(std::vector<int>{1, 2});
      ring.advance();
    }
    CHECK(merge_counter::merges == steps + 20 * (size - 1));
    merge_counter::merges = 0;
    CHECK(ring.query().count() == 2 * (size - 1));
    CHECK(merge_counter::merges == 2);
  }
}

TEST_CASE("sketch panes: rings merge pane by pane, and only at the same step", "[sketch]") {
  core::random_engine random(3);
  pane_ring whole(4, summary::dense_counts(10)), a = whole, b = whole;
  for (int step = 0; step < 11; ++step) {
    const auto mine = pane_ids(random), theirs = pane_ids(random);
    whole.update(mine);
    whole.update(theirs);
    a.update(mine);
    b.update(theirs);
    auto merged = a;
    merged.merge(b);
    REQUIRE(merged == whole);
    auto turned = b;
    turned.merge(a);
    REQUIRE(turned == whole);
    if (step > 0) REQUIRE_THROWS_AS(merged.merge(pane_ring(4, summary::dense_counts(10))), std::invalid_argument);
    REQUIRE(merged == whole);
    whole.advance();
    a.advance();
    b.advance();
  }
  a.merge(b);  // the window of merged rings goes on like that of one
  a.update(std::vector<int>{1, 1});
  whole.update(std::vector<int>{1, 1});
  CHECK(a.query() == whole.query());
  CHECK_THROWS_AS(a.merge(pane_ring(5, summary::dense_counts(10))), std::invalid_argument);
  CHECK_THROWS_AS(a.merge(pane_ring(4, summary::dense_counts(9))), std::invalid_argument);
  CHECK_THROWS_AS(pane_ring(0), std::invalid_argument);
  summary::dense_counts full(10);
  full.update(std::vector<int>{3});
  CHECK(pane_ring(3, full).count() == 0);  // a prototype gives its parameters, not its data
  a.reset();
  CHECK(a == pane_ring(4, summary::dense_counts(10)));
  a.update_with(full);
  CHECK(a.query() == full);
}

TEST_CASE("sketch panes: hyper_log_log, moments and reservoir in a window", "[sketch]") {
  sketch::panes<sketch::hyper_log_log> distinct(3, sketch::hyper_log_log({.precision = 10}));
  sketch::panes<summary::moments> mean(3);
  sketch::panes<sketch::reservoir<double>> sample(3, sketch::reservoir<double>(5));
  core::random_engine random(1);
  for (std::uint64_t step = 0; step < 10; ++step) {
    std::vector<std::uint64_t> keys;
    for (std::uint64_t k = 0; k < 1000; ++k) keys.push_back(step * 1000 + k);
    distinct.update(keys);
    mean.update(std::vector<double>{static_cast<double>(step), static_cast<double>(step) + 1.0});
    sample.update(std::vector<double>(100, static_cast<double>(step)), random);
    if (step < 9) {
      distinct.advance();
      mean.advance();
      sample.advance();
    }
  }
  const estimate n = distinct.query().distinct();
  CHECK(std::abs(n.value - 3000.0) < 4.0 * n.standard_error);
  CHECK(mean.query().count() == 6);
  CHECK(std::abs(mean.query().sums().mean - 8.5) < 1e-12);
  const auto drawn = sample.query();
  CHECK(drawn.count() == 300);
  for (const double v : drawn.sample()) CHECK(v >= 7.0);
}

TEST_CASE("sketch panes: damaged, forged and foreign bytes are refused; golden bytes are read", "[sketch]") {
  core::random_engine random(20);
  pane_ring today(3, summary::dense_counts(4));
  for (int step = 0; step < 4; ++step) {  // leaves one old sum, one young pane and the newest
    today.update(pane_ids(random));
    today.advance();
  }
  today.update(pane_ids(random));
  const auto bytes = core::to_bytes(today);
  const auto refused = [&](std::span<const std::byte> damaged) {
    auto state = today;
    core::input_archive in(damaged);
    REQUIRE_THROWS_AS(state.load(in), core::archive_error);
    REQUIRE(state == today);
  };
  for (std::size_t n = 0; n < bytes.size(); ++n) refused(std::span(bytes).first(n));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{16};
    refused(damaged);
  }
  refused(core::to_bytes(pane_ring(2, summary::dense_counts(4))));
  refused(core::to_bytes(pane_ring(3, summary::dense_counts(5))));
  refused(core::to_bytes(today.query()));
  for (int trial = 0; trial < 3000; ++trial) {
    auto forged = bytes;
    const std::size_t body = forged.size() - 4;
    forged[24 + static_cast<std::size_t>(core::uniform_below(random, body - 24))] =
        static_cast<std::byte>(core::uniform_below(random, 256));
    const std::uint32_t crc = core::crc32c(std::span<const std::byte>(forged).first(body));
    for (std::size_t i = 0; i < 4; ++i) forged[body + i] = static_cast<std::byte>((crc >> (8 * i)) & 0xFFU);
    auto state = today;
    core::input_archive in(forged);
    bool read = true;
    try {
      state.load(in);
    } catch (const core::archive_error&) {
      read = false;
    }
    if (read) {
      REQUIRE(core::to_bytes(state) == forged);
    } else {
      REQUIRE(state == today);
    }
  }
  const auto golden = testing::golden_bytes("panes", bytes);
  REQUIRE_FALSE(golden.empty());
  CHECK(golden == bytes);
  pane_ring loaded(3, summary::dense_counts(4));
  core::from_bytes(golden, loaded);
  CHECK(loaded == today);
}
