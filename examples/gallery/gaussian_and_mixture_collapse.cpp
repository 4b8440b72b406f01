// SPDX-License-Identifier: BSL-1.0
// Shumailov et al. (2024), Nature 631, 755–759: a Gaussian, and a mixture of two, refitted to their own samples.

#include <cmath>
#include <cstdio>
#include <vector>

#include "picture.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_mixture.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/report/svg_chart.hpp"

namespace recursion = tailwatch::recursion;
namespace report = tailwatch::report;
using recursion::variance_estimator;

int main(int argc, char** argv) {
  bool good = true;

  // One dimension, unbiased variance, M = 100: the mean of v stays 1 for ever, yet every lineage collapses.
  constexpr std::uint64_t samples = 100, generations = 500;
  constexpr std::size_t lineages = 4000;
  tailwatch::core::random_engine random(1);
  report::line_chart chart;
  chart.title = "Variance of a Gaussian refitted to 100 of its own draws: median and 5 to 95 % of 4000 lineages";
  chart.series = {{"median, with 5 to 95 %", "s0", {1.0}, {1.0}, {1.0}},
                  {"exp(E ln v), exact", "s1", {1.0}, {}, {}},
                  {"E v, exact", "s2", {1.0}, {}, {}}};
  chart.logarithmic = true;
  chart.dots = false;
  (void)recursion::gaussian_replace(
      {.samples = samples,
       .generations = generations,
       .replicates = lineages,
       .estimator = variance_estimator::unbiased},
      random, [&](std::uint64_t n, std::span<const double>, std::span<const double> v) {
        const std::vector<double> values(v.begin(), v.end());
        chart.series[0].y.push_back(gallery::quantile(values, 0.5));
        chart.series[0].lower.push_back(gallery::quantile(values, 0.05));
        chart.series[0].upper.push_back(gallery::quantile(values, 0.95));
        chart.series[1].y.push_back(
            std::exp(recursion::gaussian_replace_log_variance(samples, n, variance_estimator::unbiased)));
        chart.series[2].y.push_back(recursion::gaussian_replace_variance(samples, n, variance_estimator::unbiased));
        if (n % 100 == 0)
          std::printf("generation %3d: median variance %.4f, theory %.4f\n", static_cast<int>(n),
                      chart.series[0].y.back(), chart.series[1].y.back());
      });
  // ln v is nearly normal: its median is its mean, to sqrt(pi/2) standard errors of the mean
  const double error = std::log(chart.series[0].y.back() / chart.series[1].y.back());
  const double spread = std::sqrt(recursion::gaussian_replace_log_variance_variance(samples, generations) / lineages);
  good = good && std::abs(error) < 5 * 1.26 * spread + 0.02;
  good = good && gallery::write_picture(argc, argv, "gaussian_collapse", to_svg_picture(chart));

  // Two clouds, expectation–maximisation: the L2 distance to the real mixture, median of 15 lineages.
  const recursion::gaussian_mixture real({0.5, 0.5}, {recursion::multivariate_gaussian({-2, 0}, {1, 0.3, 0.3, 1}),
                                                      recursion::multivariate_gaussian({2, 0}, {1, -0.3, -0.3, 1})});
  report::line_chart mixtures;
  mixtures.title = "L2 distance between the real mixture and its refitted descendants";
  mixtures.logarithmic = true;
  mixtures.dots = false;
  constexpr std::size_t rounds = 200;
  std::size_t deaths = 0;
  for (const std::uint64_t size : {100U, 500U, 2000U}) {
    const auto runs = recursion::replicate(15, size, [&](std::uint64_t, std::uint64_t seed) {
      tailwatch::core::random_engine own(seed);
      return recursion::run(
                 real.sample(size, own), recursion::gaussian_mixture_model{{.tolerance = 1e-4}},
                 {.generations = rounds}, own,
                 [&](const auto& g) {
                   return std::pair{std::sqrt(recursion::l2_distance_squared(g.model, real)), g.model.deaths().size()};
                 })
          .records;
    });
    report::chart_series series{
        std::to_string(size) + " draws a generation", "s" + std::to_string(mixtures.series.size()), {}, {}, {}};
    for (std::size_t g = 0; g < rounds; ++g) {
      std::vector<double> distance;
      for (const auto& records : runs)
        if (g < records.size()) distance.push_back(records[g].first);  // a run ends where its last component dies
      if (2 * distance.size() > runs.size()) series.y.push_back(gallery::quantile(distance, 0.5));
    }
    std::size_t died = 0;
    for (const auto& records : runs)
      for (const auto& record : records) died += record.second;
    deaths += died;
    std::printf("%4d draws: L2 distance %.4f at first, %.4f at last; components that died: %d\n",
                static_cast<int>(size), series.y.front(), series.y.back(), static_cast<int>(died));
    good = good && series.y.back() > 2 * series.y.front();
    mixtures.series.push_back(series);
  }
  good = good && deaths > 0;
  good = good && gallery::write_picture(argc, argv, "mixture_collapse", to_svg_picture(mixtures));
  return good ? 0 : 1;
}
