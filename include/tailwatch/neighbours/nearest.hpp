// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/neighbours/brute_force.hpp"
#include "tailwatch/neighbours/point_panels.hpp"
// nanoflann throws, so a build without exceptions compares all pairs; the neighbours are the same.
#if __has_include(<nanoflann.hpp>) && defined(__cpp_exceptions)
#define TAILWATCH_DETAIL_HAS_K_D_TREE 1
#else
#define TAILWATCH_DETAIL_HAS_K_D_TREE 0
#endif
#if TAILWATCH_DETAIL_HAS_K_D_TREE
#include "tailwatch/neighbours/k_d_tree.hpp"
#endif

namespace tailwatch::neighbours {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// The k nearest points by the faster of two ways, which give the same neighbours: a k-d tree where nanoflann was found and the
/// dimension is low for the number of points, else the vectorised comparison of all pairs. Arguments, result and errors as
/// brute_force.
/// @complexity     O(n m d) time, or about O((n + m) log n) by the tree
/// @see            neighbours::brute_force, neighbours::k_d_tree
/// @example        examples/drift/points.cpp
struct nearest_fn {
  static constexpr std::string_view name = "neighbours.nearest";

  /// Whether a tree over n points in d dimensions is the faster way: n ≥ 11·3^d, d ≤ 7, as timed for k = 5 against AVX-512 (docs/drift.md).
  /// In eight dimensions the tree took twice as long at any n up to 30 000.
  [[nodiscard]] static constexpr bool tree_is_faster([[maybe_unused]] std::size_t n,
                                                     [[maybe_unused]] std::size_t d) noexcept {
#if TAILWATCH_DETAIL_HAS_K_D_TREE
    if (d == 0 || d > 7) return false;
    std::size_t least = 11;
    for (std::size_t c = 0; c < d; ++c) least *= 3;
    return n >= least;
#else
    return false;
#endif
  }

  template <core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const point_panels& points, const point_panels& queries, std::size_t k,
                                           const Executor& executor = {}) const {
#if TAILWATCH_DETAIL_HAS_K_D_TREE
    if (tree_is_faster(points.size(), points.dimension())) return k_d_tree(points, queries, k, executor);
#endif
    return brute_force(points, queries, k, executor);
  }
  template <core::executor Executor = core::sequential>
  [[nodiscard]] neighbour_table operator()(const point_panels& points, std::size_t k,
                                           const Executor& executor = {}) const {
#if TAILWATCH_DETAIL_HAS_K_D_TREE
    if (tree_is_faster(points.size(), points.dimension())) return k_d_tree(points, k, executor);
#endif
    return brute_force(points, k, executor);
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
};
inline constexpr nearest_fn nearest{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::neighbours
