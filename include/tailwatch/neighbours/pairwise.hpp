// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>

#include "tailwatch/config.hpp"
#include "tailwatch/neighbours/point_panels.hpp"
#include "tailwatch/simd/pair_terms.hpp"

/// All pairs of two point sets, without a matrix of them.
///
///   pairwise<term>(x, first, last, y, visit)   points [first, last) of x with every point of y
///   pairwise_within<term>(x, visit)            pairs i < j of one set
///
/// A row range [first, last) is one thread's share: calls on disjoint ranges touch nothing in common.
namespace tailwatch::neighbours {

using simd::pair_term;

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

inline constexpr std::size_t pair_rows = 12;         // points of x that share one read of a panel
inline constexpr std::size_t pair_coordinates = 64;  // 16 KiB of a panel; and what single precision adds up at a time
inline constexpr std::size_t pair_panel_bytes = 1U << 18;

/// Walks blocks of rows against groups of panels that fit the second-level cache. For one row the panels come in ascending
/// order.
template <pair_term Term, class Real, class FirstLane, class Visit>
void visit_pairs(const basic_point_panels<Real>& x, std::size_t first, std::size_t last,
                 const basic_point_panels<Real>& y, const FirstLane& first_lane, Visit&& visit) {
  constexpr std::size_t w = simd::panel_width;
  const std::size_t stride = y.stride();
  const std::size_t group =
      std::max<std::size_t>(1, pair_panel_bytes / (sizeof(Real) * w * std::max<std::size_t>(1, stride)));
  alignas(64) Real terms[pair_rows * w];
  for (std::size_t begin = 0; begin < y.panels(); begin += group) {
    const std::size_t end = std::min(y.panels(), begin + group);
    for (std::size_t block = first, rows = 0; block < last; block += rows) {
      rows = std::min({pair_rows, last - block, w - block % w});  // of one panel of x
      if (first_lane(block, (end - 1) * w) >= w) continue;
      const Real* const points = x.panel(block / w) + block % w;
      for (std::size_t p = begin; p < end; ++p) {
        const std::size_t j = p * w;
        if (first_lane(block, j) >= w) continue;
        if (stride == 0) std::fill(terms, terms + rows * w, Real(0));
        for (std::size_t c = 0; c < stride; c += pair_coordinates)
          simd::panel_terms<Term>(points, rows, y.panel(p), c, std::min(stride, c + pair_coordinates), terms);
        const std::size_t filled = std::min(w, y.size() - j);
        if constexpr (requires { visit.whole(block, rows, j, terms); }) {
          if (filled == w && first_lane(block + rows - 1, j) == 0) {
            visit.whole(block, rows, j, terms);
            continue;
          }
        }
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
/// @param visit    visit(i, j, Real* v, begin, end): v[l] is the term of x_i and y_{j+l} for begin ≤ l < end; the other
///                 elements of the 32 are there to be overwritten. For one i the j come in ascending order. If it has a
///                 member whole(i, rows, j, v), that one gets all 32 terms of up to 12 rows from i on, v [rows × 32], where
///                 there are so many
/// @complexity     O((last − first) m d) time, 3 KiB
/// @pre            both have the same dimension
template <pair_term Term, class Real, class Visit>
void pairwise(const basic_point_panels<Real>& x, std::size_t first, std::size_t last, const basic_point_panels<Real>& y,
              Visit&& visit) {
  TAILWATCH_ASSERT(x.empty() || y.empty() || x.dimension() == y.dimension());
  detail::visit_pairs<Term>(
      x, first, last, y, [](std::size_t, std::size_t) { return std::size_t{0}; }, visit);
}
template <pair_term Term, class Real, class Visit>
void pairwise(const basic_point_panels<Real>& x, const basic_point_panels<Real>& y, Visit&& visit) {
  pairwise<Term>(x, 0, x.size(), y, visit);
}

/// The terms of the pairs i < j of one set: `visit` as for `pairwise`.
/// @complexity     O(n² d / 2)
template <pair_term Term, class Real, class Visit>
void pairwise_within(const basic_point_panels<Real>& x, std::size_t first, std::size_t last, Visit&& visit) {
  detail::visit_pairs<Term>(
      x, first, last, x, [](std::size_t i, std::size_t j) { return i + 1 > j ? i + 1 - j : 0; }, visit);
}
template <pair_term Term, class Real, class Visit>
void pairwise_within(const basic_point_panels<Real>& x, Visit&& visit) {
  pairwise_within<Term>(x, 0, x.size(), visit);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::neighbours
