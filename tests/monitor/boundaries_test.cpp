// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <limits>
#include <stdexcept>

#include "support/catch.hpp"
#include "tailwatch/monitor/boundary_beta_binomial_mixture.hpp"
#include "tailwatch/monitor/boundary_gamma_exponential_mixture.hpp"
#include "tailwatch/monitor/boundary_normal_mixture.hpp"
#include "tailwatch/monitor/boundary_polynomial_stitching.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::testing::close;

namespace {

/// ∫ f by the trapezium rule, for smooth f that vanishes at both ends.
template <class Function>
double boundaries_integral(double from, double to, int cells, const Function& f) {
  double sum = 0.0;
  for (int i = 1; i < cells; ++i) sum += f(from + (to - from) * i / cells);
  return sum * (to - from) / cells;
}

}  // namespace

TEST_CASE("monitor: Stirling's remainder to its last digits", "[monitor]") {
  // mpmath, 60 digits
  CHECK(close(monitor::detail::stirling_remainder(1e-3), 2.5422704679670946, 1e-14));
  CHECK(close(monitor::detail::stirling_remainder(0.5), 0.15342640972002735, 1e-14));
  CHECK(close(monitor::detail::stirling_remainder(3.0), 0.027677925684998339, 1e-14, 1e-15));
  CHECK(close(monitor::detail::stirling_remainder(11.9), 0.0070011560515342102, 1e-14, 1e-15));
  CHECK(close(monitor::detail::stirling_remainder(12.0), 0.0069428401072095299, 1e-14));
  CHECK(close(monitor::detail::stirling_remainder(100.0), 0.00083333055563491468, 1e-14));
}

TEST_CASE("monitor: a boundary is where its e-value reaches 1/alpha", "[monitor]") {
  const monitor::boundary_normal_mixture two({.v_opt = 30.0});
  const monitor::boundary_normal_mixture one({.v_opt = 30.0, .alpha_opt = 0.025, .one_sided = true});  // the same ρ
  const monitor::boundary_gamma_exponential_mixture gamma({.v_opt = 30.0, .c = 0.7, .alpha_opt = 0.025});
  const monitor::boundary_beta_binomial_mixture beta({.v_opt = 30.0, .g = 0.2, .h = 0.8});
  for (const double alpha : {0.9, 0.5, 0.05, 1e-6, 1e-100}) {
    for (const double v : {0.0, 1e-3, 1.0, 30.0, 1e4, 1e9}) {
      const double target = -std::log(alpha);
      CHECK(close(two.log_e_value(two(v, alpha), v), target, 1e-12, 1e-12));
      CHECK(close(one.log_e_value(one(v, alpha), v), target, 1e-12, 1e-12));
      CHECK(close(gamma.log_e_value(gamma(v, alpha), v), target, 1e-10, 1e-10));
      const double s = beta(v, alpha);
      CHECK(s <= v / 0.2);
      if (s < v / 0.2) CHECK(close(beta.log_e_value(s, v), target, 1e-10, 1e-10));
      CHECK(one(v, alpha) < two(v, alpha));
      CHECK(gamma(v, alpha) > one(v, alpha));  // sub-exponential tails are heavier
    }
  }
}

TEST_CASE("monitor: the e-values of boundaries have mean 1 where their model holds", "[monitor]") {
  const double v = 7.0;
  const auto normal = [&](double s) {
    return std::exp(-0.5 * s * s / v) / std::sqrt(2.0 * 3.14159265358979323846 * v);
  };
  for (const bool one_sided : {false, true}) {
    const monitor::boundary_normal_mixture b({.v_opt = 20.0, .one_sided = one_sided});
    CHECK(close(
        boundaries_integral(-60.0, 60.0, 4000, [&](double s) { return normal(s) * std::exp(b.log_e_value(s, v)); }),
        1.0, 1e-10));
  }
  // Sums of v centred exponential variables of scale c: s + vc is gamma distributed, intrinsic time v·c².
  for (const double c : {0.5, 1.0, 3.0}) {
    const monitor::boundary_gamma_exponential_mixture b({.v_opt = 20.0 * c * c, .c = c});
    CHECK(close(boundaries_integral(-8.0, 16.0, 20000,  // over ln y: the tail falls as a power
                                    [&](double z) {
                                      const double y = std::exp(z);
                                      return std::exp(v * z - y - std::lgamma(v) +
                                                      b.log_e_value(c * (y - v), v * c * c));
                                    }),
                1.0, 1e-10));
  }
  // Sums of 12 Bernoulli variables.
  for (const double m : {0.5, 0.1, 0.83}) {
    const monitor::boundary_beta_binomial_mixture b({.v_opt = 5.0, .g = m, .h = 1.0 - m});
    double mean = 0.0;
    double share = std::pow(1.0 - m, 12.0);
    for (int k = 0; k <= 12; ++k) {
      mean += share * std::exp(b.log_e_value(k - 12.0 * m, 12.0 * m * (1.0 - m)));
      share *= m / (1.0 - m) * (12.0 - k) / (k + 1.0);
    }
    CHECK(close(mean, 1.0, 1e-12));
  }
}

