// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/neighbours/pairwise.hpp"
#include "tailwatch/neighbours/point_panels.hpp"

namespace tailwatch::neighbours {

struct neighbour {
  std::size_t index = 0;
  double distance = 0.0;  ///< Euclidean
  friend constexpr bool operator==(const neighbour&, const neighbour&) = default;
};

/// The nearest points of every query, nearest first.
class neighbour_table {
 public:
  neighbour_table() = default;
  neighbour_table(std::size_t queries, std::size_t found) : entries_(queries * found), size_(queries), found_(found) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }    ///< queries; 0 where a coordinate is not finite
  [[nodiscard]] std::size_t found() const noexcept { return found_; }  ///< neighbours of each: k, or all where fewer
  [[nodiscard]] std::span<const neighbour> operator[](std::size_t query) const noexcept {
    return std::span<const neighbour>(entries_).subspan(query * found_, found_);
  }
  [[nodiscard]] std::span<neighbour> operator[](std::size_t query) noexcept {
    return std::span<neighbour>(entries_).subspan(query * found_, found_);
  }

 private:
  std::vector<neighbour> entries_;
  std::size_t size_ = 0;
  std::size_t found_ = 0;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

[[nodiscard]] inline bool nearer(const neighbour& a, const neighbour& b) noexcept {
  return a.distance < b.distance || (a.distance == b.distance && a.index < b.index);
}

/// One query's nearest so far: a heap in its row of the table, farthest on top. Points come in ascending index, so of equal
/// distances the first ones stay.
inline void offer(std::span<neighbour> heap, std::size_t& filled, const neighbour& candidate) noexcept {
  if (filled < heap.size()) {
    heap[filled++] = candidate;
    if (filled == heap.size()) std::make_heap(heap.begin(), heap.end(), nearer);
  } else if (nearer(candidate, heap.front())) {
    std::pop_heap(heap.begin(), heap.end(), nearer);
    heap.back() = candidate;
    std::push_heap(heap.begin(), heap.end(), nearer);
  }
}

/// Queries of one part. A query's neighbours are found by itself, so where the cuts are does not show.
inline constexpr std::size_t query_part = 512;

/// work(first, last) for each part of the queries.
template <core::executor Executor, class Work>
void for_query_parts(std::size_t queries, const Executor& executor, const Work& work) {
  executor((queries + query_part - 1) / query_part,
           [&](std::size_t part) { work(part * query_part, std::min(queries, (part + 1) * query_part)); });
}

/// Squared distances become distances, nearest first.
inline void finish_row(std::span<neighbour> row) {
  std::sort(row.begin(), row.end(), nearer);
  for (neighbour& n : row) n.distance = std::sqrt(n.distance);
}

template <core::executor Executor>
[[nodiscard]] neighbour_table nearest_by_pairs(const point_panels& points, const point_panels& queries, bool itself,
                                               std::size_t k, const Executor& executor) {
  if (!points.finite() || !queries.finite()) return {};
  const std::size_t available = points.size() - (itself && !points.empty() ? 1 : 0);
  neighbour_table table(queries.size(), std::min(k, available));
  if (table.found() == 0) return table;
  for_query_parts(queries.size(), executor, [&](std::size_t first, std::size_t last) {
    std::vector<std::size_t> filled(last - first, 0);
    pairwise<pair_term::squared_distance>(
        queries, first, last, points,
        [&](std::size_t i, std::size_t j, const double* v, std::size_t begin, std::size_t end) {
          const std::span<neighbour> heap = table[i];
          std::size_t& size = filled[i - first];
          if (size == heap.size()) {
            const double worst = heap.front().distance;
            int any = 0;
            for (std::size_t l = 0; l < point_panels::width; ++l) any |= v[l] < worst ? 1 : 0;
            if (any == 0) return;
          }
          for (std::size_t l = begin; l < end; ++l)
            if (!itself || j + l != i) offer(heap, size, {j + l, v[l]});
        });
    for (std::size_t i = first; i < last; ++i) finish_row(table[i]);
  });
  return table;
}

}  // namespace detail

/// The k nearest points by comparing all pairs: exact in any dimension, also with ties.
///
///   brute_force(points, queries, k)   nearest points of every query
///   brute_force(points, k)            nearest other points of every point
///   brute_force(..., executor)        the same on the caller's threads
///
/// Distances are Euclidean, from squared differences in double precision. Of equal distances the lower index comes first.
///
/// @param points, queries  rows(x, n, d), or point_panels when they are used more than once
/// @param executor last argument, who runs the parts of 512 queries (core/executor.hpp): the same table for any number of threads
/// @return         min(k, points) neighbours a query; no queries at all where a coordinate is not finite
/// @complexity     O(n m d) time; memory 16 k bytes a query beside the panels. Above some ten thousand points in fewer than
///                 about ten dimensions a k-d tree is faster
/// @throws         std::invalid_argument for k = 0 or points of different dimensions
/// @see            E. Fix, J. L. Hodges (1951), USAF School of Aviation Medicine, Report 4
/// @example        examples/drift/points.cpp
struct brute_force_fn {
  static constexpr std::string_view name = "neighbours.brute_force";

  template <core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const point_panels& points, const point_panels& queries, std::size_t k,
                                           const Executor& executor = {}) const {
    core::check_at_least<std::size_t>(name_of_errors, "k", k, 1);
    if (!points.empty() && !queries.empty())
      core::check_same_size(name_of_errors, "a point", points.dimension(), "a query", queries.dimension());
    return detail::nearest_by_pairs(points, queries, false, k, executor);
  }
  template <core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const point_panels& points, std::size_t k,
                                           const Executor& executor = {}) const {
    core::check_at_least<std::size_t>(name_of_errors, "k", k, 1);
    return detail::nearest_by_pairs(points, points, true, k, executor);
  }
  template <class T, class U, core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const core::rows_view<T>& points, const core::rows_view<U>& queries,
                                           std::size_t k, const Executor& executor = {}) const {
    return (*this)(point_panels(points), point_panels(queries), k, executor);
  }
  template <class T, core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const core::rows_view<T>& points, std::size_t k,
                                           const Executor& executor = {}) const {
    return (*this)(point_panels(points), k, executor);
  }

 private:
  static constexpr std::string_view name_of_errors = "neighbours::brute_force";
};
inline constexpr brute_force_fn brute_force{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::neighbours
