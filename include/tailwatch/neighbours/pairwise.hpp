// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/neighbours/point_panels.hpp"

/// All pairs of two point sets, without a matrix of them.
///
///   pairwise<term>(x, first, last, y, visit)   points [first, last) of x with every point of y
///   pairwise_within<term>(x, visit)            pairs i < j of one set
///
/// A row range [first, last) is one thread's share: calls on disjoint ranges touch nothing in common.
namespace tailwatch::neighbours {

/// What is computed of a pair.
enum class pair_term {
  squared_distance,  ///< Σ (x − y)²: by differences, which do not cancel far from the origin
  product,           ///< Σ x·y
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

inline constexpr std::size_t pair_rows = 8;          // points of x that share one read of a panel
inline constexpr std::size_t pair_coordinates = 64;  // 16 KiB of a panel: stays in the first-level cache for all rows
inline constexpr std::size_t pair_panel_bytes = 1U << 18;

/// Coordinates [from, to) of one point against one panel, added to 32 sums. The sums are a local array and four coordinates
/// go into one addition: this is what lets compilers keep it in vectors without intrinsics. The term of (x, y) has the same
/// bits as that of (y, x).
template <pair_term Term>
inline void add_terms(const double* point, const double* panel, std::size_t from, std::size_t to,
                      double* out) noexcept {
  constexpr std::size_t w = point_panels::width;
  double sum[w];
  for (std::size_t l = 0; l < w; ++l) sum[l] = out[l];
  for (std::size_t c = from; c < to; c += point_panels::step) {
    const double a0 = point[c], a1 = point[c + 1], a2 = point[c + 2], a3 = point[c + 3];
    const double* p = panel + c * w;
    if constexpr (Term == pair_term::squared_distance) {
      for (std::size_t l = 0; l < w; ++l) {
        const double t0 = a0 - p[l], t1 = a1 - p[w + l], t2 = a2 - p[2 * w + l], t3 = a3 - p[3 * w + l];
        sum[l] += (t0 * t0 + t1 * t1) + (t2 * t2 + t3 * t3);
      }
    } else {
      for (std::size_t l = 0; l < w; ++l)
        sum[l] += (a0 * p[l] + a1 * p[w + l]) + (a2 * p[2 * w + l] + a3 * p[3 * w + l]);
    }
  }
  for (std::size_t l = 0; l < w; ++l) out[l] = sum[l];
}

/// Walks blocks of rows against groups of panels that fit the second-level cache. For one row the panels come in ascending
/// order.
template <pair_term Term, class FirstLane, class Visit>
void visit_pairs(const point_panels& x, std::size_t first, std::size_t last, const point_panels& y,
                 const FirstLane& first_lane, Visit&& visit) {
  constexpr std::size_t w = point_panels::width;
  const std::size_t stride = y.stride();
  const std::size_t group =
      std::max<std::size_t>(1, pair_panel_bytes / (sizeof(double) * w * std::max<std::size_t>(1, stride)));
  std::vector<double> points(pair_rows * stride);
  alignas(64) double terms[pair_rows * w];
  for (std::size_t begin = 0; begin < y.panels(); begin += group) {
    const std::size_t end = std::min(y.panels(), begin + group);
    for (std::size_t block = first; block < last; block += pair_rows) {
      const std::size_t rows = std::min(pair_rows, last - block);
      if (first_lane(block, (end - 1) * w) >= w) continue;
      for (std::size_t r = 0; r < rows; ++r) x.copy_point(block + r, points.data() + r * stride);
      for (std::size_t p = begin; p < end; ++p) {
        const std::size_t j = p * w;
        if (first_lane(block, j) >= w) continue;
        std::fill(terms, terms + rows * w, 0.0);
        for (std::size_t c = 0; c < stride; c += pair_coordinates)
          for (std::size_t r = 0; r < rows; ++r)
            add_terms<Term>(points.data() + r * stride, y.panel(p), c, std::min(stride, c + pair_coordinates),
                            terms + r * w);
        const std::size_t filled = std::min(w, y.size() - j);
        for (std::size_t r = 0; r < rows; ++r) {
          const std::size_t lane = first_lane(block + r, j);
          if (lane < filled) visit(block + r, j, terms + r * w, lane, filled);
        }
      }
    }
  }
}

}  // namespace detail

/// The terms of points [first, last) of x with all points of y.
///
/// @param visit    visit(i, j, double* v, begin, end): v[l] is the term of x_i and y_{j+l} for begin ≤ l < end; the other
///                 elements of the 32 are there to be overwritten. For one i the j come in ascending order.
/// @complexity     O((last − first) m d) time, 18 KiB + 64 d bytes
/// @pre            both have the same dimension
template <pair_term Term, class Visit>
void pairwise(const point_panels& x, std::size_t first, std::size_t last, const point_panels& y, Visit&& visit) {
  TAILWATCH_ASSERT(x.empty() || y.empty() || x.dimension() == y.dimension());
  detail::visit_pairs<Term>(
      x, first, last, y, [](std::size_t, std::size_t) { return std::size_t{0}; }, visit);
}
template <pair_term Term, class Visit>
void pairwise(const point_panels& x, const point_panels& y, Visit&& visit) {
  pairwise<Term>(x, 0, x.size(), y, visit);
}

/// The terms of the pairs i < j of one set: `visit` as for `pairwise`.
/// @complexity     O(n² d / 2)
template <pair_term Term, class Visit>
void pairwise_within(const point_panels& x, std::size_t first, std::size_t last, Visit&& visit) {
  detail::visit_pairs<Term>(
      x, first, last, x, [](std::size_t i, std::size_t j) { return i + 1 > j ? i + 1 - j : 0; }, visit);
}
template <pair_term Term, class Visit>
void pairwise_within(const point_panels& x, Visit&& visit) {
  pairwise_within<Term>(x, 0, x.size(), visit);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::neighbours
