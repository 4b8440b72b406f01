// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/baseline.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"

using tailwatch::collapse_direction;
using tailwatch::monitor::baseline;
using tailwatch::monitor::baseline_options;
using tailwatch::monitor::part_model;
using tailwatch::testing::close;

namespace {

double baseline_normal(tailwatch::core::random_engine& random) {
  return tailwatch::core::normal_quantile(tailwatch::core::uniform_01(random) + 0x1p-55);
}

std::vector<std::vector<double>> baseline_parts(std::size_t parts, std::size_t blocks, double between,
                                                std::uint64_t seed) {
  tailwatch::core::random_engine random(seed);
  std::vector<std::vector<double>> all(parts);
  for (auto& part : all) {
    const double level = 5.0 + between * baseline_normal(random);
    for (std::size_t i = 0; i < blocks; ++i) part.push_back(level + baseline_normal(random));
  }
  return all;
}

}  // namespace

TEST_CASE("monitor: a baseline's bound is the Student prediction bound of the mapped part means", "[monitor]") {
  // Part means 1, 2, 3, 4, 5, no spread within: S = sqrt(2.5), t_4(.025) = 2.7764451051977987.
  std::vector<std::vector<double>> parts;
  for (const double level : {1.0, 2.0, 3.0, 4.0, 5.0}) parts.push_back({level, level});
  const baseline b(parts);
  CHECK(b.usable());
  CHECK(b.mean() == 3.0);
  CHECK(close(b.part_deviation(), std::sqrt(2.5), 1e-14));
  const double margin = 2.7764451051977987 * std::sqrt(2.5 * 1.2);
  const auto rise = b.null(collapse_direction::rises, 0.025);
  CHECK(close(rise.unmap(rise.mean), 3.0 + margin, 1e-12));
  CHECK(close(rise.upper - 3.0, 2.0 * margin, 1e-12));  // wider than 3 standard deviations: m0 in the middle half
  CHECK(close(rise.mean, 0.75, 1e-12));
  const auto fall = b.null(collapse_direction::falls, 0.025, 0.5);
  CHECK(close(fall.unmap(fall.mean), 3.0 - margin - 0.5, 1e-12));
  CHECK(fall.usable());
  CHECK(fall.map(-1e9) == 0.0);
  CHECK(fall.map(1e9) == 1.0);

  baseline_options three;
  three.further_parts = 3;
  CHECK(close(baseline(parts, three).null(collapse_direction::rises, 0.075).mean, 0.75, 1e-12));
}

TEST_CASE("monitor: a baseline of a random split uses all blocks", "[monitor]") {
  const auto parts = baseline_parts(5, 20, 0.0, 17);
  baseline_options split;
  split.parts = part_model::random_split;
  const baseline tight(parts, split);
  const baseline wide(parts);
  const auto a = tight.null(collapse_direction::falls, 0.001);
  const auto b = wide.null(collapse_direction::falls, 0.001);
  CHECK(a.unmap(a.mean) > b.unmap(b.mean));
  CHECK(close(a.unmap(a.mean), tight.mean() - 3.1746 * tight.block_deviation() / 10.0, 2e-3));  // t_99(.001) = 3.1746
}

TEST_CASE("monitor: a further part's level lies outside a baseline's bound at most as often as told", "[monitor]") {
  // 4000 baselines; level .05 one-sided, binomial standard error .0034. Covers the latent level of a further part.
  for (const double between : {0.0, 0.3, 3.0}) {
    int outside = 0;
    int outside_split = 0;
    for (std::uint64_t run = 0; run < 4000; ++run) {
      const auto parts = baseline_parts(5, 8, between, tailwatch::core::split_seed(5, run));
      tailwatch::core::random_engine random(tailwatch::core::split_seed(6, run));
      const double further = 5.0 + between * baseline_normal(random);
      baseline_options split;
      split.parts = part_model::random_split;
      const auto null = baseline(parts).null(collapse_direction::rises, 0.05);
      outside += null.unmap(null.mean) < further ? 1 : 0;
      const auto tight = baseline(parts, split).null(collapse_direction::rises, 0.05);
      outside_split += tight.unmap(tight.mean) < further ? 1 : 0;
    }
    CHECK(outside <= 200 + 55);
    if (between == 0.0) CHECK(outside_split <= 200 + 55);
    if (between == 3.0) {
      CHECK(outside >= 200 - 55);   // exact where the parts' own spread dominates
      CHECK(outside_split > 1000);  // and the random-split bound is wrong there
    }
  }
}

