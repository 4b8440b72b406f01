// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/summary/moments.hpp"

namespace tailwatch::entropy {

struct softmax_entropy_quantiles_options {
  std::vector<double> levels = {0.05, 0.25, 0.5, 0.75, 0.95};  ///< in (0, 1)
  double top = 0.2;                                            ///< share of the rows that top_share looks at, in (0, 1)
  information_unit unit = information_unit::nats;
};

/// How entropy is spread over the rows of a batch.
struct softmax_entropy_spread {
  estimate mean;
  std::vector<estimate> quantiles;  ///< one per level, in the order asked for
  estimate top_share;  ///< share of Σ Hᵣ that the `top` rows of highest entropy hold; `top` itself for equal rows
  std::uint64_t rejected = 0;  ///< rows with NaN, +∞, or every logit −∞
  std::uint64_t masked = 0;    ///< rows skipped by the mask
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Quantiles over a batch of the entropy of next-token distributions, and how much of it lies in the few most uncertain tokens.
///
///   Q(f): linear between the order statistics of Hᵣ at f(R − 1)
///   top share: (Σ of the ⌊τR⌋ largest Hᵣ + (τR − ⌊τR⌋) × the next) / Σ Hᵣ
///
/// The mean falls for two reasons that these tell apart: all tokens become certain (every quantile falls, the share stays), or the
/// forking tokens go (the upper quantiles and the share fall), which is the collapse that exploration dies of.
///
/// @param logits   rows(logits, n, V) of float, or logits of any type with stride and mask (0 = skip)
/// @return         nats (or `unit`); standard errors as if rows were independent: of a quantile after Woodruff, half the width of
///                 the order-statistics interval over z, NaN where it leaves the sample; of the share by its influence function.
///                 NaN when no row has a softmax; the share is NaN where every entropy is 0
/// @complexity     O(n·V) one read, and O(n log n); 8 bytes a row
/// @bias           of a quantile and of the share O(1/R)
/// @throws         std::invalid_argument  a level or `top` outside (0, 1), vocabulary 0, a stride below it
/// @see            R. S. Woodruff (1952), JASA 47, 635–646; S. Wang et al. (2025), Beyond the 80/20 rule, NeurIPS
/// @example        examples/entropy/softmax_entropy.cpp
struct softmax_entropy_quantiles_fn {
  static constexpr std::string_view name = "entropy.softmax_entropy_quantiles";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Woodruff (1952)";

  template <simd::logit Logit>
  [[nodiscard]] softmax_entropy_spread operator()(const Logit* logits, std::size_t rows, std::size_t vocabulary,
                                                  std::size_t row_stride, const std::uint8_t* mask = nullptr,
                                                  const softmax_entropy_quantiles_options& options = {}) const {
    core::check_at_least(function, "vocabulary", vocabulary, std::size_t{1});
    core::check_at_least(function, "row_stride", row_stride, vocabulary);
    std::vector<double> entropies;
    std::uint64_t rejected = 0, masked = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      if (mask != nullptr && mask[r] == 0) {
        ++masked;
        continue;
      }
      const simd::row_partial row = simd::row_pass(logits + r * row_stride, vocabulary);
      if (simd::defined(row)) {
        entropies.push_back(simd::entropy(row));
      } else {
        ++rejected;
      }
    }
    softmax_entropy_spread spread = of(std::move(entropies), options);
    spread.rejected = rejected;
    spread.masked = masked;
    return spread;
  }
  [[nodiscard]] softmax_entropy_spread operator()(const core::rows_view<float>& logits,
                                                  const softmax_entropy_quantiles_options& options = {}) const {
    return (*this)(logits.data, logits.size, logits.dimension, logits.dimension, nullptr, options);
  }

 private:
  static constexpr std::string_view function = "entropy::softmax_entropy_quantiles";

  static softmax_entropy_spread of(std::vector<double> h, const softmax_entropy_quantiles_options& options) {
    for (const double level : options.levels) core::check_open_interval(function, "level", level, 0.0, 1.0);
    core::check_open_interval(function, "top", options.top, 0.0, 1.0);
    softmax_entropy_spread spread;
    summary::moments all;
    for (const double x : h) all.template add<simd::default_arch>(x);
    spread.mean = core::in_unit(all.mean(), options.unit);
    std::sort(h.begin(), h.end());
    for (const double level : options.levels)
      spread.quantiles.push_back(core::in_unit(quantile(h, level), options.unit));
    spread.top_share = top_share(h, options.top);
    return spread;
  }

  static double at(const std::vector<double>& sorted, double position) {
    const auto below = std::min(static_cast<std::size_t>(position), sorted.size() - 1);
    const double part = position - static_cast<double>(below);
    return part > 0.0 ? (1.0 - part) * sorted[below] + part * sorted[below + 1] : sorted[below];
  }

  static estimate quantile(const std::vector<double>& sorted, double level) {
    const std::size_t n = sorted.size();
    if (n == 0) return {core::nan, core::nan, 0};
    const auto count = static_cast<double>(n);
    const double middle = level * (count - 1.0);
    const double reach = z * std::sqrt(count * level * (1.0 - level));
    const bool inside = middle - reach >= 0.0 && middle + reach <= count - 1.0;
    return {at(sorted, middle),
            inside ? (at(sorted, middle + reach) - at(sorted, middle - reach)) / (2.0 * z) : core::nan, n};
  }

  /// The share L = ∫_{1−τ}^1 Q/μ; its influence function is ((x − q)⁺ + τq − Lx)/μ, q the 1 − τ quantile.
  static estimate top_share(const std::vector<double>& sorted, double top) {
    const std::size_t n = sorted.size();
    double sum = 0.0;
    for (const double x : sorted) sum += x;
    if (!(sum > 0.0)) return {core::nan, core::nan, n};
    const double wanted = top * static_cast<double>(n);
    const auto whole = static_cast<std::size_t>(wanted);
    double upper = 0.0;
    for (std::size_t i = 0; i < whole; ++i) upper += sorted[n - 1 - i];
    const double border = whole < n ? sorted[n - 1 - whole] : 0.0;
    upper += (wanted - static_cast<double>(whole)) * border;
    const double share = upper / sum;
    double squares = 0.0;
    for (const double x : sorted) {
      const double influence = std::max(x - border, 0.0) + top * border - share * x;
      squares += influence * influence;
    }
    const double mean = sum / static_cast<double>(n);
    const auto count = static_cast<double>(n);
    return {share, n < 2 ? core::nan : std::sqrt(squares / (count * (count - 1.0))) / mean, n};
  }

  static constexpr double z = 1.6448536269514722;  // the error is that of the bulk of the interval: 90 %
};
inline constexpr softmax_entropy_quantiles_fn softmax_entropy_quantiles{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
