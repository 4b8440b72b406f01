// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/count_ngrams.hpp"

namespace tailwatch::entropy::detail {

/// Σ n ln n over the distinct n-grams of a text, as it is without one and without two of B blocks of consecutive tokens. An n-gram belongs to
/// the block in which it begins.
class blocked_ngrams {
 public:
  /// @complexity  O(tokens · order) and, per distinct n-gram, the square of the number of blocks that hold it; 9 bytes a token
  template <class Integer>
  blocked_ngrams(std::span<const Integer> tokens, std::span<const std::size_t> ends, std::size_t order,
                 std::size_t blocks)
      : blocks_(blocks), size_(blocks), less_(blocks), twice_(blocks * blocks) {
    std::vector<std::uint32_t> grams;
    const std::size_t distinct = math::detail::number_ngrams(tokens, ends, order, grams);
    std::vector<std::uint32_t> first(distinct + 1);
    const auto each = [&](auto&& visit) {
      std::size_t begin = 0;
      for (const std::size_t end : ends) {
        for (std::size_t i = begin; i + order <= end; ++i) visit(i);
        begin = end;
      }
    };
    each([&](std::size_t i) { ++first[grams[i] + 1]; });
    for (std::size_t g = 0; g < distinct; ++g) first[g + 1] += first[g];
    std::vector<std::uint8_t> block_of(first[distinct]);
    {
      std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
      each([&](std::size_t i) {  // ascending within each n-gram
        block_of[next[grams[i]]++] = static_cast<std::uint8_t>(i * blocks / tokens.size());
      });
    }
    for (const std::uint8_t b : block_of) size_[b] += 1.0;
    total_ = static_cast<double>(block_of.size());
    std::vector<std::size_t> held;
    std::vector<double> counts;
    for (std::size_t g = 0; g < distinct; ++g) {
      held.clear();
      counts.clear();
      for (std::size_t at = first[g]; at < first[g + 1]; ++at) {
        if (held.empty() || held.back() != block_of[at]) {
          held.push_back(block_of[at]);
          counts.push_back(0.0);
        }
        counts.back() += 1.0;
      }
      const auto n = static_cast<double>(first[g + 1] - first[g]);
      const double whole = n_log_n(n);
      sum_ += whole;
      for (std::size_t i = 0; i < held.size(); ++i) {
        const double without = n_log_n(n - counts[i]);
        less_[held[i]] += without - whole;
        for (std::size_t j = i + 1; j < held.size(); ++j)
          twice_[held[i] * blocks + held[j]] +=
              whole - without - n_log_n(n - counts[j]) + n_log_n(n - counts[i] - counts[j]);
      }
    }
  }

  /// Plug-in entropy of what is left, in nats.
  [[nodiscard]] double without() const noexcept { return entropy(total_, sum_); }
  [[nodiscard]] double without(std::size_t b) const noexcept { return entropy(total_ - size_[b], sum_ + less_[b]); }
  [[nodiscard]] double without(std::size_t b, std::size_t c) const noexcept {  // b < c
    return entropy(total_ - size_[b] - size_[c], sum_ + less_[b] + less_[c] + twice_[b * blocks_ + c]);
  }

 private:
  [[nodiscard]] static double n_log_n(double n) noexcept { return n > 1.0 ? n * std::log(n) : 0.0; }
  [[nodiscard]] static double entropy(double total, double sum) noexcept {
    return total > 0.0 ? std::log(total) - sum / total : 0.0;
  }

  std::size_t blocks_;
  double total_ = 0.0, sum_ = 0.0;
  std::vector<double> size_, less_, twice_;
};

/// Blocks of at least eight n-grams' length each; 0: too short a text for eight of them.
[[nodiscard]] inline std::size_t resolve_blocks(std::size_t wanted, std::size_t tokens, std::size_t order) noexcept {
  const std::size_t blocks = std::min(wanted, tokens / (8 * order));
  return blocks < 8 ? 0 : blocks;
}

/// Delete-block jackknife to second order: √max(V₁ − V₂, 0.4 V₁), V₁ = (B − 1)/B Σ_b (θ_b − θ̄)², V₂ = Σ_{b<c} (Δ_bc − Δ̄)²
/// with Δ_bc = θ − θ_b − θ_c + θ_bc, whose mean is the bias. As in
/// math::delete_one_standard_error V₁ counts twice what pairs of blocks make together, most of it where n-grams are rare.
/// @param theta  callable (const auto& entropy_of) → θ, called with a callable blocked_ngrams → entropy of what is left
template <class Of>
[[nodiscard]] double delete_block_error(std::size_t blocks, const Of& theta) {
  const auto of = [&](auto... gone) { return theta([&](const blocked_ngrams& x) { return x.without(gone...); }); };
  const double whole = of();
  std::vector<double> without(blocks);
  double mean = 0.0, once = 0.0, pairs = 0.0, mean_of_pairs = 0.0, twice = 0.0;
  for (std::size_t b = 0; b < blocks; ++b) mean += (without[b] = of(b)) / static_cast<double>(blocks);
  for (std::size_t b = 0; b < blocks; ++b) {
    once += (without[b] - mean) * (without[b] - mean);
    for (std::size_t c = b + 1; c < blocks; ++c) {
      const double both = whole - without[b] - without[c] + of(b, c);
      const double delta = both - mean_of_pairs;
      mean_of_pairs += delta / (pairs += 1.0);
      twice += delta * (both - mean_of_pairs);
    }
  }
  const double share = 1.0 - 1.0 / static_cast<double>(blocks);
  const double variance = std::max(share * once - share * share * twice, 0.4 * share * once);
  return variance > 0.0 ? std::sqrt(variance) : core::nan;
}

}  // namespace tailwatch::entropy::detail
