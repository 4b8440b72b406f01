// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/collapse_profile.hpp"

#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;
using monitor::verdict;
using tailwatch::estimate;
using tailwatch::testing::close;

namespace {

/// Generations whose risk is `risk(g)` and whose variance is `variance(g)`, with small noise.
template <class Risk, class Variance>
std::vector<monitor::generation_measures> profile_run(std::size_t n, const Risk& risk, const Variance& variance) {
  tailwatch::core::random_engine random(60);
  const auto noise = [&] { return 0.01 * (tailwatch::core::uniform_01(random) - 0.5); };
  std::vector<monitor::generation_measures> run(n);
  for (std::size_t g = 0; g < n; ++g) {
    run[g].risk = {risk(static_cast<double>(g)) + noise(), 0.003, 1000};
    run[g].variance = variance(static_cast<double>(g)) * (1.0 + noise());
  }
  return run;
}

}  // namespace

TEST_CASE("monitor: the profile of a Gaussian refitted to itself", "[monitor]") {
  // Replace: variance falls by 1 − 1/n a generation, the risk grows at an increasing rate.
  const auto run = profile_run(
      20, [](double g) { return 1.0 + 0.1 * std::expm1(0.15 * g); }, [](double g) { return std::pow(0.9, g); });
  const monitor::collapse_profile p = monitor::profile_collapse(run);
  CHECK(p.increased_risk.holds == verdict::present);
  CHECK(p.catastrophic_risk.holds == verdict::present);
  CHECK(close(p.increased_risk.evidence.value, 0.1 * std::expm1(0.15 * 19), 0.02));
  CHECK(close(p.increased_risk.evidence.standard_error, 0.003 * std::sqrt(2.0), 1e-12));
  CHECK(p.diverging_risk.holds == verdict::present);
  CHECK(p.collapsing_variance.holds == verdict::present);
  CHECK(close(p.collapsing_variance.evidence.value, std::log(0.9), 0.02));
  CHECK(p.changed_scaling.holds == verdict::unknown);
  CHECK(p.lost_tail.holds == verdict::unknown);
  CHECK(p.entangled_modes.holds == verdict::unknown);
  CHECK(p.hallucination.holds == verdict::unknown);
}

TEST_CASE("monitor: the profile of accumulated data rises and does not diverge", "[monitor]") {
  const auto run = profile_run(
      20, [](double g) { return 1.0 + 0.3 * (1.0 - std::exp(-0.4 * g)); }, [](double) { return 2.0; });
  const monitor::collapse_profile p = monitor::profile_collapse(run);
  CHECK(p.increased_risk.holds == verdict::present);
  CHECK(p.catastrophic_risk.holds == verdict::absent);
  CHECK(p.diverging_risk.holds == verdict::absent);
  CHECK(p.collapsing_variance.holds == verdict::absent);
}

TEST_CASE("monitor: the profile reads tails, modes, support and scaling", "[monitor]") {
  std::vector<monitor::generation_measures> run(2);
  run[0].tail_mass = {0.10, 0.002, 500};
  run[1].tail_mass = {0.06, 0.002, 500};
  run[0].outside_mass = {0.01, 0.001, 500};
  run[1].outside_mass = {0.012, 0.001, 500};
  run[0].mode_overlap = {0.1, 0.01, 500};
  run[1].mode_overlap = {0.3, 0.01, 500};
  run[0].risk = {1.0, tailwatch::core::nan, 0};
  run[1].risk = {9.0, tailwatch::core::nan, 0};
  std::vector<monitor::scaling_point> real, synthetic;
  for (const double n : {1e3, 1e4, 1e5, 1e6}) {
    const double wobble = n == 1e4 ? 1.001 : 1.0;
    real.push_back({n, 5.0 * std::pow(n, -0.3) * wobble});
    synthetic.push_back({n, 5.0 * std::pow(n, -0.1) * wobble});
  }
  const monitor::collapse_profile p = monitor::profile_collapse(run, real, synthetic);
  CHECK(close(p.lost_tail.evidence.value, 0.4, 1e-12));
  CHECK(close(p.lost_tail.evidence.standard_error, std::hypot(0.02, 0.6 * 0.02), 1e-12));
  CHECK(p.lost_tail.evidence.count == 1000);
  CHECK(p.lost_tail.holds == verdict::present);
  CHECK(p.hallucination.holds == verdict::absent);  // 1.4 standard errors
  CHECK(p.entangled_modes.holds == verdict::present);
  CHECK(p.changed_scaling.holds == verdict::present);
  CHECK(close(p.changed_scaling.evidence.value, 0.2, 1e-9));
  CHECK(p.increased_risk.holds == verdict::unknown);  // no standard error, no verdict
  CHECK(p.increased_risk.evidence.value == 8.0);
  CHECK(monitor::profile_collapse(run, real, real).changed_scaling.holds == verdict::absent);
  CHECK(monitor::profile_collapse({}).increased_risk.holds == verdict::unknown);
  CHECK(monitor::to_string(verdict::present) == "present");
  CHECK_THROWS_AS(monitor::profile_collapse(run, {}, {}, {.clear = -1.0}), std::invalid_argument);
}

TEST_CASE("monitor: a trend's standard error is the spread of its slope", "[monitor]") {
  tailwatch::core::random_engine random(61);
  double sum = 0.0;
  double squares = 0.0;
  double variance = 0.0;
  constexpr int runs = 4000;
  for (int r = 0; r < runs; ++r) {
    monitor::detail::trend t;
    for (int g = 0; g < 12; ++g) t.add(g, 0.3 * g + tailwatch::core::uniform_01(random));
    const estimate slope = t.slope();
    sum += slope.value;
    squares += (slope.value - 0.3) * (slope.value - 0.3);
    variance += slope.standard_error * slope.standard_error;
  }
  CHECK(close(sum / runs, 0.3, 0.0, 4.0 * std::sqrt(variance / runs / runs)));
  CHECK(close(variance / runs, squares / runs, 4.0 * std::sqrt(2.0 / runs)));
}
