// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"

namespace tailwatch::sketch::detail {

/// Hash function of the states that sample keys, as saved: (mix64(key ⊕ mix64(seed)) >> 1), 63 bits, so that an int64 MIN
/// orders it. Not the hash of hyper_log_log: over one stream their errors are independent.
inline constexpr std::uint32_t sampled_key_hash_id = 3;
inline constexpr std::int64_t largest_hash = std::numeric_limits<std::int64_t>::max();

[[nodiscard]] constexpr std::uint64_t key_salt(std::uint32_t seed) noexcept { return core::mix64(seed); }

[[nodiscard]] constexpr std::int64_t hash_key(std::uint64_t key, std::uint64_t salt) noexcept {
  return static_cast<std::int64_t>(core::mix64(key ^ salt) >> 1);
}

/// hash_key as a function of the key alone.
struct salted_hash {
  std::uint64_t salt;
  [[nodiscard]] constexpr std::int64_t operator()(std::uint64_t key) const noexcept { return hash_key(key, salt); }
};

/// Calls take(hash) for every key whose hash is at most `bound()` at the time its block is looked at; take checks again.
///
/// Whole blocks of 64 are hashed before any is looked at: the compiler makes vector instructions of the first loop, which
/// it cannot of one that also branches. `Arch` keeps the copies of units with other flags apart.
template <class Arch, std::integral T, class Hash, class Bound, class Take>
void for_each_small_hash(std::span<const T> keys, Hash hash_of, Bound&& bound, Take&& take) {
  constexpr std::size_t block = 64;
  std::int64_t hashes[block];
  const T* key = keys.data();
  std::size_t left = keys.size();
  for (; left >= block; left -= block, key += block) {
    for (std::size_t j = 0; j < block; ++j) hashes[j] = hash_of(static_cast<std::uint64_t>(key[j]));
    const std::int64_t limit = bound();
    std::int64_t any = 0;  // all ones where a hash of the block is small: most blocks of a long stream hold none
    for (std::size_t j = 0; j < block; ++j) any |= -static_cast<std::int64_t>(hashes[j] <= limit);
    if (any == 0) continue;
    for (std::size_t j = 0; j < block; ++j)
      if (hashes[j] <= limit) take(hashes[j]);
  }
  const std::int64_t limit = bound();
  for (std::size_t j = 0; j < left; ++j) {
    const std::int64_t hash = hash_of(static_cast<std::uint64_t>(key[j]));
    if (hash <= limit) take(hash);
  }
}

/// hits/n of a simple sample of n out of a population of which `unsampled` is the share left out. At 0 and 1 the error takes
/// (hits + ½)/(n + 1): a sample without a hit is no certainty, unless it is the whole population.
[[nodiscard]] inline estimate sample_share(std::uint64_t hits, std::uint64_t n, double unsampled, std::uint64_t count) {
  if (n == 0) return {core::nan, core::nan, count};
  const auto size = static_cast<double>(n);
  const double share = static_cast<double>(hits) / size;
  const double p = hits == 0 || hits == n ? (static_cast<double>(hits) + 0.5) / (size + 1.0) : share;
  return {share, std::sqrt(p * (1.0 - p) / size * std::max(unsampled, 0.0)), count};
}

/// x·y of independent estimates, by the delta method.
[[nodiscard]] inline estimate product(const estimate& x, const estimate& y, std::uint64_t count) {
  return {x.value * y.value, std::hypot(x.value * y.standard_error, y.value * x.standard_error), count};
}

/// Good–Turing mass f₁/N from estimated f₁ and f₂: the error of the sketch, and Esty's of the sample itself,
/// (f₁(N − f₁) + 2N f₂)/N³, in quadrature.
[[nodiscard]] inline estimate turing_mass(const estimate& f1, const estimate& f2, std::uint64_t count) {
  if (count == 0) return {core::nan, core::nan, 0};
  const auto n = static_cast<double>(count);
  const double share = f1.value / n;
  const double sampling = (std::max(share * (1.0 - share), 0.0) + 2.0 * f2.value / n) / n;
  const double variance = f1.standard_error / n * (f1.standard_error / n) + sampling;
  return {share, variance > 0.0 ? std::sqrt(variance) : core::nan, count};
}

}  // namespace tailwatch::sketch::detail
