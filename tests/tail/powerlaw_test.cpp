// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/powerlaw.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: powerlaw in closed form", "[tail]") {
  const std::vector<double> x{0.5, 1.0, std::exp(1.0), std::exp(2.0)};
  const auto e = tailwatch::tail::powerlaw(x);
  CHECK(tailwatch::testing::close(e.value, 2.0, 1e-14));
  CHECK(tailwatch::testing::close(e.standard_error, 1.0 / std::sqrt(3.0), 1e-14));
  CHECK(e.count == 3);
  CHECK(std::isnan(tailwatch::tail::powerlaw(std::vector<double>{3, 3}, {.xmin = 3.0}).value));
  CHECK(std::isnan(tailwatch::tail::powerlaw(std::vector<double>{3, std::nan("")}).value));
  CHECK_THROWS_AS(tailwatch::tail::powerlaw(x, {.xmin = 0.0}), std::invalid_argument);
}

TEST_CASE("tail: powerlaw_distance of one observation above xmin", "[tail]") {
  const std::vector<double> x{2.0};  // α = 1 + 1/ln 2, survival at 2 is e⁻¹
  CHECK(tailwatch::testing::close(tailwatch::tail::powerlaw_distance(x).value, 1.0 - std::exp(-1.0), 1e-14));
  CHECK(tailwatch::testing::close(
      tailwatch::tail::powerlaw_distance(x, {.side = tailwatch::tail::step_side::lower}).value, 1.0 - std::exp(-1.0),
      1e-14));
}

TEST_CASE("tail: powerlaw_xmin finds where a power law starts", "[tail]") {
  tailwatch::core::random_engine random(45);
  std::vector<double> x(400);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double u = tailwatch::core::uniform_01(random);
    x[i] = i % 2 == 0 ? 1.0 + 4.0 * u : 5.0 * std::pow(1.0 - u, -0.5);
  }
  const auto fit = tailwatch::tail::powerlaw_xmin(x);
  CHECK((fit.xmin > 3.5 && fit.xmin < 12.0));
  CHECK(std::abs(fit.exponent.value - 3.0) < 4.0 * fit.exponent.standard_error);
  CHECK(std::isnan(tailwatch::tail::powerlaw_xmin(std::vector<double>{1.0, 2.0}).xmin));
  CHECK(std::isnan(tailwatch::tail::powerlaw_xmin(std::vector<double>{}).xmin));
}

TEST_CASE("tail: powerlaw_xmin gives no candidate up too early", "[tail]") {
  tailwatch::core::random_engine random(96);
  for (const auto side : {tailwatch::tail::step_side::two_sided, tailwatch::tail::step_side::lower})
    for (int repeat = 0; repeat < 40; ++repeat) {
      std::vector<double> x(60);
      const double coarse = repeat % 2 == 0 ? 4.0 : 1e9;  // with ties and without
      for (double& value : x) {
        const double u = 1.0 - tailwatch::core::uniform_01(random);
        value = 1.0 + std::floor((1.0 / u - 0.5 * u) * coarse) / coarse;
      }
      double closest = 2.0;
      double xmin = 0.0;
      auto candidates = x;
      std::ranges::sort(candidates);
      candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
      for (std::size_t i = 0; i + 2 < candidates.size(); ++i) {
        const double distance = tailwatch::tail::powerlaw_distance(x, {.xmin = candidates[i], .side = side}).value;
        if (distance < closest) {
          closest = distance;
          xmin = candidates[i];
        }
      }
      const auto fit = tailwatch::tail::powerlaw_xmin(x, {.side = side});
      CHECK(fit.xmin == xmin);
      CHECK(fit.distance == closest);
    }
}

TEST_CASE("tail: the error of powerlaw matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(400, 46, [](auto& random) {
    std::vector<double> x(1000);
    for (double& value : x) value = std::pow(1.0 - tailwatch::core::uniform_01(random), -0.5);
    return tailwatch::tail::powerlaw(x);
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}
