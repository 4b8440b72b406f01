// SPDX-License-Identifier: BSL-1.0
#pragma once

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

struct schilling_knn_options {
  std::size_t k = 5;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Nearest-neighbour coincidences: the share of the k nearest others in the pooled sample that have the point's own label.
///
/// For equal distributions its mean is (n(n − 1) + m(m − 1))/(N(N − 1)), and it is 1 for sets that lie apart. Of equal
/// distances the lower pooled index counts, x before y.
///
/// @param x, y     rows(x, n, d), or samples on the real line
/// @param executor last argument, who runs the parts of 512 points (core/executor.hpp): the same bits for any number of threads
/// @return         NaN for an empty side, points that are not finite, k ≥ n + m; standard error NaN: neighbourhoods overlap;
///                 for a p-value use math::permutation_test
/// @complexity     O((n + m)² d); memory 16 k (n + m) bytes beside the points
/// @bias           none
/// @throws         std::invalid_argument for k = 0 or points of different dimensions
/// @see            M. F. Schilling (1986), Journal of the American Statistical Association 81, 799–806
/// @example        examples/drift/points.cpp
struct schilling_knn_fn {
  static constexpr std::string_view name = "drift.schilling_knn";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Schilling (1986)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const schilling_knn_options& options = {},
                                    const Executor& executor = {}) const {
    constexpr std::string_view function = "drift::schilling_knn";
    core::check_at_least<std::size_t>(function, "k", options.k, 1);
    const detail::pooled_points pool(x, y, function);
    if (!pool.both_present() || !pool.points.finite() || options.k >= pool.points.size())
      return {core::nan, core::nan, pool.count()};
    const auto table = neighbours::nearest(pool.points, options.k, executor);
    std::size_t same = 0;
    for (std::size_t i = 0; i < table.size(); ++i)
      for (const auto& n : table[i]) same += pool.of_x(i) == pool.of_x(n.index) ? 1 : 0;
    return {static_cast<double>(same) / (static_cast<double>(table.size()) * static_cast<double>(options.k)), core::nan,
            pool.count()};
  }
};
inline constexpr schilling_knn_fn schilling_knn{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
