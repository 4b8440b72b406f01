// SPDX-License-Identifier: BSL-1.0
// min_hash, shingles and lsh: signatures, their error, and which pairs the bands find. The laws of the state: conformance/.
#include "tailwatch/sketch/min_hash.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/sketch/lsh.hpp"
#include "tailwatch/sketch/shingles.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::summary<sketch::min_hash>);
static_assert(core::reducible<sketch::min_hash>);

namespace {

std::vector<std::uint64_t> min_hash_range(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> keys;
  for (std::uint64_t k = begin; k < end; ++k) keys.push_back(k);
  return keys;
}

}  // namespace

TEST_CASE("sketch shingles: keys, short sequences and exact Jaccard", "[sketch]") {
  const std::vector<std::uint32_t> a{1, 2, 3, 1, 2};
  CHECK(sketch::shingle_set(std::span<const std::uint32_t>(a), 2).size() == 3);
  CHECK(sketch::shingle_set(std::span<const std::uint32_t>(a), 9).size() == 1);
  CHECK(sketch::shingle_set(std::span<const std::uint32_t>(), 3).size() == 1);
  const std::vector<std::int64_t> wide{1, 2, 3, 1, 2};
  CHECK(sketch::shingle_set(std::span<const std::int64_t>(wide), 2) ==
        sketch::shingle_set(std::span<const std::uint32_t>(a), 2));
  // A short sequence is not the shingle of a longer one, nor is the order of the tokens lost.
  const std::vector<std::uint32_t> two{1, 2}, turned{2, 1};
  CHECK(sketch::shingle_key(std::span<const std::uint32_t>(two)) !=
        sketch::shingle_key(std::span<const std::uint32_t>(turned)));
  // Fixed for ever: saved signatures depend on it.
  CHECK(sketch::shingle_key(std::span<const std::uint32_t>(two)) == core::mix64(core::mix64(core::mix64(2) ^ 1U) ^ 2U));
  const std::vector<std::uint64_t> x{1, 3, 5, 7}, y{3, 4, 5}, none;
  CHECK(sketch::jaccard_index(x, y) == 2.0 / 5.0);
  CHECK(sketch::jaccard_index(x, x) == 1.0);
  CHECK(sketch::jaccard_index(x, none) == 0.0);
  CHECK(sketch::jaccard_index(none, none) == 1.0);
  CHECK_THROWS_AS(sketch::shingle_set(std::span<const std::uint32_t>(a), 0), std::invalid_argument);
}

TEST_CASE("sketch min_hash: a set, its union and its edges", "[sketch]") {
  const auto a = min_hash_range(0, 50), b = min_hash_range(20, 90);
  sketch::min_hash first, second, whole, empty;
  first.update(a);
  second.update(b);
  whole.update(min_hash_range(0, 90));
  CHECK(sketch::jaccard(first, first).value == 1.0);
  CHECK(sketch::jaccard(first, first).standard_error > 0.0);
  CHECK(sketch::jaccard(first, first).standard_error < 0.01);
  CHECK(std::isnan(sketch::jaccard(first, empty).value));
  first.merge(second);
  CHECK(std::equal(first.signature().begin(), first.signature().end(), whole.signature().begin()));
  CHECK(first.count() == 120);
  const auto before = first;
  first.update(std::vector<int>{3});
  CHECK(std::equal(first.signature().begin(), first.signature().end(), before.signature().begin()));
  CHECK_THROWS_AS(sketch::min_hash({.permutations = 0}), std::invalid_argument);
  CHECK_THROWS_AS(sketch::jaccard(first, sketch::min_hash({.permutations = 64})), std::invalid_argument);
  CHECK_THROWS_AS(first.merge(sketch::min_hash({.seed = 2})), std::invalid_argument);

  const std::vector<std::uint16_t> sequence{5, 6, 7, 8};
  sketch::min_hash shingles, keys;
  shingles.update_shingles(sequence, 3);
  keys.update(sketch::shingle_set(std::span<const std::uint16_t>(sequence), 3));
  CHECK(shingles == keys);
}

