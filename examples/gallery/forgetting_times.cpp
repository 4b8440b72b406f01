// SPDX-License-Identifier: BSL-1.0
// Suresh et al. (2024), "Rate of model collapse in recursive training", arXiv 2412.17646: how long a word is remembered that was
// expected λ times in the first sample; and how long a Gaussian keeps its width. Their bounds beside what is exact.

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "picture.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/categorical_theory.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/report/svg_chart.hpp"

namespace recursion = tailwatch::recursion;

int main(int argc, char** argv) {
  constexpr std::uint64_t samples = 200, generations = 50;
  constexpr int lineages = 4000;
  tailwatch::core::random_engine random(4);
  tailwatch::report::line_chart chart;
  chart.title =
      "Chance that a word is still written, by the number of times it was expected at first; 200 words a generation";
  chart.from_zero = true;
  chart.x_name = "generation";
  for (std::uint64_t n = 1; n <= generations; ++n) chart.x_labels.push_back(std::to_string(n));
  bool good = true;
  std::printf("expected  generation  alive  exact  Poisson  bound\n");
  for (const double expected : {1.0, 4.0, 16.0}) {
    std::vector<double> alive(generations, 0.0);
    for (int i = 0; i < lineages; ++i) {
      recursion::categorical law(std::vector<double>{expected / samples, 1.0 - expected / samples});
      for (std::uint64_t n = 0; n < generations && law.probability(0) > 0.0; ++n) {
        law = recursion::categorical(law.resample(samples, random));
        alive[n] += law.probability(0) > 0.0 ? 1.0 / lineages : 0.0;
      }
    }
    tailwatch::report::chart_series bound{"", "", {}, {}, {}};
    for (std::uint64_t n = 1; n <= generations; ++n) {
      const double exact = recursion::categorical_type_survival(expected / samples, samples, n);
      bound.y.push_back(recursion::categorical_type_survival_bound(expected, n));
      good = good && std::abs(alive[n - 1] - exact) < 5 * std::sqrt(exact * (1 - exact) / lineages) + 1e-9;
      good = good && bound.y.back() <= exact + 0.01;
      if (n == 1 || n == 10 || n == 50)
        std::printf("%8.0f %11d %6.3f %6.3f %8.3f %6.3f\n", expected, static_cast<int>(n), alive[n - 1], exact,
                    recursion::categorical_type_survival_approximation(expected, n), bound.y.back());
    }
    const std::string css = "s" + std::to_string(chart.series.size());
    chart.series.push_back(
        {"expected " + std::to_string(static_cast<int>(expected)) + " times", css, alive, bound.y, alive});
  }
  chart.dots = false;
  good = good && gallery::write_picture(argc, argv, "forgetting_times", to_svg_picture(chart));

  tailwatch::report::line_chart width;
  width.title = "Chance that a Gaussian refitted to 20 draws keeps half of its standard deviation";
  width.from_zero = true;
  width.dots = false;
  width.series = {{"4000 lineages", "s0", {1.0}, {}, {}},
                  {"log-normal form", "s1", {1.0}, {}, {}},
                  {"published bound", "s2", {1.0}, {}, {}}};
  (void)recursion::gaussian_replace(
      {.samples = 20, .generations = 200, .replicates = lineages, .estimator = recursion::variance_estimator::unbiased},
      random, [&](std::uint64_t n, std::span<const double>, std::span<const double> v) {
        double above = 0.0;
        for (const double x : v) above += x > 0.25 ? 1.0 / lineages : 0.0;
        width.series[0].y.push_back(above);
        width.series[1].y.push_back(
            recursion::gaussian_replace_survival(20, n, 0.5, recursion::variance_estimator::unbiased));
        width.series[2].y.push_back(recursion::gaussian_replace_survival_bound(20, n, 0.5));
        good = good && std::abs(above - width.series[1].y.back()) < 0.04 && above <= width.series[2].y.back() + 0.01;
      });
  good = good && gallery::write_picture(argc, argv, "width_times", to_svg_picture(width));
  return good ? 0 : 1;
}
