// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <utility>

/// Randomness is an argument. Engines and distributions come from Boost.Random, because the standard's distributions differ
/// between libraries and "same seed, same bytes" must hold everywhere.
namespace tailwatch::core {

/// The engine that examples and tools use: 64 random bits a call, same stream on every platform.
using random_engine = boost::random::mt19937_64;

/// A source of 64 uniform random bits a call.
template <class Random>
concept random_bits = requires(Random random) {
  { random() } -> std::convertible_to<std::uint64_t>;
  requires(Random::min)() == 0;
  requires(Random::max)() == ~std::uint64_t{0};
};

/// Finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits that scatters neighbouring inputs.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// The seed of the index-th independent stream under one run's seed: replicates, generations and purposes each take one, so
/// that no result depends on how many numbers another part drew.
[[nodiscard]] constexpr std::uint64_t split_seed(std::uint64_t seed, std::uint64_t index) noexcept {
  return mix64(mix64(seed) ^ mix64(index ^ 0x5851f42d4c957f2dULL));
}

/// Uniform double in [0, 1): the top 53 bits of one draw.
template <random_bits Random>
[[nodiscard]] double uniform_01(Random& random) {
  return static_cast<double>(static_cast<std::uint64_t>(random()) >> 11) * 0x1p-53;
}

/// Uniform integer in [0, bound), bound > 0, without modulo bias (Lemire 2019, ACM TOMACS 29(1)).
template <random_bits Random>
[[nodiscard]] std::uint64_t uniform_below(Random& random, std::uint64_t bound) {
  __extension__ using wide = unsigned __int128;
  wide product = static_cast<wide>(static_cast<std::uint64_t>(random())) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold)
      product = static_cast<wide>(static_cast<std::uint64_t>(random())) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

/// Fisher–Yates shuffle in place.
template <std::ranges::random_access_range Range, random_bits Random>
void shuffle(Range&& x, Random& random) {
  const auto first = std::ranges::begin(x);
  for (auto n = static_cast<std::uint64_t>(std::ranges::size(x)); n > 1; --n) {
    const auto other = static_cast<std::ptrdiff_t>(uniform_below(random, n));
    std::ranges::iter_swap(first + static_cast<std::ptrdiff_t>(n - 1), first + other);
  }
}

}  // namespace tailwatch::core