TEST_CASE("sketch min_hash: unbiased, and the standard error is the spread", "[sketch]") {
  // Consecutive keys, the hardest for a linear hash: A = [0, 60), B = [20, 80), J = 40/80.
  constexpr int replicates = 1000;
  double sum = 0.0, squares = 0.0, errors = 0.0;
  for (int r = 0; r < replicates; ++r) {
    const sketch::min_hash_options options{.permutations = 64, .seed = static_cast<std::uint32_t>(r)};
    sketch::min_hash a(options), b(options);
    a.update(min_hash_range(0, 60));
    b.update(min_hash_range(20, 80));
    const estimate e = sketch::jaccard(a, b);
    sum += e.value;
    squares += e.value * e.value;
    errors += e.standard_error;
  }
  const double mean = sum / replicates;
  const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
  CHECK(std::abs(mean - 0.5) < 4.0 * 0.0625 / std::sqrt(replicates));
  CHECK(std::abs(errors / replicates / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
  CHECK(std::abs(spread / 0.0625 - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
}

TEST_CASE("sketch lsh: bands by threshold and recall", "[sketch]") {
  const sketch::lsh_bands split = sketch::bands_for(128, 0.7);
  CHECK(split == sketch::lsh_bands{32, 4});  // 25 bands of 5 rows: 0.98995
  CHECK(close(split.candidate_probability(0.7), 1.0 - std::pow(1.0 - std::pow(0.7, 4), 32), 1e-14));
  CHECK(split.candidate_probability(1.0) == 1.0);
  CHECK(split.candidate_probability(0.0) == 0.0);
  CHECK(sketch::bands_for(4, 0.1) == sketch::lsh_bands{4, 1});
  CHECK(sketch::bands_for(128, 1.0) == sketch::lsh_bands{1, 128});
  CHECK_THROWS_AS(sketch::bands_for(0, 0.5), std::invalid_argument);
  CHECK_THROWS_AS(sketch::bands_for(8, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(sketch::bands_for(8, 0.5, 1.0), std::invalid_argument);
}

TEST_CASE("sketch lsh: buckets are the groups that agree in a band", "[sketch]") {
  // Three rows of two bands of two values each.
  const std::vector<std::int64_t> signatures{1, 2, 3, 4, /**/ 1, 2, 5, 6, /**/ 7, 8, 3, 4, /**/ 0, 0, 0, 0};
  std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
  sketch::for_each_bucket(signatures, 4, {2, 2}, [&](std::span<const std::uint32_t> members) {
    for (std::size_t i = 0; i < members.size(); ++i)
      for (std::size_t j = i + 1; j < members.size(); ++j) pairs.insert({members[i], members[j]});
  });
  CHECK(pairs == std::set<std::pair<std::uint32_t, std::uint32_t>>{{0, 1}, {0, 2}});
  CHECK_THROWS_AS(sketch::for_each_bucket(signatures, 4, {3, 2}, [](auto) {}), std::invalid_argument);
  CHECK_THROWS_AS(sketch::for_each_bucket(signatures, 5, {1, 1}, [](auto) {}), std::invalid_argument);
  int calls = 0;
  sketch::for_each_bucket({}, 4, {2, 2}, [&](auto) { ++calls; });
  CHECK(calls == 0);
}

TEST_CASE("sketch lsh: a pair is a candidate as often as the S-curve says", "[sketch]") {
  constexpr int replicates = 2000;
  const sketch::lsh_bands split{8, 4};
  int found = 0;
  for (int r = 0; r < replicates; ++r) {
    const sketch::min_hash_family family({.permutations = 32, .seed = static_cast<std::uint32_t>(r)});
    std::vector<std::int64_t> signatures(64, sketch::min_hash::empty_minimum);
    for (std::uint64_t key = 0; key < 20; ++key) family.add(key, signatures.data());
    for (std::uint64_t key = 4; key < 24; ++key) family.add(key, signatures.data() + 32);  // J = 16/24
    bool candidate = false;
    sketch::for_each_bucket(signatures, 32, split, [&](auto) { candidate = true; });
    found += candidate ? 1 : 0;
  }
  const double p = split.candidate_probability(16.0 / 24.0);
  CHECK(std::abs(found / static_cast<double>(replicates) - p) < 4.0 * std::sqrt(p * (1.0 - p) / replicates));
}
