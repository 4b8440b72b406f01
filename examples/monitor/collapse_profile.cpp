// SPDX-License-Identifier: BSL-1.0

// The eight published definitions of model collapse on a Gaussian that is fitted to its own samples, 40 a generation.

#include <cmath>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/collapse_profile.hpp"

namespace monitor = tailwatch::monitor;

int main() {
  constexpr int n = 40;
  tailwatch::core::random_engine random(11);
  const auto normal = [&] {
    const double radius = std::sqrt(-2.0 * std::log1p(-tailwatch::core::uniform_01(random)));
    return radius * std::cos(6.28318530717958648 * tailwatch::core::uniform_01(random));
  };
  double mean = 0.0, variance = 1.0;
  std::vector<monitor::generation_measures> run;
  for (int g = 0; g < 60; ++g) {
    monitor::generation_measures m;
    m.variance = variance;
    // 2000 held-out real values: risk, and its spread; mass of the model beyond two real deviations
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < 2000; ++i) {
      const double z = normal() - mean;
      const double loss = 0.5 * (std::log(6.28318530717958648 * variance) + z * z / variance);
      sum += loss;
      squares += loss * loss;
    }
    m.risk = {sum / 2000, std::sqrt((squares / 2000 - sum * sum / 4e6) / 2000), 2000};
    const double tail = 0.5 * (std::erfc((2.0 - mean) / std::sqrt(2.0 * variance)) +
                               std::erfc((2.0 + mean) / std::sqrt(2.0 * variance)));
    m.tail_mass = {tail, std::sqrt(tail * (1.0 - tail) / 2000), 2000};
    run.push_back(m);
    double x = 0.0, xx = 0.0;
    for (int i = 0; i < n; ++i) {
      const double v = mean + std::sqrt(variance) * normal();
      x += v / n;
      xx += v * v / n;
    }
    mean = x;
    variance = xx - x * x;
  }
  const monitor::collapse_profile p = monitor::profile_collapse(run);
  const auto line = [](const char* name, const monitor::finding& f) {
    std::printf("%-20s %-8s %10.4f ± %.4f\n", name, monitor::to_string(f.holds).data(), f.evidence.value,
                f.evidence.standard_error);
  };
  line("catastrophic risk", p.catastrophic_risk), line("increased risk", p.increased_risk);
  line("diverging risk", p.diverging_risk), line("changed scaling", p.changed_scaling);
  line("collapsing variance", p.collapsing_variance), line("entangled modes", p.entangled_modes);
  line("lost tail", p.lost_tail), line("hallucination", p.hallucination);
  const bool right = p.collapsing_variance.holds == monitor::verdict::present &&
                     p.lost_tail.holds == monitor::verdict::present &&
                     p.changed_scaling.holds == monitor::verdict::unknown;
  return right ? 0 : 1;
}
