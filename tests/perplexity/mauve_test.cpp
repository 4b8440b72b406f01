// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/perplexity/mauve.hpp"

#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

namespace {
using tailwatch::counts;
using tailwatch::probabilities;
using tailwatch::perplexity::frontier_integral;
using tailwatch::perplexity::mauve;
using tailwatch::perplexity::mauve_star;
using tailwatch::testing::close;
}  // namespace

TEST_CASE("mauve: equal, disjoint, undefined and refused histograms", "[perplexity]") {
  const std::vector<int> a{5, 3, 2, 0};
  const std::vector<double> half{0.25, 0.15, 0.1, 0.0};  // the same shares, normalised first
  REQUIRE(close(mauve(a, a).value, 1.0, 1e-12));
  REQUIRE(close(mauve(a, probabilities(half)).value, 1.0, 1e-12));
  REQUIRE(mauve(a, a).count == 20);
  REQUIRE(mauve(probabilities(half), probabilities(half)).count == 0);
  REQUIRE(std::isnan(mauve(a, a).standard_error));
  const std::vector<int> b{0, 0, 0, 7};
  REQUIRE(mauve(a, b).value > 0.004);
  REQUIRE(mauve(a, b).value < 0.0042);
  REQUIRE(close(mauve(a, b).value, mauve(b, a).value, 1e-12));
  REQUIRE(mauve_star(a, b).value > mauve(a, b).value);
  REQUIRE(mauve_star(a, b).value == mauve(a, b, {.add = 0.5}).value);
  REQUIRE(close(mauve(a, b, {.scaling = 0.0}).value, 1.0, 1e-12));

  const std::vector<int> empty(4, 0);
  const std::vector<double> broken{1.0, std::numeric_limits<double>::quiet_NaN(), 0.0, 0.0};
  REQUIRE(std::isnan(mauve(a, empty).value));
  REQUIRE(std::isnan(mauve(a, probabilities(broken)).value));
  REQUIRE(std::isnan(frontier_integral(empty, a).value));
  const std::vector<int> shorter{1, 2};
  const std::vector<int> negative{1, -1, 3, 4};
  REQUIRE_THROWS_AS(mauve(a, shorter), std::invalid_argument);
  REQUIRE_THROWS_AS(mauve(a, negative), std::invalid_argument);
  REQUIRE_THROWS_AS(mauve(a, b, {.scaling = -1.0}), std::invalid_argument);
  REQUIRE_THROWS_AS(mauve(a, b, {.points = 1}), std::invalid_argument);
  REQUIRE_THROWS_AS(mauve(a, b, {.add = -0.5}), std::invalid_argument);
  REQUIRE_THROWS_AS(frontier_integral(a, shorter), std::invalid_argument);
}

TEST_CASE("frontier_integral: bounds, symmetry, and no cancellation for nearly equal histograms", "[perplexity]") {
  const std::vector<int> a{5, 3, 2, 0};
  const std::vector<int> b{0, 0, 0, 7};
  const std::vector<int> c{1, 4, 4, 1};
  REQUIRE(frontier_integral(a, a).value == 0.0);
  REQUIRE(close(frontier_integral(a, b).value, 1.0, 1e-15));
  REQUIRE(close(frontier_integral(a, c).value, frontier_integral(c, a).value, 1e-14));
  REQUIRE(frontier_integral(a, counts(a)).count == 20);
  // p, q = 1/2 ± ε: Σ (p + q)/2·(2t²/3 + 2t⁴/15 + …), t = 2ε in one cell and −2ε in the other
  for (const double eps : {1e-3, 1e-6, 1e-9}) {
    const std::vector<double> p{0.5 + eps, 0.5 - eps};
    const std::vector<double> q{0.5 - eps, 0.5 + eps};
    const double t2 = 4.0 * eps * eps;
    REQUIRE(
        close(frontier_integral(probabilities(p), probabilities(q)).value, t2 * (2.0 / 3.0 + t2 * 2.0 / 15.0), 1e-6));
  }
  // The two branches meet at |t| = 0.1.
  for (const double t : {0.1 - 1e-9, 0.1 + 1e-9}) {
    const std::vector<double> p{0.5 * (1 + t), 0.5 * (1 - t)};
    const std::vector<double> q{0.5 * (1 - t), 0.5 * (1 + t)};
    const double direct = 1.0 - (1.0 - t * t) * std::atanh(t) / t;
    REQUIRE(close(frontier_integral(probabilities(p), probabilities(q)).value, direct, 1e-13));
  }
}
