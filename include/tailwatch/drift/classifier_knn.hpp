// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/drift/detail/points.hpp"
#include "tailwatch/neighbours/nearest.hpp"

namespace tailwatch::drift {

struct classifier_knn_options {
  std::size_t k = 5;  ///< votes, odd
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Points of the pooled sample whose k nearest others vote for their own side; −1 where undefined.
template <point_source X, point_source Y, core::executor Executor>
[[nodiscard]] double count_classified(const X& x, const Y& y, std::size_t k, std::string_view function,
                                      pooled_points& pool, const Executor& executor) {
  core::check_at_least<std::size_t>(function, "k", k, 1);
  core::check(k % 2 == 1, function, "k", k, "odd");
  pool = pooled_points(x, y, function);
  if (!pool.both_present() || !pool.points.finite() || k >= pool.points.size()) return -1.0;
  const auto table = neighbours::nearest(pool.points, k, executor);
  std::size_t correct = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    std::size_t votes_x = 0;
    for (const auto& n : table[i]) votes_x += pool.of_x(n.index) ? 1 : 0;
    correct += pool.of_x(i) == (2 * votes_x > k) ? 1 : 0;
  }
  return static_cast<double>(correct);
}

}  // namespace detail

/// Two-sample test by a classifier: leave-one-out accuracy of the k-nearest-neighbour vote on the pooled sample.
///
/// max(n, m)/N is chance, 1 is perfect separation. Of equal distances the lower pooled index counts, x before y.
///
/// @param x, y     rows(x, n, d), or samples on the real line
/// @param executor last argument, who runs the parts of 512 points (core/executor.hpp): the same bits for any number of threads
/// @return         NaN for an empty side, points that are not finite, k ≥ n + m; standard error NaN: one point votes in many
///                 decisions
/// @complexity     O((n + m)² d); memory 16 k (n + m) bytes beside the points
/// @bias           a classifier that fits the boundary badly sees less than there is
/// @throws         std::invalid_argument for k even or 0, and points of different dimensions
/// @see            D. Lopez-Paz, M. Oquab (2017), International Conference on Learning Representations
/// @example        examples/drift/points.cpp
struct classifier_knn_fn {
  static constexpr std::string_view name = "drift.classifier_knn";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Lopez-Paz and Oquab (2017)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const classifier_knn_options& options = {},
                                    const Executor& executor = {}) const {
    detail::pooled_points pool;
    const double correct = detail::count_classified(x, y, options.k, "drift::classifier_knn", pool, executor);
    if (correct < 0.0) return {core::nan, core::nan, pool.count()};
    return {correct / static_cast<double>(pool.count()), core::nan, pool.count()};
  }
};
inline constexpr classifier_knn_fn classifier_knn{};

/// P(accuracy ≥ observed) for equal distributions, by the normal approximation.
///
///   1 − Φ((accuracy − max(n, m)/N) / √(1/(4N)))
///
/// Decisions that share points are not independent: for a p-value that holds use math::permutation_test.
///
/// @param executor as for classifier_knn
/// @return         NaN as for classifier_knn; standard error NaN
/// @throws         as classifier_knn
/// @see            D. Lopez-Paz, M. Oquab (2017), International Conference on Learning Representations
/// @example        examples/drift/points.cpp
struct classifier_knn_pvalue_fn {
  static constexpr std::string_view name = "drift.classifier_knn_pvalue";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Lopez-Paz and Oquab (2017)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const classifier_knn_options& options = {},
                                    const Executor& executor = {}) const {
    detail::pooled_points pool;
    const double correct = detail::count_classified(x, y, options.k, "drift::classifier_knn_pvalue", pool, executor);
    if (correct < 0.0) return {core::nan, core::nan, pool.count()};
    const auto size = static_cast<double>(pool.count());
    const auto chance = static_cast<double>(std::max(pool.from_y, pool.points.size() - pool.from_y));
    const double z = (correct - chance) / std::sqrt(0.25 * size);
    return {0.5 * std::erfc(z * 0.70710678118654752440), core::nan, pool.count()};
  }
};
inline constexpr classifier_knn_pvalue_fn classifier_knn_pvalue{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
