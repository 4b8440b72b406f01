// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/neighbours/pairwise.hpp"
#include "tailwatch/neighbours/point_panels.hpp"
#include "tailwatch/simd/pair_terms.hpp"

/// Sums over all pairs of points, cut into parts that an executor may run on several threads.
namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// A sum per point: Σ_j of something of xᵢ and zⱼ.
using point_sums = std::vector<double>;

[[nodiscard]] inline double total(const point_sums& sums, std::size_t n) noexcept {
  blocked_sum sum;
  for (std::size_t i = 0; i < n; ++i) sum.add(sums[i]);
  return sum.total();
}

/// A double per point, whole panels.
template <class Real>
[[nodiscard]] point_sums empty_sums(const neighbours::basic_point_panels<Real>& x) {
  return point_sums(x.panels() * simd::panel_width, 0.0);
}

/// Points of x in one part: 2048, or more where that would be above 32 parts, each of which has a sum for every point of y.
[[nodiscard]] constexpr std::size_t pair_part(std::size_t points) noexcept {
  constexpr std::size_t least = 2048, most_parts = 32, rows = simd::panel_width;
  return std::max(least, ((points + most_parts - 1) / most_parts + rows - 1) / rows * rows);
}

/// Adds up over all pairs of x and y, or over the pairs i < j of x if `within`. How the rows are cut depends on their number
/// alone, and the parts are joined in their order: the same bits for any executor.
///
/// @param make  make(first, last, of_x, of_y): the visitor of neighbours::pairwise for rows [first, last); its sums of row i are
///              of_x[i − first], of point j of y of_y[j]. `finish()` is called once after the last pair
/// @param join  gets what `finish` gave, part after part
/// @memory      8 (n + P m) bytes, P = n/2048 and at most 32 parts
template <neighbours::pair_term Term, class Real, core::executor Executor, class Make, class Join>
void add_pair_sums(const neighbours::basic_point_panels<Real>& x, const neighbours::basic_point_panels<Real>& y,
                   bool within, point_sums& of_x, point_sums& of_y, const Executor& executor, const Make& make,
                   const Join& join) {
  using result = decltype(make(std::size_t{}, std::size_t{}, of_x, of_y).finish());
  struct part_sums {
    point_sums of_x, of_y;
    result rest{};
  };
  const std::size_t size = pair_part(x.size());
  std::vector<part_sums> sums((x.size() + size - 1) / size);
  executor(sums.size(), [&](std::size_t part) {
    const std::size_t first = part * size, last = std::min(x.size(), first + size);
    part_sums& own = sums[part];
    own.of_x.assign(last - first, 0.0);
    own.of_y = empty_sums(y);
    auto add = make(first, last, own.of_x, own.of_y);
    if (within) {
      neighbours::pairwise_within<Term>(x, first, last, add);
    } else {
      neighbours::pairwise<Term>(x, first, last, y, add);
    }
    own.rest = add.finish();
  });
  for (std::size_t part = 0; part < sums.size(); ++part) {
    for (std::size_t i = 0; i < sums[part].of_x.size(); ++i) of_x[part * size + i] += sums[part].of_x[i];
    for (std::size_t j = 0; j < sums[part].of_y.size(); ++j) of_y[j] += sums[part].of_y[j];
    join(sums[part].rest);
  }
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
