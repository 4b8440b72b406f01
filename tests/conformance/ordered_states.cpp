// SPDX-License-Identifier: BSL-1.0

// States of one ordered stream: the shiryaev_mixture and the collapse_monitor. Streams of different ranks do not merge
// into them (data are merged first), so their laws are those of saving: load∘save is identity, at any point of the
// stream; damage and foreign parameters are refused and change nothing; golden bytes of every release are read.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <ios>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/collapse_monitor.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"

namespace {

using namespace tailwatch;

template <class State>
struct ordered_traits;

template <>
struct ordered_traits<monitor::shiryaev_mixture> {
  static constexpr std::string_view name = "shiryaev_mixture";
  static monitor::shiryaev_mixture make() { return {0.375, collapse_direction::either}; }
  static monitor::shiryaev_mixture make_foreign() { return {0.5, collapse_direction::either}; }
  /// One step: sixty-fourths, the same on every machine; low at first, then at the top.
  static void step(monitor::shiryaev_mixture& state, core::random_engine& random, std::uint64_t t) {
    state.update(t < 40 ? static_cast<double>(core::uniform_below(random, 49)) / 64.0 : 1.0);
  }
  static std::vector<double> numbers(const monitor::shiryaev_mixture& state) {
    return {static_cast<double>(state.count()), state.log_value(), state.log_maximum()};
  }
};

template <>
struct ordered_traits<monitor::collapse_monitor> {
  static constexpr std::string_view name = "collapse_monitor";
  static monitor::collapse_monitor make_with(double tolerance) {
    std::vector<monitor::signal> signals(2);
    for (std::size_t i = 0; i < signals.size(); ++i) {
      core::random_engine random(90 + i);
      std::vector<std::vector<double>> parts(5, std::vector<double>(8));
      for (auto& part : parts)
        for (double& v : part) v = static_cast<double>(core::uniform_below(random, 65)) / 64.0;
      signals[i].name = i == 0 ? "entropy" : "types";
      signals[i].role = i == 0 ? monitor::signal_role::entropy : monitor::signal_role::diversity;
      signals[i].tolerance = tolerance;
      signals[i].baselines.push_back({"human", monitor::baseline(parts, {.parts = monitor::part_model::random_split})});
    }
    return monitor::collapse_monitor(std::move(signals), {.max_blocks_per_step = 8, .recent_blocks = 4});
  }
  static monitor::collapse_monitor make() { return make_with(0.0); }
  static monitor::collapse_monitor make_foreign() { return make_with(0.0625); }
  static void step(monitor::collapse_monitor& state, core::random_engine& random, std::uint64_t t) {
    for (std::size_t i = 0; i < 2; ++i)
      state.observe(i, t < 40 ? static_cast<double>(core::uniform_below(random, 65)) / 64.0 : 0.0);
    if (t % 3 == 2) static_cast<void>(state.on_step_end(t + 1));
    if (t % 20 == 19) state.on_generation_end();
    if (t == 30) state.observe(0, core::nan);
  }
  static std::vector<double> numbers(const monitor::collapse_monitor& state) {
    return {static_cast<double>(state.generation()),
            static_cast<double>(state.screened()),
            static_cast<double>(state.dropped()),
            state.alarmed() ? 1.0 : 0.0,
            state.log_e_value(),
            state.log_e_value("entropy", "human", collapse_direction::falls),
            state.recent("types").value};
  }
};

using ordered_states = std::tuple<monitor::shiryaev_mixture, monitor::collapse_monitor>;

template <class State>
State after(std::uint64_t seed, std::uint64_t steps) {
  State state = ordered_traits<State>::make();
  core::random_engine random(seed);
  for (std::uint64_t t = 0; t < steps; ++t) ordered_traits<State>::step(state, random, t);
  return state;
}

bool ordered_close(const std::vector<double>& got, const std::vector<double>& want, double tolerance) {
  bool all = got.size() == want.size();
  for (std::size_t i = 0; all && i < want.size(); ++i) all = testing::close(got[i], want[i], tolerance, tolerance);
  return all;
}

template <class State>
void check_still_refused(const State& before, std::span<const std::byte> bytes) {
  State state = before;
  REQUIRE_THROWS_AS(core::from_bytes(bytes, state), core::archive_error);
  REQUIRE(core::to_bytes(state) == core::to_bytes(before));
}

std::string ordered_golden_name(std::string_view folder, std::string_view state) {
  return std::string(folder) + "/" + std::string(state) + "_0_1.bin";
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("conformance: an ordered state goes on from where it was saved", "[conformance]",
                        ordered_states) {
  using traits = ordered_traits<TestType>;
  for (const std::uint64_t half : {0U, 1U, 17U, 41U, 92U}) {  // some in the middle of a step
    core::random_engine random(21);
    TestType straight = traits::make();
    for (std::uint64_t t = 0; t < half; ++t) traits::step(straight, random, t);
    const auto bytes = core::to_bytes(straight);
    TestType resumed = after<TestType>(22, 50);  // load replaces what was there
    core::from_bytes(bytes, resumed);
    CHECK(core::to_bytes(resumed) == bytes);
    CHECK(ordered_close(traits::numbers(resumed), traits::numbers(straight), 0.0));
    core::random_engine same = random;
    for (std::uint64_t t = half; t < 120; ++t) {
      traits::step(straight, random, t);
      traits::step(resumed, same, t);
    }
    CHECK(core::to_bytes(resumed) == core::to_bytes(straight));
    CHECK(ordered_close(traits::numbers(resumed), traits::numbers(straight), 0.0));
  }
}

TEMPLATE_LIST_TEST_CASE("conformance: an ordered state refuses damage and foreign parameters", "[conformance]",
                        ordered_states) {
  using traits = ordered_traits<TestType>;
  const TestType before = after<TestType>(23, 12);
  const auto bytes = core::to_bytes(after<TestType>(24, 50));
  for (std::size_t n = 0; n < bytes.size(); ++n) check_still_refused(before, std::span(bytes).first(n));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= static_cast<std::byte>(1U << (i % 8));
    check_still_refused(before, damaged);
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  check_still_refused(before, longer);
  check_still_refused(before, core::to_bytes(traits::make_foreign()));
  check_still_refused(traits::make_foreign(), bytes);
}

// A payload under a right checksum can still be nonsense (a hostile file): refused, or read as a state that goes on.
TEMPLATE_LIST_TEST_CASE("conformance: a forged ordered state does no harm", "[conformance]", ordered_states) {
  using traits = ordered_traits<TestType>;
  const TestType before = after<TestType>(25, 12);
  const auto bytes = core::to_bytes(after<TestType>(26, 50));
  core::random_engine random(27);
  for (int trial = 0; trial < 2000; ++trial) {
    auto forged = bytes;
    const std::size_t body = forged.size() - 4;
    const std::size_t at = 32 + static_cast<std::size_t>(core::uniform_below(random, body - 32));
    forged[at] = static_cast<std::byte>(core::uniform_below(random, 256));
    const std::uint32_t crc = core::crc32c(std::span<const std::byte>(forged).first(body));
    for (std::size_t i = 0; i < 4; ++i) forged[body + i] = static_cast<std::byte>((crc >> (8 * i)) & 0xFFU);
    TestType state = before;
    bool read = false;
    try {
      core::from_bytes(forged, state);
      read = true;
    } catch (const core::archive_error&) {
    }
    if (!read) {
      REQUIRE(core::to_bytes(state) == core::to_bytes(before));
    } else {
      for (std::uint64_t t = 51; t < 60; ++t) traits::step(state, random, t);
      TestType again = before;
      core::from_bytes(core::to_bytes(state), again);
      REQUIRE(core::to_bytes(again) == core::to_bytes(state));
    }
  }
}

TEST_CASE("conformance: a monitor of another build, whose nulls differ in the last bits, is gone on with",
          "[conformance]") {
  const auto with_upper_end = [](double upper) {
    std::vector<std::vector<double>> parts(5, std::vector<double>{0.25, 0.5, 0.75, 0.5});
    std::vector<monitor::signal> signals(1);
    signals[0].name = "entropy";
    signals[0].baselines.push_back(
        {"human",
         monitor::baseline(parts, {.parts = monitor::part_model::random_split, .lower = 0.0, .upper = upper})});
    return monitor::collapse_monitor(std::move(signals));
  };
  monitor::collapse_monitor before = with_upper_end(1.0);
  for (std::uint64_t step = 1; step < 9; ++step) {
    before.observe(0, 0.125);
    static_cast<void>(before.on_step_end(step));
  }
  const auto bytes = core::to_bytes(before);
  monitor::collapse_monitor resumed = with_upper_end(1.0 + 1e-12);
  core::from_bytes(bytes, resumed);
  CHECK(core::to_bytes(resumed) == bytes);
  for (monitor::collapse_monitor* m : {&before, &resumed}) {
    m->observe(0, 0.25);
    static_cast<void>(m->on_step_end(9));
  }
  CHECK(core::to_bytes(resumed) == core::to_bytes(before));
  check_still_refused(with_upper_end(1.0 + 1e-6), bytes);
}

// The bytes of a state of doubles differ between builds in their last bits; every build reads them, keeps them as they
// are, and goes on from them alike. Written as in golden_test.cpp.
TEMPLATE_LIST_TEST_CASE("conformance: golden bytes of ordered states of release 0.1 are read", "[conformance]",
                        ordered_states) {
  using traits = ordered_traits<TestType>;
  const TestType today = after<TestType>(28, 53);
  if (const char* folder = std::getenv("TAILWATCH_WRITE_GOLDEN"); folder != nullptr) {
    std::ofstream out(ordered_golden_name(folder, traits::name), std::ios::binary);
    for (const std::byte b : core::to_bytes(today)) out.put(static_cast<char>(b));
  }
  std::vector<std::byte> bytes;
  for (const char* folder : {"conformance/golden", "tests/conformance/golden"}) {
    std::ifstream in(ordered_golden_name(folder, traits::name), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    if (!bytes.empty()) break;
  }
  INFO(ordered_golden_name("tests/conformance/golden", traits::name));
  REQUIRE_FALSE(bytes.empty());
  TestType loaded = traits::make();
  core::from_bytes(bytes, loaded);
  CHECK(core::to_bytes(loaded) == bytes);
  TestType straight = today;
  core::random_engine random(29);
  core::random_engine same = random;
  for (const std::uint64_t more : {0U, 60U}) {
    for (std::uint64_t t = 53; t < 53 + more; ++t) {
      traits::step(loaded, random, t);
      traits::step(straight, same, t);
    }
    CHECK(ordered_close(traits::numbers(loaded), traits::numbers(straight), 1e-9));
  }
}
