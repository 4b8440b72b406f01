// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "conformance/states.hpp"
#include "support/catch.hpp"

namespace {

using namespace tailwatch;
using namespace tailwatch::conformance;

template <class State>
State fed(const std::vector<typename state_traits<State>::chunk>& chunks) {
  State state = state_traits<State>::make();
  for (const auto& chunk : chunks) state_traits<State>::feed(state, chunk);
  return state;
}

template <class State>
auto law_input(std::uint64_t seed, std::size_t n = 60) {
  core::random_engine random(seed);
  return state_traits<State>::input(random, n);
}

template <class State>
void check_refused(const State& before, std::span<const std::byte> bytes) {
  State state = before;
  core::input_archive in(bytes);
  REQUIRE_THROWS_AS(state.load(in), core::archive_error);
  REQUIRE(state == before);
}

/// In-memory all-reduce: what an adapter does, element by element.
template <class T>
void reduce_segment(const std::vector<core::reduction_segment>& of_ranks) {
  std::vector<T*> data;
  for (const auto& s : of_ranks) data.push_back(static_cast<T*>(s.data));
  for (std::size_t i = 0; i < of_ranks.front().size; ++i) {
    T result = data.front()[i];
    for (std::size_t r = 1; r < data.size(); ++r) {
      const T x = data[r][i];
      switch (of_ranks.front().operation) {
        case core::reduction_operation::sum: result = static_cast<T>(result + x); break;
        case core::reduction_operation::max: result = std::max(result, x); break;
        case core::reduction_operation::min: result = std::min(result, x); break;
      }
    }
    for (T* d : data) d[i] = result;
  }
}

template <class State>
void all_reduce(std::vector<State>& ranks) {
  for (std::size_t round = 0; round < ranks.front().reduction_rounds(); ++round) {
    std::vector<std::vector<core::reduction_segment>> segments;
    for (State& s : ranks) segments.push_back(s.begin_round(round));
    for (std::size_t k = 0; k < segments.front().size(); ++k) {
      std::vector<core::reduction_segment> of_ranks;
      for (const auto& s : segments) {
        REQUIRE(s.size() == segments.front().size());
        REQUIRE(s[k].size == segments.front()[k].size);
        REQUIRE(s[k].type == segments.front()[k].type);
        REQUIRE(s[k].operation == segments.front()[k].operation);
        of_ranks.push_back(s[k]);
      }
      switch (of_ranks.front().type) {
        case core::element_type::int64: reduce_segment<std::int64_t>(of_ranks); break;
        case core::element_type::float64: reduce_segment<double>(of_ranks); break;
        case core::element_type::uint8: reduce_segment<std::uint8_t>(of_ranks); break;
      }
    }
    for (State& s : ranks) s.finish_round(round);
  }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("conformance: a state is regular, and empty when new", "[conformance]", all_states) {
  using traits = state_traits<TestType>;
  STATIC_REQUIRE(core::summary<TestType>);
  const TestType empty = traits::make();
  CHECK(empty.count() == 0);
  CHECK(empty.rejected() == 0);
  CHECK(empty == traits::make());
  const TestType full = fed<TestType>(law_input<TestType>(1));
  CHECK(full.count() > 0);
  CHECK_FALSE(full == empty);
  TestType copy = full;
  CHECK(copy == full);
  const TestType moved = std::move(copy);
  CHECK(moved == full);
  copy = traits::make();  // a state that was moved from can be assigned
  CHECK(copy == empty);
  TestType was_reset = full;
  was_reset.reset();
  CHECK(was_reset == empty);
  CHECK(core::to_bytes(was_reset) == core::to_bytes(empty));
  for (const auto& chunk : law_input<TestType>(1)) traits::feed(was_reset, chunk);
  CHECK(was_reset == full);
}

TEMPLATE_LIST_TEST_CASE("conformance: the empty state is the identity of merge", "[conformance]", all_states) {
  const TestType full = fed<TestType>(law_input<TestType>(2));
  TestType left = state_traits<TestType>::make();
  left.merge(full);
  CHECK(same(left, full));
  TestType right = full;
  right.merge(state_traits<TestType>::make());
  CHECK(same(right, full));
  TestType none = state_traits<TestType>::make();
  none.merge(state_traits<TestType>::make());
  CHECK(none == state_traits<TestType>::make());
}

TEMPLATE_LIST_TEST_CASE("conformance: any split, order and merge tree gives the whole", "[conformance]", all_states) {
  auto chunks = law_input<TestType>(3);
  const TestType whole = fed<TestType>(chunks);
  core::random_engine random(4);
  for (const std::size_t parts : {1U, 2U, 3U, 7U, 16U}) {
    core::shuffle(chunks, random);
    std::vector<TestType> shards(parts, state_traits<TestType>::make());
    for (const auto& chunk : chunks)
      state_traits<TestType>::feed(shards[static_cast<std::size_t>(core::uniform_below(random, parts))], chunk);
    while (shards.size() > 1) {  // merge two random shards, in a random direction
      core::shuffle(shards, random);
      TestType last = shards.back();
      shards.pop_back();
      shards.back().merge(last);
    }
    CHECK(same(shards.front(), whole));
    if constexpr (state_traits<TestType>::exact) CHECK(core::to_bytes(shards.front()) == core::to_bytes(whole));
  }
}

TEMPLATE_LIST_TEST_CASE("conformance: a merge counts everything, self-merge doubles", "[conformance]", all_states) {
  const TestType a = fed<TestType>(law_input<TestType>(5));
  const TestType b = fed<TestType>(law_input<TestType>(6));
  TestType ab = a;
  ab.merge(b);
  TestType ba = b;
  ba.merge(a);
  CHECK(same(ab, ba));
  CHECK(ab.rejected() == a.rejected() + b.rejected());
  if constexpr (requires { a.overflow(); }) {
    CHECK(ab.count() + ab.overflow() == a.count() + a.overflow() + b.count() + b.overflow());
  } else {
    CHECK(ab.count() == a.count() + b.count());
  }
  const TestType copy = a;
  TestType twice = a;
  twice.merge(copy);
  TestType self = a;
  self.merge(self);
  CHECK(same(self, twice));
  CHECK(self.count() == 2 * a.count());
  CHECK(self.rejected() == 2 * a.rejected());
}

TEMPLATE_LIST_TEST_CASE("conformance: states of other parameters are refused", "[conformance]", all_states) {
  using traits = state_traits<TestType>;
  const TestType before = fed<TestType>(law_input<TestType>(7));
  CHECK(traits::make().parameters() == before.parameters());
  if constexpr (requires { traits::make_foreign(); }) {
    const TestType foreign = traits::make_foreign();
    CHECK(foreign.parameters() != before.parameters());
    TestType state = before;
    CHECK_THROWS_AS(state.merge(foreign), std::invalid_argument);
    CHECK(state == before);
    check_refused(before, core::to_bytes(foreign));
    check_refused(foreign, core::to_bytes(before));
  }
}

TEMPLATE_LIST_TEST_CASE("conformance: load brings back what was saved", "[conformance]", all_states) {
  using traits = state_traits<TestType>;
  const TestType full = fed<TestType>(law_input<TestType>(8));
  for (const TestType& saved : {traits::make(), full}) {
    const auto bytes = core::to_bytes(saved);
    TestType loaded = traits::make();
    core::from_bytes(bytes, loaded);
    CHECK(loaded == saved);
    CHECK(loaded.count() == saved.count());
    CHECK(loaded.rejected() == saved.rejected());
    CHECK(core::to_bytes(loaded) == bytes);
    TestType over = fed<TestType>(law_input<TestType>(9));  // load replaces, it does not add
    core::from_bytes(bytes, over);
    CHECK(over == saved);
    core::input_archive in(bytes);
    CHECK(in.peek().count == saved.count());
    CHECK(in.peek().parameters == saved.parameters());
  }
  TestType resumed = traits::make();  // save half way, go on
  TestType straight = traits::make();
  const auto chunks = law_input<TestType>(10);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i == chunks.size() / 2) {
      TestType fresh = traits::make();
      core::from_bytes(core::to_bytes(resumed), fresh);
      resumed = fresh;
    }
    traits::feed(resumed, chunks[i]);
    traits::feed(straight, chunks[i]);
  }
  CHECK(resumed == straight);
  CHECK(core::to_bytes(resumed) == core::to_bytes(straight));
}

