// SPDX-License-Identifier: BSL-1.0
// He, Xu and Cheng (2025), "Golden ratio weighting prevents model collapse", arXiv 2502.18049: as many fresh real data as synthetic
// ones each generation, the real part with total weight w. The best w is 1/golden ratio; with fewer real data it is smaller.

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "picture.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/report/svg_chart.hpp"

namespace recursion = tailwatch::recursion;

// The mean of data with known variance 1: a user's own model.
struct mean_model {
  recursion::gaussian fit(const std::vector<double>& x) const { return {recursion::gaussian_model{}.fit(x).mean, 1.0}; }
  recursion::gaussian fit(const std::vector<double>& x, std::span<const double> w) const {
    return {recursion::gaussian_model{}.fit(x, w).mean, 1.0};
  }
  template <class Random>
  std::vector<double> sample(const recursion::gaussian& g, std::uint64_t n, Random& random) const {
    return g.sample(n, random);
  }
};

int main(int argc, char** argv) {
  constexpr std::size_t lineages = 1200;
  constexpr std::uint64_t generations = 12;
  const auto fresh = [](std::uint64_t n, tailwatch::core::random_engine& r) {
    return recursion::gaussian{}.sample(n, r);
  };
  tailwatch::report::line_chart chart;
  chart.title = "Squared error of the mean after 12 generations, times the number of fresh real data; by their weight";
  chart.x_name = "weight of the real data";
  chart.from_zero = true;
  std::vector<double> weights;
  for (int i = 4; i <= 20; i += 2) {
    weights.push_back(0.05 * i);
    chart.x_labels.push_back(std::to_string(5 * i) + "%");
  }
  bool good = true;
  for (const auto& [real, synthetic] : {std::pair{10.0, 10.0}, std::pair{10.0, 40.0}}) {
    tailwatch::report::chart_series simulated{
        std::to_string(static_cast<int>(real)) + " real, " + std::to_string(static_cast<int>(synthetic)) + " synthetic",
        real == synthetic ? "s0" : "s1",
        {},
        {},
        {}};
    double best = 1e9, best_weight = 0;
    for (const double w : weights) {
      const auto squares =
          recursion::replicate(lineages, 17, [&, r = real, s = synthetic](std::uint64_t, std::uint64_t seed) {
            tailwatch::core::random_engine random(seed);
            const auto size = static_cast<std::uint64_t>(r + s);
            return recursion::run(
                       recursion::gaussian{}.sample(size, random), mean_model{},
                       {.regime = recursion::regime::mix,
                        .generations = generations,
                        .real_fraction = r / (r + s),
                        .real_weight = w},
                       random, [](const auto& g) { return g.model.mean * g.model.mean; }, fresh)
                .records.back();
          });
      double mean = 0.0;
      for (const double x : squares) mean += x / lineages;
      const double theory = recursion::weighted_mixing_error(real, synthetic, w, generations);
      good = good && std::abs(mean / theory - 1.0) < 5 * std::sqrt(2.0 / lineages);
      simulated.y.push_back(real * mean);
      simulated.lower.push_back(real * mean * (1 - 2 * std::sqrt(2.0 / lineages)));
      simulated.upper.push_back(real * mean * (1 + 2 * std::sqrt(2.0 / lineages)));
      if (mean < best) {
        best = mean;
        best_weight = w;
      }
    }
    const double optimum = recursion::optimal_mixing_weight(real / synthetic);
    std::printf(
        "%s: best weight of the grid %.2f, theory %.4f; error times n there %.3f, theory %.4f; naive pooling %.3f\n",
        simulated.name.c_str(), best_weight, optimum, real * best, optimum,
        real * recursion::weighted_mixing_error(real, synthetic, real / (real + synthetic)));
    good = good && std::abs(best_weight - optimum) <= 0.15;
    chart.marks.push_back({(optimum - weights.front()) / 0.1, "optimum " + tailwatch::report::fixed(optimum, 3)});
    chart.series.push_back(simulated);
  }
  good = good && gallery::write_picture(argc, argv, "golden_ratio", to_svg_picture(chart));
  return good ? 0 : 1;
}
