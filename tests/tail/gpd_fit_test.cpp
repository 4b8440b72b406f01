// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/gpd_fit.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

TEST_CASE("tail: gpd_fit methods agree on a large exponential sample", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::gpd_fit_fn>);
  std::vector<double> x;
  for (int i = 1; i <= 4000; ++i) x.push_back(-2.0 * std::log((i - 0.5) / 4000.0));
  for (const auto method :
       {tailwatch::tail::gpd_method::maximum_likelihood, tailwatch::tail::gpd_method::probability_weighted_moments,
        tailwatch::tail::gpd_method::method_of_moments}) {
    const auto fit = tailwatch::tail::gpd_fit(x, {.k = 2000, .method = method});
    CHECK(std::abs(fit.shape.value) < 2e-2);
    CHECK(std::abs(fit.scale.value - 2.0) < 4e-2);
    CHECK(fit.shape.count == 2000);
    CHECK(
        tailwatch::testing::close(tailwatch::tail::gpd_value_at_risk(fit, 0.999).value, 2.0 * std::log(1000.0), 2e-2));
    CHECK(tailwatch::testing::close(tailwatch::tail::gpd_expected_shortfall(fit, 0.999).value,
                                    2.0 * std::log(1000.0) + 2.0, 4e-2));
  }
}

TEST_CASE("tail: gpd_fit of data that allow no fit", "[tail]") {
  CHECK(std::isnan(tailwatch::tail::gpd_fit(std::vector<double>{}).shape.value));
  CHECK(std::isnan(tailwatch::tail::gpd_fit(std::vector<double>{1, 2, 3}, {.k = 3}).shape.value));
  CHECK(std::isnan(tailwatch::tail::gpd_fit(std::vector<double>(30, 1.0)).shape.value));
  CHECK(std::isnan(tailwatch::tail::gpd_value_at_risk(tailwatch::tail::gpd_result{}, 0.99).value));
  CHECK_THROWS_AS(tailwatch::tail::gpd_fit(std::vector<double>{1}, {.k = 0}), std::invalid_argument);
  CHECK_THROWS_AS(tailwatch::tail::gpd_value_at_risk(tailwatch::tail::gpd_result{}, 1.0), std::invalid_argument);
}

TEST_CASE("tail: gpd quantile derivatives are continuous through shape 0", "[tail]") {
  for (const double shape : {1e-3, -1e-3, 1e-4, 1e-6, 1e-9, 0.0}) {
    const tailwatch::tail::detail::gpd_quantile q(shape, 1.5, 1000, 100, 0.99);
    const tailwatch::tail::detail::gpd_quantile up(shape + 1e-4, 1.5, 1000, 100, 0.99);
    const tailwatch::tail::detail::gpd_quantile down(shape - 1e-4, 1.5, 1000, 100, 0.99);
    CHECK(tailwatch::testing::close(q.by_shape, (up.excess - down.excess) / 2e-4, 1e-5));
    CHECK(tailwatch::testing::close(q.by_scale, q.excess / 1.5, 1e-14));
  }
}

TEST_CASE("tail: the error of the fitted shape matches its scatter", "[tail]") {
  const auto s = tailwatch::testing::replicate(150, 47, [](auto& random) {
    std::vector<double> x(800);
    for (double& value : x) value = std::pow(1.0 - tailwatch::core::uniform_01(random), -1.0 / 3.0);
    return tailwatch::tail::gpd_fit(x, {.k = 200}).shape;
  });
  INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
}

