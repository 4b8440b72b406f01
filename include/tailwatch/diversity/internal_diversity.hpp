// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/diversity/detail/unit_rows.hpp"
#include "tailwatch/diversity/token_kernel.hpp"
#include "tailwatch/summary/covariance.hpp"

namespace tailwatch::diversity {

struct internal_diversity_options {
  token_kernel kernel = token_kernel::count_cosine;  ///< of token sequences
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Internal diversity: one minus the mean similarity of two samples.
///
///   1 − (1/n²) Σᵢⱼ Kᵢⱼ      the n ones of the diagonal included
///
/// @param source   a kernel_matrix; token sequences (those that hold a token); rows(x, n, d), embeddings compared by the cosine, of
///                 which no matrix is made; or a summary::covariance of points of length 1, which streams and merges: 1 − |x̄|²,
///                 K the cosine
/// @return         in [0, 1) for similarities in [0, 1], and n; standard error 2 sdᵢ(meanⱼ Kᵢⱼ)/√n, the first-order one of a mean over
///                 pairs, for independent samples; NaN for n < 2 and where the row means do not differ; NaN when n = 0, an entry is
///                 NaN or infinite, or a row is zero
/// @complexity     O(n²); rows O(n·d); a covariance O(d²)
/// @bias           (1 − mean off-diagonal similarity)/n too low, the diagonal's share
/// @throws         std::invalid_argument  for a covariance of points whose mean squared length is not 1
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
  /// The mean of the similarities of point i with all others, itself included, is x_i·x̄.
  template <std::floating_point Real>
  [[nodiscard]] estimate operator()(const core::rows_view<Real>& features) const {
    const std::size_t n = features.size;
    const std::size_t d = features.dimension;
    if (n == 0) return {core::nan, core::nan, 0};
    const std::vector<double> normed = detail::unit_rows(features);
    if (normed.empty()) return {core::nan, core::nan, n};
    const auto size = static_cast<double>(n);
    std::vector<double> centre(d, 0.0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < d; ++c) centre[c] += normed[i * d + c] / size;
    double mean = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      double product = 0.0;
      for (std::size_t c = 0; c < d; ++c) product += normed[i * d + c] * centre[c];
      const double step = product - mean;
      mean += step / static_cast<double>(i + 1);
      squares += step * (product - mean);
    }
    const bool varies = squares > 1e-24 * size * mean * mean;  // less is rounding
    return {1.0 - mean, varies ? 2.0 * std::sqrt(squares / (size - 1.0) / size) : core::nan, n};
  }
  [[nodiscard]] estimate operator()(const summary::covariance& points) const {
    const auto n = points.count();
    if (n == 0) return {core::nan, core::nan, 0};
    detail::check_unit_length("diversity::internal_diversity", points);
    const std::vector<double>& centre = points.mean();
    double mean = 0.0;
    for (const double m : centre) mean += m * m;
    estimate e{1.0 - mean, core::nan, n};
    if (n < 2) return e;
    const std::vector<double> matrix = points.matrix();  // Var(x·x̄) = x̄ᵀ S x̄
    const std::size_t d = points.dimension();
    double variance = 0.0;
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) variance += centre[i] * matrix[i * d + j] * centre[j];
    if (variance > 1e-24 * mean * mean) e.standard_error = 2.0 * std::sqrt(variance / static_cast<double>(n));
    return e;
  }
};
inline constexpr internal_diversity_fn internal_diversity{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
