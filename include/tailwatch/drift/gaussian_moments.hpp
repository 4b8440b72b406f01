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
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/summary/covariance.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean and covariance of a Gaussian, which the caller keeps. The covariance is d × d and symmetric, so that it does not
/// matter whether it is stored by rows or by columns: any matrix library's `{data, size}` will do.
struct gaussian_view {
  std::span<const double> mean;
  std::span<const double> covariance;
};

/// Mean and centred second moments of points, which add up in any split and across ranks.
using gaussian_moments = summary::covariance;

namespace detail {

/// Sizes, positive semidefiniteness and finiteness of both arguments of a Gaussian divergence.
/// @return false where a number is not finite
[[nodiscard]] inline bool check_gaussians(std::string_view function, const gaussian_view& p, const gaussian_view& q) {
  const std::size_t d = p.mean.size();
  core::check_same_size(function, "mean_p", d, "mean_q", q.mean.size());
  core::check_at_least<std::size_t>(function, "dimension", d, 1);
  core::check_same_size(function, "cov_p", p.covariance.size(), "d*d", d * d);
  core::check_same_size(function, "cov_q", q.covariance.size(), "d*d", d * d);
  for (const auto& values : {p.mean, p.covariance, q.mean, q.covariance})
    for (const double v : values)
      if (!core::is_finite(v)) return false;
  return true;
}

/// A divergence of the Gaussians fitted to two sets of points; NaN where a point was left out for holding a NaN or infinity.
template <class Divergence>
[[nodiscard]] estimate between_fits(std::string_view function, const gaussian_moments& x, const gaussian_moments& y,
                                    Divergence&& divergence) {
  core::check_same_size(function, "the mean of x", x.dimension(), "the mean of y", y.dimension());
  estimate result;
  if (x.rejected() == 0 && y.rejected() == 0) {
    const std::vector<double> cov_x = x.matrix(), cov_y = y.matrix();
    result = divergence(gaussian_view{x.mean(), cov_x}, gaussian_view{y.mean(), cov_y});
  }
  result.count = x.count() + x.rejected() + y.count() + y.rejected();
  return result;
}

/// @throws std::invalid_argument  where the least eigenvalue is below −1e-8 of the largest magnitude
inline void check_semidefinite(std::string_view function, std::string_view argument,
                               std::span<const double> eigenvalues) {
  const double largest = std::max(std::abs(eigenvalues.front()), std::abs(eigenvalues.back()));
  core::check(eigenvalues.front() >= -1e-8 * largest, function, argument, eigenvalues.front(),
              "at least 0 (least eigenvalue of a covariance)");
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