TEST_CASE("tail: the errors of a fitted quantile and tail mean match their scatter", "[tail]") {
  // Close above the threshold, where its own scatter is most of the error, and far beyond the sample.
  const auto check = [](double shape, double level, std::uint64_t seed) {
    const auto fit = [shape](auto& random) {
      std::vector<double> x(800);
      for (double& value : x) {
        const double y = -std::log1p(-tailwatch::core::uniform_01(random));
        value = shape == 0.0 ? y : std::expm1(shape * y) / shape;
      }
      return tailwatch::tail::gpd_fit(x, {.k = 200});
    };
    const auto quantile = tailwatch::testing::replicate(
        250, seed, [&](auto& random) { return tailwatch::tail::gpd_value_at_risk(fit(random), level); });
    const auto mean = tailwatch::testing::replicate(
        250, seed, [&](auto& random) { return tailwatch::tail::gpd_expected_shortfall(fit(random), level); });
    INFO("shape " << shape << ", level " << level << ": deviations " << quantile.deviation << ", " << mean.deviation
                  << ", mean standard errors " << quantile.mean_error << ", " << mean.mean_error);
    CHECK(std::abs(quantile.discrepancy()) < 4.0);
    CHECK(std::abs(mean.discrepancy()) < 4.0);
  };
  check(0.0, 0.8, 48);
  check(0.0, 0.999, 49);
  check(0.25, 0.8, 50);
  check(0.25, 0.99, 51);
}

TEST_CASE("tail: at the threshold a fitted quantile is as uncertain as the threshold", "[tail]") {
  tailwatch::core::random_engine random(52);
  std::vector<double> x(1000);
  for (double& value : x) value = -std::log1p(-tailwatch::core::uniform_01(random));
  const auto fit = tailwatch::tail::gpd_fit(x, {.k = 200});
  const auto at = tailwatch::tail::gpd_value_at_risk(fit, 0.8);
  CHECK(tailwatch::testing::close(at.value, fit.threshold, 1e-12));
  CHECK(tailwatch::testing::close(at.standard_error, fit.scale.value * std::sqrt(0.8 / 200.0), 1e-9));
}

TEST_CASE("tail: the errors of moment fits match their scatter", "[tail]") {
  // Exponential data and a light tail, where both asymptotic variances hold; 1000 excesses of 2000.
  for (const auto method :
       {tailwatch::tail::gpd_method::method_of_moments, tailwatch::tail::gpd_method::probability_weighted_moments})
    for (const double shape : {0.0, -0.2, 0.1}) {
      const auto fit = [&](auto& random) {
        std::vector<double> x(2000);
        for (double& v : x) {
          const double y = -std::log1p(-tailwatch::core::uniform_01(random));
          v = shape == 0.0 ? y : std::expm1(shape * y) / shape;
        }
        return tailwatch::tail::gpd_fit(x, {.k = 1000, .method = method});
      };
      const auto of_shape = tailwatch::testing::replicate(300, 61, [&](auto& random) { return fit(random).shape; });
      // The threshold is an order statistic and the scale moves with it; relative to the scale above it the fit is what it is.
      INFO("shape " << shape << ": deviation " << of_shape.deviation << ", mean standard error "
                    << of_shape.mean_error);
      CHECK(std::abs(of_shape.discrepancy()) < 4.0);
    }
  const auto scale = tailwatch::testing::replicate(300, 62, [](auto& random) {
    std::vector<double> x(2000);
    for (double& v : x)
      v = -std::log1p(-tailwatch::core::uniform_01(random));  // memoryless: the scale above any threshold is 1
    return tailwatch::tail::gpd_fit(x, {.k = 1000, .method = tailwatch::tail::gpd_method::probability_weighted_moments})
        .scale;
  });
  CHECK(std::abs(scale.discrepancy()) < 4.0);
}

TEST_CASE("tail: gpd_fit says when the likelihood has no maximum", "[tail]") {
  const std::vector<double> edge{0.0, 1.0, 1.9, 2.0, 2.0};  // excesses that crowd at their end: unbounded there
  const auto none = tailwatch::tail::gpd_fit(edge, {.k = 4});
  CHECK(none.no_maximum);
  CHECK(std::isnan(none.shape.value));
  CHECK(none.shape.count == 4);
  std::vector<double> x;
  for (int i = 1; i <= 200; ++i) x.push_back(-std::log(i / 201.0));
  CHECK_FALSE(tailwatch::tail::gpd_fit(x, {.k = 100}).no_maximum);
  CHECK_FALSE(
      tailwatch::tail::gpd_fit(edge, {.k = 4, .method = tailwatch::tail::gpd_method::method_of_moments}).no_maximum);
}
