// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <compare>
#include <cstdint>

namespace tailwatch::summary::detail {

/// A key of 65 to 128 bits; ordered as a number.
struct wide_key {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const wide_key&, const wide_key&) = default;
};

constexpr std::uint64_t inverse_of_odd(std::uint64_t x) noexcept {
  std::uint64_t y = x;  // right to 3 bits; each Newton step doubles them
  for (int i = 0; i < 5; ++i) y *= 2 - x * y;
  return y;
}
inline constexpr std::uint64_t scatter_first = 0x9e3779b97f4a7c15ULL;
inline constexpr std::uint64_t scatter_second = 0xd6e8feb86659fd93ULL;

/// A bijection of 64 bits that scatters packed ids over the high and over the low bits; `gather` is its inverse.
[[nodiscard]] constexpr std::uint64_t scatter(std::uint64_t x) noexcept {
  x *= scatter_first;
  x ^= x >> 32;
  x *= scatter_second;
  return x ^ (x >> 32);
}
[[nodiscard]] constexpr std::uint64_t gather(std::uint64_t x) noexcept {
  x ^= x >> 32;
  x *= inverse_of_odd(scatter_second);
  x ^= x >> 32;
  return x * inverse_of_odd(scatter_first);
}

/// The key as the table holds it: a bijection of the key that starts with its hash, so that nothing is hashed twice.
template <class Key>
struct key_image;
template <>
struct key_image<std::uint64_t> {
  std::uint64_t hash;
  [[nodiscard]] static constexpr key_image of(std::uint64_t key) noexcept { return {scatter(key)}; }
  [[nodiscard]] constexpr std::uint64_t key() const noexcept { return gather(hash); }
  friend constexpr bool operator==(const key_image&, const key_image&) = default;
};
template <>
struct key_image<wide_key> {
  std::uint64_t hash;
  std::uint64_t high;
  [[nodiscard]] static constexpr key_image of(const wide_key& key) noexcept {
    return {scatter(key.low ^ scatter(key.high)), key.high};
  }
  [[nodiscard]] constexpr wide_key key() const noexcept { return {high, gather(hash) ^ scatter(high)}; }
  friend constexpr bool operator==(const key_image&, const key_image&) = default;
};

}  // namespace tailwatch::summary::detail