TEST_CASE("monitor: baselines that allow no null say so", "[monitor]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::vector<double>> four(4, {1.0, 2.0});
  CHECK_THROWS_AS(baseline(four), std::invalid_argument);
  const std::vector<std::vector<double>> constant(6, {2.0, 2.0});
  CHECK_FALSE(baseline(constant).null(collapse_direction::falls, 0.01).usable());
  CHECK(baseline(constant).null(collapse_direction::falls, 0.01, 0.1).usable());  // a tolerance gives it a scale

  std::vector<std::vector<double>> holes = baseline_parts(6, 4, 0.1, 3);
  holes[0] = {nan, std::numeric_limits<double>::infinity()};
  const baseline b(holes);
  CHECK(b.rejected() == 2);
  CHECK(b.parts() == 5);
  CHECK(b.null(collapse_direction::rises, 0.01).usable());
  holes[1] = {};
  CHECK_FALSE(baseline(holes).usable());
  CHECK_FALSE(baseline(holes).null(collapse_direction::rises, 0.01).usable());

  baseline_options bounds;
  bounds.lower = 0.0;
  CHECK_THROWS_AS(baseline(holes, bounds), std::invalid_argument);
  bounds.upper = 10.0;
  const auto fixed = baseline(baseline_parts(6, 4, 0.1, 3), bounds).null(collapse_direction::falls, 0.01);
  CHECK(fixed.lower == 0.0);
  CHECK(fixed.map(5.0) == 0.5);
  CHECK_THROWS_AS(b.null(collapse_direction::either, 0.01), std::invalid_argument);
  CHECK_THROWS_AS(b.null(collapse_direction::falls, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(b.null(collapse_direction::falls, 0.01, -1.0), std::invalid_argument);
}

TEST_CASE("baseline: robust, outliers neither stretch the map nor loosen the bound", "[monitor]") {
  tailwatch::core::random_engine random(77);
  std::vector<std::vector<double>> clean(8, std::vector<double>(25));
  for (auto& part : clean)
    for (double& v : part) v = 5.0 + tailwatch::core::normal_quantile(tailwatch::core::uniform_01(random) + 0x1p-55);
  std::vector<std::vector<double>> dirty = clean;
  dirty[2][7] = 500.0;
  dirty[5][0] = -300.0;
  const auto width = [](const tailwatch::monitor::one_sided_null& n) { return n.upper - n.lower; };
  for (const auto model : {tailwatch::monitor::part_model::draws, tailwatch::monitor::part_model::random_split}) {
    const tailwatch::monitor::baseline plain(clean, {.parts = model});
    const tailwatch::monitor::baseline naive(dirty, {.parts = model});
    const tailwatch::monitor::baseline robust(dirty, {.parts = model, .robust = true});
    const auto falls = tailwatch::collapse_direction::falls;
    const auto reference = plain.null(falls, 0.01);
    CHECK(width(naive.null(falls, 0.01)) > 10.0 * width(reference));
    CHECK(width(robust.null(falls, 0.01)) < 1.3 * width(reference));
    CHECK(std::abs(robust.mean() - plain.mean()) < 0.1);
    CHECK(std::abs(robust.block_deviation() / plain.block_deviation() - 1.0) < 0.1);
    const auto bound = robust.null(falls, 0.01);
    CHECK(std::abs(bound.unmap(bound.mean) - reference.unmap(reference.mean)) < 0.3);
    // Without outliers it changes little: of 200 normal values 0.3 % lie beyond three deviations.
    const tailwatch::monitor::baseline same(clean, {.parts = model, .robust = true});
    CHECK(std::abs(same.mean() - plain.mean()) < 0.02);
  }
  // Half of the values equal: no spread to tell outliers by, so all are kept.
  std::vector<std::vector<double>> flat(5, std::vector<double>{1.0, 1.0, 1.0, 2.0});
  const tailwatch::monitor::baseline degenerate(flat, {.robust = true});
  CHECK(degenerate.mean() == 1.25);
}