TEST_CASE("monitor: boundaries keep their digits at very large intrinsic times", "[monitor]") {
  // the defining equations of Howard et al. solved with mpmath, 60 digits
  const monitor::boundary_gamma_exponential_mixture gamma;
  CHECK(close(gamma(1e8, 0.05), 45179.720504582009, 1e-11));
  CHECK(close(gamma(1e10, 0.05), 500119.19085701796, 1e-11));
  CHECK(close(gamma(1e12, 0.05), 5442091.8483414594, 1e-11));
  CHECK(close(gamma(1e15, 0.05), 191112574.46084793, 1e-11));
  CHECK(close(gamma(1e8, 1e-12), 83495.680450614961, 1e-11));
  CHECK(close(gamma(1e12, 1e-12), 8881852.3392497379, 1e-11));
  CHECK(close(gamma(1e15, 1e-12), 292907162.5960393, 1e-11));
  const monitor::boundary_beta_binomial_mixture skew({.g = 0.1, .h = 0.9});
  const monitor::boundary_beta_binomial_mixture even;
  CHECK(close(skew(1e3, 0.05), 104.3673070677842, 1e-11));
  CHECK(close(skew(1e8, 0.05), 46798.293608112715, 1e-11));
  CHECK(close(skew(1e12, 0.05), 5577462.1694669808, 1e-11));
  CHECK(close(skew(1e15, 0.05), 194976385.57877463, 1e-11));
  CHECK(close(even(1e12, 0.05), 5578432.0812267453, 1e-11));
  CHECK(close(even(1e15, 0.05), 195004255.75739078, 1e-11));
}

TEST_CASE("monitor: the gamma-exponential boundary tends to the normal one as its scale vanishes", "[monitor]") {
  const monitor::boundary_normal_mixture one({.one_sided = true});
  const monitor::boundary_gamma_exponential_mixture gamma({.c = 1e-7});
  for (const double v : {1.0, 100.0, 1e6}) CHECK(close(gamma(v, 0.01), one(v, 0.01), 1e-6));
}

TEST_CASE("monitor: the stitched boundary is flat before v_min, and the narrower one in the end", "[monitor]") {
  const monitor::boundary_polynomial_stitching stitched({.v_min = 10.0});
  CHECK(stitched(0.0, 0.05) == stitched(10.0, 0.05));
  CHECK(stitched(10.1, 0.05) > stitched(10.0, 0.05));
  const monitor::boundary_normal_mixture mixture({.v_opt = 10.0, .alpha_opt = 0.05, .one_sided = true});
  CHECK(stitched(10.0, 0.05) > mixture(10.0, 0.05));
  CHECK(stitched(1e300, 0.05) < mixture(1e300, 0.05));
  // at v_min, s = 2, eta = e⁴, c = 0: l = ln ζ(2) + ln(1/α), k₁² = (e + 1/e)²/2
  const monitor::boundary_polynomial_stitching exact({.v_min = 1.0, .s = 2.0, .eta = std::exp(4.0)});
  const double e = std::exp(1.0);
  const double l = std::log(3.14159265358979323846 * 3.14159265358979323846 / 6.0) + std::log(20.0);
  CHECK(close(exact(1.0, 0.05), (e + 1.0 / e) * std::sqrt(0.5 * l), 1e-13));
}

TEST_CASE("monitor: boundaries refuse what can never be right", "[monitor]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(monitor::boundary_normal_mixture({.v_opt = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::boundary_normal_mixture({.alpha_opt = 0.5, .one_sided = true}), std::invalid_argument);
  CHECK_NOTHROW(monitor::boundary_normal_mixture({.alpha_opt = 0.5}));
  CHECK_THROWS_AS(monitor::boundary_normal_mixture()(nan, 0.05), std::invalid_argument);
  CHECK_THROWS_AS(monitor::boundary_normal_mixture()(1.0, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(monitor::boundary_gamma_exponential_mixture({.c = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::boundary_gamma_exponential_mixture()(-1.0, 0.05), std::invalid_argument);
  CHECK_THROWS_AS(monitor::boundary_polynomial_stitching({.s = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::boundary_polynomial_stitching({.eta = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::boundary_beta_binomial_mixture({.g = 0.0}), std::invalid_argument);
  CHECK(monitor::boundary_beta_binomial_mixture()(0.0, 0.05) == 0.0);
}
