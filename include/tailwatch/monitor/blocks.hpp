// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::monitor {

/// Blocks of equally many tokens, and what was left over.
struct block_list {
  std::vector<core::token_sequences> blocks;
  std::size_t tokens_left = 0;  ///< less than one block; not used
};

/// Cuts text into blocks fit for a monitor: sequences in random order, then every block exactly `block_tokens` tokens.
///
/// The order is shuffled, because neighbouring sentences resemble each other and autocorrelated observations break the
/// e-process's premise; given the text, blocks in random order are exchangeable. The size is exact, because entropy,
/// types and f1/N depend on it: a sequence that reaches over a border is cut there and goes on as a sequence of its own
/// in the next block, which costs the n-grams across the cut, about the same number in every block.
/// @param random  core::random_engine or another source of 64 random bits; same seed, same blocks
/// @complexity    O(tokens)
/// @throws        std::invalid_argument  for block_tokens = 0
/// @example       examples/monitor/text_monitor.cpp
template <core::random_bits Random>
[[nodiscard]] block_list cut_blocks(const core::token_sequences& text, std::size_t block_tokens, Random& random) {
  core::check_at_least("monitor::cut_blocks", "block_tokens", block_tokens, std::size_t{1});
  std::vector<std::size_t> order(text.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  core::shuffle(order, random);
  block_list list;
  list.blocks.reserve(text.token_count() / block_tokens);
  core::token_sequences block;
  for (const std::size_t i : order) {
    std::span<const core::token_sequences::token> rest = text[i];
    while (!rest.empty()) {
      const std::size_t taken = std::min(rest.size(), block_tokens - block.token_count());
      block.push_back(rest.first(taken));
      rest = rest.subspan(taken);
      if (block.token_count() < block_tokens) continue;
      list.blocks.push_back(std::move(block));
      block = {};
      block.reserve(block_tokens, 64);
    }
  }
  list.tokens_left = block.token_count();
  return list;
}

}  // namespace tailwatch::monitor
