// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/diversity/token_kernel.hpp"

namespace tailwatch::diversity {

struct internal_diversity_options {
  token_kernel kernel = token_kernel::count_cosine;  ///< of token sequences
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Internal diversity: one minus the mean similarity of two samples.
///
///   1 − (1/n²) Σᵢⱼ Kᵢⱼ      the n ones of the diagonal included
///
/// @param source   a kernel_matrix, or token sequences (those that hold a token)
/// @return         in [0, 1) for similarities in [0, 1], and n; standard error 2 sdᵢ(meanⱼ Kᵢⱼ)/√n, the first-order one of a mean over
///                 pairs, for independent samples; NaN for n < 2 and where the row means do not differ; NaN when n = 0 or an entry is
///                 NaN
/// @complexity     O(n²)
/// @bias           (1 − mean off-diagonal similarity)/n too low, the diagonal's share
/// @throws         nothing
/// @see            M. Benhenda (2017), ChemGAN challenge for drug discovery, arXiv:1708.08227; W. Hoeffding (1948), Annals of
///                 Mathematical Statistics 19, 293–325 (the standard error)
/// @example        examples/diversity/similarity.cpp
struct internal_diversity_fn {
  static constexpr std::string_view name = "diversity.internal_diversity";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Benhenda (2017)";

  [[nodiscard]] estimate operator()(const kernel_matrix& kernel) const {
    const std::size_t n = kernel.size();
    if (n == 0) return {core::nan, core::nan, 0};
    const auto size = static_cast<double>(n);
    double mean = 0.0;  // of the row means, with their squared deviations (Welford)
    double squares = 0.0;
    double seen = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0.0;
      for (const double k : kernel.values().subspan(i * n, n)) sum += k;
      seen += 1.0;
      const double step = sum / size - mean;
      mean += step / seen;
      squares += step * (sum / size - mean);
    }
    const bool varies = squares > 1e-24 * size * mean * mean;  // less is rounding
    return {1.0 - mean, varies ? 2.0 * std::sqrt(squares / (size - 1.0) / size) : core::nan, n};
  }
  [[nodiscard]] estimate operator()(const core::token_sequences& text,
                                    const internal_diversity_options& options = {}) const {
    return (*this)(similarities(text, options.kernel));
  }
};
inline constexpr internal_diversity_fn internal_diversity{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
