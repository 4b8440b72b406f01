// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <limits>
#include <stdexcept>

#include "support/catch.hpp"
#include "tailwatch/monitor/cusum.hpp"
#include "tailwatch/monitor/ddm.hpp"
#include "tailwatch/monitor/ewma_chart.hpp"
#include "tailwatch/monitor/generalized_likelihood_ratio_cusum.hpp"
#include "tailwatch/monitor/mosum.hpp"
#include "tailwatch/monitor/page_hinkley.hpp"
#include "tailwatch/monitor/shiryaev_roberts_normal.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::testing::close;

namespace {
constexpr double charts_nan = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE("monitor: the tabular CUSUM adds what exceeds the allowance, each way", "[monitor]") {
  monitor::cusum_tabular chart({.target = 10.0, .sigma = 2.0, .allowance = 0.5, .threshold = 4.0});
  for (int t = 1; t <= 8; ++t) {
    chart.update(12.0);  // z = 1: half a sigma a step
    CHECK(chart.upper() == 0.5 * t);
    CHECK(chart.lower() == 0.0);
    CHECK_FALSE(chart.alarmed());
  }
  chart.update(12.0);
  CHECK(chart.alarmed());
  chart.reset();
  chart.update(6.0);
  CHECK(chart.lower() == 1.5);
  CHECK_THROWS_AS(chart.update(charts_nan), std::invalid_argument);
  CHECK_THROWS_AS(monitor::cusum_tabular({.sigma = 0.0}), std::invalid_argument);
}

TEST_CASE("monitor: the EWMA chart's limits open to their stationary width", "[monitor]") {
  monitor::ewma_chart chart({.lambda = 0.2, .target = 1.0, .sigma = 3.0, .limit_width = 3.0});
  CHECK(chart.limit() == 0.0);
  chart.update(1.0);
  CHECK(close(chart.limit(), 3.0 * 3.0 * 0.2, 1e-14));
  for (int i = 0; i < 500; ++i) chart.update(1.0);
  CHECK(close(chart.limit(), 9.0 * std::sqrt(0.2 / 1.8), 1e-14));
  CHECK(chart.value() == 1.0);
  CHECK_FALSE(chart.alarmed());
  chart.update(100.0);
  CHECK(chart.alarmed());
  CHECK_THROWS_AS(monitor::ewma_chart({.lambda = 1.1}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::ewma_chart({.lambda = charts_nan}), std::invalid_argument);
}

TEST_CASE("monitor: Page-Hinkley starts again after an alarm, the running-mean CUSUM goes on", "[monitor]") {
  monitor::page_hinkley ph({.delta = 0.0, .threshold = 2.0, .forgetting = 1.0, .min_instances = 5});
  monitor::cusum_running_mean cusum({.delta = 0.0, .threshold = 2.0, .min_instances = 5});
  int ph_alarms = 0;
  int cusum_alarms = 0;
  for (int t = 0; t < 60; ++t) {
    const double x = t < 20 ? 0.0 : 1.0;
    ph.update(x);
    cusum.update(x);
    ph_alarms += ph.alarmed() ? 1 : 0;
    cusum_alarms += cusum.alarmed() ? 1 : 0;
  }
  CHECK(ph_alarms == 1);
  CHECK(ph.value() == 0.0);  // constant since the reset
  CHECK(cusum_alarms > 30);
  CHECK_THROWS_AS(ph.update(charts_nan), std::invalid_argument);
}

TEST_CASE("monitor: MOSUM compares two windows and forgets what has left them", "[monitor]") {
  monitor::mosum sums({.bandwidth = 4, .sigma = 0.5, .threshold = 2.0});
  for (int i = 0; i < 7; ++i) {
    sums.update(1.0);
    CHECK(sums.value() == 0.0);
  }
  sums.update(1.0);
  for (int i = 1; i <= 4; ++i) {
    sums.update(3.0);
    CHECK(close(sums.value(), 2.0 * i / (std::sqrt(8.0) * 0.5), 1e-14));
  }
  CHECK(sums.alarmed());
  for (int i = 0; i < 4; ++i) sums.update(3.0);
  CHECK(sums.value() == 0.0);
  CHECK_THROWS_AS(monitor::mosum({.bandwidth = 0}), std::invalid_argument);
}

TEST_CASE("monitor: likelihood-ratio charts follow their recursions", "[monitor]") {
  monitor::cusum_log_likelihood_ratio_normal cusum({.mean_before = 0.0, .mean_after = 1.0});
  monitor::shiryaev_roberts_normal roberts({.mean_before = 0.0, .mean_after = 1.0});
  cusum.update(-2.0);
  CHECK(cusum.value() == -2.5);
  cusum.update(2.0);
  CHECK(cusum.value() == 1.5);
  roberts.update(2.0);
  CHECK(roberts.log_value() == 1.5);
  roberts.update(0.5);
  CHECK(close(roberts.log_value(), std::log1p(std::exp(1.5)), 1e-15));
  for (int i = 0; i < 3000; ++i) roberts.update(2.0);  // far beyond e^709
  CHECK(close(roberts.log_value(), 4500.0 + std::log(std::exp(1.5) + 1.0), 1e-3));

  monitor::generalized_likelihood_ratio_cusum glr({.mean_null = 1.0, .log_threshold = 5.0, .window = 3});
  for (int i = 0; i < 10; ++i) glr.update(3.0);
  CHECK(glr.value() == 6.0 * 6.0 / 6.0);
  CHECK(glr.alarmed());
  for (int i = 0; i < 3; ++i) glr.update(0.0);
  CHECK(glr.value() == 0.0);
}

TEST_CASE("monitor: DDM warns before it alarms", "[monitor]") {
  monitor::ddm detector;
  int first_warning = -1;
  int first_alarm = -1;
  for (int t = 0; t < 400; ++t) {
    detector.update(t < 200 ? (t % 10 == 0 ? 1.0 : 0.0) : 1.0);
    if (detector.warned() && first_warning < 0) first_warning = t;
    if (detector.alarmed() && first_alarm < 0) first_alarm = t;
  }
  CHECK(first_warning >= 200);
  CHECK(first_alarm > first_warning);
  CHECK_THROWS_AS(detector.update(2.0), std::invalid_argument);
}
