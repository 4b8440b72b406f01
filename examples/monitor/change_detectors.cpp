// SPDX-License-Identifier: BSL-1.0

// One stream, several detectors: mean 0.4 until observation 1000, 0.6 after it.

#include <cmath>
#include <cstdio>

#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/confidence_sequence.hpp"
#include "tailwatch/monitor/cusum.hpp"
#include "tailwatch/monitor/e_cusum.hpp"
#include "tailwatch/monitor/e_process_mixture.hpp"
#include "tailwatch/monitor/e_sr.hpp"
#include "tailwatch/monitor/ewma_chart.hpp"
#include "tailwatch/monitor/page_hinkley.hpp"
#include "tailwatch/monitor/shiryaev_mixture.hpp"

namespace monitor = tailwatch::monitor;

int main() {
  tailwatch::core::random_engine random(1);
  constexpr auto rises = tailwatch::collapse_direction::rises;
  constexpr double sigma = 0.2;
  monitor::shiryaev_mixture shiryaev(0.4, rises);
  monitor::e_sr sr(0.4, rises);
  monitor::e_cusum e_cusum(0.4, rises);
  monitor::e_process_mixture plain(0.4, rises);
  monitor::cusum_tabular cusum({.target = 0.4, .sigma = sigma});
  monitor::ewma_chart ewma({.target = 0.4, .sigma = sigma});
  monitor::page_hinkley page_hinkley({.threshold = 5.0});
  monitor::predictable_mixture interval;
  int first[7] = {0, 0, 0, 0, 0, 0, 0};
  for (int t = 1; t <= 1200; ++t) {
    // The mean of three uniform numbers, moved into place: in [0, 1], standard deviation about 0.19.
    double x = t <= 1000 ? 0.4 : 0.6;
    for (int i = 0; i < 3; ++i) x += (tailwatch::core::uniform_01(random) - 0.5) * 0.8 / 3.0 * 1.45;
    x = std::fmin(std::fmax(x, 0.0), 1.0);
    shiryaev.update(x), sr.update(x), e_cusum.update(x), plain.update(x), cusum.update(x), ewma.update(x);
    page_hinkley.update(x), interval.update(x);
    const bool alarms[7] = {shiryaev.alarmed(0.05),
                            sr.log_value() > std::log(1000.0),
                            e_cusum.log_value() > std::log(1000.0),
                            plain.log_value() > std::log(20.0),
                            cusum.alarmed(),
                            ewma.alarmed(),
                            page_hinkley.alarmed()};
    for (int i = 0; i < 7; ++i)
      if (alarms[i] && first[i] == 0) first[i] = t;
  }
  const char* names[7] = {"Shiryaev mixture, alpha 0.05", "e-SR, 1000",          "e-CUSUM, 1000",
                          "plain e-process, alpha 0.05",  "tabular CUSUM 0.5/5", "EWMA 0.2/2.962",
                          "Page-Hinkley, threshold 5"};
  for (int i = 0; i < 7; ++i) std::printf("%-28s first alarm %d\n", names[i], first[i]);
  std::printf("95 %% for the mean so far: [%.3f, %.3f]\n", interval.value().lower, interval.value().upper);
  const bool covered = interval.value().lower < 0.4334 && interval.value().upper > 0.4333;
  return first[0] > 1000 && first[0] < 1100 && covered ? 0 : 1;
}
