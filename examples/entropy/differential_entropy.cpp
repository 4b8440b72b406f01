// SPDX-License-Identifier: BSL-1.0

// Embeddings that collapse: generation after generation the points of a model spread less and fall onto a line. Differential
// entropy shows the first, mutual information of the coordinates the second, and both need no histogram.

#include <cmath>
#include <cstdio>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/entropy.hpp"

namespace {

namespace tw = tailwatch;

double normal(tw::core::random_engine& random) {
  const double radius = std::sqrt(-2.0 * std::log1p(-tw::core::uniform_01(random)));
  return radius * std::cos(6.283185307179586 * tw::core::uniform_01(random));
}

}  // namespace

int main() {
  constexpr std::size_t n = 1000;
  tw::core::random_engine random(3);
  bool ok = true;
  double last_entropy = 1e9, last_information = -1.0;
  std::printf(
      "generation   Vasicek, of x     kernel, of x      neighbours, of (x, y)   truth   I(x; y), KSG     truth\n");
  for (int generation = 0; generation < 4; ++generation) {
    const double deviation = std::pow(0.8, generation), correlation = 0.3 * generation;
    std::vector<double> x(n), y(n), points(2 * n);
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = deviation * normal(random);
      y[i] = correlation * x[i] + std::sqrt(1.0 - correlation * correlation) * deviation * normal(random);
      points[2 * i] = x[i];
      points[2 * i + 1] = y[i];
    }
    const double of_one = 0.5 * std::log(17.079468445347134 * deviation * deviation);  // ½ ln(2πe σ²)
    const double information = 0.5 * std::log(1.0 / (1.0 - correlation * correlation));
    const tw::estimate spacings = tw::entropy::differential_vasicek(x);
    const tw::estimate kernel = tw::entropy::differential_kernel_density(x);
    const tw::estimate joint = tw::entropy::differential_kozachenko_leonenko(tw::rows(points, n, 2));
    const tw::estimate ksg = tw::entropy::mutual_information_ksg1(x, y);
    std::printf("%10d   %6.3f ± %.3f    %6.3f ± %.3f    %6.3f ± %.3f   %15.3f   %6.3f ± %.3f   %5.3f\n", generation,
                spacings.value, spacings.standard_error, kernel.value, kernel.standard_error, joint.value,
                joint.standard_error, 2.0 * of_one - information, ksg.value, ksg.standard_error, information);
    ok = ok && std::abs(spacings.value - of_one) < 4.0 * spacings.standard_error;
    ok = ok && std::abs(joint.value - (2.0 * of_one - information)) < 4.0 * joint.standard_error;
    ok = ok && std::abs(ksg.value - information) < 4.0 * ksg.standard_error;
    ok = ok && joint.value < last_entropy && ksg.value > last_information;
    last_entropy = joint.value;
    last_information = ksg.value;
  }
  // The same question for two discrete variables: which prompt, which answer.
  const std::vector<int> answers{40, 5, 5, 6, 38, 6, 4, 5, 41};
  const tw::estimate discrete = tw::entropy::mutual_information(tw::rows(answers, 3, 3));
  std::printf("answers tell %.3f ± %.3f nats about the prompt\n", discrete.value, discrete.standard_error);
  return ok && discrete.value > 4.0 * discrete.standard_error ? 0 : 1;
}
