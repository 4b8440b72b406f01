// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/shiryaev_mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using tailwatch::collapse_direction;
using tailwatch::monitor::bets_on;
using tailwatch::monitor::ordered_block;
using tailwatch::monitor::shiryaev_mixture;
using tailwatch::testing::close;

namespace {

/// The definition, in logs and without shortcuts.
double shiryaev_by_definition(double m, std::span<const double> bets, std::span<const double> x) {
  double mean = 0.0;
  for (const double bet : bets) {
    double s = 0.0;
    double t = 0.0;
    for (const double v : x) {
      t += 1.0;
      s = (s + 1.0 / (t * (t + 1.0))) * (1.0 + bet * (v / m - 1.0));
    }
    mean += s / static_cast<double>(bets.size());
  }
  return std::log(mean + 1.0 / (static_cast<double>(x.size()) + 1.0));
}

/// Σ over all paths of a two-point law on {0, 1} with mean m: E M_t.
double shiryaev_expectation(const shiryaev_mixture& state, double m, int steps) {
  if (steps == 0) return std::exp(state.log_value());
  shiryaev_mixture zero = state;
  shiryaev_mixture one = state;
  zero.update(0.0);
  one.update(1.0);
  return (1.0 - m) * shiryaev_expectation(zero, m, steps - 1) + m * shiryaev_expectation(one, m, steps - 1);
}

std::vector<double> shiryaev_stream(std::size_t n, double mean, std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  std::vector<double> x(n);
  for (double& v : x) v = tailwatch::core::uniform_01(random) * 2.0 * mean;
  return x;
}

}  // namespace

TEST_CASE("monitor: the Shiryaev mixture follows its definition", "[monitor]") {
  const std::vector<double> bets{0.1, 0.25, 0.5, 0.8};
  const std::vector<double> x = shiryaev_stream(300, 0.45, 3);
  shiryaev_mixture state(0.4, std::span<const double>(bets));
  CHECK(state.log_value() == 0.0);
  for (std::size_t t = 1; t <= x.size(); ++t) {
    state.update(x[t - 1]);
    if (t % 37 == 1 || t == x.size())
      CHECK(close(state.log_value(), shiryaev_by_definition(0.4, bets, std::span(x).first(t)), 1e-12, 1e-13));
  }
  CHECK(state.count() == 300);
}

TEST_CASE("monitor: E M_t of the Shiryaev mixture is exactly 1 under the null", "[monitor]") {
  for (const double m : {0.05, 0.4, 0.9})
    for (const auto direction : {collapse_direction::rises, collapse_direction::falls, collapse_direction::either})
      for (const int steps : {1, 4, 10})
        CHECK(close(shiryaev_expectation(shiryaev_mixture(m, direction), m, steps), 1.0, 1e-13));
  // Inside the one-sided null it is a supermartingale.
  CHECK(shiryaev_expectation(shiryaev_mixture(0.4, collapse_direction::rises), 0.3, 8) < 1.0);
  CHECK(shiryaev_expectation(shiryaev_mixture(0.4, collapse_direction::falls), 0.5, 8) < 1.0);
}

TEST_CASE("monitor: the Shiryaev mixture stays finite far beyond the range of double", "[monitor]") {
  shiryaev_mixture state(0.4, collapse_direction::rises);
  for (int i = 0; i < 5000; ++i) state.update(1.0);
  CHECK(close(state.log_value(), 5000 * std::log1p(0.95 * 1.5) + std::log(0.25 * 0.5 * 1.0) + std::log(1.0), 1e-3));
  const double top = state.log_maximum();
  for (int i = 0; i < 20000; ++i) state.update(0.0);  // all of it bet away again, one bet after the other
  CHECK(state.log_value() < 0.0);
  CHECK(state.log_value() > -25.0);
  CHECK(state.log_maximum() == top);
  CHECK(state.alarmed(1e-9));
}

TEST_CASE("monitor: the default bets keep 87 % of the growth of any bet between the first and the last", "[monitor]") {
  // A shift of δ on a law of variance σ²: λ grows at λδ/m − λ²(σ² + δ²)/(2m²), best at λ* = δm/(σ² + δ²).
  const auto strengths = tailwatch::monitor::default_strengths;
  double worst = 1.0;
  for (double best = strengths.front(); best <= 1.0; best *= 1.001) {
    double most = 0.0;
    for (const double bet : strengths) most = std::max(most, bet / best * (2.0 - bet / best));
    worst = std::min(worst, most);
  }
  CHECK(worst > 0.85);
  // The speed limit: at the map's end a fall and a rise grow by ln(1 + 0.95(1/m − 1)) an observation, and 1/4 of 1/2 of e is that bet's.
  for (const double m : {0.3, 0.5, 0.7}) {
    shiryaev_mixture rise(m, collapse_direction::rises);
    int steps = 0;
    for (; !rise.alarmed(0.05); ++steps) rise.update(1.0);
    const double rate = std::log1p(0.95 * (1.0 / m - 1.0));
    CHECK(steps * std::log(1.0 / m) >= std::log(20.0));  // no e-process at all is faster than 1/m an observation
    CHECK(steps <= std::ceil(std::log(20.0 * 8.0) / rate));
  }
}

