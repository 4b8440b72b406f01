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
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/detail/points.hpp"
#include "tailwatch/neighbours/nearest.hpp"

namespace tailwatch::drift {

struct kullback_leibler_knn_options {
  std::size_t k = 1;  ///< neighbour; more: less variance, more bias
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Kullback–Leibler divergence of two densities from nearest-neighbour distances.
///
///   KL(p‖q) ≈ (d/n) Σ ln(ν_k(xᵢ)/ρ_k(xᵢ)) + ln(m/(n − 1))
///
/// ρ_k the distance from xᵢ to the k-th nearest other x, ν_k to the k-th nearest y.
///
/// @param x, y     rows(x, n, d), or samples on the real line: x from p, y from q
/// @param executor last argument, who runs the parts of 512 points (core/executor.hpp): the same bits for any number of threads
/// @return         may be negative; NaN for k ≥ n, k > m, points that are not finite, and a k-th distance of 0 (duplicates
///                 fill the k neighbours: there is no density); standard error NaN: the distances depend on each other
/// @complexity     O(n (n + m) d); memory 16 k n bytes beside the points
/// @bias           vanishes slowly in many dimensions, downwards where p and q are far apart
/// @throws         std::invalid_argument for k = 0 or points of different dimensions
/// @see            Q. Wang, S. R. Kulkarni, S. Verdú (2009), IEEE Transactions on Information Theory 55, 2392–2405;
///                 F. Pérez-Cruz (2008), IEEE International Symposium on Information Theory, 1666–1670
/// @example        examples/drift/points.cpp
struct kullback_leibler_knn_fn {
  static constexpr std::string_view name = "drift.kullback_leibler_knn";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Wang, Kulkarni and Verdú (2009)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const kullback_leibler_knn_options& options = {},
                                    const Executor& executor = {}) const {
    constexpr std::string_view function = "drift::kullback_leibler_knn";
    core::check_at_least<std::size_t>(function, "k", options.k, 1);
    const detail::panel_pair points(x, y, function);
    estimate result{core::nan, core::nan, points.count()};
    const std::size_t n = points.x.size();
    if (!points.defined() || options.k >= n || options.k > points.y.size()) return result;
    const auto own = neighbours::nearest(points.x, options.k, executor);
    const auto other = neighbours::nearest(points.y, points.x, options.k, executor);
    detail::blocked_sum sum;
    for (std::size_t i = 0; i < n; ++i) {
      const double rho = own[i].back().distance;
      const double nu = other[i].back().distance;
      if (rho == 0.0 || nu == 0.0) return result;
      sum.add(std::log(nu / rho));
    }
    const auto size = static_cast<double>(n);
    result.value = static_cast<double>(points.x.dimension()) / size * sum.total() +
                   std::log(static_cast<double>(points.y.size()) / (size - 1.0));
    return core::in_unit(result, options.unit);
  }
};
inline constexpr kullback_leibler_knn_fn kullback_leibler_knn{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
