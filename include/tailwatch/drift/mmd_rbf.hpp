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
#include "tailwatch/math/branchless_exp.hpp"

namespace tailwatch::drift {

struct mmd_rbf_options {
  double sigma = 1.0;  ///< bandwidth, units of the data; `median_bandwidth(x, y).value` is the usual choice
  mmd_estimator estimator = mmd_estimator::unbiased;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {
struct rbf_kernel {
  static constexpr auto term = neighbours::pair_term::squared_distance;
  double rate;  ///< −1/(2σ²)
  [[nodiscard]] double operator()(double square) const noexcept { return math::branchless_exp(rate * square); }
  template <class Real>
  void lanes(Real* v) const noexcept {
    simd::scaled_exp(v, rate);
  }
  template <class Real>
  void sums(const Real* v, std::size_t rows, double* row_lanes, double* columns) const noexcept {
    simd::gaussian_sums(v, rows, rate, row_lanes, columns);
  }
};
}  // namespace detail

/// Squared maximum mean discrepancy with the Gaussian kernel.
///
///   E k(X, X′) + E k(Y, Y′) − 2 E k(X, Y)        k(x, y) = exp(−|x − y|²/(2σ²))
///
/// 0 for equal distributions and for no others. Distances come from differences, so that data far from the origin lose no
/// digits; in double precision, but for f32 points in single precision (each k within 3e-7, the sums in double).
///
/// @param x, y     rows(x, n, d), or samples on the real line
/// @param executor who runs the parts of 2048 points (core/executor.hpp); the result has the same bits for any number of threads
/// @return         not clamped at 0; NaN for no points, points that are not finite, and, but for `biased`, a side with fewer
///                 than two points. Standard error: `linear`, that of a mean of independent terms, valid also where the
///                 distributions agree; else from the influence 2 (E k(x, X) − E k(x, Y)) of each point, for distributions
///                 that differ (where they agree the statistic is degenerate and it is no error bar)
/// @complexity     O((n + m)² d/2), `linear` O((n + m) d); memory 8 (n + m)(d + 4) bytes, `linear` none
/// @bias           `biased`: upwards by about (1 − E k)/n + (1 − E k)/m; the others none
/// @throws         std::invalid_argument for σ ≤ 0, points of different dimensions, and `u_statistic` with n ≠ m
/// @see            A. Gretton, K. M. Borgwardt, M. J. Rasch, B. Schölkopf, A. Smola (2012), Journal of Machine Learning
///                 Research 13, 723–773
/// @example        examples/drift/points.cpp
struct mmd_rbf_fn {
  static constexpr std::string_view name = "drift.mmd_rbf";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Gretton et al. (2012)";

  template <detail::point_source X, detail::point_source Y, core::executor Executor = core::sequential>
  [[nodiscard]] estimate operator()(const X& x, const Y& y, const mmd_rbf_options& options = {},
                                    const Executor& executor = {}) const {
    core::check_positive("drift::mmd_rbf", "sigma", options.sigma);
    return detail::mmd(x, y, detail::rbf_kernel{-0.5 / options.sigma / options.sigma}, options.estimator,
                       "drift::mmd_rbf", executor);
  }
};
inline constexpr mmd_rbf_fn mmd_rbf{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