TEST_CASE("monitor: a fall is a rise of 1 - x", "[monitor]") {
  shiryaev_mixture fall(0.3, collapse_direction::falls);
  shiryaev_mixture rise(0.7, collapse_direction::rises);
  for (const double x : shiryaev_stream(200, 0.3, 5)) {
    fall.update(x);
    rise.update(1.0 - x);
  }
  CHECK(close(fall.log_value(), rise.log_value(), 1e-10, 1e-12));
}

TEST_CASE("monitor: ordered blocks of the Shiryaev mixture compose into the whole stream", "[monitor]") {
  const std::vector<double> x = shiryaev_stream(400, 0.5, 9);
  shiryaev_mixture whole(0.4, collapse_direction::rises);
  for (const double v : x) whole.update(v);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{137}, std::size_t{400}}) {
    shiryaev_mixture blocks(0.4, collapse_direction::rises);
    const auto first = blocks.block(std::span(x).first(cut), 0);
    const auto second = blocks.block(std::span(x).subspan(cut), cut);
    std::vector<ordered_block> both;
    for (std::size_t k = 0; k < first.size(); ++k) both.push_back(first[k].then(second[k]));
    shiryaev_mixture composed = blocks;
    composed.update_block(both, x.size());
    blocks.update_block(first, cut);
    blocks.update_block(second, x.size() - cut);
    CHECK(close(blocks.log_value(), whole.log_value(), 1e-11));
    CHECK(close(composed.log_value(), whole.log_value(), 1e-11));
    CHECK(blocks.count() == 400);
    CHECK(blocks.log_maximum() <= whole.log_maximum() + 1e-9);  // later perhaps, never falsely
  }
  const auto alone = whole.block(std::span(x).subspan(200), 0);  // a local index instead of the global one
  const auto right = whole.block(std::span(x).subspan(200), 200);
  CHECK(std::abs(alone[0].log_b - right[0].log_b) > 1.0);
}

TEST_CASE("monitor: the Shiryaev mixture refuses what it cannot use and keeps its state", "[monitor]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  shiryaev_mixture state(0.4, collapse_direction::rises);
  state.update(0.7);
  const shiryaev_mixture before = state;
  for (const double bad : {-1e-9, 1.0 + 1e-9, nan, std::numeric_limits<double>::infinity()}) {
    CHECK_THROWS_AS(state.update(bad), std::invalid_argument);
    CHECK_FALSE(state.try_update(bad));
  }
  CHECK(state == before);
  const std::vector<double> one{1.0};
  const std::vector<double> strong_fall{-0.7};
  const std::vector<double> none;
  CHECK_THROWS_AS(shiryaev_mixture(0.4, std::span<const double>(one)), std::invalid_argument);
  CHECK_THROWS_AS(shiryaev_mixture(0.4, std::span<const double>(strong_fall)), std::invalid_argument);
  CHECK_THROWS_AS(shiryaev_mixture(0.4, std::span<const double>(none)), std::invalid_argument);
  CHECK_THROWS_AS(shiryaev_mixture(0.0, collapse_direction::rises), std::invalid_argument);
  CHECK_THROWS_AS(shiryaev_mixture(nan, collapse_direction::rises), std::invalid_argument);
  CHECK_THROWS_AS(state.alarmed(0.0), std::invalid_argument);
  CHECK_THROWS_AS(state.update_block(std::vector<ordered_block>(3), 5), std::invalid_argument);
}

TEST_CASE("monitor: a saved Shiryaev mixture goes on with the same bits", "[monitor]") {
  const std::vector<double> x = shiryaev_stream(900, 0.5, 11);
  shiryaev_mixture whole(0.4, collapse_direction::either);
  shiryaev_mixture first = whole;
  for (const double v : x) whole.update(v);
  for (std::size_t i = 0; i < 450; ++i) first.update(x[i]);
  const auto bytes = tailwatch::core::to_bytes(first);
  shiryaev_mixture resumed(0.4, collapse_direction::either);
  tailwatch::core::from_bytes(bytes, resumed);
  CHECK(resumed == first);
  for (std::size_t i = 450; i < 900; ++i) resumed.update(x[i]);
  CHECK(resumed == whole);

  shiryaev_mixture other(0.41, collapse_direction::either);
  CHECK_THROWS_AS(tailwatch::core::from_bytes(bytes, other), tailwatch::core::archive_error);
  resumed.reset();
  CHECK(resumed == shiryaev_mixture(0.4, collapse_direction::either));
}

