// SPDX-License-Identifier: BSL-1.0

// Intervals that hold at all times at once, boundaries for sums, and an adaptive window, on one stream: mean 0.4 until
// observation 1000, 0.6 after it.

#include <cstdio>

#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/adwin.hpp"
#include "tailwatch/monitor/betting_sequence.hpp"
#include "tailwatch/monitor/boundary_beta_binomial_mixture.hpp"
#include "tailwatch/monitor/boundary_gamma_exponential_mixture.hpp"
#include "tailwatch/monitor/boundary_normal_mixture.hpp"
#include "tailwatch/monitor/boundary_polynomial_stitching.hpp"
#include "tailwatch/monitor/confidence_sequence.hpp"
#include "tailwatch/monitor/conjugate_mixture.hpp"

namespace monitor = tailwatch::monitor;

int main() {
  tailwatch::core::random_engine random(2);
  monitor::predictable_mixture predictable;
  monitor::conjugate_mixture_empirical_bernstein conjugate;
  monitor::conjugate_mixture_bernoulli bernoulli;
  monitor::betting_sequence betting;
  monitor::adwin window;
  bool covered = true;
  const auto line = [&](const char* name, const tailwatch::interval& i) {
    std::printf("%-34s [%.3f, %.3f]\n", name, i.lower, i.upper);
    covered = covered && i.lower < 0.4 && i.upper > 0.4;
  };
  int first_cut = 0;
  for (int t = 1; t <= 1200; ++t) {
    const double x = (t <= 1000 ? 0.4 : 0.6) + 0.6 * (tailwatch::core::uniform_01(random) - 0.5);
    predictable.update(x), conjugate.update(x), bernoulli.update(x), betting.update(x), window.update(x);
    if (window.alarmed() && first_cut == 0) first_cut = t;
    if (t != 1000) continue;
    std::printf("95 %% for the mean after 1000 observations\n");
    line("predictable mixture", predictable.value());
    line("conjugate mixture, empirical", conjugate.value());
    line("conjugate mixture, Bernoulli", bernoulli.value());
    line("betting", betting.value());
  }
  std::printf("ADWIN: first cut at %d, window %d, mean %.3f\n", first_cut, static_cast<int>(window.width()),
              window.mean());

  const double v = 0.25 * 1000;  // of 1000 values in [0, 1]: how far may their sum stray from its mean?
  const double normal = monitor::boundary_normal_mixture({.v_opt = v})(v, 0.05);
  const double beta = monitor::boundary_beta_binomial_mixture({.v_opt = v})(v, 0.05);
  const double gamma = monitor::boundary_gamma_exponential_mixture({.v_opt = 30.0})(30.0, 0.025);  // at variance 0.03
  const double stitched = monitor::boundary_polynomial_stitching({.v_min = 10.0})(v, 0.025);
  std::printf("sum of 1000: normal %.1f, beta-binomial %.1f, gamma-exponential %.1f, stitched %.1f\n", normal, beta,
              gamma, stitched);
  return covered && first_cut > 1000 && first_cut < 1100 && gamma < beta && normal < stitched ? 0 : 1;
}
