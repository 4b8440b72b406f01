// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/collapse_monitor.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/sink.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::collapse_direction;
using tailwatch::core::random_engine;

namespace {

constexpr double monitor_nan = std::numeric_limits<double>::quiet_NaN();

double monitor_normal(random_engine& random) {
  return tailwatch::core::normal_quantile(tailwatch::core::uniform_01(random) + 0x1p-55);
}

/// Block values: unit noise around `level`, plus a level per part.
std::vector<std::vector<double>> monitor_parts(std::size_t parts, double level, double between, random_engine& random) {
  std::vector<std::vector<double>> all(parts);
  for (auto& part : all) {
    const double own = level + between * monitor_normal(random);
    for (int i = 0; i < 20; ++i) part.push_back(own + monitor_normal(random));
  }
  return all;
}

monitor::signal monitor_signal(std::string name, monitor::signal_role role, double level, random_engine& random,
                               monitor::part_model model = monitor::part_model::random_split, double between = 0.0) {
  monitor::baseline_options options;
  options.parts = model;
  monitor::signal s;
  s.name = std::move(name);
  s.role = role;
  s.baselines.push_back({"human", monitor::baseline(monitor_parts(5, level, between, random), options)});
  return s;
}

std::vector<monitor::signal> monitor_three_signals(random_engine& random) {
  std::vector<monitor::signal> signals;
  signals.push_back(monitor_signal("tail", monitor::signal_role::tail_mass, 10.0, random));
  signals.push_back(monitor_signal("entropy", monitor::signal_role::entropy, 6.0, random));
  signals.push_back(monitor_signal("divergence", monitor::signal_role::distance, 1.0, random));
  return signals;
}

struct counting_sink {
  using record_type = tailwatch::sink::record;
  std::uint64_t metrics = 0, alerts = 0, nulls = 0;
  bool fails = false;
  [[nodiscard]] bool write(const record_type& r) noexcept {
    (r.is_alert ? alerts : !r.baseline.empty() ? nulls : metrics) += 1;
    return !fails;
  }
};

using cm = monitor::collapse_monitor;
static_assert(noexcept(std::declval<cm&>().observe(std::string_view(), 0.0)));
static_assert(noexcept(std::declval<cm&>().on_step_end(0)));
static_assert(noexcept(std::declval<cm&>().on_train_begin()));
static_assert(noexcept(std::declval<cm&>().on_generation_end()));
static_assert(noexcept(std::declval<cm&>().on_train_end()));
static_assert(noexcept(std::declval<cm&>().on_save(std::declval<std::vector<std::byte>&>())));
static_assert(noexcept(std::declval<cm&>().on_load({})));

}  // namespace

TEST_CASE("monitor: a shrinking tail alarms, is named and is called shrinkage", "[monitor]") {
  random_engine random(1);
  monitor::collapse_monitor m(monitor_three_signals(random));
  CHECK(m.nulls() == 6);
  std::ostringstream lines;
  tailwatch::sink::ostream log(lines, {.metrics = false});
  counting_sink counts;
  m.attach(log);
  m.attach(counts);
  m.on_train_begin();
  CHECK(counts.nulls == 6);
  bool found = false;
  for (std::uint64_t step = 1; step <= 8 && !found; ++step) {
    const double shift = step <= 3 ? 0.0 : -2.0;
    for (int block = 0; block < 20; ++block) {
      m.observe("tail", 10.0 + shift + monitor_normal(random));
      m.observe("entropy", 6.0 + 0.5 * shift + monitor_normal(random));
      m.observe("divergence", 1.0 + monitor_normal(random));
    }
    for (const monitor::alert& a : m.on_step_end(step)) {
      CHECK(step >= 4);
      CHECK(a.signal == "tail");
      CHECK(a.baseline == "human");
      CHECK(a.direction == collapse_direction::falls);
      CHECK(a.step == step);
      CHECK(a.block < 20);
      CHECK(a.kind == monitor::collapse_kind::shrinkage);
      CHECK(a.log_e_value > std::log(25.0));
      CHECK(a.recent.value < a.null_mean);
      CHECK(a.null_mean < a.baseline_mean);
      CHECK(a.anytime.lower < a.recent.value);
      CHECK(a.anytime.upper > a.recent.value);
      CHECK(m.requested_action() == monitor::action::warn);
      CHECK(monitor::describe(a).find("tail falls against human") != std::string::npos);
      found = true;
      break;
    }
    m.on_generation_end();
  }
  CHECK(found);
  CHECK(m.alarmed());
  CHECK(lines.str().rfind("ALERT step", 0) == 0);
  CHECK(counts.alerts == 1);
  CHECK(counts.metrics > 12);
  CHECK(m.kind("human") == monitor::collapse_kind::unclassified);  // a new generation: nothing seen yet
  CHECK(m.dropped() == 0);
}

