// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/betting_capital.hpp"
#include "tailwatch/monitor/confidence_sequence.hpp"
#include "tailwatch/monitor/e_cusum.hpp"
#include "tailwatch/monitor/e_process_mixture.hpp"
#include "tailwatch/monitor/e_sr.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::collapse_direction;
using tailwatch::testing::close;

namespace {

/// E of exp(log_value) over all 0/1 paths of `steps` observations with mean m.
template <class Detector>
double e_expectation(const Detector& state, double m, int steps) {
  if (steps == 0) return std::exp(state.log_value());
  Detector zero = state;
  Detector one = state;
  zero.update(0.0);
  one.update(1.0);
  return (1.0 - m) * e_expectation(zero, m, steps - 1) + m * e_expectation(one, m, steps - 1);
}

}  // namespace

TEST_CASE("monitor: E R_t = t for e_sr, at most that for e_cusum, E M_t = 1 for the mixture", "[monitor]") {
  for (const double m : {0.1, 0.5})
    for (const auto direction : {collapse_direction::falls, collapse_direction::rises, collapse_direction::either}) {
      CHECK(close(e_expectation(monitor::e_sr(m, direction), m, 8), 8.0, 1e-12));
      CHECK(e_expectation(monitor::e_cusum(m, direction), m, 8) <= 8.0);
      CHECK(close(e_expectation(monitor::e_process_mixture(m, direction), m, 8), 1.0, 1e-12));
    }
  // Sub-Bernoulli increments are exact for 0/1 observations too.
  const std::vector<double> bets{0.7, -0.4};
  CHECK(close(e_expectation(monitor::e_process_mixture(monitor::increment::bernoulli, 0.3, bets), 0.3, 8), 1.0, 1e-12));
  CHECK(close(e_expectation(monitor::betting_capital(0.3), 0.3, 10), 1.0, 1e-12));
}

TEST_CASE("monitor: e-detectors refuse what they cannot use", "[monitor]") {
  const std::vector<double> bets{0.5};
  const std::vector<double> two{0.5, 0.5};
  const std::vector<double> zero{0.0};
  CHECK_THROWS_AS(monitor::e_sr(monitor::increment::bounded, 0.4, bets, two), std::invalid_argument);
  CHECK_THROWS_AS(monitor::e_sr(monitor::increment::bounded, 0.4, bets, zero), std::invalid_argument);
  CHECK_THROWS_AS(monitor::e_sr(monitor::increment::bounded, 0.4, zero), std::invalid_argument);
  CHECK_THROWS_AS(monitor::e_sr(monitor::increment::bernoulli, 1.0, bets), std::invalid_argument);
  monitor::e_cusum state(0.4, collapse_direction::rises);
  CHECK(state.log_value() == -std::numeric_limits<double>::infinity());
  state.update(1.0);
  const monitor::e_cusum before = state;
  CHECK_THROWS_AS(state.update(1.5), std::invalid_argument);
  CHECK_FALSE(state.try_update(std::numeric_limits<double>::quiet_NaN()));
  CHECK(state == before);
  state.reset();
  CHECK(state.count() == 0);
  CHECK(state.log_value() == -std::numeric_limits<double>::infinity());
  monitor::e_process_mixture normal(monitor::increment::normal, 2.0, bets);
  normal.update(1e6);  // unbounded data are welcome to the normal increment
  CHECK(close(normal.log_value(), 0.5 * (1e6 - 2.0) - 0.125, 1e-14));
}

TEST_CASE("monitor: ordered blocks of e_sr compose, and an empty block is the identity", "[monitor]") {
  const std::vector<double> x{0.1, 0.9, 0.4, 0.8, 0.3, 1.0, 0.0};
  const std::vector<double> bets{0.5};
  monitor::e_sr whole(monitor::increment::bounded, 0.4, bets);
  for (const double v : x) whole.update(v);
  for (std::size_t cut = 0; cut <= x.size(); ++cut) {
    const auto first = monitor::e_sr_block(0.4, 0.5, std::span(x).first(cut));
    const auto second = monitor::e_sr_block(0.4, 0.5, std::span(x).subspan(cut));
    CHECK(close(first.then(second).apply(-std::numeric_limits<double>::infinity()), whole.log_value(), 1e-13));
  }
  CHECK(monitor::e_sr_block(0.4, 0.5, {}) == monitor::ordered_block{});
}

TEST_CASE("monitor: the predictable mixture covers at all times at once, and narrows", "[monitor]") {
  // 1500 streams of 400 at level 90 %: misses at any time at most 150 + 3·11.6.
  for (const auto penalty : {monitor::mixture_penalty::empirical_bernstein, monitor::mixture_penalty::hoeffding}) {
    int missed = 0;
    double width = 0.0;
    for (std::uint64_t run = 0; run < 1500; ++run) {
      tailwatch::core::random_engine random(tailwatch::core::split_seed(41, run));
      monitor::predictable_mixture sequence({.alpha = 0.1, .truncation = 0.5, .penalty = penalty});
      bool miss = false;
      for (int t = 0; t < 400; ++t) {
        const double u = tailwatch::core::uniform_01(random);
        sequence.update(u * u);  // mean 1/3
        const auto i = sequence.value();
        miss = miss || i.lower > 1.0 / 3.0 || i.upper < 1.0 / 3.0;
      }
      missed += miss ? 1 : 0;
      width += (sequence.value().upper - sequence.value().lower) / 1500.0;
    }
    CHECK(missed <= 185);
    CHECK(width < 0.25);
  }
  monitor::predictable_mixture fresh;
  CHECK(fresh.value().lower == 0.0);
  CHECK(fresh.value().upper == 1.0);
  CHECK_FALSE(fresh.try_update(-0.1));
  CHECK_THROWS_AS(fresh.update(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK_THROWS_AS(monitor::predictable_mixture({.alpha = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::predictable_mixture({.truncation = 1.0}), std::invalid_argument);
}

TEST_CASE("monitor: the mean time to a false alarm of e_sr and e_cusum is at least A", "[monitor]") {
  // A = 50, independent 0/1 with mean m: 300 runs each; e_sr's mean time is A plus the overshoot.
  double sr_time = 0.0;
  double cusum_time = 0.0;
  for (std::uint64_t run = 0; run < 300; ++run) {
    tailwatch::core::random_engine random(tailwatch::core::split_seed(43, run));
    monitor::e_sr sr(0.4, collapse_direction::rises);
    monitor::e_cusum cusum(0.4, collapse_direction::rises);
    bool sr_runs = true;
    for (int t = 1; t <= 20000; ++t) {
      const double x = tailwatch::core::uniform_01(random) < 0.4 ? 1.0 : 0.0;
      if (sr_runs) {
        sr.update(x);
        if (sr.log_value() >= std::log(50.0)) {
          sr_time += t / 300.0;
          sr_runs = false;
        }
      }
      cusum.update(x);
      if (cusum.log_value() >= std::log(50.0)) {
        cusum_time += t / 300.0;
        break;
      }
    }
  }
  CHECK(sr_time > 50.0);
  CHECK(sr_time < 90.0);
  CHECK(cusum_time > 2.0 * sr_time);
}
