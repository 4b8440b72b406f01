// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/gaussian_moments.hpp"
#include "tailwatch/math/dense_matrix.hpp"

namespace tailwatch::drift {

struct kullback_leibler_gaussian_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// U⁻ᵀ B for the factor U of full rank, B [d × columns] row-major: forward substitution down the pivots.
[[nodiscard]] inline std::vector<double> solve_transposed(const math::cholesky_factor& factor,
                                                          std::span<const double> b, std::size_t columns) {
  const std::size_t d = factor.dimension;
  std::vector<double> z(d * columns);  // row k belongs to pivot k
  for (std::size_t k = 0; k < d; ++k) {
    double* row = z.data() + k * columns;
    const std::size_t pivot = factor.order[k];
    std::copy_n(b.data() + pivot * columns, columns, row);
    for (std::size_t l = 0; l < k; ++l) {
      const double u = factor.rows[l * d + pivot];
      const double* other = z.data() + l * columns;
      for (std::size_t c = 0; c < columns; ++c) row[c] -= u * other[c];
    }
    const double diagonal = factor.rows[k * d + pivot];
    for (std::size_t c = 0; c < columns; ++c) row[c] /= diagonal;
  }
  return z;
}

[[nodiscard]] inline double log_determinant(const math::cholesky_factor& factor) {
  double sum = 0.0;
  for (std::size_t k = 0; k < factor.rank(); ++k) sum += std::log(factor.rows[k * factor.dimension + factor.order[k]]);
  return 2.0 * sum;
}

}  // namespace detail

/// Kullback–Leibler divergence between two Gaussians.
///
///   KL(p‖q) = (tr(S_q⁻¹S_p) + (m_p − m_q)ᵀ S_q⁻¹ (m_p − m_q) − d + ln(|S_q|/|S_p|))/2
///
/// For covariances that nearly agree the first part is Σ (μ − ln(1 + μ))/2 over the eigenvalues μ of S_q^{−½}(S_p − S_q)S_q^{−½},
/// which does not cancel and is never negative.
///
/// @param p, q     {mean, covariance}, sizes d and d·d; or rows(x, n, d), rows(y, m, d): their means and covariances (n − 1)
/// @return         NaN for numbers that are not finite, a singular S_q (least eigenvalue ≤ d 2⁻⁵² of the largest), fewer than
///                 two points; +∞ for a singular S_p alone; standard error NaN
/// @complexity     O(d³), from points also O((n + m) d²); memory about 48 d² bytes
/// @bias           from points: upwards, about (d² + 3d)/4 · (1/n + 1/m) where p = q, and infinite for m ≤ d
/// @throws         std::invalid_argument for sizes that differ and a covariance that is not positive semidefinite
/// @see            S. Kullback (1959), Information Theory and Statistics, chapter 9
/// @example        examples/drift/points.cpp
struct kullback_leibler_gaussian_fn {
  static constexpr std::string_view name = "drift.kullback_leibler_gaussian";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Kullback (1959)";

  [[nodiscard]] estimate operator()(const gaussian_view& p, const gaussian_view& q,
                                    const kullback_leibler_gaussian_options& options = {}) const {
    constexpr std::string_view function = "drift::kullback_leibler_gaussian";
    if (!detail::check_gaussians(function, p, q)) return {};
    const std::size_t d = p.mean.size();
    const std::vector<double> spectrum_p = math::symmetric_eigenvalues(p.covariance, d);
    const std::vector<double> spectrum_q = math::symmetric_eigenvalues(q.covariance, d);
    if (spectrum_p.empty() || spectrum_q.empty()) return {};
    detail::check_semidefinite(function, "cov_p", spectrum_p);
    detail::check_semidefinite(function, "cov_q", spectrum_q);
    const math::cholesky_factor factor_q = math::pivoted_cholesky(q.covariance, d);
    if (singular(spectrum_q) || factor_q.rank() < d) return {};
    const math::cholesky_factor factor_p = math::pivoted_cholesky(p.covariance, d);
    if (singular(spectrum_p) || factor_p.rank() < d) return {core::infinity, core::nan, 0};

    std::vector<double> apart(d);
    for (std::size_t i = 0; i < d; ++i) apart[i] = p.mean[i] - q.mean[i];
    double square = 0.0;
    for (const double z : detail::solve_transposed(factor_q, apart, 1)) square += z * z;

    std::vector<double> difference(d * d);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        difference[i * d + j] =
            p.covariance[std::max(i, j) * d + std::min(i, j)] - q.covariance[std::max(i, j) * d + std::min(i, j)];
    const std::vector<double> half = math::transposed(detail::solve_transposed(factor_q, difference, d), d, d);
    const std::vector<double> relative = math::symmetric_eigenvalues(detail::solve_transposed(factor_q, half, d), d);
    if (relative.empty()) return {};
    double shape = 0.0;
    if (relative.front() > -0.5 && relative.back() < 1.0) {
      for (const double mu : relative) shape += mu - std::log1p(mu);
    } else {
      double trace = 0.0;
      const std::vector<double> root_p = math::transposed(factor_p.rows, d, d);
      for (const double z : detail::solve_transposed(factor_q, root_p, d)) trace += z * z;
      shape =
          (trace - static_cast<double>(d)) + (detail::log_determinant(factor_q) - detail::log_determinant(factor_p));
    }
    return core::in_unit({0.5 * (square + shape), core::nan, 0}, options.unit);
  }

  template <class T, class U>
  [[nodiscard]] estimate operator()(const core::rows_view<T>& x, const core::rows_view<U>& y,
                                    const kullback_leibler_gaussian_options& options = {}) const {
    core::check_same_size("drift::kullback_leibler_gaussian", "a point of x", x.dimension, "a point of y", y.dimension);
    return (*this)(gaussian_moments(x), gaussian_moments(y), options);
  }
  [[nodiscard]] estimate operator()(const gaussian_moments& x, const gaussian_moments& y,
                                    const kullback_leibler_gaussian_options& options = {}) const {
    return detail::between_fits("drift::kullback_leibler_gaussian", x, y,
                                [&](const gaussian_view& p, const gaussian_view& q) { return (*this)(p, q, options); });
  }

 private:
  [[nodiscard]] static bool singular(const std::vector<double>& spectrum) noexcept {
    return spectrum.front() <= static_cast<double>(spectrum.size()) * 0x1p-52 * spectrum.back();
  }
};
inline constexpr kullback_leibler_gaussian_fn kullback_leibler_gaussian{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
