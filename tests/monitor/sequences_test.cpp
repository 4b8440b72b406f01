// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/monitor/betting_capital.hpp"
#include "tailwatch/monitor/betting_sequence.hpp"
#include "tailwatch/monitor/confidence_sequence.hpp"
#include "tailwatch/monitor/conjugate_mixture.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::testing::close;

namespace {

/// Mean 0.3, in [0, 1].
double sequences_draw(tailwatch::core::random_engine& random) {
  const double u = tailwatch::core::uniform_01(random);
  return u * u * 0.9;
}

/// Share of `runs` streams of `length` in which the interval, looked at every tenth time, ever misses 0.3.
template <class Sequence>
double share_missed(const Sequence& fresh, int runs, int length) {
  tailwatch::core::random_engine random(80);
  int missed = 0;
  for (int r = 0; r < runs; ++r) {
    Sequence sequence = fresh;
    bool miss = false;
    for (int t = 1; t <= length && !miss; ++t) {
      sequence.update(sequences_draw(random));
      if (t % 10 != 0) continue;
      const tailwatch::interval i = sequence.value();
      miss = i.lower > 0.3 || i.upper < 0.3;
    }
    missed += miss ? 1 : 0;
  }
  return static_cast<double>(missed) / runs;
}

}  // namespace

TEST_CASE("monitor: confidence sequences miss no more often than they say, at all times together", "[monitor]") {
  // 400 runs at α = 0.2: three standard errors are 0.06
  CHECK(share_missed(monitor::conjugate_mixture_empirical_bernstein({.alpha = 0.2}), 400, 300) <= 0.26);
  CHECK(share_missed(monitor::conjugate_mixture_bernoulli({.alpha = 0.2, .breaks = 100}), 400, 200) <= 0.26);
  CHECK(share_missed(monitor::betting_sequence({.alpha = 0.2, .breaks = 100}), 400, 300) <= 0.26);
  CHECK(share_missed(monitor::betting_sequence({.alpha = 0.2, .convex = true, .breaks = 100}), 400, 300) <= 0.26);
}

TEST_CASE("monitor: the betting sequence's capitals are those of betting_capital", "[monitor]") {
  tailwatch::core::random_engine random(81);
  for (const bool convex : {false, true}) {
    monitor::betting_sequence sequence({.alpha = 0.1, .theta = 0.4, .convex = convex, .breaks = 50});
    monitor::betting_capital at_the_edge(0.02, {.alpha = 0.1, .theta = 0.4, .convex = convex});
    monitor::betting_capital in_the_middle(0.3, {.alpha = 0.1, .theta = 0.4, .convex = convex});
    for (int t = 0; t < 3000; ++t) {
      const double x = t < 5 ? 1.0 : t < 1500 ? sequences_draw(random) : static_cast<double>(t % 2);
      sequence.update(x);
      at_the_edge.update(x);
      in_the_middle.update(x);
      if (t % 31 != 0 && t < 2990) continue;
      REQUIRE(close(sequence.log_capital(1), at_the_edge.log_value(), 1e-10, 1e-10));
      REQUIRE(close(sequence.log_capital(15), in_the_middle.log_value(), 1e-10, 1e-10));
    }
    sequence.reset();
    monitor::betting_capital again(0.02, {.alpha = 0.1, .theta = 0.4, .convex = convex});
    for (int t = 0; t < 1200; ++t) {
      sequence.update(1.0);
      again.update(1.0);
    }
    CHECK(close(sequence.log_capital(1), again.log_value(), 1e-12));
    CHECK(sequence.log_capital(1) > 800.0);  // beyond what a double would hold
  }
}

TEST_CASE("monitor: betting bounds are narrower than the empirical-Bernstein ones, those narrower than Bernoulli's",
          "[monitor]") {
  tailwatch::core::random_engine random(82);
  monitor::betting_sequence betting;
  monitor::predictable_mixture predictable;
  monitor::conjugate_mixture_empirical_bernstein conjugate;
  monitor::conjugate_mixture_empirical_bernstein cautious({.side_share = 0.25});
  monitor::conjugate_mixture_bernoulli bernoulli;
  const auto width = [](const tailwatch::interval& i) { return i.upper - i.lower; };
  for (int t = 0; t < 2000; ++t) {
    const double x = 0.5 + 0.1 * (tailwatch::core::uniform_01(random) - 0.5);
    betting.update(x), predictable.update(x), conjugate.update(x), cautious.update(x), bernoulli.update(x);
    if (t == 30) CHECK(width(betting.value()) < width(conjugate.value()));
  }
  CHECK(width(betting.value()) < 1.2 * width(predictable.value()) + 0.002);
  CHECK(width(conjugate.value()) < width(cautious.value()));
  CHECK(width(cautious.value()) < 0.5 * width(bernoulli.value()));
  CHECK(conjugate.count() == 2000);
  CHECK(conjugate.value().level == 0.95);
}

TEST_CASE("monitor: the Bernoulli sequence's e-value has mean 1, and closes on the ends", "[monitor]") {
  for (const double m : {0.2, 0.5, 0.97}) {
    double mean = 0.0;
    double share = std::pow(1.0 - m, 9.0);
    for (int k = 0; k <= 9; ++k) {
      monitor::conjugate_mixture_bernoulli sequence({.t_opt = 40.0});
      for (int i = 0; i < 9; ++i) sequence.update(i < k ? 1.0 : 0.0);
      mean += share * std::exp(sequence.log_e_value(m));
      share *= m / (1.0 - m) * (9.0 - k) / (k + 1.0);
    }
    CHECK(close(mean, 1.0, 1e-12));
  }
  monitor::conjugate_mixture_bernoulli zeros;
  for (int i = 0; i < 1000; ++i) zeros.update(0.0);
  CHECK(zeros.value().lower == 0.0);
  CHECK(zeros.value().upper < 0.02);
  CHECK(zeros.log_e_value(0.0) == 0.0);
  CHECK(std::isinf(zeros.log_e_value(1.0)));
  zeros.update(0.25);
  CHECK(std::isinf(zeros.log_e_value(0.0)));
  zeros.reset();
  CHECK(zeros.value() == tailwatch::interval{0.0, 1.0, 0.95});
}

TEST_CASE("monitor: confidence sequences know nothing before the first value and refuse what is outside [0, 1]",
          "[monitor]") {
  const auto check = [](auto sequence) {
    CHECK(sequence.value().lower == 0.0);
    CHECK(sequence.value().upper == 1.0);
    for (const double x :
         {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      CHECK_FALSE(sequence.try_update(x));
      CHECK_THROWS_AS(sequence.update(x), std::invalid_argument);
    }
    CHECK(sequence.count() == 0);
    for (int i = 0; i < 500; ++i) sequence.update(1.0);
    CHECK(sequence.value().upper == 1.0);
    CHECK(sequence.value().lower > 0.9);
    sequence.reset();
    CHECK(sequence.count() == 0);
    CHECK(sequence.value().lower == 0.0);
  };
  check(monitor::betting_sequence());
  check(monitor::conjugate_mixture_empirical_bernstein());
  check(monitor::conjugate_mixture_bernoulli());
  CHECK_THROWS_AS(monitor::betting_sequence({.breaks = 1}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::betting_sequence({.truncation = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::conjugate_mixture_empirical_bernstein({.side_share = 0.6}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::conjugate_mixture_empirical_bernstein({.alpha = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::conjugate_mixture_bernoulli({.t_opt = -1.0}), std::invalid_argument);
}
