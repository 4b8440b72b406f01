// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/detail/blocked_sum.hpp"
#include "tailwatch/drift/gaussian_moments.hpp"
#include "tailwatch/math/dense_matrix.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Linear algebra of a library: math::eigen_algebra.
template <class Algebra>
concept spectral_algebra = requires(const Algebra& algebra, std::span<const double> s, std::size_t d) {
  { algebra.product_eigenvalues(s, s, d) } -> std::convertible_to<std::vector<double>>;
};

/// Squared 2-Wasserstein distance between two Gaussians; of embeddings of images, the Fréchet Inception distance.
///
///   |m_p − m_q|² + tr S_p + tr S_q − 2 Σ √λᵢ        λ: eigenvalues of U_p S_q U_pᵀ, S_p = U_pᵀ U_p
///
/// A product of symmetric factors, not the square root of S_p S_q: it stays accurate where the latter is defective (rank
/// deficient covariances, collapsed models), and directions without spread are left out instead of adding √rounding.
///
/// @param p, q     {mean, covariance}, sizes d and d·d; or rows(x, n, d), rows(y, m, d), or gaussian_moments: covariances
///                 with n − 1; a last argument math::eigen_algebra{} gives the linear algebra to Eigen, several times
///                 faster from some hundred dimensions on, with the same result where neither covariance is nearly singular;
///                 those that are go the way above
/// @return         squared units of the data; NaN for numbers that are not finite and fewer than two points; standard error
///                 NaN. Where p = q traces cancel: what is left is about 1e-15 of them
/// @complexity     O(d³), from points also O((n + m) d²); memory about 48 d² bytes
/// @bias           from points: upwards, where p = q and S = σ²I by σ² d(d + 5)/4 · (1/n + 1/m) to first order, so that values
///                 from different sizes are not comparable
/// @throws         std::invalid_argument for sizes that differ and a covariance that is not positive semidefinite
/// @see            D. C. Dowson, B. V. Landau (1982), Journal of Multivariate Analysis 12, 450–455; M. Heusel et al. (2017),
///                 NeurIPS 30, 6626–6637
/// @example        examples/drift/points.cpp
struct wasserstein_gaussian_squared_fn {
  static constexpr std::string_view name = "drift.wasserstein_gaussian_squared";
  static constexpr core::unit unit = core::unit::data;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Dowson and Landau (1982)";

  [[nodiscard]] estimate operator()(const gaussian_view& p, const gaussian_view& q) const {
    return with(p, q, [](const auto&...) { return std::vector<double>(); });
  }
  template <spectral_algebra Algebra>
  [[nodiscard]] estimate operator()(const gaussian_view& p, const gaussian_view& q, const Algebra& algebra) const {
    return with(p, q, [&](const auto&... a) { return algebra.product_eigenvalues(a...); });
  }

  template <class T, class U, class... Algebra>
  [[nodiscard]] estimate operator()(const core::rows_view<T>& x, const core::rows_view<U>& y,
                                    const Algebra&... algebra) const {
    core::check_same_size("drift::wasserstein_gaussian_squared", "a point of x", x.dimension, "a point of y",
                          y.dimension);
    return (*this)(gaussian_moments(x), gaussian_moments(y), algebra...);
  }
  template <class... Algebra>
  [[nodiscard]] estimate operator()(const gaussian_moments& x, const gaussian_moments& y,
                                    const Algebra&... algebra) const {
    return detail::between_fits(
        "drift::wasserstein_gaussian_squared", x, y,
        [&](const gaussian_view& p, const gaussian_view& q) { return (*this)(p, q, algebra...); });
  }

 private:
  /// `product_eigenvalues` gives those of S_p S_q, or none: then they are worked out here.
  template <class Product>
  [[nodiscard]] static estimate with(const gaussian_view& p, const gaussian_view& q,
                                     const Product& product_eigenvalues) {
    constexpr std::string_view function = "drift::wasserstein_gaussian_squared";
    if (!detail::check_gaussians(function, p, q)) return {};
    const std::size_t d = p.mean.size();
    std::vector<double> spectrum = product_eigenvalues(p.covariance, q.covariance, d);
    if (spectrum.empty()) {
      bool converged = true;
      spectrum = own_product_eigenvalues(p, q, d, function, converged);
      if (!converged) return {};
    }
    double roots = 0.0;
    for (const double v : spectrum) roots += v > 0.0 ? std::sqrt(v) : 0.0;
    detail::compensated_sum sum;  // the large terms cancel
    for (std::size_t i = 0; i < d; ++i) {
      const double apart = p.mean[i] - q.mean[i];
      sum.add(apart * apart);
      sum.add(p.covariance[i * d + i]);
      sum.add(q.covariance[i * d + i]);
    }
    sum.add(-2.0 * roots);
    return {sum.total(), core::nan, 0};
  }

  [[nodiscard]] static std::vector<double> own_product_eigenvalues(const gaussian_view& p, const gaussian_view& q,
                                                                   std::size_t d, std::string_view function,
                                                                   bool& converged) {
    const math::cholesky_factor factor_p = factorised(p.covariance, d, function, "cov_p");
    const math::cholesky_factor factor_q = factorised(q.covariance, d, function, "cov_q");
    // The factor of lower rank outside: its rank is the size of the eigenvalue problem.
    const bool swap = factor_q.rank() < factor_p.rank();
    const math::cholesky_factor& outer = swap ? factor_q : factor_p;
    const math::cholesky_factor& inner = swap ? factor_p : factor_q;
    const std::size_t rank = outer.rank();
    if (rank == 0) return {};
    // M = U_inner U_outerᵀ, then MᵀM: exactly symmetric, and S of the inner side need not be read again.
    const std::vector<double> outer_t = math::transposed(outer.rows, rank, d);
    std::vector<double> m(inner.rank() * rank, 0.0), square(rank * rank, 0.0);
    math::add_product(inner.rows.data(), outer_t.data(), m.data(), inner.rank(), d, rank);
    const std::vector<double> m_t = math::transposed(m, inner.rank(), rank);
    math::add_product(m_t.data(), m.data(), square.data(), rank, inner.rank(), rank);
    std::vector<double> spectrum = math::symmetric_eigenvalues(square, rank);
    converged = !spectrum.empty();
    return spectrum;
  }

  // The factorisation sees most indefinite matrices; eigenvalues, which cost more, decide where it is in doubt.
  [[nodiscard]] static math::cholesky_factor factorised(std::span<const double> covariance, std::size_t d,
                                                        std::string_view function, std::string_view argument) {
    math::cholesky_factor factor = math::pivoted_cholesky(covariance, d);
    if (!factor.positive_semidefinite) {
      const std::vector<double> spectrum = math::symmetric_eigenvalues(covariance, d);
      if (!spectrum.empty()) detail::check_semidefinite(function, argument, spectrum);
    }
    return factor;
  }
};
inline constexpr wasserstein_gaussian_squared_fn wasserstein_gaussian_squared{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
