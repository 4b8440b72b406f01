// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/provenance/token_score.hpp"

namespace tailwatch::provenance {

/// Tokens by rank: ≤ 10, ≤ 100, ≤ 1000, beyond. The first three nulls are cumulative.
struct gltr_result {
  std::array<std::uint64_t, 4> counts{};                            ///< [1, 10], [11, 100], [101, 1000], beyond
  std::array<double, 3> z{core::nan, core::nan, core::nan};         ///< of rank ≤ 10, ≤ 100, ≤ 1000
  std::array<double, 3> expected{core::nan, core::nan, core::nan};  ///< of the same, Σ m
  /// Shares of rank ≤ 10, ≤ 100, ≤ 1000 with their binomial errors.
  std::array<estimate, 3> shares{};

  friend bool operator==(const gltr_result&, const gltr_result&) = default;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// GLTR's buckets and what a text drawn from q would put in them: z = (count − Σmₜ)/√Σmₜ(1 − mₜ), m the mass of the k likeliest.
///
/// z needs score_tokens with `rank_moments`; else it is NaN. Positive z: more of the model's first choices than the model itself
/// would write, as top-k and top-p do. Human text has negative z. Where logits are equal at the k-th place, rank ≤ k admits all of
/// them and m counts k: a model with many equal logits (16-bit) shifts z.
/// @complexity  O(T)
/// @see         S. Gehrmann, H. Strobelt, A. M. Rush (2019), GLTR, ACL demonstrations, 111–116
/// @example     examples/provenance/detectors.cpp
struct gltr_buckets_fn {
  static constexpr std::string_view name = "provenance.gltr_buckets";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Gehrmann, Strobelt, Rush (2019)";

  [[nodiscard]] gltr_result operator()(std::span<const token_score> tokens) const {
    gltr_result result;
    if (tokens.empty()) return result;
    std::array<double, 3> mean{}, variance{};
    for (const token_score& t : tokens) {
      ++result.counts[t.rank <= 10 ? 0 : t.rank <= 100 ? 1 : t.rank <= 1000 ? 2 : 3];
      for (std::size_t k = 0; k < 3; ++k) {
        mean[k] += t.top_mass[k];
        variance[k] += t.top_mass[k] * (1.0 - t.top_mass[k]);
      }
    }
    const auto n = static_cast<double>(tokens.size());
    double hits = 0.0;
    for (std::size_t k = 0; k < 3; ++k) {
      hits += static_cast<double>(result.counts[k]);
      const double p = hits == 0.0 || hits == n ? (hits + 0.5) / (n + 1.0) : hits / n;
      result.shares[k] = {hits / n, std::sqrt(p * (1.0 - p) / n), tokens.size()};
      result.expected[k] = mean[k];
      if (variance[k] > 0.0) result.z[k] = (hits - mean[k]) / std::sqrt(variance[k]);
    }
    return result;
  }
};
inline constexpr gltr_buckets_fn gltr_buckets{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
