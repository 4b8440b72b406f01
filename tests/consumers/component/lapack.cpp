// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <tailwatch/core/views.hpp>
#include <tailwatch/drift/wasserstein_gaussian_squared.hpp>
#include <tailwatch/math/eigen_algebra.hpp>
#include <vector>

#if !defined(EIGEN_USE_LAPACKE) || !defined(EIGEN_USE_BLAS)
#error "tailwatch::lapack must hand Eigen's factors, eigenvalues and products to the LAPACK"
#endif

// The Fréchet distance of points through a LAPACK, and by the library's own solver.
int main() {
  constexpr std::size_t n = 200, d = 24;
  std::vector<double> x(n * d), y(n * d);
  unsigned state = 1;
  const auto draw = [&] { return static_cast<double>((state = state * 1664525U + 1013904223U) >> 8) * 0x1p-24; };
  for (double& v : x) v = draw();
  for (double& v : y) v = 1.5 * draw();
  const auto a = tailwatch::rows(x, n, d), b = tailwatch::rows(y, n, d);
  const double own = tailwatch::drift::wasserstein_gaussian_squared(a, b).value;
  const double lapack = tailwatch::drift::wasserstein_gaussian_squared(a, b, tailwatch::math::eigen_algebra{}).value;
  std::printf("squared distance %.15g, by LAPACK %.15g\n", own, lapack);
  return std::abs(lapack - own) <= 1e-12 * own ? 0 : 1;
}
