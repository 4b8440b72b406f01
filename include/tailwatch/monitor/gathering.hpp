// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"

namespace tailwatch::monitor {

/// Where the value of a signal comes from: a number handed in by `observe` or `on_evaluate`, or a measure of what one
/// of the hooks gathered during a block.
enum class block_source : std::uint8_t { observed, tokens, logits, samples, embeddings, rewards, policy };
inline constexpr std::size_t block_sources = 7;

[[nodiscard]] constexpr std::string_view to_string(block_source source) noexcept {
  constexpr std::array<std::string_view, block_sources> names{"observed",   "tokens",  "logits", "samples",
                                                              "embeddings", "rewards", "policy"};
  return names[static_cast<std::size_t>(source)];
}

/// What hooks keep until a block is full, and how much of it. What does not fit is counted, never allocated.
struct gathering_options {
  std::uint64_t vocabulary = std::uint64_t{1} << 32;  ///< token ids lie below it; a true bound makes n-grams cheaper
  std::size_t block_tokens = 0;       ///< tokens in a block of text; 0: all the tokens of the block's steps
  std::size_t max_tokens = 1U << 18;  ///< of on_tokens kept until the step ends
  std::size_t max_sequences = 1U << 14;
  std::size_t max_sample_tokens = 1U << 18;  ///< of on_samples kept in a block
  std::size_t max_responses = 1U << 12;
  std::size_t rows_per_call = 2048;          ///< rows of logits read per call, at random without repeats; 0: every row
  std::size_t max_rows = 1U << 14;           ///< rows of logits kept in a block
  std::vector<double> tail_thresholds = {};  ///< probabilities t: the mass of tokens with p < t; at most eight
  std::vector<double> top_p = {};            ///< probabilities of nuclei: their size and the mass outside; at most four
  std::size_t max_embeddings = 256;          ///< rows of embeddings kept in a block, the first that come
  std::size_t max_rewards = 1U << 14;
  double clip_low = 0.2;   ///< probability ratios below 1 − clip_low on a negative advantage count as clipped
  double clip_high = 0.2;  ///< and above 1 + clip_high on a positive one
  std::uint64_t seed = 1;  ///< of the choice of rows
};

/// The place of threshold `t` in `thresholds`, appended where it is new.
inline std::size_t threshold_index(std::vector<double>& thresholds, double t) {
  const auto at = std::find(thresholds.begin(), thresholds.end(), t);
  if (at != thresholds.end()) return static_cast<std::size_t>(at - thresholds.begin());
  thresholds.push_back(t);
  return thresholds.size() - 1;
}

}  // namespace tailwatch::monitor
