// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "tailwatch/config.hpp"

namespace tailwatch::math {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Dense linear algebra by Eigen, for estimators that take an algebra as their last argument. Stands in no umbrella: include it
/// where Eigen is there (`tailwatch::eigen` in CMake). With the target `tailwatch::lapack` instead, or EIGEN_USE_BLAS and
/// EIGEN_USE_LAPACKE defined and a LAPACK linked, the same calls go through that LAPACK.
struct eigen_algebra {
  /// Eigenvalues of P Q for symmetric positive definite P and Q, ascending: those of MᵀM, M = L_Qᵀ L_P.
  /// @param p, q  [d × d], finite, symmetric
  /// @return      each within about d·2⁻⁵² of the largest; nothing where a factorisation finds a coordinate that the ones before
  ///              it explain but for a share of 1e-7: the roots of small eigenvalues would have lost their digits
  /// @complexity  about 5 d³ operations, two thirds of them in matrix products; memory 40 d² bytes
  [[nodiscard]] static std::vector<double> product_eigenvalues(std::span<const double> p, std::span<const double> q,
                                                               std::size_t d) {
    using matrix = Eigen::MatrixXd;
    const auto size = static_cast<Eigen::Index>(d);
    const Eigen::Map<const matrix> map_p(p.data(), size, size), map_q(q.data(), size, size);
    const Eigen::LLT<matrix> factor_p(map_p), factor_q(map_q);
    const auto sound = [](const Eigen::LLT<matrix>& factor, const auto& source) {
      return factor.info() == Eigen::Success &&
             (factor.matrixLLT().diagonal().array().square() > 1e-7 * source.diagonal().array()).all();
    };
    if (d == 0 || !sound(factor_p, map_p) || !sound(factor_q, map_q)) return {};
    matrix square = matrix::Zero(size, size);
    {
      matrix product = factor_p.matrixL();
      product = factor_q.matrixU() * product;
      square.selfadjointView<Eigen::Lower>().rankUpdate(product.transpose());
    }
    const Eigen::SelfAdjointEigenSolver<matrix> solver(square, Eigen::EigenvaluesOnly);
    if (solver.info() != Eigen::Success) return {};
    return {solver.eigenvalues().data(), solver.eigenvalues().data() + size};
  }
};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::math
