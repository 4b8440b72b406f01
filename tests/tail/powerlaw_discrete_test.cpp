// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/powerlaw_discrete.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

namespace {

/// Draws of p(x) ∝ x^{−α}, x ≥ first, by walking the distribution function.
std::vector<std::int64_t> zeta_sample(std::size_t n, double alpha, double first,
                                      tailwatch::core::random_engine& random) {
  std::vector<double> u(n);
  for (double& x : u) x = tailwatch::core::uniform_01(random);
  std::ranges::sort(u);
  std::vector<std::int64_t> out;
  const double scale = 1.0 / tailwatch::math::hurwitz_zeta(alpha, first);
  double x = first;
  double below = std::pow(x, -alpha) * scale;
  for (const double v : u) {
    while (below < v && x < 1e6) {
      x += 1.0;
      below += std::pow(x, -alpha) * scale;
    }
    out.push_back(static_cast<std::int64_t>(x));
  }
  return out;
}

}  // namespace

TEST_CASE("tail: powerlaw_discrete reads any source of whole numbers", "[tail]") {
  namespace tail = tailwatch::tail;
  static_assert(tailwatch::core::estimator<tail::powerlaw_discrete_fn>);
  static_assert(tailwatch::core::estimator<tail::powerlaw_discrete_distance_fn>);
  static_assert(tailwatch::core::estimator<tail::powerlaw_discrete_xmin_fn>);
  const std::vector<int> x{1, 1, 1, 2, 2, 3, 1, 5, 1, 9, 2, 1, 1, 14, 1, 3};
  const std::vector<double> same(x.begin(), x.end());
  const auto e = tail::powerlaw_discrete(x);
  CHECK(tail::powerlaw_discrete(same) == e);
  CHECK(tail::powerlaw_discrete(tailwatch::sample(x)) == e);
  CHECK(tail::powerlaw_discrete(tailwatch::counts(x)) == e);
  CHECK(e.count == 16);
  CHECK(tail::powerlaw_discrete(x, {.xmin = 2}).count == 8);

  CHECK(std::isnan(tail::powerlaw_discrete(std::vector<int>{3, 3}, {.xmin = 3}).value));
  CHECK(std::isnan(tail::powerlaw_discrete(std::vector<int>{1, 2}, {.xmin = 3}).value));
  CHECK(std::isnan(tail::powerlaw_discrete(std::vector<double>{3, 4, std::nan("")}).value));
  CHECK(std::isnan(tail::powerlaw_discrete_distance(std::vector<int>{3, 3}, {.xmin = 3}).value));
  CHECK_THROWS_AS(tail::powerlaw_discrete(x, {.xmin = 0}), std::invalid_argument);
  CHECK_THROWS_AS(tail::powerlaw_discrete(std::vector<double>{1.5}), std::invalid_argument);
  CHECK_THROWS_AS(tail::powerlaw_discrete(std::vector<int>{-1}), std::invalid_argument);
}

TEST_CASE("tail: powerlaw_discrete solves its likelihood equation", "[tail]") {
  for (const std::uint64_t xmin : {1U, 2U, 10U, 100000U})
    for (const int far : {1, 7, 1000000}) {
      INFO("xmin " << xmin << " far " << far);
      const auto low = static_cast<std::int64_t>(xmin);
      const std::vector<std::int64_t> x{low, low, low, low + 1, low + far};
      const double alpha = tailwatch::tail::powerlaw_discrete(x, {.xmin = xmin}).value;
      double mean = 0.0;
      for (const auto v : x) mean += std::log1p(static_cast<double>(v - low) / static_cast<double>(low)) / 5.0;
      const auto z = tailwatch::math::hurwitz_zeta_scaled(alpha, static_cast<double>(xmin));
      CHECK(tailwatch::testing::close(z.z1 / z.z0, mean, 1e-12));
    }
}

TEST_CASE("tail: powerlaw_discrete_distance is the maximum over every integer", "[tail]") {
  const std::vector<int> x{2, 2, 2, 3, 3, 4, 7, 30, 31, 120};
  const auto e = tailwatch::tail::powerlaw_discrete_distance(x, {.xmin = 2});
  const double alpha = tailwatch::tail::powerlaw_discrete(x, {.xmin = 2}).value;
  double largest = 0.0;
  for (int value = 2; value <= 120; ++value) {
    const auto below = static_cast<double>(std::ranges::count_if(x, [&](int v) { return v <= value; }));
    const double f =
        1.0 - tailwatch::math::hurwitz_zeta(alpha, value + 1.0) / tailwatch::math::hurwitz_zeta(alpha, 2.0);
    largest = std::max(largest, std::abs(f - below / 10.0));
  }
  CHECK(tailwatch::testing::close(e.value, largest, 1e-13));
}

TEST_CASE("tail: powerlaw_discrete_xmin finds where a discrete power law starts", "[tail]") {
  tailwatch::core::random_engine random(48);
  auto x = zeta_sample(600, 2.5, 8.0, random);
  for (int i = 0; i < 400; ++i) x.push_back(1 + static_cast<std::int64_t>(tailwatch::core::uniform_below(random, 7)));
  const auto fit = tailwatch::tail::powerlaw_discrete_xmin(x);
  CHECK((fit.xmin >= 5 && fit.xmin <= 16));
  CHECK(std::abs(fit.exponent.value - 2.5) < 4.0 * fit.exponent.standard_error);
  CHECK(fit.distance == tailwatch::tail::powerlaw_discrete_distance(x, {.xmin = fit.xmin}).value);
  CHECK(tailwatch::tail::powerlaw_discrete_xmin(std::vector<int>{1, 2, 2}).xmin == 0);
}

TEST_CASE("tail: the error of powerlaw_discrete matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(
      400, 47, [](auto& random) { return tailwatch::tail::powerlaw_discrete(zeta_sample(1000, 2.5, 1.0, random)); });
  INFO("mean " << s.mean << ", deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
  CHECK(std::abs(s.mean - 2.5) < 0.01);
}
