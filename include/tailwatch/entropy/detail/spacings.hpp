// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/sort/pdqsort/pdqsort.hpp>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/sample_source.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::entropy {

/// `window` of an estimator of spacings that was not chosen: ⌊√n + 1/2⌋.
inline constexpr std::size_t square_root_window = static_cast<std::size_t>(-1);

struct differential_spacing_options {
  std::size_t window = square_root_window;  ///< m, order statistics to each side, ≥ 1
  information_unit unit = information_unit::nats;
};

namespace detail {

/// The observations in ascending order; empty where one is NaN or infinite.
template <core::sample_source Source>
[[nodiscard]] std::vector<double> sorted_finite(const Source& source) {
  const auto x = core::as_span(source);
  std::vector<double> values(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    values[i] = static_cast<double>(x[i]);
    if (!core::is_finite(values[i])) return {};
  }
  boost::sort::pdqsort(values.begin(), values.end());
  return values;
}

/// The window for n observations.
/// @throws std::invalid_argument  for a window of 0
[[nodiscard]] inline std::size_t resolve_window(std::string_view function, std::size_t window, std::size_t n) {
  core::check_at_least(function, "window", window, std::size_t{1});
  return window == square_root_window ? static_cast<std::size_t>(std::sqrt(static_cast<double>(n)) + 0.5) : window;
}

/// Mean of the terms of an average and their variance, denominator n. The mean is not finite where a term is not.
struct term_moments {
  double mean = core::nan;
  double variance = core::nan;

  explicit term_moments(const std::vector<double>& terms) {
    const auto n = static_cast<double>(terms.size());
    double sum = 0.0;
    for (const double t : terms) sum += t;
    const double first = sum / n;
    double rest = 0.0, squares = 0.0;
    for (const double t : terms) {
      rest += t - first;
      squares += (t - first) * (t - first);
    }
    mean = first + rest / n;
    variance = squares / n;
  }
  /// √(variance/n).
  [[nodiscard]] double standard_error(std::size_t n) const noexcept {
    return std::sqrt(variance / static_cast<double>(n));
  }
};

/// Jackknife standard error from the n estimates without one observation each; a constant may be left out of them. NaN where
/// one of them does not exist, which ties can bring about.
[[nodiscard]] inline double delete_one_error(const std::vector<double>& without) {
  const auto n = static_cast<double>(without.size());
  const double error = std::sqrt((n - 1.0) * term_moments(without).variance);
  return n > 1.0 && core::is_finite(error) ? error : core::nan;
}

/// Σ ln(spacing over `gaps` gaps) of the sample without xⱼ, for every j, from two prefix sums: taking xⱼ away leaves the
/// spacings that do not touch it, drops those that end in it, and widens those around it by one gap.
[[nodiscard]] inline std::vector<double> log_spacing_sums_without_one(const std::vector<double>& x, std::size_t gaps) {
  const std::size_t n = x.size();
  const auto prefix = [&](std::size_t width) {
    std::vector<double> sums{0.0};
    sums.reserve(n - gaps + 1);
    for (std::size_t s = 0; s + width < n; ++s) sums.push_back(sums.back() + std::log(x[s + width] - x[s]));
    return sums;
  };
  const std::vector<double> narrow = prefix(gaps), wide = prefix(gaps + 1);
  std::vector<double> sums(n);
  for (std::size_t j = 0; j < n; ++j) {
    const std::size_t first = j > gaps ? j - gaps : 0;
    const std::size_t last = j < wide.size() - 1 ? j : wide.size() - 1;
    sums[j] = narrow[first] + (wide[last] - wide[first < last ? first : last]);
    if (j + 1 < narrow.size()) sums[j] += narrow.back() - narrow[j + 1];
  }
  return sums;
}

/// Jackknife standard error of the mean ln of the spacings x₍ᵢ₊ₘ₎ − x₍ᵢ₋ₘ₎ with indices cut off at the ends, in O(n). Without xⱼ
/// the 2m cut-off spacings at either end lose one of m + 1 end points, or move their origin.
[[nodiscard]] inline double clamped_spacing_error(const std::vector<double>& x, std::size_t window) {
  const std::size_t n = x.size(), m = window;
  std::vector<double> without = log_spacing_sums_without_one(x, 2 * m);
  std::vector<double> left(m + 1), right(m + 1);  // ln(x₍ₜ₎ − x₍₀₎), t = m … 2m, and the same from above
  double left_sum = 0.0, right_sum = 0.0, left_moved = 0.0, right_moved = 0.0;
  for (std::size_t t = m; t <= 2 * m; ++t) {
    left_sum += left[t - m] = std::log(x[t] - x[0]);
    right_sum += right[t - m] = std::log(x[n - 1] - x[n - 1 - t]);
    if (t == m) continue;
    left_moved += std::log(x[t] - x[1]);
    right_moved += std::log(x[n - 2] - x[n - 1 - t]);
  }
  const auto end = [m](const std::vector<double>& terms, double sum, double moved, std::size_t j) {
    if (j == 0) return moved;
    return sum - terms[j < m ? 0 : j > 2 * m ? m : j - m];
  };
  for (std::size_t j = 0; j < n; ++j) {
    without[j] += end(left, left_sum, left_moved, j) + end(right, right_sum, right_moved, n - 1 - j);
    without[j] /= static_cast<double>(n - 1);
  }
  return delete_one_error(without);
}

/// What spacings add to the variance of a mean of log spacings where the density is flat, n times it, and how much of it the
/// jackknife adds on top: logarithms of overlapping spacings are no linear statistic, and the jackknife counts their part of
/// second order twice. Both hold for any density, because spacings are locally those of a flat one; the constants are fitted to
/// flat samples of 100, 400 and 1600, windows 1 to 40 (docs/entropy.md).
struct spacing_noise {
  double variance;  ///< n·Var for the flat density
  double excess;    ///< n·(mean squared jackknife error − Var) for the flat density

