// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/summary/count_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using tailwatch::summary::count_table;

namespace {

using reference_map = std::map<std::uint64_t, std::uint64_t>;

reference_map contents(const count_table& table) {
  reference_map m;
  table.for_each([&](std::uint64_t key, std::uint64_t count) { m[key] = count; });
  return m;
}

std::vector<std::uint64_t> random_keys(std::uint64_t seed, std::size_t n, std::uint64_t bound) {
  tailwatch::core::random_engine random(seed);
  std::vector<std::uint64_t> keys(n);
  for (auto& k : keys) k = tailwatch::core::uniform_below(random, bound);
  return keys;
}

}  // namespace

TEST_CASE("summary: the hash of the tables is a bijection", "[summary]") {
  using tailwatch::summary::detail::gather;
  using tailwatch::summary::detail::key_image;
  using tailwatch::summary::detail::scatter;
  using tailwatch::summary::detail::wide_key;
  tailwatch::core::random_engine random(1);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t x = i < 10 ? static_cast<std::uint64_t>(i) : random();
    REQUIRE(gather(scatter(x)) == x);
    const wide_key wide{random() >> (i % 64), x};
    REQUIRE(key_image<wide_key>::of(wide).key() == wide);
  }
}

TEST_CASE("summary: a count table agrees with a map at every size", "[summary]") {
  count_table table;
  reference_map expected;
  for (const std::size_t n : {0U, 1U, 31U, 32U, 33U, 1000U, 5000U, 200000U}) {
    const auto keys = random_keys(n, n, std::max<std::uint64_t>(n / 2, 1));
    for (const std::uint64_t k : keys) ++expected[k];
    table.update(keys);
    CHECK(table.distinct() == expected.size());
    CHECK(contents(table) == expected);
  }
  std::uint64_t total = 0;
  for (const auto& [key, count] : expected) {
    REQUIRE(table.count_of(key) == count);
    total += count;
  }
  CHECK(table.count() == total);
  CHECK(table.count_of(1'000'000'007) == 0);
  CHECK_FALSE(table.contains(1'000'000'007));
}

TEST_CASE("summary: extreme keys and negative integers are keys like others", "[summary]") {
  count_table table;
  table.add(0);
  table.add(std::numeric_limits<std::uint64_t>::max(), 4);
  table.add(5, 0);
  table.update(std::vector<int>{-1, 0, 7});
  CHECK(table.count_of(0) == 2);
  CHECK(table.count_of(std::numeric_limits<std::uint64_t>::max()) == 5);
  CHECK(table.count_of(7) == 1);
  CHECK(table.distinct() == 3);
}

TEST_CASE("summary: keys in the order of another table do not slow a table down", "[summary]") {
  count_table source;
  source.update(random_keys(3, 300000, ~std::uint64_t{0}));
  count_table copy;  // quadratic in the number of keys if they crowded one end of a small table
  source.for_each([&](std::uint64_t key, std::uint64_t count) { copy.add(key, count); });
  CHECK(copy == source);
}

TEST_CASE("summary: a large batch and single additions give the same table", "[summary]") {
  const auto keys = random_keys(4, 400000, 150000);
  count_table batch;
  batch.update(keys);
  count_table single;
  for (const std::uint64_t k : keys) single.add(k);
  CHECK(batch == single);
  CHECK(batch.memory_bytes() >= 16 * batch.distinct());
}

TEST_CASE("summary: a limited table keeps a fixed sample of the keys with exact counts", "[summary]") {
  const auto keys = random_keys(5, 100000, 5000);
  reference_map all;
  for (const std::uint64_t k : keys) ++all[k];

  count_table table({.max_keys = 300});
  table.update(keys);
  CHECK(table.distinct() == 300);
  CHECK(table.count() + table.overflow() == keys.size());
  for (const auto& [key, count] : contents(table)) REQUIRE(count == all.at(key));

  auto reversed = keys;
  std::ranges::reverse(reversed);
  count_table other({.max_keys = 300});
  for (const std::uint64_t k : reversed) other.add(k);
  CHECK(other == table);

  // Who is kept does not depend on how often a key occurs: 5000 keys once each give the same 300.
  count_table once({.max_keys = 300});
  for (const auto& [key, count] : all) once.add(key);
  std::set<std::uint64_t> kept;
  once.for_each([&](std::uint64_t key, std::uint64_t) { kept.insert(key); });
  table.for_each([&](std::uint64_t key, std::uint64_t) { REQUIRE(kept.count(key) == 1); });
}

TEST_CASE("summary: up to its limit a limited table is an exact one", "[summary]") {
  count_table table({.max_keys = 10});
  for (std::uint64_t k = 0; k < 10; ++k) table.add(k, k + 1);
  CHECK(table.overflow() == 0);
  CHECK(table.count() == 55);
  table.add(3);
  CHECK(table.overflow() == 0);
  table.add(10);
  CHECK(table.overflow() > 0);
  CHECK(table.distinct() == 10);
  count_table one({.max_keys = 1});
  for (std::uint64_t k = 0; k < 1000; ++k) one.add(k);
  CHECK(one.count() == 1);
  CHECK(one.overflow() == 999);
}

TEST_CASE("summary: a limited sample of keys is uniform", "[summary]") {
  // Share of keys below half: mean 1/2, standard deviation √(1/4 · (1 − 1000/20000)/1000) = 0.0154.
  count_table table({.max_keys = 1000});
  for (std::uint64_t k = 0; k < 20000; ++k) table.add(k);
  std::uint64_t low = 0;
  table.for_each([&](std::uint64_t key, std::uint64_t) { low += key < 10000 ? 1 : 0; });
  CHECK(std::abs(static_cast<double>(low) / 1000.0 - 0.5) < 4 * 0.0154);
}

TEST_CASE("summary: pairs of count tables are visited together", "[summary]") {
  count_table a;
  count_table b;
  for (std::uint64_t k = 0; k < 1000; ++k) a.add(k, k + 1);
  for (std::uint64_t k = 600; k < 1500; ++k) b.add(k, 2);
  std::uint64_t both = 0;
  std::uint64_t only_a = 0;
  std::uint64_t only_b = 0;
  a.for_each_pair(b, [&](std::uint64_t x, std::uint64_t y) {
    both += x != 0 && y != 0 ? 1 : 0;
    only_a += y == 0 ? 1 : 0;
    only_b += x == 0 ? 1 : 0;
  });
  CHECK(both == 400);
  CHECK(only_a == 600);
  CHECK(only_b == 500);
  std::uint64_t here = 0;
  a.for_each_here(b, [&](std::uint64_t x, std::uint64_t) { here += x; });
  CHECK(here == a.count());
  a.for_each_pair(count_table{}, [&](std::uint64_t, std::uint64_t y) { REQUIRE(y == 0); });
}

TEST_CASE("summary: a table that was moved from is an empty one", "[summary]") {
  count_table a({.max_keys = 5});
  for (std::uint64_t k = 0; k < 9; ++k) a.add(k);
  const count_table b = std::move(a);
  CHECK(b.distinct() == 5);
  CHECK(a.distinct() == 0);  // NOLINT(bugprone-use-after-move): what is asserted here
  a.add(1);
  CHECK(a.count() == 1);
  CHECK(a.max_keys() == 5);
}
