// SPDX-License-Identifier: BSL-1.0

// What theory says before anything is run: the closed forms of every model and regime for M = 100 units a generation, one calculus that
// gives them all, the law of a single lineage, and what a detector's screen leaves of the data.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/accumulation_theory.hpp"
#include "tailwatch/recursion/alive_types.hpp"
#include "tailwatch/recursion/contraction_share.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/data_traits.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/kernel_density_theory.hpp"
#include "tailwatch/recursion/lineage_theory.hpp"
#include "tailwatch/recursion/linear_theory.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/null_band.hpp"
#include "tailwatch/recursion/power_law_theory.hpp"
#include "tailwatch/recursion/screen.hpp"
#include "tailwatch/recursion/sharpening_theory.hpp"
#include "tailwatch/recursion/simpson_moments.hpp"
#include "tailwatch/recursion/variance_moments.hpp"

namespace recursion = tailwatch::recursion;

int main() {
  constexpr double m = 100, real = 10;
  constexpr std::uint64_t n = 20;
  const std::vector<double> p{0.4, 0.3, 0.15, 0.1, 0.05};

  std::printf("after %d generations of %d units\n", static_cast<int>(n), static_cast<int>(m));
  const double mixed = 1.0 - recursion::mix_loss(m, real, n);
  for (const auto& [name, value] :
       {std::pair{"Gaussian, replace: variance", recursion::gaussian_replace_variance(m, n)},
        std::pair{"  accumulate", recursion::accumulate_variance(m, n)},
        std::pair{"  accumulate, subsample", recursion::accumulate_subsample_variance(m, n)},
        std::pair{"  ten fresh real units", mixed},
        std::pair{"kernel density, h = 0.3", recursion::kernel_density_replace_variance(m, 0.3, 1.0, n)},
        std::pair{"least squares, d = 5: risk", recursion::linear_replace_risk(5, m, 1.0, n)},
        std::pair{"  accumulate, fresh design",
                  recursion::linear_accumulate_risk(5, m, 1.0, n, recursion::linear_design::fresh)},
        std::pair{"power law: mean ln of the scale", recursion::power_law_replace_log_scale(m, n)},
        std::pair{"rarest of five types, temperature .9", recursion::temperature_distribution(p, 0.9, n).back()}})
    std::printf("%-38s %9.4f\n", name, value);

  // The same mixture as a scheme of batches and fits: any other scheme goes the same way.
  recursion::lineage_moments scheme;
  auto model = scheme.fit({{scheme.draw_real(m), 1.0}});
  for (std::uint64_t g = 1; g < n; ++g)
    model = scheme.fit({{scheme.draw_real(real), real}, {scheme.draw(model, m - real), m - real}});
  std::printf("as a scheme of fits %.12f, closed form %.12f\n", scheme.variance(model), mixed);

  // A single lineage scatters: its law, and whether it proves anything.
  const auto moments = recursion::variance_moments_of(m, n, real);
  const auto band = recursion::variance_band(m, n, 0.9, recursion::variance_estimator::biased, real);
  const auto simpson = recursion::simpson_moments_of(recursion::power_sums_of(p), m, n);
  const auto verdict = recursion::judge_lineage(0.1, m, n);
  const auto types = recursion::alive_types(recursion::grouped_law(p), recursion::ancestry_of(m, 0, n));
  std::printf("one lineage: variance %.3f +- %.3f, 90 %% between %.3f and %.3f; Simpson %.3f +- %.3f; %.2f types\n",
              moments.mean, std::sqrt(moments.variance), band.lower, band.upper, simpson.mean,
              std::sqrt(simpson.variance), types.mean);
  std::printf("variance 0.1 of what it was: neutral drift z = %.1f\n", verdict.neutral_z);

  // Backwards: which synthetic share explains the loss? And what does a detector leave of a half generated batch?
  const auto share = recursion::synthetic_share_of_loss({1.0 - mixed, 0.01, 50}, m, n);
  const recursion::detector_screen screen{0.01, 0.75};
  std::vector<int> batch(20000);
  tailwatch::core::random_engine random(1);
  const auto kept = screen(batch, batch.size() / 2, random);
  const auto kept_size =
      recursion::data_traits<std::vector<int>>::size(recursion::data_traits<std::vector<int>>::gather(batch, kept));
  std::printf("synthetic share %.3f, truth %.3f; the screen leaves %d of %d, %.0f %% of them real\n", share.share.value,
              1.0 - real / m, static_cast<int>(kept_size), static_cast<int>(batch.size()),
              100 * screen.real_share(0.5));
  return std::abs(scheme.variance(model) - mixed) < 1e-12 && std::abs(share.share.value - 0.9) < 1e-6 &&
                 std::abs(moments.mean - mixed) < 1e-12 && verdict.neutral_z < -2 && band.lower < mixed &&
                 std::abs(static_cast<double>(kept_size) / 20000 - 0.62) < 0.02
             ? 0
             : 1;
}
