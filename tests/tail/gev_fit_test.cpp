// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/gev_fit.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

namespace {

std::vector<double> gev_sample(std::size_t n, double shape, tailwatch::core::random_engine& random) {
  std::vector<double> x(n);
  for (double& value : x) {
    const double y = -std::log(tailwatch::core::uniform_01(random) + 1e-300);
    value = 5.0 + 2.0 * (shape == 0.0 ? -std::log(y) : (std::pow(y, -shape) - 1.0) / shape);
  }
  return x;
}

}  // namespace

TEST_CASE("tail: gev_fit stands still at its maximum", "[tail]") {
  static_assert(tailwatch::core::estimator<tailwatch::tail::gev_fit_fn>);
  tailwatch::core::random_engine random(91);
  for (const double shape : {-0.4, -0.1, 0.0, 0.2, 0.9}) {
    INFO("shape " << shape);
    const auto x = gev_sample(300, shape, random);
    const auto fit = tailwatch::tail::gev_fit(x);
    REQUIRE(fit.shape.defined());
    CHECK(std::abs(fit.shape.value - shape) < 4.0 * fit.shape.standard_error);
    CHECK(fit.shape.count == 300);
    const auto likelihood = [&](double mu, double sigma, double xi) {
      return tailwatch::tail::detail::gev_log_likelihood(x, {mu, std::log(sigma), xi}).value;
    };
    const double m = fit.location.value;
    const double s = fit.scale.value;
    const double xi = fit.shape.value;
    CHECK(tailwatch::testing::close(likelihood(m, s, xi), fit.log_likelihood, 1e-12));
    for (const double d : {-1e-4, 1e-4}) {
      CHECK(likelihood(m + d, s, xi) < fit.log_likelihood);
      CHECK(likelihood(m, s + d, xi) < fit.log_likelihood);
      CHECK(likelihood(m, s, xi + d) < fit.log_likelihood);
    }
  }
}

TEST_CASE("tail: derivatives of the extreme-value likelihood are those of its value", "[tail]") {
  const std::vector<double> x{-0.9, -0.4, 0.1, 0.8, 2.0};
  for (const double xi : {-0.3, -0.02, 0.0, 0.02, 0.4}) {
    INFO("xi " << xi);
    const std::array<double, 3> at{0.1, 0.2, xi};
    const auto l = tailwatch::tail::detail::gev_log_likelihood(x, at);
    for (std::size_t i = 0; i < 3; ++i) {
      auto up = at;
      auto down = at;
      up[i] += 1e-5;
      down[i] -= 1e-5;
      const auto high = tailwatch::tail::detail::gev_log_likelihood(x, up);
      const auto low = tailwatch::tail::detail::gev_log_likelihood(x, down);
      CHECK(std::abs((high.value - low.value) / 2e-5 - l.gradient[i]) < 1e-7);
      for (std::size_t j = 0; j < 3; ++j)
        CHECK(std::abs((high.gradient[j] - low.gradient[j]) / 2e-5 - l.hessian[i][j]) < 1e-6);
    }
  }
}

TEST_CASE("tail: gev_fit moves and scales with the data", "[tail]") {
  tailwatch::core::random_engine random(92);
  const auto x = gev_sample(80, 0.2, random);
  std::vector<double> moved;
  for (const double value : x) moved.push_back(1e6 + 1e-3 * value);
  const auto a = tailwatch::tail::gev_fit(x);
  const auto b = tailwatch::tail::gev_fit(moved);
  CHECK(tailwatch::testing::close(b.shape.value, a.shape.value, 1e-5));
  CHECK(tailwatch::testing::close(b.scale.value, 1e-3 * a.scale.value, 1e-5));
  CHECK(tailwatch::testing::close(b.location.value - 1e6, 1e-3 * a.location.value, 1e-5));
  const auto c = tailwatch::tail::gev_fit(x, {.method = tailwatch::tail::gev_method::l_moments});
  CHECK(std::abs(c.shape.value - a.shape.value) < 0.2);
  CHECK(c.shape.standard_error > 0.5 * a.shape.standard_error);
}

TEST_CASE("tail: gev_fit where there is nothing to fit", "[tail]") {
  CHECK(std::isnan(tailwatch::tail::gev_fit(std::vector<double>{1, 2, 3}).shape.value));
  CHECK(std::isnan(tailwatch::tail::gev_fit(std::vector<double>(9, 2.0)).shape.value));
  CHECK(std::isnan(tailwatch::tail::gev_fit(std::vector<double>{1, 2, 3, 4, std::nan("")}).shape.value));
  CHECK(std::isnan(
      tailwatch::tail::gev_fit(std::vector<double>{1, 2, 3, 4, std::numeric_limits<double>::infinity()}).shape.value));
  CHECK(std::isnan(tailwatch::tail::gev_return_level({}, 0.9).value));
  CHECK_THROWS_AS(tailwatch::tail::gev_return_level({}, 1.0), std::invalid_argument);
}

TEST_CASE("tail: L-moments of an extreme-value law through the exponential limit", "[tail]") {
  const double t3 = 2.0 / (std::log(2.0) / std::log(3.0)) - 3.0;  // c = 0
  const auto at = tailwatch::tail::detail::gev_from_l_moments(1.0, 0.5, t3);
  CHECK(std::abs(at.shape) < 1e-14);
  CHECK(tailwatch::testing::close(at.scale, 0.5 / std::log(2.0), 1e-13));
  CHECK(tailwatch::testing::close(at.location, 1.0 - 0.57721566490153286 * at.scale, 1e-13));
  const auto left = tailwatch::tail::detail::gev_from_l_moments(1.0, 0.5, t3 - 8e-6);
  const auto right = tailwatch::tail::detail::gev_from_l_moments(1.0, 0.5, t3 - 1.2e-5);
  CHECK(std::abs(left.scale - right.scale) < 1e-4);
  CHECK(std::abs(left.location - right.location) < 1e-4);
}

TEST_CASE("tail: the errors of gev_fit and gev_return_level match their scatter", "[tail]") {
  const auto shape = tailwatch::testing::replicate(
      300, 93, [](auto& random) { return tailwatch::tail::gev_fit(gev_sample(400, 0.1, random)).shape; });
  INFO("shape: deviation " << shape.deviation << ", mean standard error " << shape.mean_error);
  CHECK(std::abs(shape.discrepancy()) < 4.0);
  const auto level = tailwatch::testing::replicate(300, 94, [](auto& random) {
    return tailwatch::tail::gev_return_level(tailwatch::tail::gev_fit(gev_sample(400, 0.1, random)), 0.99);
  });
  INFO("return level: mean " << level.mean << ", deviation " << level.deviation << ", mean standard error "
                             << level.mean_error);
  CHECK(std::abs(level.discrepancy()) < 4.0);
  CHECK(std::abs(level.mean - (5.0 + 20.0 * (std::pow(-std::log(0.99), -0.1) - 1.0))) < 0.3);
}
