// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <nanoflann.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/neighbours/brute_force.hpp"
#include "tailwatch/neighbours/point_panels.hpp"

namespace tailwatch::neighbours {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Points row by row, as nanoflann asks for them.
struct tree_points {
  std::vector<double> values;
  std::size_t size = 0, dimension = 0;

  explicit tree_points(const point_panels& points) : size(points.size()), dimension(points.dimension()) {
    std::vector<double> point(points.stride());
    values.reserve(size * dimension);
    for (std::size_t i = 0; i < size; ++i) {
      points.copy_point(i, point.data());
      values.insert(values.end(), point.begin(), point.begin() + static_cast<std::ptrdiff_t>(dimension));
    }
  }
  [[nodiscard]] const double* operator[](std::size_t i) const noexcept { return values.data() + i * dimension; }
  [[nodiscard]] std::size_t kdtree_get_point_count() const noexcept { return size; }
  [[nodiscard]] double kdtree_get_pt(std::size_t i, std::size_t c) const noexcept { return values[i * dimension + c]; }
  template <class Box>
  bool kdtree_get_bbox(Box& /*box*/) const noexcept {
    return false;
  }
};

/// A result set of nanoflann that keeps the rule of brute_force: of equal distances the lower index. The tree offers what is
/// strictly nearer than `worstDist`, so that is a little more than the worst kept; it also covers the rounding of the tree's bounds.
class tree_result {
 public:
  using DistanceType = double;
  using IndexType = std::size_t;

  tree_result(std::span<neighbour> heap, std::size_t left_out) : heap_(heap), left_out_(left_out) {}

  bool addPoint(double square, std::size_t index) {
    if (index != left_out_) offer(heap_, filled_, {index, square});
    return true;
  }
  [[nodiscard]] double worstDist() const noexcept {
    return full() ? heap_.front().distance * (1.0 + 1e-12) + std::numeric_limits<double>::min()
                  : std::numeric_limits<double>::max();
  }
  [[nodiscard]] bool full() const noexcept { return filled_ == heap_.size(); }
  [[nodiscard]] bool empty() const noexcept { return filled_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return filled_; }
  void sort() const noexcept {}

 private:
  std::span<neighbour> heap_;
  std::size_t left_out_;
  std::size_t filled_ = 0;
};

template <core::executor Executor>
[[nodiscard]] neighbour_table nearest_by_tree(const point_panels& points, const point_panels& queries, bool itself,
                                              std::size_t k, const Executor& executor) {
  if (!points.finite() || !queries.finite()) return {};
  const std::size_t available = points.size() - (itself && !points.empty() ? 1 : 0);
  neighbour_table table(queries.size(), std::min(k, available));
  if (table.found() == 0) return table;
  using metric = nanoflann::L2_Simple_Adaptor<double, tree_points, double, std::size_t>;
  const tree_points data(points);
  nanoflann::KDTreeSingleIndexAdaptor<metric, tree_points, -1, std::size_t> tree(
      static_cast<int>(data.dimension), data, nanoflann::KDTreeSingleIndexAdaptorParams(16));
#if NANOFLANN_VERSION < 0x142  // later constructors do it
  tree.buildIndex();
#endif
  for_query_parts(queries.size(), executor, [&](std::size_t first, std::size_t last) {
    std::vector<double> query(queries.stride());
    for (std::size_t i = first; i < last; ++i) {
      queries.copy_point(i, query.data());
      const std::span<neighbour> row = table[i];
      tree_result result(row, itself ? i : points.size());
      tree.findNeighbors(result, query.data(), {});
      finish_row(row);
    }
  });
  return table;
}

}  // namespace detail

/// The k nearest points by a k-d tree of nanoflann: exact, the same neighbours as brute_force, with ties too. Stands in no umbrella:
/// include it where nanoflann is there (`tailwatch::nanoflann` in CMake); `nearest` takes it by itself then.
///
///   k_d_tree(points, queries, k)   nearest points of every query
///   k_d_tree(points, k)            nearest other points of every point
///
/// @param points, queries  rows(x, n, d), or point_panels
/// @param executor last argument, who runs the parts of 512 queries (core/executor.hpp); the tree is built in this thread
/// @return         min(k, points) neighbours a query, distances Euclidean; no queries at all where a coordinate is not finite
/// @complexity     O(n log n) to build, about O(log n) a query in few dimensions, O(n) in many; memory 8 n d + 16 k m bytes beside
///                 the panels
/// @throws         std::invalid_argument for k = 0 or points of different dimensions
/// @see            J. L. Bentley (1975), Communications of the ACM 18, 509–517
/// @example        examples/drift/points.cpp
struct k_d_tree_fn {
  static constexpr std::string_view name = "neighbours.k_d_tree";

  template <core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const point_panels& points, const point_panels& queries, std::size_t k,
                                           const Executor& executor = {}) const {
    core::check_at_least<std::size_t>(name_of_errors, "k", k, 1);
    if (!points.empty() && !queries.empty())
      core::check_same_size(name_of_errors, "a point", points.dimension(), "a query", queries.dimension());
    return detail::nearest_by_tree(points, queries, false, k, executor);
  }
  template <core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const point_panels& points, std::size_t k,
                                           const Executor& executor = {}) const {
    core::check_at_least<std::size_t>(name_of_errors, "k", k, 1);
    return detail::nearest_by_tree(points, points, true, k, executor);
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
  static constexpr std::string_view name_of_errors = "neighbours::k_d_tree";
};
inline constexpr k_d_tree_fn k_d_tree{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::neighbours
