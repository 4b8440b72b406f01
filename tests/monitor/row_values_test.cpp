// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/monitor/row_values.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

namespace monitor = tailwatch::monitor;
using tailwatch::core::random_engine;
using tailwatch::core::uniform_01;

TEST_CASE("row_values: means and errors are the weighted ones, in any order", "[monitor]") {
  random_engine random(1);
  std::vector<std::pair<double, double>> rows(500);
  for (auto& [x, w] : rows) {
    x = 10.0 * uniform_01(random);
    w = uniform_01(random) < 0.5 ? 1.0 : 3.0;
  }
  monitor::row_values a(600), b(600);
  for (const auto& [x, w] : rows) a.add(x, w);
  a.add(std::numeric_limits<double>::quiet_NaN(), 1.0);
  a.add(std::numeric_limits<double>::infinity(), 1.0);
  std::ranges::reverse(rows);
  for (const auto& [x, w] : rows) b.add(x, w);
  double total = 0.0, sum = 0.0;
  for (const auto& [x, w] : rows) {
    total += w;
    sum += w * x;
  }
  double contexts = 0.0, sampling = 0.0;
  for (const auto& [x, w] : rows) {
    contexts += w * w * (x - sum / total) * (x - sum / total);
    sampling += w * (w - 1.0) * (x - sum / total) * (x - sum / total);
  }
  CHECK(std::abs(a.mean().value - sum / total) < 1e-11);
  CHECK(a.mean().count == 500);
  CHECK(std::abs(a.mean().standard_error / (std::sqrt(contexts * 500.0 / 499.0) / total) - 1.0) < 1e-9);
  CHECK(std::abs(a.sampling_error() / (std::sqrt(sampling * 500.0 / 499.0) / total) - 1.0) < 1e-9);
  CHECK(a.mean().value == b.mean().value);  // the bits
  CHECK(a.mean().standard_error == b.mean().standard_error);
  CHECK(a.sampling_error() == b.sampling_error());
  CHECK(a.size() == 502);
}

TEST_CASE("row_values: quantiles are order statistics, whatever was asked before", "[monitor]") {
  random_engine random(2);
  for (const std::size_t n : {1U, 2U, 9U, 10U, 101U, 2048U}) {
    monitor::row_values equal(n + 1), weighted(n);
    std::vector<double> sorted;
    for (std::size_t i = 0; i < n; ++i) {
      const double x = std::floor(50.0 * uniform_01(random));  // ties
      sorted.push_back(x);
      equal.add(x, 2.0);
      weighted.add(x, i == 0 ? 1.0 : 1.0 + 1e-15 * static_cast<double>(n));  // by the other way, to the same answer
    }
    equal.add(std::numeric_limits<double>::quiet_NaN(), 2.0);
    std::ranges::sort(sorted);
    std::vector<double> shares{0.5, 0.1, 0.9, 0.25, 0.99, 0.01, 0.5, 0.1};
    for (const double q : shares) {
      const double rank = std::ceil(q * static_cast<double>(n) * (1.0 - 1e-12)) - 1.0;
      const double expected = sorted[static_cast<std::size_t>(std::max(rank, 0.0))];
      CHECK(equal.quantile(q).value == expected);
      CHECK(weighted.quantile(q).value == expected);
      CHECK(tailwatch::core::is_nan(equal.quantile(q).standard_error) == (n < 10));
      if (n >= 10) CHECK(equal.quantile(q).standard_error == weighted.quantile(q).standard_error);
    }
    equal.clear();
    equal.add(7.0, 1.0);
    CHECK(equal.quantile(0.5).value == 7.0);
    CHECK(equal.sampling_error() != 0.0);  // one row: NaN
  }
  CHECK(tailwatch::core::is_nan(monitor::row_values(3).quantile(0.5).value));
  CHECK(tailwatch::core::is_nan(monitor::row_values(3).mean().value));
}

TEST_CASE("row_values: saved and loaded it is the same, forged weights are refused", "[monitor]") {
  monitor::row_values a(4), b(4), c(1);
  a.add(1.5, 1.0);
  a.add(-2.5, 2.0);
  tailwatch::core::output_archive out;
  out.begin({tailwatch::core::state_family::testing, 0, 0, 0, 0});
  a.save_fields(out);
  out.end();
  const auto bytes = std::move(out).bytes();
  const auto load = [&](monitor::row_values& to) {
    tailwatch::core::input_archive in(bytes);
    in.open({tailwatch::core::state_family::testing, 0, 0, 0, 0});
    to.load_fields(in);
    in.close();
  };
  load(b);
  CHECK(b.mean().value == a.mean().value);
  CHECK(b.size() == 2);
  CHECK_THROWS_AS(load(c), tailwatch::core::archive_error);  // no room
}
