// SPDX-License-Identifier: BSL-1.0
// A normal law fitted to its own samples: what a thousand lineages do, and what theory says they must.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "tailwatch/recursion/accumulation_theory.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/replicate.hpp"
#include "tailwatch/recursion/run.hpp"

namespace recursion = tailwatch::recursion;

int main() {
  constexpr std::uint64_t samples = 50, generations = 100;
  constexpr std::size_t lineages = 1000;

  // variances[lineage][generation] of full runs, data and all
  const auto simulate = [&](recursion::regime regime) {
    return recursion::replicate(lineages, 2024, [&](std::uint64_t, std::uint64_t seed) {
      tailwatch::core::random_engine random(seed);
      const std::vector<double> real = recursion::gaussian{}.sample(samples, random);
      return recursion::run(real, recursion::gaussian_model{}, {.regime = regime, .generations = generations}, random,
                            [](const auto& g) { return g.model.variance; })
          .records;
    });
  };
  const auto replace = simulate(recursion::regime::replace);
  const auto accumulate = simulate(recursion::regime::accumulate);

  std::printf("variance of a Gaussian refitted to %d draws, %zu lineages; real variance 1\n\n",
              static_cast<int>(samples), lineages);
  std::printf("                replace                    accumulate\n");
  std::printf("generation   median    mean  theory        mean  theory\n");
  bool good = true;
  for (const std::uint64_t n : {1U, 2U, 5U, 10U, 20U, 50U, 100U}) {
    std::vector<double> v;
    double mean_replace = 0.0, mean_accumulate = 0.0;
    for (std::size_t i = 0; i < lineages; ++i) {
      v.push_back(replace[i][n - 1]);
      mean_replace += replace[i][n - 1] / lineages;
      mean_accumulate += accumulate[i][n - 1] / lineages;
    }
    std::nth_element(v.begin(), v.begin() + lineages / 2, v.end());
    const double theory = recursion::gaussian_replace_variance(samples, n);
    const double kept = recursion::accumulate_variance(samples, n);
    std::printf("%10d %8.3f %7.3f %7.3f     %7.3f %7.3f\n", static_cast<int>(n), v[lineages / 2], mean_replace, theory,
                mean_accumulate, kept);
    const double spread = recursion::gaussian_replace_variance_relative_variance(samples, n);
    good = good && std::abs(mean_replace / theory - 1.0) < 5 * std::sqrt(spread / lineages);
    good =
        good && std::abs(mean_accumulate / kept - 1.0) < 5 * 0.3 / std::sqrt(lineages);  // spread of one lineage < 0.3
  }
  std::printf("\nReplacing data loses all variance in the end; keeping it loses at most %.1f %%.\n",
              100 * (1 - recursion::accumulate_variance_limit(samples)));
  return good ? 0 : 1;
}
