// SPDX-License-Identifier: BSL-1.0

// Arguments that can never be right: each error names function and argument. Data that allow no value: NaN and the count.

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/tail.hpp"

namespace {

namespace tail = tailwatch::tail;

struct tail_refusal {
  std::string function, argument;
  std::function<void()> call;
};

}  // namespace

TEST_CASE("tail: every refusal names function and argument", "[tail]") {
  const std::vector<int> c{5, 3, 1, 1}, bad{5, -3};
  const std::vector<double> x{0.3, 1.2, 0.1, 4.0, 2.2, 3.1};
  const std::vector<double> fractional{1.0, 2.5};
  const auto fit = tail::gpd_fit(x, {.k = 4});
  const std::vector<tail_refusal> all{
      {"tail::missing_mass", "count", [&] { (void)tail::missing_mass(bad); }},
      {"tail::missing_mass", "count", [&] { (void)tail::missing_mass(tailwatch::counts(fractional)); }},
      {"tail::missing_mass_esty_interval", "level", [&] { (void)tail::missing_mass_esty_interval(c, {.level = 1.0}); }},
      {"tail::missing_mass_mcallester_schapire_upper", "delta",
       [&] { (void)tail::missing_mass_mcallester_schapire_upper(c, {.delta = 0.0}); }},
      {"tail::coverage_at_size", "sample_size", [&] { (void)tail::coverage_at_size(c, {.sample_size = 0}); }},
      {"tail::unseen_good_toulmin", "t", [&] { (void)tail::unseen_good_toulmin(c, {.t = 1.5}); }},
      {"tail::unseen_good_toulmin", "t", [&] { (void)tail::unseen_good_toulmin(c, {.t = std::nan("")}); }},
      {"tail::hill", "k", [&] { (void)tail::hill(x, {.k = 0}); }},
      {"tail::hill_curve", "largest_order", [&] { (void)tail::hill_curve(x, 0); }},
      {"tail::hill_order_reiss_thomas", "smallest", [&] { (void)tail::hill_order_reiss_thomas(x, {.smallest = 0}); }},
      {"tail::hill_order_minimum_distance", "fraction",
       [&] { (void)tail::hill_order_minimum_distance(x, {.fraction = 0.0}); }},
      {"tail::moment", "k", [&] { (void)tail::moment_estimator(x, {.k = 0}); }},
      {"tail::pickands", "k", [&] { (void)tail::pickands(x, {.k = 0}); }},
      {"tail::weissman_quantile", "p", [&] { (void)tail::weissman_quantile(x, {.k = 2, .p = 0.0}); }},
      {"tail::gpd_fit", "k", [&] { (void)tail::gpd_fit(x, {.k = 0}); }},
      {"tail::gpd_value_at_risk", "level", [&] { (void)tail::gpd_value_at_risk(fit, 1.0); }},
      {"tail::gpd_expected_shortfall", "level", [&] { (void)tail::gpd_expected_shortfall(fit, 0.0); }},
      {"tail::gev_return_level", "level", [&] { (void)tail::gev_return_level(tail::gev_fit(x), 1.0); }},
      {"tail::expected_shortfall", "level", [&] { (void)tail::expected_shortfall(x, {.level = 1.0}); }},
      {"tail::powerlaw", "xmin", [&] { (void)tail::powerlaw(x, {.xmin = 0.0}); }},
      {"tail::reference_tail_coverage", "max_count",
       [&] { (void)tail::reference_tail_coverage(tailwatch::counts(c), tailwatch::counts(c), {.max_count = 0}); }},
  };
  for (const auto& r : all) {
    INFO(r.function << " " << r.argument);
    try {
      r.call();
      FAIL_CHECK("nothing was thrown");
    } catch (const std::logic_error& e) {  // invalid_argument or domain_error
      INFO(e.what());
      CHECK(std::string(e.what()).find(r.function) != std::string::npos);
      CHECK(std::string(e.what()).find(r.argument) != std::string::npos);
    }
  }
}

TEST_CASE("tail: samples without a value give NaN and their count", "[tail]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<std::function<tailwatch::estimate(const std::vector<double>&)>> all{
      [](const auto& x) { return tail::hill(x, {.k = 4}); },
      [](const auto& x) { return tail::moment_estimator(x, {.k = 4}); },
      [](const auto& x) { return tail::pickands(x, {.k = 4}); },
      [](const auto& x) { return tail::weissman_quantile(x, {.k = 4}); },
      [](const auto& x) { return tail::mean_excess_at_order(x, {.k = 4}); },
      [](const auto& x) { return tail::gpd_value_at_risk(tail::gpd_fit(x, {.k = 4}), 0.99); },
      [](const auto& x) { return tail::gev_fit(x).shape; },
      [](const auto& x) { return tail::expected_shortfall(x); },
      [](const auto& x) { return tail::powerlaw(x, {.xmin = 0.5}); },
  };
  const std::vector<double> none, broken{1.0, 2.0, nan, 3.0, 5.0, 8.0}, endless{1.0, 2.0, infinity, 3.0, 5.0, 8.0};
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO("estimator " << i);
    for (const auto& x : {none, broken, endless}) {
      const auto e = all[i](x);
      CHECK(std::isnan(e.value));
      CHECK(std::isnan(e.standard_error));
    }
  }
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(std::isnan(all[i](std::vector<double>{1.0, 2.0, 3.0, 4.0}).value));  // k ≥ n
}