TEST_CASE("monitor: both footings are judged, each null alarms once, and the others still can", "[monitor]") {
  random_engine random(2);
  std::vector<monitor::signal> signals = monitor_three_signals(random);
  monitor::baseline_options split;
  split.parts = monitor::part_model::random_split;
  for (auto& s : signals)
    s.baselines.push_back({"generation 0", monitor::baseline(monitor_parts(5, 12.0, 0.0, random), split)});
  monitor::collapse_monitor m(std::move(signals));
  CHECK(m.nulls() == 12);
  std::vector<std::string> seen;
  for (std::uint64_t step = 1; step <= 40; ++step) {
    for (int block = 0; block < 20; ++block)
      for (const char* name : {"tail", "entropy", "divergence"})
        m.observe(name, (step <= 20 ? 12.0 : 15.0) + monitor_normal(random));
    for (const monitor::alert& a : m.on_step_end(step))
      seen.push_back(std::string(a.signal) + "/" + std::string(a.baseline) + (step <= 20 ? "/early" : "/late"));
    m.on_generation_end();
  }
  // 12 is far above human (10, 6, 1), and is generation 0; 15 is above both.
  CHECK(seen.size() == 6);
  int early = 0;
  for (const std::string& s : seen) {
    CHECK((s.find("/human/early") != std::string::npos || s.find("/generation 0/late") != std::string::npos));
    early += s.find("/early") != std::string::npos ? 1 : 0;
  }
  CHECK(early == 3);
  CHECK(m.generation() == 40);
}

TEST_CASE("monitor: order of signals within a step does not matter, blocks are judged together", "[monitor]") {
  random_engine random(3);
  monitor::collapse_monitor by_block(monitor_three_signals(random));
  monitor::collapse_monitor by_signal = by_block;
  std::vector<double> values(60);
  for (std::uint64_t step = 1; step <= 5; ++step) {
    for (double& v : values) v = 9.0 + monitor_normal(random);
    for (std::size_t b = 0; b < 20; ++b)
      for (std::size_t s = 0; s < 3; ++s) by_block.observe(s, values[s * 20 + b]);
    for (std::size_t s = 0; s < 3; ++s)
      for (std::size_t b = 0; b < 20; ++b) by_signal.observe(s, values[s * 20 + b]);
    CHECK(by_block.on_step_end(step).size() == by_signal.on_step_end(step).size());
    CHECK(by_block.log_e_value() == by_signal.log_e_value());
  }
}

TEST_CASE("monitor: bad input is counted and never fatal", "[monitor]") {
  random_engine random(4);
  monitor::collapse_monitor_options options;
  options.max_blocks_per_step = 4;
  monitor::collapse_monitor m(monitor_three_signals(random), options);
  counting_sink broken;
  broken.fails = true;
  CHECK(m.on_step_end(1).empty());  // nothing observed
  m.observe("nobody", 1.0);
  CHECK(m.dropped() == 1);
  m.observe("tail", monitor_nan);
  m.observe("tail", std::numeric_limits<double>::infinity());
  CHECK(m.screened() == 2);
  m.observe("tail", 10.0);
  m.observe("tail", 10.0);
  m.observe("tail", 10.0);
  CHECK(m.dropped() == 2);
  const double before = m.log_e_value("tail", "human", collapse_direction::falls);
  CHECK(m.on_step_end(1).empty());  // not above the last step
  CHECK(m.out_of_order() == 1);
  CHECK(m.dropped() == 6);
  CHECK(m.log_e_value("tail", "human", collapse_direction::falls) == before);
  m.observe("tail", monitor_nan);
  m.on_step_end(2);
  CHECK(m.log_e_value("tail", "human", collapse_direction::falls) == before);
  m.attach(broken);
  m.observe("tail", 10.0);
  m.on_step_end(3);
  CHECK(m.dropped() == 11);  // five records refused: the signal, ln e, and what went wrong so far
  m.observe("tail", 10.0);
  m.on_train_end();
  CHECK(m.dropped() == 12);
  CHECK(tailwatch::core::is_nan(m.recent("nobody").value));
  CHECK(tailwatch::core::is_nan(m.log_e_value("tail", "nobody", collapse_direction::falls)));
}

