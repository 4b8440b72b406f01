// SPDX-License-Identifier: BSL-1.0
// count_min: never too few, and too many as rarely as the theorem says. The laws of the state: conformance/.
#include "tailwatch/sketch/count_min.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/simd/arch.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

static_assert(core::summary<sketch::count_min>);
static_assert(core::reducible<sketch::count_min>);

TEST_CASE("sketch count_min: counts, weights, edges and refusals", "[sketch]") {
  sketch::count_min state({.width = 1000, .depth = 4});
  CHECK(state.query(7) == 0);
  state.update(std::vector<std::int32_t>{7, 7, -1, 7});
  state.add(~std::uint64_t{0}, 5);  // −1 modulo 2^64
  CHECK(state.query(7) == 3);
  CHECK(state.query(~std::uint64_t{0}) == 6);
  CHECK(state.query(8) == 0);
  CHECK(state.count() == 9);
  CHECK(close(state.error_bound(), std::exp(1.0) * (1e-3 + 0x1p-32) * 9.0, 1e-15));
  CHECK(close(state.failure_probability(), std::exp(-4.0), 1e-15));
  CHECK(sketch::count_min({.width = 1, .depth = 1}).query(3) == 0);
  CHECK_THROWS_AS(sketch::count_min({.width = 0}), std::invalid_argument);
  CHECK_THROWS_AS(sketch::count_min({.width = (std::size_t{1} << 31) + 1}), std::invalid_argument);
  CHECK_THROWS_AS(sketch::count_min({.depth = 0}), std::invalid_argument);
  CHECK_THROWS_AS(sketch::count_min({.depth = 65}), std::invalid_argument);
  CHECK_THROWS_AS(state.merge(sketch::count_min({.width = 1000, .depth = 5})), std::invalid_argument);
  CHECK_THROWS_AS(state.merge(sketch::count_min({.width = 999, .depth = 4})), std::invalid_argument);
  CHECK_THROWS_AS(state.merge(sketch::count_min({.width = 1000, .depth = 4, .seed = 2})), std::invalid_argument);
  const std::vector<int> sequence{1, 2, 3, 1, 2};
  sketch::count_min bigrams;
  bigrams.update_shingles(sequence, 2);
  const std::vector<int> pair{1, 2};
  CHECK(bigrams.query(sketch::shingle_key(std::span<const int>(pair))) == 2);
}

TEST_CASE("sketch count_min: blocks, batches and instruction sets give the cells of one key at a time", "[sketch]") {
  core::random_engine random(8);
  std::vector<std::int32_t> keys(1000);
  for (auto& k : keys) k = static_cast<std::int32_t>(core::uniform_below(random, 200)) - 100;
  const sketch::count_min_options options{.width = 77, .depth = 3, .seed = 4};
  sketch::count_min whole(options), scalar(options), split(options), single(options);
  whole.update(keys);
  scalar.update<simd::scalar>(keys);
  for (std::size_t i = 0; i < keys.size(); i += 129)
    split.update(std::span(keys).subspan(i, std::min<std::size_t>(129, keys.size() - i)));
  for (const auto k : keys) single.add(static_cast<std::uint64_t>(k));
  CHECK(whole == single);
  CHECK(scalar == single);
  CHECK(split == single);
}

TEST_CASE("sketch count_min: the size for an error and a failure probability", "[sketch]") {
  CHECK(sketch::count_min_for(0.001, 0.01) == sketch::count_min_options{4096, 5, 1});
  CHECK(sketch::count_min_for(std::exp(1.0) / 1024.0, std::exp(-2.0) * 1.0001).width == 1024);
  CHECK(sketch::count_min_for(0.5, 0.9, 4) == sketch::count_min_options{8, 1, 4});
  CHECK_THROWS_AS(sketch::count_min_for(0.0, 0.1), std::invalid_argument);
  CHECK_THROWS_AS(sketch::count_min_for(1.0, 0.1), std::invalid_argument);
  CHECK_THROWS_AS(sketch::count_min_for(0.1, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(sketch::count_min_for(core::nan, 0.1), std::invalid_argument);
}

TEST_CASE("sketch count_min: rows are pairwise independent on structured keys", "[sketch]") {
  // Two keys that differ in one bit, in the low or in the high half, meet in a cell of one row with probability 1/w.
  constexpr int seeds = 20'000;
  constexpr std::size_t width = 16;
  for (const std::uint64_t other : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 31, std::uint64_t{1} << 32,
                                    std::uint64_t{1} << 63, (std::uint64_t{1} << 32) + 1}) {
    int meet = 0;
    for (int s = 0; s < seeds; ++s) {
      sketch::count_min row({.width = width, .depth = 1, .seed = static_cast<std::uint32_t>(s)});
      row.add(other);
      meet += row.query(0) == 1 ? 1 : 0;
    }
    const double p = 1.0 / width;
    CHECK(std::abs(meet / static_cast<double>(seeds) - p) < 4.0 * std::sqrt(p * (1.0 - p) / seeds));
  }
}

TEST_CASE("sketch count_min: never too few, too many as rarely as promised", "[sketch]") {
  core::random_engine random(5);
  std::map<std::uint64_t, std::uint64_t> truth;
  std::vector<std::uint64_t> keys(60'000);
  for (auto& k : keys) {
    const double u = core::uniform_01(random);
    k = static_cast<std::uint64_t>(std::exp(u * std::log(20'000.0)));  // Zipf-like on consecutive ids
    ++truth[k];
  }
  for (const std::size_t depth : {1U, 3U}) {
    std::uint64_t failed = 0, asked = 0;
    bool never_too_few = true;
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
      sketch::count_min state({.width = 300, .depth = depth, .seed = seed});
      state.update(keys);
      for (std::uint64_t key = 0; key < 30'000; key += 7) {  // unseen ones too
        const auto found = truth.find(key);
        const std::uint64_t exact = found == truth.end() ? 0 : found->second;
        const std::uint64_t q = state.query(key);
        never_too_few = never_too_few && q >= exact;
        failed += static_cast<double>(q - exact) > state.error_bound() ? 1U : 0U;
        ++asked;
      }
    }
    CHECK(never_too_few);
    INFO("depth " << depth << " failed " << failed << " of " << asked);
    CHECK(static_cast<double>(failed) <= std::exp(-static_cast<double>(depth)) * static_cast<double>(asked));
    if (depth == 1) CHECK(failed > 0);  // and the bound is not idle
  }
}
