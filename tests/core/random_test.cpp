// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/random.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <vector>

#include "support/catch.hpp"

namespace core = tailwatch::core;

namespace {
/// Gives the listed words, then fails loudly.
struct scripted_random {
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  std::vector<std::uint64_t> words;
  std::size_t used = 0;
  result_type operator()() { return words.at(used++); }
};

double random_chi_squared(std::span<const std::uint64_t> observed, double expected) {
  double sum = 0.0;
  for (const std::uint64_t o : observed) {
    const double d = static_cast<double>(o) - expected;
    sum += d * d / expected;
  }
  return sum;
}
}  // namespace

TEST_CASE("core: the engine is the 64-bit Mersenne twister of the standard", "[core]") {
  core::random_engine engine;  // C++ standard [rand.predef]: the 10000th call gives this number
  std::uint64_t x = 0;
  for (int i = 0; i < 10000; ++i) x = engine();
  CHECK(x == 9981545732273789042U);
}

TEST_CASE("core: mix64 is SplitMix64", "[core]") {
  // the first outputs of SplitMix64 seeded with 0: the state advances by the golden ratio, mix64 adds it itself
  STATIC_REQUIRE(core::mix64(0) == 0xe220a8397b1dcdafULL);
  STATIC_REQUIRE(core::mix64(0x9e3779b97f4a7c15ULL) == 0x6e789e6aa1b965f4ULL);
  STATIC_REQUIRE(core::mix64(2 * 0x9e3779b97f4a7c15ULL) == 0x06c45d188009454fULL);
}

TEST_CASE("core: split seeds are distinct, not symmetric, and released numbers", "[core]") {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 64; ++seed)
    for (std::uint64_t index = 0; index < 64; ++index) seen.insert(core::split_seed(seed, index));
  CHECK(seen.size() == 64 * 64);
  CHECK(core::split_seed(1, 2) != core::split_seed(2, 1));
  // a run is repeated from its seed years later: these must not change
  CHECK(core::split_seed(0, 0) == 0x8d4c451a0037ed71ULL);
  CHECK(core::split_seed(42, 7) == 0x67e4a9fd23b2116aULL);
}

TEST_CASE("core: uniform_01 reaches 0 and never 1", "[core]") {
  scripted_random r{{0, ~std::uint64_t{0}, std::uint64_t{1} << 63}};
  CHECK(core::uniform_01(r) == 0.0);
  CHECK(core::uniform_01(r) == 1.0 - 0x1p-53);
  CHECK(core::uniform_01(r) == 0.5);
}

TEST_CASE("core: uniform_below rejects the words that would bias it", "[core]") {
  // 2^64 mod 3 = 1: exactly one word of 2^64 is one too many
  scripted_random three{{0, ~std::uint64_t{0}}};
  CHECK(core::uniform_below(three, 3) == 2);
  CHECK(three.used == 2);
  scripted_random power{{0, ~std::uint64_t{0}}};  // a power of two divides 2^64: nothing is rejected
  CHECK(core::uniform_below(power, 8) == 0);
  CHECK(core::uniform_below(power, 8) == 7);
  scripted_random one{{12345}};
  CHECK(core::uniform_below(one, 1) == 0);
}

TEST_CASE("core: uniform_below is uniform where a remainder would not be", "[core]") {
  // bound = 3/4 of 2^64: a remainder would fall into the first third with probability 1/2 in place of 1/3
  core::random_engine engine(20260101);
  const std::uint64_t bound = std::uint64_t{3} << 62;
  std::array<std::uint64_t, 3> thirds{};
  for (int i = 0; i < 30000; ++i) ++thirds[core::uniform_below(engine, bound) >> 62];
  CHECK(random_chi_squared(thirds, 10000.0) < 20.0);  // 2 degrees of freedom: exceeded with probability 4.5e-5

  std::array<std::uint64_t, 10> digits{};
  for (int i = 0; i < 100000; ++i) ++digits[core::uniform_below(engine, digits.size())];
  CHECK(random_chi_squared(digits, 10000.0) < 36.0);  // 9 degrees of freedom: 4e-5
}

TEST_CASE("core: a shuffle is a permutation, every one equally often", "[core]") {
  core::random_engine engine(7);
  std::map<std::array<int, 4>, std::uint64_t> times;
  for (int i = 0; i < 24000; ++i) {
    std::array<int, 4> x{0, 1, 2, 3};
    core::shuffle(x, engine);
    ++times[x];
  }
  REQUIRE(times.size() == 24);
  std::vector<std::uint64_t> observed;
  for (const auto& entry : times) observed.push_back(entry.second);
  CHECK(random_chi_squared(observed, 1000.0) < 60.0);  // 23 degrees of freedom: 4e-5

  std::vector<int> long_one(1000), sorted(1000);
  std::iota(long_one.begin(), long_one.end(), 0);
  sorted = long_one;
  core::shuffle(std::span<int>(long_one), engine);
  CHECK(long_one != sorted);
  std::sort(long_one.begin(), long_one.end());
  CHECK(long_one == sorted);
}

TEST_CASE("core: shuffling none or one draws nothing", "[core]") {
  scripted_random r{{}};
  std::vector<int> none, one{5};
  core::shuffle(none, r);
  core::shuffle(one, r);
  CHECK(one == std::vector<int>{5});
  CHECK(r.used == 0);
}