TEMPLATE_LIST_TEST_CASE("conformance: a damaged record is refused and changes nothing", "[conformance]", all_states) {
  const TestType before = fed<TestType>(law_input<TestType>(11, 5));
  const auto bytes = core::to_bytes(fed<TestType>(law_input<TestType>(12, 5)));
  for (std::size_t n = 0; n < bytes.size(); ++n) check_refused(before, std::span(bytes).first(n));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= static_cast<std::byte>(1U << (i % 8));
    check_refused(before, damaged);
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  TestType state = before;
  CHECK_THROWS_AS(core::from_bytes(longer, state), core::archive_error);
  CHECK(state == before);
}

// A payload under a right checksum can still be nonsense (a hostile file): it is refused, or read as a state that can
// be saved again; it never crashes.
TEMPLATE_LIST_TEST_CASE("conformance: a forged payload does no harm", "[conformance]", all_states) {
  const TestType before = fed<TestType>(law_input<TestType>(13, 5));
  const auto bytes = core::to_bytes(fed<TestType>(law_input<TestType>(14, 5)));
  core::random_engine random(15);
  for (int trial = 0; trial < 2000; ++trial) {
    auto forged = bytes;
    const std::size_t body = forged.size() - 4;
    const std::size_t at = 32 + static_cast<std::size_t>(core::uniform_below(random, body - 32));  // from the length on
    forged[at] = static_cast<std::byte>(core::uniform_below(random, 256));
    const std::uint32_t crc = core::crc32c(std::span<const std::byte>(forged).first(body));
    for (std::size_t i = 0; i < 4; ++i) forged[body + i] = static_cast<std::byte>((crc >> (8 * i)) & 0xFFU);
    TestType state = before;
    core::input_archive in(forged);
    bool read = false;
    try {
      state.load(in);
      read = true;
    } catch (const core::archive_error&) {
    }
    if (!read) {
      REQUIRE(state == before);
    } else if (forged == bytes || state_traits<TestType>::exact) {
      REQUIRE(core::to_bytes(state) == forged);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("conformance: an all-reduce over ranks gives the merged state", "[conformance]", all_states) {
  if constexpr (core::reducible<TestType>) {
    const auto chunks = law_input<TestType>(16);
    for (const std::size_t size : {1U, 2U, 4U, 7U}) {
      std::vector<TestType> ranks(size, state_traits<TestType>::make());
      const std::size_t busy = size == 1 ? 1 : size - 1;  // the last rank stays empty
      for (std::size_t i = 0; i < chunks.size(); ++i) state_traits<TestType>::feed(ranks[i % busy], chunks[i]);
      TestType merged = state_traits<TestType>::make();
      for (const TestType& r : ranks) merged.merge(r);
      all_reduce(ranks);
      for (const TestType& r : ranks) {
        CHECK(same(r, merged));
        CHECK(core::to_bytes(r) == core::to_bytes(ranks.front()));
      }
    }
    std::vector<TestType> idle(3, state_traits<TestType>::make());
    all_reduce(idle);
    CHECK(idle.front() == state_traits<TestType>::make());
  } else {
    SUCCEED("gathered as saved bytes");
  }
}