  /// Means over x₍ᵢ₊ₘ₎ − x₍ᵢ₋ₘ₎, indices cut off: 1/(6m) for large m inside, and what the ends add.
  [[nodiscard]] static spacing_noise two_sided(std::size_t window, std::size_t size) noexcept {
    const auto m = static_cast<double>(window), n = static_cast<double>(size);
    return {(1.0 + 0.3 / m) / (6.0 * m) + (2.0 + 0.05 * m) / n, (1.0 + 0.6 / m) / (6.0 * m) + (1.3 + 3.0 / m) / n};
  }
  /// The same for x₍ᵢ₊ₘ₎ − x₍ᵢ₎: 1/(3m).
  [[nodiscard]] static spacing_noise one_sided(std::size_t window, std::size_t size) noexcept {
    const auto m = static_cast<double>(window), n = static_cast<double>(size);
    return {(1.0 + 0.95 / m) / (3.0 * m) + (1.2 + 0.1 * m) / n, (1.0 + 1.15 / m) / (3.0 * m) + 1.7 / n};
  }
  /// Local regressions, whose scatter is larger, beside the jackknife of two_sided spacings.
  [[nodiscard]] static spacing_noise regression(std::size_t window, std::size_t size) noexcept {
    const auto m = static_cast<double>(window), n = static_cast<double>(size);
    return {two_sided(window, size).variance, (0.78 + 1.0 / m) / (6.0 * m) + 0.7 / n};
  }

  /// The jackknife's error without its excess, at least that of half the flat density's variance: a sample of a flat density
  /// falls below it by chance.
  [[nodiscard]] double error(double jackknife, std::size_t size) const noexcept {
    if (!core::is_finite(jackknife)) return jackknife;
    const auto n = static_cast<double>(size);
    const double left = jackknife * jackknife - excess / n, least = 0.5 * variance / n;
    return std::sqrt(left > least ? left : least);
  }
};

}  // namespace detail
}  // namespace tailwatch::entropy
