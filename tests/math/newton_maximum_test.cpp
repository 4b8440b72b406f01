// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/newton_maximum.hpp"

#include <cmath>

#include "support/catch.hpp"

TEST_CASE("math: newton_maximise climbs a bent ridge", "[math]") {
  // −Rosenbrock: its maximum is 0 at (1, 1).
  const auto ridge = [](const std::array<double, 2>& p) {
    tailwatch::math::local_expansion<2> l;
    const double u = p[1] - p[0] * p[0];
    l.value = -(100.0 * u * u + (1.0 - p[0]) * (1.0 - p[0]));
    l.gradient = {400.0 * u * p[0] + 2.0 * (1.0 - p[0]), -200.0 * u};
    l.hessian[0][0] = 400.0 * u - 800.0 * p[0] * p[0] - 2.0;
    l.hessian[0][1] = l.hessian[1][0] = 400.0 * p[0];
    l.hessian[1][1] = -200.0;
    return l;
  };
  const auto m = tailwatch::math::newton_maximise<2>({-1.2, 1.0}, ridge);
  CHECK(m.found);
  CHECK(std::abs(m.point[0] - 1.0) < 1e-12);
  CHECK(std::abs(m.point[1] - 1.0) < 1e-12);
  CHECK(std::abs(m.covariance[0][0] - 0.5) < 1e-10);  // inverse of [[802, −400], [−400, 200]]
  CHECK(std::abs(m.covariance[0][1] - 1.0) < 1e-10);
  CHECK(std::abs(m.covariance[1][1] - 2.005) < 1e-10);
}

TEST_CASE("math: newton_maximise says when there is no maximum", "[math]") {
  const auto slope = [](const std::array<double, 1>& p) {  // rises for ever
    tailwatch::math::local_expansion<1> l;
    l.value = -std::exp(-p[0]);
    l.gradient = {std::exp(-p[0])};
    l.hessian[0][0] = -std::exp(-p[0]);
    return l;
  };
  CHECK_FALSE(tailwatch::math::newton_maximise<1>({0.0}, slope).found);
  const auto bowl = [](const std::array<double, 1>& p) {  // a minimum at 0
    tailwatch::math::local_expansion<1> l;
    l.value = p[0] * p[0];
    l.gradient = {2.0 * p[0]};
    l.hessian[0][0] = 2.0;
    return l;
  };
  CHECK_FALSE(tailwatch::math::newton_maximise<1>({0.5}, bowl).found);
  const auto nowhere = [](const std::array<double, 1>&) { return tailwatch::math::local_expansion<1>(); };
  CHECK_FALSE(tailwatch::math::newton_maximise<1>({0.5}, nowhere).found);
}
