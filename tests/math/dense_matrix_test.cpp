// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/math/dense_matrix.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/math/branchless_exp.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

std::vector<double> dense_test_matrix(std::size_t m, std::size_t n, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> a(m * n);
  for (double& v : a) v = 2.0 * core::uniform_01(random) - 1.0;
  return a;
}

std::vector<double> dense_test_product(const std::vector<double>& a, const std::vector<double>& b, std::size_t m,
                                       std::size_t k, std::size_t n) {
  std::vector<double> c(m * n, 0.0);
  math::add_product(a.data(), b.data(), c.data(), m, k, n);
  return c;
}

}  // namespace

TEST_CASE("math add_product: the textbook sum, sizes around the blocks", "[math]") {
  for (const auto& [m, k, n] :
       std::vector<std::array<std::size_t, 3>>{{1, 1, 1}, {3, 5, 2}, {7, 67, 9}, {5, 64, 300}, {2, 130, 257}}) {
    const auto a = dense_test_matrix(m, k, 1), b = dense_test_matrix(k, n, 2), c = dense_test_product(a, b, m, k, n);
    double worst = 0.0;
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0.0;
        for (std::size_t l = 0; l < k; ++l) sum += a[i * k + l] * b[l * n + j];
        worst = std::max(worst, std::abs(sum - c[i * n + j]));
      }
    CHECK(worst < 1e-13);
  }
}

TEST_CASE("math symmetric_eigenvalues: second differences, diagonal, multiple and one by one", "[math]") {
  const std::size_t d = 40;
  std::vector<double> s(d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i) {
    s[i * d + i] = 2.0;
    if (i > 0) s[i * d + i - 1] = s[(i - 1) * d + i] = -1.0;
  }
  const auto x = math::symmetric_eigenvalues(s, d);
  REQUIRE(x.size() == d);
  for (std::size_t i = 0; i < d; ++i) {
    const double half = std::sin(0.5 * std::numbers::pi * static_cast<double>(i + 1) / static_cast<double>(d + 1));
    CHECK(std::abs(x[i] - 4.0 * half * half) < 1e-14);
  }
  const std::vector<double> diagonal{1e6, 0, 0, 0, 1e-9, 0, 0, 0, -3.0}, ones(25, 1.0), one{7.0}, zero(9, 0.0);
  CHECK(math::symmetric_eigenvalues(diagonal, 3) == std::vector<double>{-3.0, 1e-9, 1e6});
  const auto rank_one = math::symmetric_eigenvalues(ones, 5);
  CHECK(close(rank_one.back(), 5.0, 1e-14));
  CHECK(std::abs(rank_one[0]) + std::abs(rank_one[3]) < 1e-14);
  CHECK(math::symmetric_eigenvalues(one, 1) == one);
  CHECK(math::symmetric_eigenvalues(zero, 3) == std::vector<double>(3, 0.0));
  CHECK(math::symmetric_eigenvalues({}, 0).empty());
}

TEST_CASE("math symmetric_eigenvalues: trace and sum of squares of random matrices", "[math]") {
  for (const std::size_t d : {2U, 3U, 17U, 90U}) {
    auto a = dense_test_matrix(d, d, d);
    double trace = 0.0, square = 0.0;
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        a[j * d + i] = a[i * d + j] *= 1e100;  // far from 1: nothing overflows
        trace += i == j ? a[i * d + j] * 1e-100 : 0.0;
        square += (i == j ? 1.0 : 2.0) * (a[i * d + j] * 1e-100) * (a[i * d + j] * 1e-100);
      }
    double sum = 0.0, sum_square = 0.0;
    for (const double v : math::symmetric_eigenvalues(a, d)) {
      sum += v * 1e-100;
      sum_square += v * 1e-100 * (v * 1e-100);
    }
    CHECK(std::abs(sum - trace) < 1e-12 * static_cast<double>(d));
    CHECK(close(sum_square, square, 1e-13));
  }
}

TEST_CASE("math pivoted_cholesky: gives the matrix back, finds the rank, sees indefinite matrices", "[math]") {
  for (const std::size_t rank : {1U, 4U, 12U}) {
    const std::size_t d = 12;
    const auto b = dense_test_matrix(rank, d, rank);
    auto s = dense_test_product(math::transposed(b, rank, d), b, d, rank, d);
    for (std::size_t i = 0; i < d; ++i)  // units as different as they get
      for (std::size_t j = 0; j < d; ++j) s[i * d + j] *= std::pow(10.0, static_cast<double>(i + j)) * 1e-12;
    const auto f = math::pivoted_cholesky(s, d);
    CHECK(f.positive_semidefinite);
    CHECK(f.rank() == rank);
    const auto back = dense_test_product(math::transposed(f.rows, f.rank(), d), f.rows, d, f.rank(), d);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        CHECK(std::abs(back[i * d + j] - s[i * d + j]) <= 1e-13 * std::sqrt(s[i * d + i] * s[j * d + j]));
  }
  const std::vector<double> indefinite{1, 2, 2, 1}, negative{-1, 0, 0, 1}, constant{0, 0, 0, 3}, zero(4, 0.0);
  CHECK_FALSE(math::pivoted_cholesky(indefinite, 2).positive_semidefinite);
  CHECK_FALSE(math::pivoted_cholesky(negative, 2).positive_semidefinite);
  CHECK(math::pivoted_cholesky(constant, 2).positive_semidefinite);
  CHECK(math::pivoted_cholesky(constant, 2).rank() == 1);
  CHECK(math::pivoted_cholesky(zero, 2).rank() == 0);
}

TEST_CASE("math branchless_exp: against the library's over its range", "[math]") {
  double worst = 0.0;
  for (double x = -707.9; x < 709.0; x += 0.00731) {
    const double exact = std::exp(x);
    worst = std::max(worst, std::abs(math::branchless_exp(x) - exact) / exact);
  }
  CHECK(worst < 4e-16);
  CHECK(math::branchless_exp(0.0) == 1.0);
  CHECK(math::branchless_exp(-0.0) == 1.0);
  CHECK(math::branchless_exp(-709.1) == 0.0);
  CHECK(math::branchless_exp(-1e300) == 0.0);
}
