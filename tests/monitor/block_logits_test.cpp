// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/block_logits.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::core::random_engine;
using tailwatch::core::uniform_01;

namespace {

constexpr std::size_t block_logits_v = 37, block_logits_stride = 40;

/// Rows of logits whose padding would spoil everything.
std::vector<float> block_logits_rows(std::size_t rows, std::uint64_t seed) {
  random_engine random(seed);
  std::vector<float> x(rows * block_logits_stride, 1e30F);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < block_logits_v; ++j)
      x[r * block_logits_stride + j] = static_cast<float>(8.0 * uniform_01(random));
  return x;
}

std::vector<double> block_logits_softmax(const float* row) {
  std::vector<double> p(row, row + block_logits_v);
  double sum = 0.0;
  for (double& v : p) sum += v = std::exp(v);
  for (double& v : p) v /= sum;
  return p;
}

}  // namespace

TEST_CASE("block_logits: each row's values are those of its softmax", "[monitor]") {
  constexpr std::size_t rows = 12;
  std::vector<float> x = block_logits_rows(rows, 3);
  x[5 * block_logits_stride + 4] = std::numeric_limits<float>::quiet_NaN();
  std::vector<std::uint8_t> mask(rows, 1);
  mask[2] = mask[9] = 0;
  std::vector<int> targets(rows);
  for (std::size_t r = 0; r < rows; ++r) targets[r] = r == 3 ? -100 : r == 7 ? 1000 : static_cast<int>(3 * r);
  monitor::block_logits block({.rows_per_call = 0, .max_rows = 100, .tail_thresholds = {0.01, 0.05}, .top_p = {0.9}});
  CHECK(block.update(x.data(), rows, block_logits_v, block_logits_stride, targets.data(), mask.data()) == 0);
  CHECK(block.rows() == 9);
  CHECK(block.population() == 10);
  CHECK(block.masked() == 2);
  CHECK(block.rejected() == 1);
  std::size_t at = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    if (mask[r] == 0 || r == 5) continue;
    INFO("row " << r);
    std::vector<double> p = block_logits_softmax(x.data() + r * block_logits_stride);
    const double likelihood =
        r == 3 || r == 7 ? tailwatch::core::nan : -std::log(p[static_cast<std::size_t>(targets[r])]);
    std::ranges::sort(p, std::greater<>());
    double entropy = 0.0, below_1 = 0.0, below_5 = 0.0, inside = 0.0;
    std::size_t nucleus = 0;
    for (const double v : p) {
      entropy -= v * std::log(v);
      below_1 += v < 0.01 ? v : 0.0;
      below_5 += v < 0.05 ? v : 0.0;
      if (inside < 0.9) {
        inside += v;
        ++nucleus;
      }
    }
    CHECK(std::abs(block.entropy().values()[at] - entropy) < 1e-5);
    CHECK(std::abs(block.max_probability().values()[at] - p[0]) < 1e-6);
    if (tailwatch::core::is_nan(likelihood)) {
      CHECK(tailwatch::core::is_nan(block.negative_log_likelihood().values()[at]));
    } else {
      CHECK(std::abs(block.negative_log_likelihood().values()[at] - likelihood) < 1e-5);
    }
    CHECK(std::abs(block.tail_mass(0).values()[at] - below_1) < 1e-5);
    CHECK(std::abs(block.tail_mass(1).values()[at] - below_5) < 1e-5);
    CHECK(block.nucleus_size(0).values()[at] == static_cast<double>(nucleus));
    CHECK(std::abs(block.mass_outside(0).values()[at] - (1.0 - inside)) < 1e-5);
    ++at;
  }
  CHECK_THROWS_AS(block.tail_mass(2), std::invalid_argument);
  CHECK_THROWS_AS(block.nucleus_size(1), std::invalid_argument);
  CHECK_THROWS_AS(monitor::block_logits({.tail_thresholds = {0.0}}), std::invalid_argument);
  CHECK_THROWS_AS(monitor::block_logits({.top_p = {1.0}}), std::invalid_argument);
}

TEST_CASE("block_logits: a sample of the rows has no row twice, stands for all and tells its error", "[monitor]") {
  constexpr std::size_t rows = 400;
  const std::vector<float> x = block_logits_rows(rows, 4);
  monitor::block_logits all({.rows_per_call = 0, .max_rows = rows});
  CHECK(all.update<tailwatch::simd::default_arch>(x.data(), rows, block_logits_v, block_logits_stride,
                                                  static_cast<const int*>(nullptr), nullptr) == 0);
  CHECK(all.entropy().sampling_error() == 0.0);
  const double truth = all.entropy().mean().value;
  double squared_z = 0.0;
  constexpr int draws = 300;
  std::set<double> seen;
  for (int seed = 1; seed <= draws; ++seed) {
    monitor::block_logits block({.rows_per_call = 50, .max_rows = 100, .seed = static_cast<std::uint64_t>(seed)});
    CHECK(block.update(x.data(), rows, block_logits_v, block_logits_stride, static_cast<const int*>(nullptr),
                       nullptr) == 0);
    const auto values = block.entropy().values();
    const std::set<double> distinct(values.begin(), values.end());
    seen.insert(distinct.begin(), distinct.end());
    CHECK(values.size() == 50);
    CHECK(distinct.size() == 50);
    CHECK(block.population() == rows);
    CHECK(block.entropy().weights()[0] == 8.0);
    const double z = (block.entropy().mean().value - truth) / block.entropy().sampling_error();
    squared_z += z * z / draws;
  }
  CHECK(seen.size() == rows);               // each row is taken now and then
  CHECK(std::abs(squared_z - 1.0) < 0.35);  // χ²₃₀₀/300: four errors are 0.33, and a few per cent for s from 50 rows
}

TEST_CASE("block_logits: room, merge and save", "[monitor]") {
  const std::vector<float> x = block_logits_rows(30, 5);
  const monitor::block_logits_options options{.rows_per_call = 0, .max_rows = 20, .tail_thresholds = {0.02}};
  const auto feed = [&](monitor::block_logits& block, std::size_t begin, std::size_t rows) {
    return block.update(x.data() + begin * block_logits_stride, rows, block_logits_v, block_logits_stride,
                        static_cast<const int*>(nullptr), nullptr);
  };
  monitor::block_logits whole(options), first(options), second(options), loaded(options);
  CHECK(feed(whole, 0, 18) == 0);
  CHECK(feed(first, 10, 8) == 0);
  CHECK(feed(second, 0, 10) == 0);
  CHECK(first.merge(second) == 0);
  CHECK(first.rows() == 18);
  CHECK(first.entropy().mean().value == whole.entropy().mean().value);  // in any order, the bits
  CHECK(first.tail_mass(0).mean().standard_error == whole.tail_mass(0).mean().standard_error);
  CHECK(feed(whole, 18, 5) == 3);  // 2 more have room
  CHECK(first.merge(second) == 8);
  CHECK(first.rows() == 20);

  tailwatch::core::output_archive out;
  out.begin({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  whole.save_fields(out);
  out.end();
  const auto bytes = std::move(out).bytes();
  tailwatch::core::input_archive in(bytes);
  in.open({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  loaded.load_fields(in);
  in.close();
  CHECK(loaded.population() == whole.population());
  CHECK(loaded.entropy().quantile(0.1).value == whole.entropy().quantile(0.1).value);
  whole.clear();
  CHECK(whole.rows() == 0);
  CHECK(feed(whole, 0, 20) == 0);
}