TEST_CASE("monitor: a baseline without spread leaves its share to the others", "[monitor]") {
  random_engine random(5);
  std::vector<monitor::signal> signals = monitor_three_signals(random);
  monitor::signal flat;
  flat.name = "flat";
  flat.baselines.push_back({"human", monitor::baseline(std::vector<std::vector<double>>(5, {1.0, 1.0}))});
  signals.push_back(flat);
  monitor::collapse_monitor m(signals);
  CHECK(m.unusable() == 2);
  CHECK(m.nulls() == 6);
  counting_sink counts;
  m.attach(counts);
  m.on_train_begin();
  CHECK(counts.nulls == 8);
  m.observe("flat", 5.0);
  CHECK(m.on_step_end(1).empty());
  CHECK(std::abs(m.log_e_value()) < 1e-12);
  monitor::collapse_monitor alone(std::vector<monitor::signal>{flat});
  alone.observe("flat", 5.0);
  CHECK(alone.on_step_end(1).empty());
}

TEST_CASE("monitor: arguments that cannot be right are refused", "[monitor]") {
  random_engine random(6);
  const auto signals = monitor_three_signals(random);
  monitor::collapse_monitor_options options;
  options.alpha_base = options.alpha;
  CHECK_THROWS_AS(monitor::collapse_monitor(signals, options), std::invalid_argument);
  options = {};
  options.bet_strengths = {1.0};
  CHECK_THROWS_AS(monitor::collapse_monitor(signals, options), std::invalid_argument);
  auto twice = signals;
  twice.push_back(signals[0]);
  CHECK_THROWS_AS(monitor::collapse_monitor(twice), std::invalid_argument);
  auto weightless = signals;
  weightless[0].weight = 0.0;
  CHECK_THROWS_AS(monitor::collapse_monitor(weightless), std::invalid_argument);
  auto bare = signals;
  bare[0].baselines.clear();  // nothing to judge it against: counted, not fatal
  CHECK(monitor::collapse_monitor(bare).count(monitor::problem::no_baseline) == 1);
  CHECK(monitor::collapse_monitor(bare).nulls() == 4);
}

TEST_CASE("monitor: saved, killed and resumed in mid-step it gives the same alarms", "[monitor]") {
  random_engine random(7);
  const monitor::collapse_monitor fresh(monitor_three_signals(random));
  std::vector<double> values;
  for (int i = 0; i < 30 * 60; ++i) values.push_back((i < 600 ? 10.0 : 8.5) + monitor_normal(random));
  const auto run = [&](bool kill) {
    monitor::collapse_monitor m = fresh;
    std::string history;
    std::size_t i = 0;
    for (std::uint64_t step = 1; step <= 30; ++step) {
      for (int block = 0; block < 20; ++block) {
        m.observe("tail", values[i]);
        m.observe("entropy", values[i + 1] - 4.0);
        m.observe("divergence", values[i + 2] - 9.0);
        i += 3;
        if (kill && block == 10 && step % 7 == 3) {
          std::vector<std::byte> bytes;
          REQUIRE(m.on_save(bytes));
          m = fresh;
          REQUIRE(m.on_load(bytes));
          bytes[bytes.size() / 2] ^= std::byte{1};
          CHECK_FALSE(m.on_load(bytes));
        }
      }
      for (const monitor::alert& a : m.on_step_end(step)) history += monitor::describe(a) + "\n";
      if (step % 10 == 0) m.on_generation_end();
    }
    return history;
  };
  const std::string whole = run(false);
  CHECK_FALSE(whole.empty());
  CHECK(run(true) == whole);

  random_engine other(8);
  monitor::collapse_monitor different(monitor_three_signals(other));
  std::vector<std::byte> bytes;
  REQUIRE(fresh.on_save(bytes));
  CHECK_FALSE(different.on_load(bytes));
}

TEST_CASE("monitor: false alarms stay under alpha, baseline's error and part-to-part spread included", "[monitor]") {
  // α = .2 of which .1 on the baseline, 4 signals both ways, 10 steps of 20 blocks, 400 runs. Bound + 3 standard
  // errors: .2 + 3·.02 = .26 → 104 runs; what is measured lies far below (docs/monitor.md).
  for (const bool spread : {false, true}) {
    int false_alarms = 0;
    int detected = 0;
    for (std::uint64_t run = 0; run < 400; ++run) {
      random_engine random(tailwatch::core::split_seed(31, run));
      const double between = spread ? 0.5 : 0.0;
      std::vector<monitor::signal> signals;
      std::vector<double> level;
      for (int s = 0; s < 4; ++s) {
        const auto model = spread ? monitor::part_model::draws : monitor::part_model::random_split;
        signals.push_back(
            monitor_signal("s" + std::to_string(s), monitor::signal_role::entropy, 5.0, random, model, between));
        level.push_back(5.0 + between * monitor_normal(random));
      }
      monitor::collapse_monitor_options options;
      options.alpha = 0.2;
      options.alpha_base = 0.1;
      monitor::collapse_monitor quiet(signals, options);
      monitor::collapse_monitor moved(std::move(signals), options);
      for (std::uint64_t step = 1; step <= 10; ++step) {
        for (int block = 0; block < 20; ++block)
          for (std::size_t s = 0; s < 4; ++s) {
            const double x = level[s] + monitor_normal(random);
            quiet.observe(s, x);
            moved.observe(s, s == 0 && step > 3 ? x - (spread ? 6.0 : 1.5) : x);
          }
        quiet.on_step_end(step);
        moved.on_step_end(step);
      }
      false_alarms += quiet.alarmed() ? 1 : 0;
      detected += moved.alarmed() ? 1 : 0;
    }
    INFO("false alarms " << false_alarms << " of 400, detected " << detected);
    CHECK(false_alarms <= 104);
    CHECK(detected >= 380);
  }
}

