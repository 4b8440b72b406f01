// SPDX-License-Identifier: BSL-1.0
// Alemohammad et al. (2024), "Self-consuming generative models go MAD", ICLR: the fully synthetic loop, the augmentation loop
// (the same real data again and again) and the loop with fresh real data; and what a sampler with λ < 1 does to recall.

#include <cmath>
#include <cstdio>
#include <vector>

#include "picture.hpp"
#include "tailwatch/drift/wasserstein_gaussian_squared.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/multivariate_gaussian.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/sharpening.hpp"
#include "tailwatch/report/svg_chart.hpp"
#include "tailwatch/uniqueness/precision_recall.hpp"

namespace recursion = tailwatch::recursion;
namespace report = tailwatch::report;
using recursion::regime;

int main(int argc, char** argv) {
  constexpr std::size_t d = 10, lineages = 60;
  constexpr std::uint64_t real_size = 100, generations = 60;
  std::vector<double> unit(d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i) unit[i * d + i] = 1.0;
  const recursion::multivariate_gaussian real(std::vector<double>(d, 0.0), unit);
  const auto fresh = [&real](std::uint64_t n, tailwatch::core::random_engine& r) { return real.sample(n, r); };
  const recursion::multivariate_gaussian_model family{recursion::variance_estimator::unbiased};
  const auto squared_w2 = [&real](const recursion::multivariate_gaussian& m) {
    return tailwatch::drift::wasserstein_gaussian_squared({real.mean(), real.covariance()}, {m.mean(), m.covariance()})
        .value;
  };

  struct loop {
    const char* name;
    recursion::run_options options;
  };
  const loop loops[] = {
      {"fully synthetic", {.regime = regime::replace, .generations = generations}},
      {"the same real data, as many synthetic", {.regime = regime::augment, .generations = generations}},
      {"half fresh real data",
       {.regime = regime::mix, .generations = generations, .sample_size = 200, .real_fraction = 0.5}}};
  report::line_chart chart;
  chart.title = "Squared Wasserstein distance to the real law, 10 dimensions, 100 real points, median of 60 lineages";
  chart.logarithmic = true;
  chart.dots = false;
  for (const loop& l : loops) {
    const auto runs = recursion::replicate(lineages, 3, [&](std::uint64_t, std::uint64_t seed) {
      tailwatch::core::random_engine random(seed);
      return recursion::run(
                 real.sample(real_size, random), family, l.options, random,
                 [&](const auto& g) { return squared_w2(g.model); }, fresh)
          .records;
    });
    report::chart_series series{l.name, "s" + std::to_string(chart.series.size()), {}, {}, {}};
    for (std::size_t g = 0; g < generations; ++g) {
      std::vector<double> values;
      for (const auto& records : runs) values.push_back(records[g]);
      series.y.push_back(gallery::quantile(values, 0.5));
    }
    std::printf("%-40s W2² %.3f at first, %.3f at last\n", l.name, series.y.front(), series.y.back());
    chart.series.push_back(series);
  }
  const auto last = [&chart](std::size_t i) { return chart.series[i].y.back(); };
  bool good = last(0) > 4 * last(1) && last(1) > last(2) && last(2) < chart.series[2].y.front();
  good = good && gallery::write_picture(argc, argv, "three_loops", to_svg_picture(chart));

  // λ: precision rises, recall falls faster
  report::line_chart quality;
  quality.title = "Precision and recall (k = 5) of the fully synthetic loop";
  quality.from_zero = true;
  constexpr std::uint64_t size = 400, rounds = 13;
  tailwatch::core::random_engine random(5);
  const recursion::point_set reference = real.sample(size, random);
  for (const double shrinkage : {1.0, 0.8}) {
    const std::string name = shrinkage == 1.0 ? "pure sampling" : "variance 0.8";
    report::chart_series precision{"precision, " + name, shrinkage == 1.0 ? "s0" : "s1", {}, {}, {}};
    report::chart_series recall{"recall, " + name, shrinkage == 1.0 ? "s2" : "s3", {}, {}, {}};
    (void)recursion::run(
        reference, recursion::shrinking_model{family, shrinkage}, {.generations = rounds}, random, [&](const auto& g) {
          const auto q =
              tailwatch::uniqueness::precision_recall(tailwatch::core::rows(g.sample.values, g.sample.size(), d),
                                                      tailwatch::core::rows(reference.values, reference.size(), d));
          precision.y.push_back(q.precision.value);
          recall.y.push_back(q.recall.value);
        });
    std::printf("%-14s precision %.2f → %.2f, recall %.2f → %.2f\n", name.c_str(), precision.y.front(),
                precision.y.back(), recall.y.front(), recall.y.back());
    if (shrinkage < 1.0)
      good = good && precision.y.back() > precision.y.front() && recall.y.back() < 0.2 * recall.y.front();
    quality.series.push_back(precision);
    quality.series.push_back(recall);
  }
  good = good && gallery::write_picture(argc, argv, "precision_recall", to_svg_picture(quality));
  return good ? 0 : 1;
}
