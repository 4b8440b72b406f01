// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/dense_matrix.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean and covariance of a Gaussian, which the caller keeps. The covariance is d × d and symmetric, so that it does not
/// matter whether it is stored by rows or by columns: any matrix library's `{data, size}` will do.
struct gaussian_view {
  std::span<const double> mean;
  std::span<const double> covariance;
};

/// Mean and centred second moments of points; parts add up, in any split, without the cancellation of Σxxᵀ − n x̄x̄ᵀ.
///
/// @memory  8 d² + 8 d bytes
/// @see     T. F. Chan, G. H. Golub, R. J. LeVeque (1983), The American Statistician 37, 242–247
class gaussian_moments {
 public:
  gaussian_moments() = default;
  explicit gaussian_moments(std::size_t dimension) : mean_(dimension, 0.0), sums_(dimension * dimension, 0.0) {}
  template <std::floating_point T>
  explicit gaussian_moments(const core::rows_view<T>& points) : gaussian_moments(points.dimension) {
    update(points);
  }

  /// @throws std::invalid_argument  for points of another dimension
  /// @complexity  O(n d²)
  template <std::floating_point T>
  void update(const core::rows_view<T>& points) {
    core::check_same_size("drift::gaussian_moments", "a point", points.dimension, "the mean", dimension());
    constexpr std::size_t block = 256;
    for (std::size_t first = 0; first < points.size; first += block) {
      gaussian_moments part(dimension());
      part.set(points, first, std::min(points.size, first + block));
      merge(part);
    }
  }

  void merge(const gaussian_moments& other) {
    core::check_same_size("drift::gaussian_moments", "the other mean", other.dimension(), "the mean", dimension());
    if (other.count_ == 0) return;
    const std::size_t d = dimension();
    const auto n = static_cast<double>(count_);
    const auto m = static_cast<double>(other.count_);
    const double weight = n * m / (n + m);
    std::vector<double> apart(d);
    for (std::size_t i = 0; i < d; ++i) apart[i] = other.mean_[i] - mean_[i];
    for (std::size_t i = 0; i < d; ++i) {
      const double factor = weight * apart[i];
      for (std::size_t j = 0; j < d; ++j) sums_[i * d + j] += other.sums_[i * d + j] + factor * apart[j];
    }
    for (std::size_t i = 0; i < d; ++i) mean_[i] += apart[i] * (m / (n + m));
    count_ += other.count_;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t dimension() const noexcept { return mean_.size(); }
  [[nodiscard]] const std::vector<double>& mean() const noexcept { return mean_; }
  /// Σ (x − x̄)(x − x̄)ᵀ/(n − 1), row-major; NaN for fewer than two points.
  [[nodiscard]] std::vector<double> covariance() const {
    std::vector<double> c(sums_);
    for (double& v : c) v = count_ < 2 ? core::nan : v / (static_cast<double>(count_) - 1.0);
    return c;
  }
  friend bool operator==(const gaussian_moments&, const gaussian_moments&) = default;

 private:
  template <class T>
  void set(const core::rows_view<T>& points, std::size_t first, std::size_t last) {
    const std::size_t d = dimension();
    const std::size_t n = last - first;
    count_ = n;
    std::vector<double> centred(n * d), by_coordinate(n * d);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < d; ++c) {
        centred[i * d + c] = static_cast<double>(points[first + i][c]);
        mean_[c] += centred[i * d + c] / static_cast<double>(n);
      }
    for (std::size_t c = 0; c < d; ++c) {  // the mean itself is rounded: take out what is left of the sum
      double rest = 0.0;
      for (std::size_t i = 0; i < n; ++i) rest += centred[i * d + c] - mean_[c];
      mean_[c] += rest / static_cast<double>(n);
    }
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < d; ++c) by_coordinate[c * n + i] = centred[i * d + c] -= mean_[c];
    math::add_product(by_coordinate.data(), centred.data(), sums_.data(), d, n, d);
  }

  std::vector<double> mean_;
  std::vector<double> sums_;
  std::uint64_t count_ = 0;
};

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
