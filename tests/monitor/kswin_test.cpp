// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/kswin.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::core::random_engine;
using tailwatch::core::uniform_01;

TEST_CASE("kswin: the p-value is the exact one of two equal samples", "[monitor]") {
  // All orders of two samples of n, counted.
  for (std::size_t n = 2; n <= 6; ++n) {
    std::vector<int> order(2 * n, 0);
    std::fill(order.begin() + static_cast<std::ptrdiff_t>(n), order.end(), 1);
    std::vector<double> at_least(n + 2, 0.0);
    double total = 0.0;
    do {
      int walk = 0, largest = 0;
      for (const int step : order) {
        walk += step == 0 ? 1 : -1;
        largest = std::max(largest, std::abs(walk));
      }
      for (int k = 0; k <= largest; ++k) at_least[static_cast<std::size_t>(k)] += 1.0;
      total += 1.0;
    } while (std::next_permutation(order.begin(), order.end()));
    for (std::size_t k = 0; k <= n + 1; ++k)
      CHECK(std::abs(monitor::kswin::p_value_of(k, n) - at_least[k] / total) < 1e-14);
  }
  // scipy.stats.ks_2samp's exact p-values of D = 13/30 and 14/30, n = m = 30.
  CHECK(std::abs(monitor::kswin::p_value_of(13, 30) - 0.006548396368058784) < 1e-15);
  CHECK(std::abs(monitor::kswin::p_value_of(14, 30) - 0.0025300622362698397) < 1e-15);
}

TEST_CASE("kswin: a shift alarms soon, the window starts again, and a steady stream alarms as documented",
          "[monitor]") {
  std::size_t delay = 0, found = 0, steady = 0;
  for (std::uint64_t run = 0; run < 40; ++run) {
    random_engine random(run + 1);
    monitor::kswin window({.seed = run});
    for (int t = 0; t < 200; ++t) window.update(uniform_01(random));
    for (std::size_t t = 1; t <= 100; ++t) {
      window.update(0.5 + uniform_01(random));
      if (!window.alarmed()) continue;
      CHECK(window.window() == 30);
      CHECK(window.p_value() <= 0.005);
      delay += t;
      ++found;
      break;
    }
    monitor::kswin quiet({.seed = run});
    for (int t = 0; t < 1000; ++t) {
      quiet.update(uniform_01(random));
      steady += quiet.alarmed() ? 1U : 0U;
    }
  }
  CHECK(found == 40);
  CHECK(delay / found < 40);
  // 48 in 40 000 observations, once in 830: neighbouring tests share most of their window. Poisson limits at 5 deviations.
  CHECK(steady > 13);
  CHECK(steady < 83);
}

TEST_CASE("kswin: same seed same alarms, bad arguments are refused", "[monitor]") {
  monitor::kswin a, b;
  random_engine random(3);
  for (int t = 0; t < 2000; ++t) {
    const double x = uniform_01(random);
    a.update(x);
    b.update(x);
    CHECK(a.alarmed() == b.alarmed());
  }
  CHECK(a.count() == 2000);
  a.reset();
  CHECK(a.count() == 0);
  CHECK_THROWS_AS(a.update(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK_THROWS_AS(monitor::kswin({.alpha = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::kswin({.stat_size = 1}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::kswin({.window_size = 59}), std::invalid_argument);
  monitor::kswin ties;  // all values equal: no alarm, D = 0
  for (int t = 0; t < 300; ++t) ties.update(1.0);
  CHECK(ties.p_value() == 1.0);
}
