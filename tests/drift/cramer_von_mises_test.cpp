// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/cramer_von_mises.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/anderson_darling.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("drift cramer_von_mises: integral of the squared difference by hand", "[drift]") {
  // T = (1/(n m N²)) Σ (i m − j n)² without ties: path x x y y y, n = 2, m = 3: 9 + 36 + 16 + 4 + 0
  const std::vector<double> x{1, 2}, y{3, 4, 5};
  CHECK(close(drift::cramer_von_mises(x, y).value, 65.0 / 150.0, 1e-14));
  // The two extreme orders of C(5, 2) = 10 share the largest statistic.
  CHECK(close(drift::cramer_von_mises_pvalue(x, y).value, 0.2, 1e-15));
  CHECK(drift::cramer_von_mises_pvalue(x, x).value == 1.0);
}

TEST_CASE("drift cramer_von_mises_pvalue: exact and limit law close in", "[drift]") {
  core::random_engine random(2);
  std::vector<double> x(18), y(20);
  for (double& v : x) v = core::uniform_01(random);
  for (double& v : y) v = core::uniform_01(random) + 0.15;
  const double exact = drift::cramer_von_mises_pvalue(x, y, {.method = drift::pvalue_method::exact}).value;
  const double limit = drift::cramer_von_mises_pvalue(x, y, {.method = drift::pvalue_method::asymptotic}).value;
  CHECK(std::abs(exact - limit) < 0.1 * exact);
  CHECK(drift::cramer_von_mises_pvalue(x, y).value == exact);
}

TEST_CASE("drift cramer_von_mises and anderson_darling: data that allow no value", "[drift]") {
  const std::vector<double> x{1, 2}, none, with_nan{1, core::nan}, with_inf{core::infinity}, three{3};
  for (const auto& bad : {none, with_nan, with_inf}) {
    CHECK(std::isnan(drift::cramer_von_mises(x, bad).value));
    CHECK(std::isnan(drift::cramer_von_mises_pvalue(bad, x).value));
    CHECK(std::isnan(drift::anderson_darling(bad, x).value));
    CHECK(std::isnan(drift::tail_anderson_darling(x, bad).value));
  }
  CHECK(std::isnan(drift::anderson_darling(three, three).value));
  CHECK(std::isnan(drift::anderson_darling(x, three, {.normalize = true}).value));
}

TEST_CASE("drift anderson_darling: mean 1 and deviation sigma under equality", "[drift]") {
  core::random_engine random(11);
  constexpr int replicates = 4000;
  double sum = 0, squares = 0;
  for (int r = 0; r < replicates; ++r) {
    std::vector<double> x(15), y(25);
    for (double& v : x) v = core::uniform_01(random);
    for (double& v : y) v = core::uniform_01(random);
    const double a = drift::anderson_darling(x, y, {.midrank = false}).value;
    sum += a;
    squares += a * a;
  }
  const double mean = sum / replicates;
  const double spread = std::sqrt(squares / replicates - mean * mean);
  CHECK(std::abs(mean - 1.0) < 4.0 * spread / std::sqrt(1.0 * replicates));
  // kurtosis of the law is near 9: Monte-Carlo error of the deviation √(8/(4R))
  CHECK(std::abs(spread / drift::detail::anderson_darling_sigma(15.0, 25.0) - 1.0) < 4.0 * std::sqrt(2.0 / replicates));
}

TEST_CASE("drift tail_anderson_darling: sees the end it looks at", "[drift]") {
  std::vector<double> x(100), clipped(100);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = static_cast<double>(i);
    clipped[i] = static_cast<double>(i < 90 ? i : 90);
  }
  const double right = drift::tail_anderson_darling(x, clipped).value;
  const double left = drift::tail_anderson_darling(x, clipped, {.side = drift::tail_side::left}).value;
  CHECK(right > 5.0 * left);
}