TEST_CASE("monitor: kinds follow the table", "[monitor]") {
  using enum monitor::signal_role;
  using monitor::collapse_kind;
  const auto kind = [](std::initializer_list<std::pair<monitor::signal_role, double>> moves) {
    monitor::role_moves m;
    for (const auto& [role, z] : moves) m.add(role, z);
    return monitor::classify(m);
  };
  CHECK(kind({}) == collapse_kind::unclassified);
  CHECK(kind({{entropy, 2.9}, {tail_mass, -2.9}}) == collapse_kind::unclassified);
  // A sampler that cuts the tail.
  CHECK(kind({{tail_mass, -9}, {entropy, -6}, {diversity, -5}, {distance, 4}}) == collapse_kind::shrinkage);
  CHECK(kind({{tail_mass, -9}, {entropy, 3.5}}) == collapse_kind::shrinkage);
  // Pure sampling from a smoothed model: types fall, everything else spreads.
  CHECK(kind({{diversity, -4}, {diversity, 5}, {entropy, 6}, {novelty, 7}, {distance, 8}, {tail_mass, 0.5}}) ==
        collapse_kind::expansion);
  CHECK(kind({{tail_mass, -4}, {entropy, 9}}) == collapse_kind::expansion);
  CHECK(kind({{surprise, 12}, {entropy, 0.1}}) == collapse_kind::expansion);
  // Neutral resampling: entropy and diversity decay, the mean mass of the tail holds.
  CHECK(kind({{entropy, -6}, {diversity, -5}, {tail_mass, -0.5}}) == collapse_kind::drift);
  CHECK(kind({{diversity, -5}, {tail_mass, 1.0}}) == collapse_kind::drift);
  CHECK(kind({{distance, 4}, {tail_mass, 0.0}, {entropy, 1.0}}) == collapse_kind::drift);
  CHECK(kind({{extinction, 4}}) == collapse_kind::drift);
  CHECK(kind({{log_variance, -4}}) == collapse_kind::drift);
  // Without a tail to look at, what shrinks is shrinkage; a tail that starts to go supports it.
  CHECK(kind({{entropy, -6}}) == collapse_kind::shrinkage);
  CHECK(kind({{entropy, -6}, {tail_mass, -2.2}}) == collapse_kind::shrinkage);
  CHECK(kind({{repetition, 5}}) == collapse_kind::shrinkage);
  CHECK(kind({{repetition, -5}}) == collapse_kind::expansion);
  CHECK(kind({{log_variance, 5}}) == collapse_kind::expansion);
  // What resampling explains is drift, in either direction; what it does not is none.
  const auto resampled = [](monitor::signal_role role, double z, double beyond, double entropy_z) {
    monitor::role_moves m;
    m.add(role, z, beyond);
    m.add(entropy, entropy_z);
    return monitor::classify(m);
  };
  CHECK(resampled(tail_mass, -6, -1.5, -5) == collapse_kind::drift);
  CHECK(resampled(tail_mass, -6, -2.5, -5) == collapse_kind::shrinkage);
  CHECK(resampled(tail_mass, -6, -1.5, 0) == collapse_kind::drift);
  CHECK(resampled(tail_mass, 6, 1.5, 0) == collapse_kind::drift);
  CHECK(resampled(tail_mass, 9, 4, 0) == collapse_kind::expansion);
  CHECK(resampled(log_variance, -6, -1.5, 0) == collapse_kind::drift);
  CHECK(resampled(log_variance, 6, 1.5, 0) == collapse_kind::drift);
  CHECK(resampled(log_variance, -9, -4, 0) == collapse_kind::shrinkage);
}

