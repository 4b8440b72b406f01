// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "tailwatch/config.hpp"

namespace tailwatch::summary::detail {

/// Entries of a symmetric d × d matrix kept as rows of its upper triangle, one after the other.
[[nodiscard]] constexpr std::size_t triangle_size(std::size_t d) noexcept { return d * (d + 1) / 2; }
/// Where row i would begin if it began at column 0: entry (i, j), i ≤ j, is at triangle_row(i, d) + j.
[[nodiscard]] constexpr std::size_t triangle_row(std::size_t i, std::size_t d) noexcept {
  return i * d - i * (i + 1) / 2;
}

inline namespace TAILWATCH_ABI_NAMESPACE {

/// upper += Σ_l x_l x_lᵀ over n points, their upper triangle alone.
/// @param points         [n × d], centred
/// @param by_coordinate  the same, [d × n]
/// @complexity  n·d² operations; an output row of 256 columns stays in registers and the first-level cache for all points
template <class Arch>
void add_centred_products(const double* points, const double* by_coordinate, std::size_t n, std::size_t d,
                          double* upper) noexcept {
  constexpr std::size_t columns = 256;
  for (std::size_t j0 = 0; j0 < d; j0 += columns) {
    const std::size_t j1 = std::min(d, j0 + columns);
    for (std::size_t i = 0; i < j1; ++i) {
      const std::size_t begin = std::max(i, j0), width = j1 - begin;
      double row[columns] = {};  // local: no other pointer reaches it, so the loops below become vector code
      const double* const factor = by_coordinate + i * n;
      std::size_t l = 0;
      for (; l + 4 <= n; l += 4) {
        const double f0 = factor[l], f1 = factor[l + 1], f2 = factor[l + 2], f3 = factor[l + 3];
        const double* const p = points + l * d + begin;
        for (std::size_t j = 0; j < width; ++j)
          row[j] += (f0 * p[j] + f1 * p[d + j]) + (f2 * p[2 * d + j] + f3 * p[3 * d + j]);
      }
      for (; l < n; ++l)
        for (std::size_t j = 0; j < width; ++j) row[j] += factor[l] * points[l * d + begin + j];
      double* const out = upper + triangle_row(i, d) + begin;
      for (std::size_t j = 0; j < width; ++j) out[j] += row[j];
    }
  }
}

/// upper += weight · v vᵀ.
template <class Arch>
void add_outer_product(const double* v, double weight, std::size_t d, double* upper) noexcept {
  for (std::size_t i = 0; i < d; ++i) {
    const double factor = weight * v[i];
    double* const out = upper + triangle_row(i, d);
    for (std::size_t j = i; j < d; ++j) out[j] += factor * v[j];
  }
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::summary::detail
