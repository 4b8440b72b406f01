// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::math {

/// A function of D variables at one point; value NaN outside its domain.
template <std::size_t D>
struct local_expansion {
  double value = core::nan;
  std::array<double, D> gradient{};
  std::array<std::array<double, D>, D> hessian{};
};

template <std::size_t D>
struct local_maximum {
  bool found = false;  ///< an interior point where the gradient vanishes and the Hessian is negative definite
  std::array<double, D> point{};
  double value = core::nan;
  std::array<std::array<double, D>, D> covariance{};  ///< inverse of minus the Hessian
};

namespace detail {

/// Cholesky factor of a small symmetric matrix, in its lower triangle; false unless positive definite.
template <std::size_t D>
[[nodiscard]] bool cholesky(std::array<std::array<double, D>, D>& a) noexcept {
  for (std::size_t j = 0; j < D; ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j][j] -= a[j][k] * a[j][k];
    if (!(a[j][j] > 0.0) || !core::is_finite(a[j][j])) return false;
    a[j][j] = std::sqrt(a[j][j]);
    for (std::size_t i = j + 1; i < D; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[j][k];
      a[i][j] /= a[j][j];
    }
  }
  return true;
}

template <std::size_t D>
[[nodiscard]] std::array<double, D> solve(const std::array<std::array<double, D>, D>& factor,
                                          std::array<double, D> b) noexcept {
  for (std::size_t i = 0; i < D; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= factor[i][k] * b[k];
    b[i] /= factor[i][i];
  }
  for (std::size_t i = D; i-- > 0;) {
    for (std::size_t k = i + 1; k < D; ++k) b[i] -= factor[k][i] * b[k];
    b[i] /= factor[i][i];
  }
  return b;
}

}  // namespace detail

/// Climbs from `start` to a local maximum of f by Newton's method, damped after Levenberg and Marquardt where the Hessian is not
/// negative definite or the step does not rise.
/// @param f      point → local_expansion<D>; variables of order one (standardise first)
/// @return       found = false where it runs out of the domain or does not settle in `steps` evaluations
/// @see          D. W. Marquardt (1963), Journal of the Society for Industrial and Applied Mathematics 11, 431–441
template <std::size_t D, class Function>
[[nodiscard]] local_maximum<D> newton_maximise(std::array<double, D> start, const Function& f, int steps = 200) {
  local_maximum<D> result;
  local_expansion<D> here = f(start);
  if (core::is_nan(here.value)) return result;
  double damping = 0.0;
  int settled = 0;  // steps in a row whose predicted rise is lost in the rounding of the value
  for (int step = 0; step < steps; ++step) {
    auto factor = here.hessian;
    for (std::size_t i = 0; i < D; ++i) {
      for (std::size_t j = 0; j < D; ++j) factor[i][j] = -factor[i][j];
      factor[i][i] += damping * (std::abs(factor[i][i]) + 1e-3);
    }
    if (!detail::cholesky(factor)) {
      if (damping > 1e12) return result;
      damping = std::max(10.0 * damping, 1e-3);
      continue;
    }
    const std::array<double, D> move = detail::solve(factor, here.gradient);
    double rise = 0.0;
    double length = 0.0;
    std::array<double, D> next = start;
    for (std::size_t i = 0; i < D; ++i) {
      rise += 0.5 * move[i] * here.gradient[i];
      next[i] += move[i];
      length = std::max(length, std::abs(move[i]) / (1.0 + std::abs(start[i])));
    }
    const bool flat = damping == 0.0 && rise <= 1e-13 * (1.0 + std::abs(here.value));
    const local_expansion<D> there = f(next);
    if (core::is_nan(there.value) || (!flat && !(there.value > here.value))) {
      if (damping > 1e12) return result;
      damping = std::max(10.0 * damping, 1e-3);
      continue;
    }
    start = next;
    here = there;
    damping = damping > 1e-5 ? 0.1 * damping : 0.0;
    settled = flat ? settled + 1 : 0;
    if (flat && (length <= 1e-14 || settled == 4)) {
      factor = here.hessian;
      for (auto& row : factor)
        for (double& x : row) x = -x;
      if (!detail::cholesky(factor)) return result;
      result.found = length <= 1e-7;
      result.point = start;
      result.value = here.value;
      for (std::size_t i = 0; i < D; ++i) {
        std::array<double, D> unit{};
        unit[i] = 1.0;
        result.covariance[i] = detail::solve(factor, unit);
      }
      return result;
    }
  }
  return result;
}

}  // namespace tailwatch::math
