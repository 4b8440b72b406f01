// SPDX-License-Identifier: BSL-1.0

// Data near the ends of a double's range: every estimator of a sample gives what it gives of the same data in another unit.

#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/tail/expected_shortfall.hpp"
#include "tailwatch/tail/gev_fit.hpp"
#include "tailwatch/tail/gpd_fit.hpp"
#include "tailwatch/tail/hill.hpp"
#include "tailwatch/tail/l_moments.hpp"
#include "tailwatch/tail/mean_excess.hpp"
#include "tailwatch/tail/moment_estimator.hpp"
#include "tailwatch/tail/pickands.hpp"
#include "tailwatch/tail/powerlaw.hpp"
#include "tailwatch/tail/weissman_quantile.hpp"

namespace {

namespace tail = tailwatch::tail;
using tailwatch::estimate;

struct estimator_of_sample {
  std::string name;
  double power;  ///< of the unit in its value
  std::function<estimate(const std::vector<double>&)> call;
};

std::vector<estimator_of_sample> estimators_of_samples() {
  const auto gpd = [](tail::gpd_method method) {
    return [=](const auto& x) { return tail::gpd_value_at_risk(tail::gpd_fit(x, {.k = 30, .method = method}), 0.99); };
  };
  const auto gev = [](tail::gev_method method) {
    return [=](const auto& x) { return tail::gev_fit(x, {.method = method}).scale; };
  };
  return {
      {"expected_shortfall", 1, [](const auto& x) { return tail::expected_shortfall(x, {.level = 0.9}); }},
      {"mean_excess_at_order", 1, [](const auto& x) { return tail::mean_excess_at_order(x, {.k = 20}); }},
      {"mean_excess", 1, [](const auto& x) { return tail::mean_excess(x); }},
      {"l_moments, location", 1, [](const auto& x) { return tail::l_moments(x).location; }},
      {"l_moments, scale", 1, [](const auto& x) { return tail::l_moments(x).scale; }},
      {"l_moments, kurtosis", 0, [](const auto& x) { return tail::l_moments(x).kurtosis; }},
      {"gpd_fit", 1, gpd(tail::gpd_method::maximum_likelihood)},
      {"gpd_fit, weighted moments", 1, gpd(tail::gpd_method::probability_weighted_moments)},
      {"gpd_fit, moments", 1, gpd(tail::gpd_method::method_of_moments)},
      {"gpd shortfall", 1,
       [](const auto& x) { return tail::gpd_expected_shortfall(tail::gpd_fit(x, {.k = 30}), 0.99); }},
      {"gev_fit", 1, gev(tail::gev_method::maximum_likelihood)},
      {"gev_fit, L-moments", 1, gev(tail::gev_method::l_moments)},
      {"hill", 0, [](const auto& x) { return tail::hill(x, {.k = 20}); }},
      {"moment_estimator", 0, [](const auto& x) { return tail::moment_estimator(x, {.k = 20}); }},
      {"pickands", 0, [](const auto& x) { return tail::pickands(x, {.k = 20}); }},
      {"weissman_quantile", 1, [](const auto& x) { return tail::weissman_quantile(x, {.k = 20}); }},
      {"powerlaw_xmin", 0, [](const auto& x) { return tail::powerlaw_xmin(x).exponent; }},
  };
}

}  // namespace

TEST_CASE("tail: a unit of 1e300 or 1e-300 changes nothing but the unit", "[tail]") {
  auto random = tailwatch::core::random_engine(5);
  std::vector<double> x(200);
  for (double& v : x) v = std::pow(tailwatch::core::uniform_01(random), -0.3);
  for (const auto& e : estimators_of_samples()) {
    const estimate plain = e.call(x);
    CHECK(plain.standard_error > 0.0);
    for (const int exponent : {1000, 600, -600, -1000}) {
      INFO(e.name << ", 2^" << exponent);
      auto scaled = x;
      for (double& v : scaled) v = std::ldexp(v, exponent);
      const estimate there = e.call(scaled);
      const int back = e.power == 0.0 ? 0 : -exponent;
      CHECK(tailwatch::testing::close(std::ldexp(there.value, back), plain.value, 1e-9));
      CHECK(tailwatch::testing::close(std::ldexp(there.standard_error, back), plain.standard_error, 1e-6));
    }
  }
}

TEST_CASE("tail: ratios beyond the range of a double do not overflow", "[tail]") {
  const std::vector<double> x{1e300, 1e200, 1e100, 1.0, 1e-100, 1e-200, 1e-300};
  CHECK(tailwatch::testing::close(tail::hill(x, {.k = 6}).value, 350.0 * std::log(10.0), 1e-14));
  CHECK(tailwatch::testing::close(tail::hill_curve(x, 6).back(), 350.0 * std::log(10.0), 1e-14));
  CHECK(tailwatch::testing::close(tail::powerlaw(x, {.xmin = 1e-300}).value, 1.0 + 7.0 / (2100.0 * std::log(10.0)),
                                  1e-14));
  CHECK(tail::powerlaw_xmin(x).exponent.defined());
  CHECK(tailwatch::core::is_finite(tail::moment_estimator(x, {.k = 6}).value));
  const auto steep = tail::pickands(std::vector<double>{1e300, 1.0, 0.5, 1e-10}, {.k = 1});
  CHECK(tailwatch::core::is_finite(steep.standard_error));
}

TEST_CASE("tail: a tail of equal values has no error and no maximum", "[tail]") {
  const std::vector<double> flat(50, 3.0);
  CHECK(tail::hill(flat, {.k = 10}).value == 0.0);
  CHECK(std::isnan(tail::hill(flat, {.k = 10}).standard_error));
  CHECK(std::isnan(tail::weissman_quantile(flat, {.k = 10}).standard_error));
  const auto fit = tail::gpd_fit(flat, {.k = 10});
  CHECK(std::isnan(fit.shape.value));
  CHECK(fit.no_maximum);
}
