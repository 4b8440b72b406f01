// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/executor.hpp"
#include "tailwatch/drift/detail/mmd.hpp"
#include "tailwatch/drift/mmd_estimator.hpp"

namespace tailwatch::drift {

struct mmd_polynomial_options {
  int degree = 3;
  double gamma = 0.0;  ///< factor of x·y; 0: 1/dimension
  double coef0 = 1.0;
  mmd_estimator estimator = mmd_estimator::unbiased;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {
struct polynomial_kernel {
  static constexpr auto term = neighbours::pair_term::product;
  double gamma;
  double coef0;
  int degree;
  [[nodiscard]] double operator()(double product) const noexcept {
    const double base = gamma * product + coef0;
    double power = base;
    for (int i = 1; i < degree; ++i) power *= base;
    return power;
  }
  template <class Real>
  void lanes(Real* v) const noexcept {
    constexpr std::size_t w = simd::panel_width;
    const auto factor = static_cast<Real>(gamma), constant = static_cast<Real>(coef0);
    Real base[w];
    for (std::size_t l = 0; l < w; ++l) v[l] = base[l] = factor * v[l] + constant;
    for (int i = 1; i < degree; ++i)
      for (std::size_t l = 0; l < w; ++l) v[l] *= base[l];
  }
};
}  // namespace detail

/// Squared maximum mean discrepancy with the polynomial kernel. With its defaults on embeddings of images, the "kernel
/// Inception distance", over all points instead of random subsets.
///
///   E k(X, X′) + E k(Y, Y′) − 2 E k(X, Y)        k(x, y) = (γ x·y + c)^degree
///
/// It compares moments up to the degree. Its terms grow like the data to twice the degree: scale the data first, at 1e6 the
/// difference keeps few digits of double precision.
///
/// @param x, y     rows(x, n, d), or samples on the real line
/// @param executor who runs the parts of 2048 points (core/executor.hpp); the result has the same bits for any number of threads
/// @return         not clamped at 0; NaN and standard error as for mmd_rbf
/// @complexity     O((n + m)² d/2), `linear` O((n + m) d)
/// @bias           `unbiased`: none
/// @throws         std::invalid_argument for degree < 1, γ negative or not finite, c negative or not finite, points of
///                 different dimensions, and `u_statistic` with n ≠ m
/// @see            M. Bińkowski, D. J. Sutherland, M. Arbel, A. Gretton (2018), International Conference on Learning
///                 Representations
/// @example        examples/drift/points.cpp
struct mmd_polynomial_fn {
  static constexpr std::string_view name = "drift.mmd_polynomial";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Bińkowski et al. (2018)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const mmd_polynomial_options& options = {},
                                    const Executor& executor = {}) const {
    constexpr std::string_view function = "drift::mmd_polynomial";
    core::check_at_least(function, "degree", options.degree, 1);
    core::check_closed_interval(function, "gamma", options.gamma, 0.0, 1.7e308);
    core::check_closed_interval(function, "coef0", options.coef0, 0.0, 1.7e308);
    const auto dimension = static_cast<double>(detail::as_rows(x).dimension);
    const double gamma = options.gamma > 0.0 ? options.gamma : 1.0 / dimension;
    return detail::mmd(x, y, detail::polynomial_kernel{gamma, options.coef0, options.degree}, options.estimator,
                       function, executor);
  }
};
inline constexpr mmd_polynomial_fn mmd_polynomial{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
