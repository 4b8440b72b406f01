// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#if __has_include(<Eigen/Core>)
#include <cmath>
#include <cstddef>
#include <vector>

#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/wasserstein_gaussian_squared.hpp"
#include "tailwatch/math/dense_matrix.hpp"
#include "tailwatch/math/eigen_algebra.hpp"

using namespace tailwatch;

namespace {

std::vector<double> normal_points(std::size_t n, std::size_t d, core::random_engine& random) {
  std::vector<double> x(n * d);
  for (double& v : x) v = core::normal_quantile(core::uniform_01(random));
  return x;
}

}  // namespace

TEST_CASE("math: eigenvalues of a product of diagonal matrices are products", "[math]") {
  const std::vector<double> p{4.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 9.0},
      q{0.25, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 1.0};
  const auto eigenvalues = math::eigen_algebra::product_eigenvalues(p, q, 3);
  REQUIRE(eigenvalues.size() == 3);
  const double expected[] = {1.0, 5.0, 9.0};
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(eigenvalues[i] - expected[i]) <= 4e-15 * expected[i]);
}

TEST_CASE("math: a singular or indefinite matrix gives no eigenvalues of a product", "[math]") {
  const std::vector<double> identity{1.0, 0.0, 0.0, 1.0}, singular{1.0, 1.0, 1.0, 1.0}, indefinite{1.0, 2.0, 2.0, 1.0};
  CHECK(math::eigen_algebra::product_eigenvalues(singular, identity, 2).empty());
  CHECK(math::eigen_algebra::product_eigenvalues(identity, singular, 2).empty());
  CHECK(math::eigen_algebra::product_eigenvalues(indefinite, identity, 2).empty());
  CHECK(math::eigen_algebra::product_eigenvalues({}, {}, 0).empty());
}

TEST_CASE("drift: the Gaussian Wasserstein distance is the same by Eigen", "[drift]") {
  core::random_engine random(3);
  for (const std::size_t d : {1U, 2U, 7U, 60U}) {
    const std::size_t n = 3 * d + 5;
    const auto x = normal_points(n, d, random), y = normal_points(n, d, random);
    const estimate own = drift::wasserstein_gaussian_squared(rows(x, n, d), rows(y, n, d));
    const estimate eigen = drift::wasserstein_gaussian_squared(rows(x, n, d), rows(y, n, d), math::eigen_algebra{});
    CHECK(eigen.count == own.count);
    CHECK(std::abs(eigen.value - own.value) <= 1e-11 * own.value);
  }
}

TEST_CASE("drift: covariances without full rank go the long way with Eigen too", "[drift]") {
  core::random_engine random(4);
  constexpr std::size_t n = 6, d = 20;  // fewer points than dimensions
  const auto x = normal_points(n, d, random), y = normal_points(n, d, random);
  const estimate own = drift::wasserstein_gaussian_squared(rows(x, n, d), rows(y, n, d));
  const estimate eigen = drift::wasserstein_gaussian_squared(rows(x, n, d), rows(y, n, d), math::eigen_algebra{});
  CHECK(eigen.value == own.value);
  const std::vector<double> mean{0.0, 0.0}, identity{1.0, 0.0, 0.0, 1.0}, indefinite{1.0, 2.0, 2.0, 1.0};
  CHECK_THROWS_AS(drift::wasserstein_gaussian_squared(drift::gaussian_view{mean, identity},
                                                      drift::gaussian_view{mean, indefinite}, math::eigen_algebra{}),
                  std::invalid_argument);
}
#endif
