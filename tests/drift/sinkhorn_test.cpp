// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/sinkhorn.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/wasserstein_1d.hpp"

using namespace tailwatch;
using drift::sinkhorn_form;
using tailwatch::testing::close;

TEST_CASE("drift sinkhorn: single points and two against two in closed form", "[drift]") {
  const std::vector<double> x{0.0}, y{3.0}, pair{0.0, 1.0};
  for (const double epsilon : {0.01, 1.0, 1e4}) {
    CHECK(close(drift::sinkhorn_cost(x, y, {.epsilon = epsilon}).value, 9.0, 1e-12));
    CHECK(close(drift::sinkhorn_divergence(x, y, {.epsilon = epsilon}).value, 9.0, 1e-12));
    // {0, 1} with itself: half of s stays, s = 1/(1 + e^{−1/ε}); cost 1 − s, KL = ln 2 + s ln s + (1 − s) ln(1 − s).
    const double s = 1.0 / (1.0 + std::exp(-1.0 / epsilon));
    const double left = 1.0 - s > 0.0 ? std::exp(-1.0 / epsilon) * s : 0.0;
    const double kl = std::log(2.0) + s * std::log(s) + (left > 0.0 ? left * std::log(left) : 0.0);
    CHECK(close(drift::sinkhorn_cost(pair, pair, {.epsilon = epsilon}).value, left + epsilon * kl, 1e-9, 1e-12));
    CHECK(close(drift::sinkhorn_cost(pair, pair, {.epsilon = epsilon, .form = sinkhorn_form::transport_cost}).value,
                left, 1e-9, 1e-12));
  }
}

TEST_CASE("drift sinkhorn: the limits in epsilon, and equal sets", "[drift]") {
  core::random_engine random(1);
  std::vector<double> x(40), y(40), z(33);
  for (double& v : x) v = core::uniform_01(random);
  for (double& v : y) v = 0.5 + 2.0 * core::uniform_01(random);
  for (double& v : z) v = core::uniform_01(random);
  const double w2 = std::pow(drift::wasserstein_1d(x, y, {.p = 2.0}).value, 2.0);
  CHECK(close(drift::sinkhorn_divergence(x, y, {.epsilon = 0.01}).value, w2, 1e-3));
  double apart = 0.0;
  for (std::size_t i = 0; i < 40; ++i) apart += (y[i] - x[i]) / 40.0;
  CHECK(close(drift::sinkhorn_divergence(x, y, {.epsilon = 1e6}).value, apart * apart, 1e-5));
  for (const double epsilon : {0.01, 0.3, 10.0})
    for (const auto form : {sinkhorn_form::dual, sinkhorn_form::transport_cost}) {
      CHECK(std::abs(drift::sinkhorn_divergence(x, x, {.epsilon = epsilon, .form = form}).value) < 1e-10);
      CHECK(close(drift::sinkhorn_divergence(x, z, {.epsilon = epsilon, .form = form}).value,
                  drift::sinkhorn_divergence(z, x, {.epsilon = epsilon, .form = form}).value, 1e-6));
    }
  CHECK(drift::sinkhorn_divergence(x, z, {.epsilon = 0.1}).value > 0.0);
  CHECK(close(drift::sinkhorn_divergence(rows(x, 20, 2), rows(y, 20, 2)).value,
              drift::sinkhorn_divergence(rows(y, 20, 2), rows(x, 20, 2)).value, 1e-9));
}

TEST_CASE("drift sinkhorn: borders and arguments", "[drift]") {
  const std::vector<double> x{0.0, 1.0, 2.0}, y{0.3, 4.0}, none, bad{core::nan};
  CHECK(std::isnan(drift::sinkhorn_cost(x, none).value));
  CHECK(std::isnan(drift::sinkhorn_divergence(x, bad).value));
  CHECK(drift::sinkhorn_divergence(x, y).count == 5);
  CHECK(std::isnan(drift::sinkhorn_divergence(x, std::vector<double>{1e200}).value));  // its square is infinite
  CHECK(std::isnan(drift::sinkhorn_cost(x, y, {.epsilon = 1e-300}).value));
  CHECK(std::isnan(drift::sinkhorn_cost(x, y, {.epsilon = 1e-3, .tolerance = 1e-12, .max_iterations = 1}).value));
  CHECK_THROWS_AS(drift::sinkhorn_cost(x, y, {.epsilon = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::sinkhorn_divergence(x, y, {.epsilon = core::nan}), std::invalid_argument);
  CHECK_THROWS_AS(drift::sinkhorn_divergence(x, y, {.tolerance = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::sinkhorn_divergence(x, y, {.max_iterations = 0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::sinkhorn_divergence(rows(x, 3, 1), rows(y, 1, 2)), std::invalid_argument);
}
