// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/dense_matrix.hpp"

namespace tailwatch::diversity {

/// What the spectrum is of, and which power of it is shared out.
enum class rank_spectrum {
  singular_values,  ///< pₖ = σₖ/Σσ, as published
  eigenvalues,      ///< pₖ = σₖ²/Σσ²: shares of the variance
};

struct effective_rank_options {
  bool centre = true;  ///< take the column means off first; published: false
  rank_spectrum spectrum = rank_spectrum::singular_values;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Effective rank of a set of embeddings: in how many directions they really vary.
///
///   exp(−Σ pₖ ln pₖ)      pₖ = σₖ/Σσ, σ the singular values of X (centred)
///
/// @param x        rows(x, n, d)
/// @return         in [1, min(n, d)]; no standard error is known; NaN for fewer than two rows, values that are not
///                 finite, or rows that are all equal
/// @complexity     O(n·d·min(n, d) + min(n, d)³), memory 8(n·d + min(n, d)²) bytes
/// @bias           downwards, the more the closer to n: compare at one number of rows
/// @throws         nothing
/// @see            O. Roy, M. Vetterli (2007), European Signal Processing Conference, 606–610
/// @example        examples/monitor/training_hooks.cpp
struct effective_rank_fn {
  static constexpr std::string_view name = "diversity.effective_rank";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Roy and Vetterli (2007)";

  template <std::floating_point Real>
  [[nodiscard]] estimate operator()(const core::rows_view<Real>& x, const effective_rank_options& options = {}) const {
    const std::size_t n = x.size;
    const std::size_t d = x.dimension;
    const estimate undefined{core::nan, core::nan, n};
    if (n < 2 || d == 0) return undefined;
    std::vector<double> a(n * d);
    for (std::size_t i = 0; i < n * d; ++i) a[i] = static_cast<double>(x.data[i]);
    if (options.centre) {
      std::vector<double> mean(d, 0.0);
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < d; ++j) mean[j] += a[i * d + j];
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < d; ++j) a[i * d + j] -= mean[j] / static_cast<double>(n);
    }
    double largest = 0.0;  // scaled by it: squares neither over- nor underflow
    for (const double v : a) {
      if (!core::is_finite(v)) return undefined;
      largest = std::abs(v) > largest ? std::abs(v) : largest;
    }
    if (!(largest > 0.0)) return undefined;
    for (double& v : a) v /= largest;
    const std::vector<double> t = math::transposed(a, n, d);
    const std::size_t k = n < d ? n : d;
    std::vector<double> gram(k * k, 0.0);
    if (n < d) {
      math::add_product(a.data(), t.data(), gram.data(), n, d, n);
    } else {
      math::add_product(t.data(), a.data(), gram.data(), d, n, d);
    }
    std::vector<double> values = math::symmetric_eigenvalues(gram, k);
    if (values.empty()) return undefined;
    const double floor = static_cast<double>(n > d ? n : d) * 0x1p-52 * values.back();  // below it: rounding
    double sum = 0.0;
    for (double& v : values) {
      v = v > floor ? (options.spectrum == rank_spectrum::eigenvalues ? v : std::sqrt(v)) : 0.0;
      sum += v;
    }
    double entropy = 0.0;
    for (const double v : values)
      if (v > 0.0) entropy -= v / sum * std::log(v / sum);
    return {std::exp(entropy), core::nan, n};
  }
};
inline constexpr effective_rank_fn effective_rank{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
