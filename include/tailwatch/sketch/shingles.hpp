// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"

namespace tailwatch::sketch {

/// 64-bit key of one run of tokens, the same on every machine and in every release:
///
///   key = mix64(… mix64(mix64(n) ⊕ t₁) … ⊕ t_n)
///
/// mix64 is a bijection, so two runs that differ in their last token alone never share a key; any other two do with
/// probability 2⁻⁶⁴.
template <std::integral Token>
[[nodiscard]] constexpr std::uint64_t shingle_key(std::span<const Token> tokens) noexcept {
  std::uint64_t key = core::mix64(tokens.size());
  for (const Token t : tokens) key = core::mix64(key ^ static_cast<std::uint64_t>(t));
  return key;
}

/// Appends the keys of all runs of n tokens of a sequence, repeats included. A sequence shorter than n, the empty one too,
/// has one shingle: itself. So every sequence has at least one, and equal sequences have equal shingles.
///
/// @complexity  O(n · tokens)
/// @throws      std::invalid_argument for n = 0
template <std::integral Token>
void append_shingles(std::span<const Token> sequence, std::size_t n, std::vector<std::uint64_t>& keys) {
  core::check_at_least("sketch::append_shingles", "n", n, std::size_t{1});
  if (sequence.size() <= n) {
    keys.push_back(shingle_key(sequence));
    return;
  }
  for (std::size_t i = 0; i + n <= sequence.size(); ++i) keys.push_back(shingle_key(sequence.subspan(i, n)));
}

/// The distinct shingles of a sequence in ascending order of their keys.
template <std::integral Token>
[[nodiscard]] std::vector<std::uint64_t> shingle_set(std::span<const Token> sequence, std::size_t n) {
  std::vector<std::uint64_t> keys;
  append_shingles(sequence, n, keys);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

/// |A ∩ B| / |A ∪ B| of two ascending lists of distinct keys; 1 for two empty ones.
[[nodiscard]] inline double jaccard_index(std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) noexcept {
  if (a.empty() && b.empty()) return 1.0;
  std::size_t both = 0, i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const std::uint64_t x = a[i], y = b[j];
    both += x == y ? 1U : 0U;
    i += x <= y ? 1U : 0U;
    j += y <= x ? 1U : 0U;
  }
  return static_cast<double>(both) / static_cast<double>(a.size() + b.size() - both);
}

}  // namespace tailwatch::sketch