TEST_CASE("monitor: where a share of the text is judged, resampling explains less", "[monitor]") {
  // Tail 1.2 block deviations down in each of five generations of ten blocks: beyond the measurement's error, within √(1/10 + 4/10).
  const auto kind = [](double judged_share) {
    random_engine random(77);
    auto tail = monitor_signal("tail", monitor::signal_role::tail_mass, 0.0, random);
    auto entropy = monitor_signal("entropy", monitor::signal_role::entropy, 0.0, random);
    monitor::collapse_monitor watch({std::move(tail), std::move(entropy)}, {.judged_share = judged_share});
    for (std::uint64_t g = 1; g <= 5; ++g) {
      if (g != 1) watch.on_generation_end();
      for (int b = 0; b < 10; ++b) {
        watch.observe("tail", -1.2);
        watch.observe("entropy", -5.0);
      }
      static_cast<void>(watch.on_step_end(g));
    }
    return watch.kind("human");
  };
  CHECK(kind(1.0) == monitor::collapse_kind::drift);
  CHECK(kind(0.05) == monitor::collapse_kind::shrinkage);
  CHECK_THROWS_AS(kind(0.0), std::invalid_argument);
  CHECK_THROWS_AS(kind(1.5), std::invalid_argument);
}

TEST_CASE("monitor: a tail that walks as resampling does is drift, however late", "[monitor]") {
  // Categories of mass 0.2 in the tail, n = 1000 a generation in 20 blocks of 50, resampled without bias, or losing 15 % of the
  // tail each time. Entropy falls clearly in both.
  constexpr std::size_t blocks = 20, size = 50, generations = 12;
  std::size_t drifts = 0, losses = 0, taken_for_loss_within = 0;
  constexpr std::size_t runs = 200;
  for (std::uint64_t run = 0; run < 2 * runs; ++run) {
    const bool loses = run >= runs;
    random_engine random(tailwatch::core::split_seed(505, run));
    const auto block = [&](double p) {
      std::size_t hits = 0;
      for (std::size_t i = 0; i < size; ++i) hits += tailwatch::core::uniform_01(random) < p ? 1 : 0;
      return static_cast<double>(hits) / static_cast<double>(size);
    };
    std::vector<std::vector<double>> tail(8), bulk(8);
    for (std::size_t p = 0; p < tail.size(); ++p)
      for (std::size_t b = 0; b < blocks; ++b) {
        tail[p].push_back(block(0.2));
        bulk[p].push_back(5.0 + tailwatch::core::uniform_01(random));
      }
    monitor::signal mass, entropy;
    mass.name = "tail";
    mass.role = monitor::signal_role::tail_mass;
    mass.baselines.push_back({"truth", monitor::baseline(tail, {.parts = monitor::part_model::random_split})});
    entropy.name = "entropy";
    entropy.role = monitor::signal_role::entropy;
    entropy.baselines.push_back({"truth", monitor::baseline(bulk, {.parts = monitor::part_model::random_split})});
    monitor::collapse_monitor watch({mass, entropy});
    double p = 0.2, total = 0.0;
    for (std::size_t g = 0; g <= generations; ++g) {
      if (g != 0) {
        watch.on_generation_end();
        p = total / static_cast<double>(blocks);
        if (loses) p *= 0.85;
      }
      total = 0.0;
      for (std::size_t b = 0; b < blocks; ++b) {
        const double x = block(p);
        total += x;
        watch.observe("tail", x);
        watch.observe("entropy", 4.0 + tailwatch::core::uniform_01(random));
      }
      watch.on_step_end(g + 1);
      if (g == generations / 2 && run % 50 == 0) {  // the allowance is saved
        monitor::collapse_monitor loaded({mass, entropy});
        tailwatch::core::from_bytes(tailwatch::core::to_bytes(watch), loaded);
        CHECK(tailwatch::core::to_bytes(loaded) == tailwatch::core::to_bytes(watch));
        watch = loaded;
      }
    }
    const auto kind = watch.kind("truth");
    drifts += !loses && kind == monitor::collapse_kind::drift ? 1 : 0;
    losses += loses && kind == monitor::collapse_kind::shrinkage ? 1 : 0;
    // Without the allowance, that is with the error of the measurement alone:
    const double z = (watch.recent("tail").value - 0.2) / std::sqrt(0.2 * 0.8 / (blocks * size));
    taken_for_loss_within += !loses && z < -2.0 ? 1 : 0;
  }
  CHECK(drifts >= 185);  // Φ(2) = 97.7 % of 200, less four errors
  CHECK(losses >= 190);
  CHECK(taken_for_loss_within > 40);
}
