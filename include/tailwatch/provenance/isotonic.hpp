// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::provenance {

/// A stretch of scores with one fitted probability.
struct isotonic_block {
  double first = core::nan;  ///< smallest score in it
  double last = core::nan;   ///< largest
  std::uint64_t positives = 0;
  std::uint64_t count = 0;

  [[nodiscard]] double share() const noexcept { return static_cast<double>(positives) / static_cast<double>(count); }
  friend bool operator==(const isotonic_block&, const isotonic_block&) = default;
};

/// P(generated | score) as a rising step function.
struct isotonic_calibration {
  std::vector<isotonic_block> blocks;  ///< rising in score and in share
  std::uint64_t rejected = 0;          ///< NaN scores

  /// Inside a block its share, between two blocks the line from the one's end to the other's begin, beyond the ends the outer
  /// block. The error is the binomial one of the block (of the nearer block between two), as if its borders were fixed; at a share
  /// of 0 or 1 p = (x + ½)/(n + 1) stands in. NaN without data.
  [[nodiscard]] estimate operator()(double score) const noexcept {
    if (blocks.empty() || core::is_nan(score)) return {};
    const auto after = std::partition_point(blocks.begin(), blocks.end(),
                                            [score](const isotonic_block& b) { return b.first <= score; });
    if (after == blocks.begin()) return of(blocks.front(), blocks.front().share());
    const isotonic_block& block = *(after - 1);
    if (score <= block.last || after == blocks.end()) return of(block, block.share());
    const double part = (score - block.last) / (after->first - block.last);
    return of(part < 0.5 ? block : *after, (1.0 - part) * block.share() + part * after->share());
  }

 private:
  [[nodiscard]] static estimate of(const isotonic_block& b, double value) noexcept {
    const auto n = static_cast<double>(b.count);
    const double p =
        b.positives == 0 || b.positives == b.count ? (static_cast<double>(b.positives) + 0.5) / (n + 1.0) : b.share();
    return {value, std::sqrt(p * (1.0 - p) / n), b.count};
  }
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// The monotone least-squares (and maximum-likelihood) fit of the label on one score, by pooling adjacent violators.
///
/// @param negatives  scores of human texts         @param positives  scores of generated texts, meant to be larger
/// @return           blocks; equal scores share one. Good from some hundred texts on; below that platt scatters less
/// @complexity       O(N log N)
/// @bias             overfits: its own data look better calibrated than new ones (judge on held-out texts)
/// @see              M. Ayer et al. (1955), Annals of Mathematical Statistics 26, 641–647; B. Zadrozny, C. Elkan (2002), KDD, 694–699
/// @example          examples/provenance/detectors.cpp
struct isotonic_fn {
  static constexpr std::string_view name = "provenance.isotonic";
  static constexpr std::string_view reference = "Ayer et al. (1955)";

  template <core::number_range Negatives, core::number_range Positives>
  [[nodiscard]] isotonic_calibration operator()(const Negatives& negatives, const Positives& positives) const {
    isotonic_calibration result;
    std::vector<std::pair<double, bool>> scores;
    const auto take = [&](const auto& values, bool label) {
      for (const auto value : core::as_span(values)) {
        const auto x = static_cast<double>(value);
        if (core::is_nan(x)) {
          ++result.rejected;
        } else {
          scores.emplace_back(x, label);
        }
      }
    };
    take(negatives, false);
    take(positives, true);
    std::sort(scores.begin(), scores.end());
    auto& blocks = result.blocks;
    for (std::size_t i = 0; i < scores.size();) {
      isotonic_block block{scores[i].first, scores[i].first, 0, 0};
      for (; i < scores.size() && scores[i].first == block.first; ++i) {
        ++block.count;
        block.positives += scores[i].second ? 1U : 0U;
      }
      blocks.push_back(block);
      while (blocks.size() > 1 && !rises(blocks[blocks.size() - 2], blocks.back())) {
        isotonic_block& into = blocks[blocks.size() - 2];
        into.last = blocks.back().last;
        into.positives += blocks.back().positives;
        into.count += blocks.back().count;
        blocks.pop_back();
      }
    }
    return result;
  }

 private:
  /// Shares compared as integers: a.positives/a.count < b.positives/b.count.
  [[nodiscard]] static bool rises(const isotonic_block& a, const isotonic_block& b) noexcept {
    return static_cast<double>(a.positives) * static_cast<double>(b.count) <
           static_cast<double>(b.positives) * static_cast<double>(a.count);
  }
};
inline constexpr isotonic_fn isotonic{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