TEST_CASE("monitor: the Shiryaev mixture's false alarms stay under alpha, block means of AR(1) too", "[monitor]") {
  // 600 streams of 600; bound α = 0.1, plus 3 binomial standard errors: 0.137.
  int iid = 0;
  int blocked = 0;
  int detected = 0;
  for (std::uint64_t run = 0; run < 600; ++run) {
    tailwatch::core::random_engine random(tailwatch::core::split_seed(21, run));
    shiryaev_mixture plain(0.4, collapse_direction::rises);
    shiryaev_mixture of_blocks(0.4, collapse_direction::rises);
    shiryaev_mixture changed(0.4, collapse_direction::rises);
    double carried = 0.0;
    for (int t = 0; t < 600; ++t) {
      const double u = tailwatch::core::uniform_01(random);
      plain.update(u < 0.4 ? 1.0 : 0.0);
      changed.update(u < (t < 300 ? 0.4 : 0.7) ? 1.0 : 0.0);
    }
    for (int block = 0; block < 60; ++block) {  // AR(1), ρ = 0.5, cut to [0, 1] symmetrically around 0.4, blocks of 20
      double sum = 0.0;
      for (int i = 0; i < 20; ++i) {
        carried = 0.5 * carried + 0.12 * (tailwatch::core::uniform_01(random) - 0.5);
        sum += 0.4 + carried;
      }
      of_blocks.update(sum / 20.0);
    }
    iid += plain.alarmed(0.1) ? 1 : 0;
    blocked += of_blocks.alarmed(0.1) ? 1 : 0;
    detected += changed.alarmed(0.1) ? 1 : 0;
  }
  CHECK(iid <= 82);
  CHECK(blocked <= 82);
  CHECK(iid > 0);
  CHECK(detected >= 590);
}

TEST_CASE("shiryaev_mixture: epochs keep the martingale, exactly", "[monitor]") {
  // All paths of ten 0-1 values with mean 0.4: E M_t = 1 for every t, whatever begins where.
  constexpr double m = 0.4;
  for (const double share : {0.25, 0.5, 1.0}) {
    const std::vector<double> bets{0.3, -0.4};
    for (int length = 1; length <= 10; ++length) {
      double expected = 0.0;
      for (unsigned path = 0; path < (1U << length); ++path) {
        shiryaev_mixture e(m, bets, share);
        double probability = 1.0;
        for (int t = 0; t < length; ++t) {
          if (t == 3 || t == 4 || t == 8) e.begin_epoch();
          const bool one = ((path >> t) & 1U) != 0;
          probability *= one ? m : 1.0 - m;
          e.update(one ? 1.0 : 0.0);
        }
        expected += probability * std::exp(e.log_value());
      }
      CHECK(std::abs(expected - 1.0) < 1e-12);
    }
  }
}

TEST_CASE("shiryaev_mixture: a change at an epoch is found sooner, and epochs are saved", "[monitor]") {
  std::vector<double> bets{0.5};
  shiryaev_mixture plain(0.4, bets);
  shiryaev_mixture with_epochs(0.4, bets, 0.5);
  for (int t = 0; t < 1000; ++t)
    for (shiryaev_mixture* e : {&plain, &with_epochs}) e->update(t % 5 < 2 ? 1.0 : 0.0);
  with_epochs.begin_epoch();
  plain.begin_epoch();  // without a share it changes nothing
  int first = 0, second = 0;
  for (int t = 1; t <= 100; ++t) {
    plain.update(0.8);
    with_epochs.update(0.8);
    if (first == 0 && plain.alarmed(0.05)) first = t;
    if (second == 0 && with_epochs.alarmed(0.05)) second = t;
    if (t == 3) {
      shiryaev_mixture loaded(0.4, bets, 0.5);
      tailwatch::core::from_bytes(tailwatch::core::to_bytes(with_epochs), loaded);
      CHECK(loaded == with_epochs);
      CHECK_THROWS_AS(tailwatch::core::from_bytes(tailwatch::core::to_bytes(with_epochs), plain),
                      tailwatch::core::archive_error);
      with_epochs = loaded;
    }
  }
  CHECK(second > 0);
  CHECK(first >= second + 20);  // ln(1001·1002) against ln(2·3/0.5), 0.405 a step
  CHECK_THROWS_AS(with_epochs.update_block(with_epochs.block(std::vector<double>{0.5}, 1100), 1),
                  std::invalid_argument);
  CHECK_THROWS_AS(shiryaev_mixture(0.4, bets, 1.5), std::invalid_argument);
}
