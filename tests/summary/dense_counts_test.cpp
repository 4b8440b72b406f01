// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/summary/dense_counts.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using tailwatch::summary::dense_counts;

namespace {

template <class T>
void check_ids_of_type() {
  dense_counts counts(4);
  counts.update(std::vector<T>{0, 1, 1, 3, 4, static_cast<T>(-1), std::numeric_limits<T>::max()});
  CHECK(counts.count() == 4);
  CHECK(counts.rejected() == 3);
  CHECK(counts[0] == 1);
  CHECK(counts[1] == 2);
  CHECK(counts[2] == 0);
  CHECK(counts[3] == 1);
}

}  // namespace

TEST_CASE("summary: dense counts take ids of any integer type", "[summary]") {
  check_ids_of_type<std::int8_t>();
  check_ids_of_type<std::uint8_t>();
  check_ids_of_type<std::int16_t>();
  check_ids_of_type<std::uint16_t>();
  check_ids_of_type<std::int32_t>();
  check_ids_of_type<std::uint32_t>();
  check_ids_of_type<std::int64_t>();
  check_ids_of_type<std::uint64_t>();
}

TEST_CASE("summary: dense counts take spans, arrays, views and sequences", "[summary]") {
  const std::array<int, 3> ids{2, 0, 2};
  dense_counts a(3);
  a.update(ids);
  dense_counts b(3);
  b.update(tailwatch::tokens(ids));
  dense_counts c(3);
  tailwatch::token_sequences sequences;
  sequences.push_back(std::vector<int>{2});
  sequences.push_back(std::vector<int>{});
  sequences.push_back(std::vector<int>{0, 2});
  c.update(sequences);
  dense_counts d(3);
  d.add(2, 2);
  d.add(0);
  CHECK(a == b);
  CHECK(a == c);
  CHECK(a == d);
  CHECK(a.counts().size() == 3);
  CHECK(a.counts()[2] == 2);
  d.add(3, 5);
  CHECK(d.rejected() == 5);
}

TEST_CASE("summary: dense counts agree with one addition at a time, for every length, start and repetition",
          "[summary]") {
  tailwatch::core::random_engine random(3);
  std::vector<std::int32_t> ids(300);
  for (const std::uint64_t bound : {1ULL, 2ULL, 3ULL, 40ULL}) {
    for (auto& id : ids) id = static_cast<std::int32_t>(tailwatch::core::uniform_below(random, bound + 2)) - 1;
    for (std::size_t start = 0; start < 5; ++start) {
      for (std::size_t n = 0; n < 20; ++n) {
        const auto part = std::span<const std::int32_t>(ids).subspan(start * 50 + n, n);
        dense_counts at_once(static_cast<std::size_t>(bound));
        at_once.update(part);
        dense_counts one_by_one(static_cast<std::size_t>(bound));
        for (const std::int32_t id : part) one_by_one.add(static_cast<std::uint64_t>(id));
        REQUIRE(at_once == one_by_one);
      }
    }
  }
}

TEST_CASE("summary: dense counts of vocabulary 0 reject everything and merge with their like only", "[summary]") {
  dense_counts none;
  none.update(std::vector<int>{0, 1});
  CHECK(none.count() == 0);
  CHECK(none.rejected() == 2);
  CHECK(none.vocabulary() == 0);
  none.merge(dense_counts(0));
  CHECK(none.rejected() == 2);
  std::string what;
  try {
    none.merge(dense_counts(5));
  } catch (const std::invalid_argument& error) {
    what = error.what();
  }
  CHECK(what == "summary::dense_counts::merge: vocabulary is 5, must be 0 like this state's");
}

TEST_CASE("summary: a dense vocabulary has a bound", "[summary]") {
  CHECK_THROWS_AS(dense_counts((std::size_t{1} << 32) + 1), std::invalid_argument);
}

TEST_CASE("summary: dense counts with impossible contents are not loaded", "[summary]") {
  const auto forged = [](std::int64_t rejected, std::int64_t first, std::int64_t second, std::uint64_t count) {
    tailwatch::core::output_archive out;
    out.begin({tailwatch::core::state_family::dense_counts, dense_counts(2).parameters(), 0, 0, count});
    out.i64(rejected);
    out.u64(2);
    out.i64(first);
    out.i64(second);
    out.end();
    return std::move(out).bytes();
  };
  dense_counts state(2);
  tailwatch::core::from_bytes(forged(1, 2, 3, 5), state);
  CHECK(state[1] == 3);
  CHECK_THROWS_AS(tailwatch::core::from_bytes(forged(1, 2, 3, 6), state), tailwatch::core::archive_error);
  CHECK_THROWS_AS(tailwatch::core::from_bytes(forged(1, -2, 7, 5), state), tailwatch::core::archive_error);
  CHECK_THROWS_AS(tailwatch::core::from_bytes(forged(-1, 2, 3, 5), state), tailwatch::core::archive_error);
  // 2^63 − 1 + 2^63 − 1 is 2^64 − 2: a sum that would overflow at the next merge.
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK_THROWS_AS(tailwatch::core::from_bytes(forged(1, most, most, ~std::uint64_t{1}), state),
                  tailwatch::core::archive_error);
  CHECK(state[1] == 3);
}
