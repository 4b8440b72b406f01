// SPDX-License-Identifier: BSL-1.0
// Dohmatob et al. (2024), "A tale of tails", arXiv 2402.07043: a learner of Zipf's law from data whose tail was cut at rank k.
// Scaling with the sample size stops at a floor, the mass beyond the cut.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "picture.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/categorical_theory.hpp"
#include "tailwatch/report/svg_chart.hpp"

namespace recursion = tailwatch::recursion;

int main(int argc, char** argv) {
  constexpr double exponent = 1.5;
  constexpr std::size_t types = 1000000;  // beyond them lies 0.08 % of the mass
  constexpr double beyond = 7.656e-4;
  const std::vector<double> weights = recursion::zipf(types, exponent).weights();
  double total = 0.0;
  for (const double w : weights) total += w;

  tailwatch::report::line_chart chart;
  chart.title = "Missing mass of a learner of Zipf's law (exponent 1.5) by the number of draws, tail cut at rank k";
  chart.logarithmic = true;
  chart.x_name = "draws";
  std::vector<std::uint64_t> sizes;
  for (double s = 10; s < 2e6; s *= std::sqrt(10.0)) {
    sizes.push_back(static_cast<std::uint64_t>(std::llround(s)));
    const bool decade = sizes.size() % 2 == 1;
    chart.x_labels.push_back(decade ? std::to_string(sizes.back()) : "");
  }
  bool good = true;
  tailwatch::core::random_engine random(3);
  std::printf("draws          k: missing mass simulated, theory\n");
  for (const std::size_t rank : {std::size_t{10}, std::size_t{100}, std::size_t{1000}, types}) {
    std::vector<double> cut = weights;
    std::fill(cut.begin() + static_cast<std::ptrdiff_t>(rank), cut.end(), 0.0);
    cut.resize(std::max<std::size_t>(rank, 1));
    const recursion::alias_table table(cut);
    tailwatch::report::chart_series series{rank == types ? "no cut" : "k = " + std::to_string(rank),
                                           "s" + std::to_string(chart.series.size()),
                                           {},
                                           {},
                                           {}};
    for (const std::uint64_t size : sizes) {
      const int repetitions = size < 10000 ? 200 : 3;
      double missing = 0.0;
      for (int i = 0; i < repetitions; ++i) {
        std::vector<bool> seen(rank, false);
        double mass = 0.0;
        for (std::uint64_t draw = 0; draw < size; ++draw) {
          const auto type = table(random);
          if (!seen[type]) mass += weights[type] / total * (1.0 - beyond);
          seen[type] = true;
        }
        missing += (1.0 - mass) / repetitions;
      }
      const double theory = recursion::zipf_cut_missing_mass(exponent, static_cast<double>(size), rank);
      good = good && std::abs(missing - theory) < 0.06 * theory + 0.05 / std::sqrt(static_cast<double>(size));
      series.y.push_back(missing);
      if (size == 1000 || size == 1000000)
        std::printf("%8d %8d: %.4f %.4f\n", static_cast<int>(size), static_cast<int>(rank), missing, theory);
    }
    chart.series.push_back(series);
  }
  // the floors, and the slope −(1 − 1/β) of the uncut learner
  for (std::size_t i = 0; i < 3; ++i)
    good = good && chart.series[i].y.back() >
                       0.95 * recursion::zipf_tail_mass(exponent, std::pow(10.0, 1.0 + static_cast<double>(i))) * 0.9;
  const double slope = std::log10(chart.series[3].y[8] / chart.series[3].y[2]) / 3.0;
  std::printf("slope without a cut %.3f, theory %.3f\n", slope, -(1.0 - 1.0 / exponent));
  good = good && std::abs(slope + (1.0 - 1.0 / exponent)) < 0.02;
  good = good && gallery::write_picture(argc, argv, "tail_cutoff", to_svg_picture(chart));
  return good ? 0 : 1;
}
