// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/cluster_ratio.hpp"

namespace tailwatch::perplexity::detail {

inline void check_mask(std::string_view function, std::size_t size, std::span<const std::uint8_t> mask) {
  if (!mask.empty()) core::check_same_size(function, "log_probabilities", size, "mask", mask.size());
}

/// What a rounding of ln 1 may leave above 0, in 16-bit formats too.
inline constexpr double largest_log_probability = 0.05;

/// Refuses what cannot be ln p: a mask of another size, or a counted value above 0, most often logits that were meant for a
/// softmax first. NaN is data.
template <std::floating_point T>
void check_log_probabilities(std::string_view function, std::span<const T> x, std::span<const std::uint8_t> mask) {
  check_mask(function, x.size(), mask);
  T largest = T{0};
  for (std::size_t i = 0; i < x.size(); ++i)
    if ((mask.empty() || mask[i] != 0) && x[i] > largest) largest = x[i];
  core::check(static_cast<double>(largest) <= largest_log_probability, function, "a log-probability",
              static_cast<double>(largest), "at most 0; logits need a softmax first");
}

/// Sum and number of the unmasked values of [begin, end).
template <std::floating_point T>
[[nodiscard]] cluster sum_of(std::span<const T> x, std::span<const std::uint8_t> mask, std::size_t begin,
                             std::size_t end) {
  cluster c;
  for (std::size_t i = begin; i < end; ++i) {
    if (!mask.empty() && mask[i] == 0) continue;
    c.sum += static_cast<double>(x[i]);
    ++c.units;
  }
  return c;
}

/// Mean per token with blocks of `block` consecutive positions as clusters.
template <std::floating_point T>
[[nodiscard]] ratio mean_over_blocks(std::string_view function, std::span<const T> x, std::size_t block,
                                     std::span<const std::uint8_t> mask) {
  core::check_at_least(function, "block", block, std::size_t{1});
  check_log_probabilities(function, x, mask);
  const std::size_t blocks = x.size() / block + (x.size() % block != 0 ? 1 : 0);
  return cluster_ratio(blocks, [&](std::size_t i) {
    const std::size_t begin = i * block;
    return sum_of(x, mask, begin, begin + std::min(block, x.size() - begin));
  });
}

/// One cluster per document; the lengths are in tokens and must add up to the number of values.
template <std::floating_point T, core::integer_range Lengths>
[[nodiscard]] std::vector<cluster> documents_of(std::string_view function, std::span<const T> x, const Lengths& lengths,
                                                std::span<const std::uint8_t> mask) {
  check_log_probabilities(function, x, mask);
  std::vector<cluster> documents;
  documents.reserve(std::ranges::size(lengths));
  std::size_t begin = 0;
  for (const auto length : core::as_span(lengths)) {
    if constexpr (std::signed_integral<std::ranges::range_value_t<Lengths>>)
      core::check(length >= 0, function, "document length", static_cast<long long>(length), "at least 0");
    const auto size = static_cast<std::size_t>(length);
    core::check(size <= x.size() - begin, function, "sum of document lengths", begin + size,
                "the number of log-probabilities, " + core::to_text(x.size()));
    documents.push_back(sum_of(x, mask, begin, begin + size));
    begin += size;
  }
  core::check(begin == x.size(), function, "sum of document lengths", begin,
              "the number of log-probabilities, " + core::to_text(x.size()));
  return documents;
}

}  // namespace tailwatch::perplexity::detail
