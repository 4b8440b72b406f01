// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/unit.hpp"
#include "tailwatch/entropy/detail/point_cloud.hpp"
#include "tailwatch/math/digamma.hpp"

namespace tailwatch::entropy {

struct mutual_information_ksg_options {
  std::size_t k = 3;  ///< which nearest neighbour, ≥ 1
  information_unit unit = information_unit::nats;
};

namespace detail {

/// What both estimators share; `term` gives one point's part of the mean ⟨…⟩.
template <point_source X, point_source Y, class Term>
[[nodiscard]] estimate ksg(std::string_view function, const X& x, const Y& y,
                           const mutual_information_ksg_options& options, double constant, const Term& term) {
  core::check_at_least(function, "k", options.k, std::size_t{1});
  core::check_same_size(function, "x", points_of(x), "y", points_of(y));
  core::check_at_least(function, "dimension of x", dimension_of(x), std::size_t{1});
  core::check_at_least(function, "dimension of y", dimension_of(y), std::size_t{1});
  const std::size_t n = points_of(x);
  if (options.k >= n) return {core::nan, core::nan, n};
  point_cloud of_x(x), of_y(y);
  if (!of_x.finite || !of_y.finite) return {core::nan, core::nan, n};
  const int exponent = point_cloud(of_x, of_y).extreme_exponent();
  of_x.scale_down(exponent);
  of_y.scale_down(exponent);
  point_cloud joint(of_x, of_y);
  const std::size_t key = joint.sort_along_widest();
  const std::size_t y_at = of_x.dimension;
  const range_counter near_x(std::move(of_x)), near_y(std::move(of_y));
  bool tied = false;
  double sum = 0.0;
  for_each_nearest(joint, key, options.k, distance_norm::max, [&](std::size_t i, const auto& nearest) {
    tied = tied || !(nearest[options.k - 1].distance > 0.0);
    if (!tied) sum += term(joint, joint[i], y_at, nearest, near_x, near_y);
  });
  if (tied) return {core::nan, core::nan, n};
  const double value = constant + math::digamma(static_cast<double>(n)) - sum / static_cast<double>(n);
  return core::in_unit({value, core::nan, n}, options.unit);
}

[[nodiscard]] inline double digamma_of(std::size_t n) noexcept { return math::digamma(static_cast<double>(n)); }

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mutual information of two continuous variables from nearest neighbours, first estimator of Kraskov, Stögbauer, Grassberger.
///
///   I = ψ(k) + ψ(n) − ⟨ψ(nx + 1) + ψ(ny + 1)⟩
///
/// nx counts the other points with |x − xᵢ| < ε, ε the max-norm distance in (x, y) to the k-th nearest other point.
/// @param x, y     n points each: a floating range or sample(x) on the line, or rows(x, n, d) for vectors (max norm)
/// @param options  k ≥ 1; unit
/// @return         nats (or `unit`), may be slightly negative, not cut off; standard error NaN: the scatter of the terms falls
///                 short by 15 to 35 % (docs/entropy.md), so split the data instead; NaN where k ≥ n, k + 1 points are equal, or a
///                 coordinate is NaN or infinite
/// @complexity     about O(n^(3/2)) for two numbers, O(d n^(2−1/d)) in d dimensions altogether, O(d n²) at worst
/// @bias           nearly none at independence; downwards for strong dependence, which neighbours cannot resolve
/// @throws         std::invalid_argument for k = 0, sizes that differ, or rows of dimension 0
/// @see            A. Kraskov, H. Stögbauer, P. Grassberger (2004), Physical Review E 69, 066138
/// @example        examples/entropy/differential_entropy.cpp
struct mutual_information_ksg1_fn {
  static constexpr std::string_view name = "entropy.mutual_information_ksg1";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Kraskov, Stögbauer and Grassberger (2004)";

  template <detail::point_source X, detail::point_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const mutual_information_ksg_options& options = {}) const {
    // The centre itself is among the counted, hence ψ(nx + 1) of the others.
    return detail::ksg("entropy::mutual_information_ksg1", x, y, options,
                       options.k == 0 ? 0.0 : detail::digamma_of(options.k),
                       [](const detail::point_cloud&, const double* centre, std::size_t y_at, const auto& nearest,
                          const detail::range_counter& near_x, const detail::range_counter& near_y) {
                         const double radius = nearest.back().distance;
                         return detail::digamma_of(near_x.count(centre, radius, false)) +
                                detail::digamma_of(near_y.count(centre + y_at, radius, false));
                       });
  }
};
inline constexpr mutual_information_ksg1_fn mutual_information_ksg1{};

/// The second estimator: a rectangle instead of a square around each point.
///
///   I = ψ(k) − 1/k + ψ(n) − ⟨ψ(nx) + ψ(ny)⟩
///
/// nx counts the other points with |x − xᵢ| ≤ ex, ex the largest |x − xᵢ| among the k nearest other points; ny alike.
/// @param x, y     as mutual_information_ksg1
/// @return         as mutual_information_ksg1
/// @complexity     as mutual_information_ksg1
/// @bias           as mutual_information_ksg1
/// @throws         std::invalid_argument for k = 0, sizes that differ, or rows of dimension 0
/// @see            A. Kraskov, H. Stögbauer, P. Grassberger (2004), Physical Review E 69, 066138
/// @example        examples/entropy/differential_entropy.cpp
struct mutual_information_ksg2_fn {
  static constexpr std::string_view name = "entropy.mutual_information_ksg2";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Kraskov, Stögbauer and Grassberger (2004)";

  template <detail::point_source X, detail::point_source Y>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const mutual_information_ksg_options& options = {}) const {
    const double constant = options.k == 0 ? 0.0 : detail::digamma_of(options.k) - 1.0 / static_cast<double>(options.k);
    return detail::ksg("entropy::mutual_information_ksg2", x, y, options, constant,
                       [](const detail::point_cloud& joint, const double* centre, std::size_t y_at, const auto& nearest,
                          const detail::range_counter& near_x, const detail::range_counter& near_y) {
                         double of_x = 0.0, of_y = 0.0;
                         for (const auto& neighbour : nearest) {
                           const double* const p = joint[neighbour.index];
                           of_x = std::max(of_x, detail::max_distance(p, centre, y_at, core::infinity));
                           of_y = std::max(of_y, detail::max_distance(p + y_at, centre + y_at, joint.dimension - y_at,
                                                                      core::infinity));
                         }
                         return detail::digamma_of(near_x.count(centre, of_x, true) - 1) +
                                detail::digamma_of(near_y.count(centre + y_at, of_y, true) - 1);
                       });
  }
};
inline constexpr mutual_information_ksg2_fn mutual_information_ksg2{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
