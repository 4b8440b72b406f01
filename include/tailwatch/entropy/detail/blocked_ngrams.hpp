// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/entropy/detail/second_order.hpp"
#include "tailwatch/math/count_ngrams.hpp"

namespace tailwatch::entropy::detail {

/// S = Σ n ln n over the distinct n-grams of a text, and what it loses with one and with two of B blocks of consecutive tokens. An n-gram
/// belongs to the block in which it begins.
class blocked_ngrams {
 public:
  /// @complexity  O(tokens · order) and, per distinct n-gram, the square of the number of blocks that hold it; 9 bytes a token
  template <class Integer>
  blocked_ngrams(std::span<const Integer> tokens, std::span<const std::size_t> ends, std::size_t order,
                 std::size_t blocks)
      : blocks_(blocks), size_(blocks), lost_(blocks), shared_(blocks * blocks) {
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
    std::vector<std::uint8_t> recurs(blocks * blocks);
    for (std::size_t g = 0; g < distinct; ++g) {
      held.clear();
      counts.clear();
      for (std::size_t at = first[g]; at < first[g + 1]; ++at) {
        if (at > first[g]) recurs[block_of[at - 1] * blocks + block_of[at]] = 1;
        if (held.empty() || held.back() != block_of[at]) {
          held.push_back(block_of[at]);
          counts.push_back(0.0);
        }
        counts.back() += 1.0;
      }
      const auto n = static_cast<double>(first[g + 1] - first[g]);
      pairs_.add(n);
      const double whole = n_log_n(n);
      sum_ += whole;
      for (std::size_t i = 0; i < held.size(); ++i) {
        const double without = n_log_n(n - counts[i]);
        lost_[held[i]] += whole - without;
        for (std::size_t j = i + 1; j < held.size(); ++j)
          shared_[held[i] * blocks + held[j]] +=
              whole - without - n_log_n(n - counts[j]) + n_log_n(n - counts[i] - counts[j]);
      }
    }
    for (const std::uint8_t x : recurs) recurrences_ += x;
  }

  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_; }
  /// S.
  [[nodiscard]] double sum() const noexcept { return sum_; }
  /// S − S_b.
  [[nodiscard]] double lost(std::size_t b) const noexcept { return lost_[b]; }
  /// S − S_b − S_c + S_bc, b < c.
  [[nodiscard]] double shared(std::size_t b, std::size_t c) const noexcept { return shared_[b * blocks_ + c]; }
  /// Pairs of blocks, or of a block and itself, of which the second takes up an n-gram that was last seen in the first.
  [[nodiscard]] std::size_t recurrences() const noexcept { return recurrences_; }
  [[nodiscard]] const second_order_share& pairs() const noexcept { return pairs_; }

  /// Adds sign·(S − S_b)/N to once[b] and sign·(S − S_b − S_c + S_bc)/N to twice[b·B + c], less what the sizes of blocks explain: with
  /// any m n-grams of N gone in proportion, S loses S x − (1 − x) N ln(1 − x), x = m/N, and with the blocks that there are a bit more
  /// (or less) for each n-gram in them. N is no chance, so that ln N does not vary; a few n-grams more in one block than in another would
  /// outweigh all else where hardly any n-gram is seen twice.
  void add_residuals(double sign, std::vector<double>& once, std::vector<double>& twice) const {
    std::vector<double> own(blocks_);
    double sum_of_own = 0.0, sum_of_shared = 0.0, sum_of_sizes = 0.0;
    for (std::size_t b = 0; b < blocks_; ++b) {
      const double x = size_[b] / total_;
      own[b] = lost_[b] - (x * sum_ - (x < 1.0 ? (total_ - size_[b]) * std::log1p(-x) : 0.0));
      sum_of_own += own[b];
      for (std::size_t c = b + 1; c < blocks_; ++c) {
        sum_of_shared += shared(b, c);
        sum_of_sizes += size_[b] * size_[c];
      }
    }
    const double scale = sign / total_;
    for (std::size_t b = 0; b < blocks_; ++b) {
      once[b] += scale * (own[b] - size_[b] * (sum_of_own / total_));
      for (std::size_t c = b + 1; c < blocks_; ++c)
        twice[b * blocks_ + c] +=
            scale * (shared(b, c) - (sum_of_sizes > 0.0 ? size_[b] * size_[c] * (sum_of_shared / sum_of_sizes) : 0.0));
    }
  }

 private:
  [[nodiscard]] static double n_log_n(double n) noexcept { return n > 1.0 ? n * std::log(n) : 0.0; }

  std::size_t blocks_;
  std::size_t recurrences_ = 0;
  double total_ = 0.0, sum_ = 0.0;
  second_order_share pairs_;
  std::vector<double> size_, lost_, shared_;
};

/// Blocks of at least eight n-grams' length each; 0: too short a text for eight of them.
[[nodiscard]] inline std::size_t resolve_blocks(std::size_t wanted, std::size_t tokens, std::size_t order) noexcept {
  const std::size_t blocks = std::min(wanted, tokens / (8 * order));
  return blocks < 8 ? 0 : blocks;
}

/// Delete-block jackknife to second order: √max(V₁ − (κ − 1/B) V₂, 0.4 V₁) with V₁ = B/(B − 1) Σ u_b², V₂ = Σ_{b<c} w_bc², u and w the
/// residuals of a blocked_ngrams or of two. V₁ counts twice what pairs of blocks make together, most of it where n-grams are rare;
/// for κ see second_order_share. Centring takes 4/B of that part from V₁, of which the smaller sample gives some back; 1/B fits. NaN where
/// nothing varies, and where fewer than eight pairs of blocks (recurrences) take part: then a handful of coincidences are all there is.
class delete_block_error {
 public:
  explicit delete_block_error(const blocked_ngrams& ngrams)
      : blocks_(ngrams.blocks()), recurrences_(ngrams.recurrences()), once_(blocks_), twice_(blocks_ * blocks_) {
    ngrams.add_residuals(1.0, once_, twice_);
    pairs_.add(ngrams.pairs());
  }
  /// Of the difference of two entropies, the second of shorter n-grams.
  delete_block_error(const blocked_ngrams& ngrams, const blocked_ngrams& shorter) : delete_block_error(ngrams) {
    shorter.add_residuals(-1.0, once_, twice_);
    pairs_.add(shorter.pairs());
    recurrences_ = shorter.recurrences();
  }
  [[nodiscard]] double standard_error() const {
    if (recurrences_ < least_recurrences) return core::nan;
    const auto n = static_cast<double>(blocks_);
    double squares = 0.0, fourth_powers = 0.0, twice = 0.0;
    for (const double u : once_) {
      squares += u * u;
      fourth_powers += (u * u) * (u * u);
    }
    for (const double w : twice_) twice += w * w;
    const double once = squares * (n / (n - 1.0));
    twice *= pairs_.weight() - 1.0 / n;
    const double variance = std::max(once - twice, 0.4 * once);
    if (!(variance > 1e-26)) return core::nan;  // rounding
    const double noise = fourth_powers / (squares * squares) - 1.0 / n;
    return std::sqrt(variance) * (1.0 + noise / 8.0 * std::max(0.0, 1.0 - twice / variance));
  }

 private:
  std::size_t blocks_;
  std::size_t recurrences_;
  std::vector<double> once_, twice_;
  second_order_share pairs_;
};

}  // namespace tailwatch::entropy::detail
