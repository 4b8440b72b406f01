// SPDX-License-Identifier: BSL-1.0

// Readings of one heavy tail: a Pareto sample with P(X > x) = x^{−2}, index 1/2.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/tail.hpp"

int main() {
  tailwatch::core::random_engine random(5);
  std::vector<double> losses(5000);
  for (double& x : losses) x = 1.0 / std::sqrt(1.0 - tailwatch::core::uniform_01(random));

  const auto show = [](const char* name, const tailwatch::estimate& e, double truth) {
    std::printf("  %-28s %8.3f ± %.3f   (true %.3f)\n", name, e.value, e.standard_error, truth);
    return std::abs(e.value - truth) < 4.0 * e.standard_error;
  };
  const auto fit = tailwatch::tail::gpd_fit(losses, {.k = 500});
  std::vector<double> maxima;  // of blocks of 25
  for (auto block = losses.begin(); block != losses.end(); block += 25)
    maxima.push_back(*std::max_element(block, block + 25));
  bool ok = true;
  ok &= show("Hill", tailwatch::tail::hill(losses, {.k = 500}), 0.5);
  const std::size_t by_distance = tailwatch::tail::hill_order_minimum_distance(losses);
  const std::size_t by_wiggles = tailwatch::tail::hill_order_reiss_thomas(losses, {.smallest = 20, .largest = 1000});
  std::printf("  orders chosen for Hill: %zu by the distance of Kolmogorov and Smirnov, %zu by Reiss and Thomas\n",
              by_distance, by_wiggles);
  ok &= show("Hill, at the first of them", tailwatch::tail::hill(losses, {.k = by_distance}), 0.5);
  ok &= show("moment estimator", tailwatch::tail::moment_estimator(losses, {.k = 500}), 0.5);
  ok &= show("Pickands", tailwatch::tail::pickands(losses, {.k = 300}), 0.5);
  ok &= show("generalised Pareto shape", fit.shape, 0.5);
  ok &= show("extreme-value shape", tailwatch::tail::gev_fit(maxima).shape, 0.5);
  ok &= show("power-law exponent", tailwatch::tail::powerlaw(losses), 3.0);
  ok &= show("mean excess over 2", tailwatch::tail::mean_excess(losses, {.threshold = 2.0}), 2.0);
  ok &= show("99.9 % quantile, Weissman", tailwatch::tail::weissman_quantile(losses, {.k = 500, .p = 0.001}),
             std::sqrt(1000.0));
  ok &= show("99.9 % quantile, Pareto fit", tailwatch::tail::gpd_value_at_risk(fit, 0.999), std::sqrt(1000.0));
  ok &=
      show("mean of the top 10 %", tailwatch::tail::expected_shortfall(losses, {.level = 0.9}), 2.0 * std::sqrt(10.0));
  // A model whose extremes are cut short: half of the reference's upper thousandth is left.
  std::vector<double> generated(losses);
  for (double& x : generated) x = std::min(x, 25.0 * (1.0 + 0.1 * tailwatch::core::uniform_01(random)));
  for (const auto& e : tailwatch::tail::exceedance_mass(losses, generated, {.levels = {0.99, 0.999}}))
    std::printf("  beyond the %.1f %% quantile, %5.2f: %.4f ± %.4f of the generated\n", 100.0 * e.level, e.threshold,
                e.mass.value, e.mass.standard_error);
  return ok ? 0 : 1;
}
