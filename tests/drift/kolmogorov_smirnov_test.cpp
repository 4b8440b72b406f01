// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/kolmogorov_smirnov.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/kuiper.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("drift kolmogorov_smirnov: statistic, ties and Kuiper by hand", "[drift]") {
  const std::vector<double> x{1, 2, 2, 3}, y{2, 4}, inner{2.4, 2.5, 2.6};
  CHECK(drift::kolmogorov_smirnov(x, y).value == 0.5);
  CHECK(drift::kuiper(x, y).value == 0.5);
  // A sample inside another: F above on one side, below on the other.
  const std::vector<double> outer{1, 2, 3, 4};
  CHECK(drift::kolmogorov_smirnov(outer, inner).value == 0.5);
  CHECK(drift::kuiper(outer, inner).value == 1.0);
  CHECK(drift::kolmogorov_smirnov(x, x).value == 0.0);
  CHECK(drift::kolmogorov_smirnov(x, y).count == 6);
}

TEST_CASE("drift kolmogorov_smirnov_pvalue: exact law by enumeration", "[drift]") {
  // Disjoint 3 and 2: both extreme orders of C(5, 2) = 10.
  const std::vector<double> low{1, 2, 3}, high{4, 5};
  CHECK(close(drift::kolmogorov_smirnov_pvalue(low, high).value, 0.2, 1e-15));
  // Disjoint 30 and 20: 2/C(50, 20), the digits of a tiny probability.
  std::vector<double> a(30), b(20);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<double>(i);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = 100.0 + static_cast<double>(i);
  double binomial = 1.0;
  for (int i = 1; i <= 20; ++i) binomial *= (30.0 + i) / i;
  CHECK(close(drift::kolmogorov_smirnov_pvalue(a, b, {.method = drift::pvalue_method::exact}).value, 2.0 / binomial,
              1e-12));
  CHECK(drift::kolmogorov_smirnov_pvalue(a, a).value == 1.0);
}

TEST_CASE("drift kolmogorov_smirnov_pvalue: exact and asymptotic laws close in", "[drift]") {
  core::random_engine random(4);
  std::vector<double> x(900), y(1100);
  for (double& v : x) v = core::uniform_01(random);
  for (double& v : y) v = core::uniform_01(random) * 1.06;
  const double exact = drift::kolmogorov_smirnov_pvalue(x, y, {.method = drift::pvalue_method::exact}).value;
  const double limit = drift::kolmogorov_smirnov_pvalue(x, y, {.method = drift::pvalue_method::asymptotic}).value;
  CHECK(std::abs(exact - limit) < 0.05 * exact);
}

TEST_CASE("drift kolmogorov_smirnov_pvalue: the three forms of the one-sample law agree where they meet", "[drift]") {
  using namespace drift::detail;
  // one-sided doubled against the matrix at N d² = 4, relative e^{-24}
  CHECK(close(2.0 * smirnov_survival(400, 0.1), 1.0 - kolmogorov_by_matrix(400, 0.1), 1e-8));
  for (const double z : {0.5, 0.8, 1.0, 1.3, 1.7})
    CHECK(std::abs(kolmogorov_by_expansion(2000.0, z) - kolmogorov_by_matrix(2000, z / std::sqrt(2000.0))) < 1e-7);
  CHECK(kolmogorov_survival(1, 0.5) == 1.0);
  CHECK(close(kolmogorov_survival(1, 0.75), 0.5, 1e-14));  // P(D_1 < d) = 2d − 1
  CHECK(kolmogorov_survival(10, 1.0) == 0.0);
}

TEST_CASE("drift kolmogorov_smirnov: data that allow no value", "[drift]") {
  const std::vector<double> x{1, 2}, none, with_nan{1, core::nan}, with_inf{core::infinity};
  for (const auto& bad : {none, with_nan, with_inf}) {
    CHECK(std::isnan(drift::kolmogorov_smirnov(x, bad).value));
    CHECK(std::isnan(drift::kolmogorov_smirnov_pvalue(bad, x).value));
    CHECK(std::isnan(drift::kuiper(x, bad).value));
  }
}

TEST_CASE("drift kolmogorov_smirnov_pvalue: uniform under equality", "[drift]") {
  core::random_engine random(6);
  constexpr int replicates = 2000;
  int below = 0;
  for (int r = 0; r < replicates; ++r) {
    std::vector<double> x(40), y(60);
    for (double& v : x) v = core::uniform_01(random);
    for (double& v : y) v = core::uniform_01(random);
    below += drift::kolmogorov_smirnov_pvalue(x, y).value <= 0.1 ? 1 : 0;
  }
  // discrete, so at most nominal; and not far below it
  const double rate = static_cast<double>(below) / replicates;
  CHECK(rate < 0.1 + 4.0 * std::sqrt(0.09 / replicates));
  CHECK(rate > 0.07);
}

TEST_CASE("drift kolmogorov_smirnov: standard error at a clear maximum", "[drift]") {
  core::random_engine random(8);
  constexpr int replicates = 1500;
  double sum = 0, squares = 0, errors = 0;
  for (int r = 0; r < replicates; ++r) {
    std::vector<double> x(2000), y(2000);
    for (double& v : x) v = core::normal_quantile(core::uniform_01(random));
    for (double& v : y) v = 1.5 + core::normal_quantile(core::uniform_01(random));
    const estimate e = drift::kolmogorov_smirnov(x, y);
    sum += e.value;
    squares += e.value * e.value;
    errors += e.standard_error;
  }
  const double mean = sum / replicates;
  const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
  CHECK(std::abs(errors / replicates / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
}
