// SPDX-License-Identifier: BSL-1.0
// Distances between histograms and quantile sketches, held against those of the numbers themselves.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/anderson_darling.hpp"
#include "tailwatch/drift/binned.hpp"
#include "tailwatch/drift/cramer_von_mises.hpp"
#include "tailwatch/drift/energy_distance.hpp"
#include "tailwatch/drift/kolmogorov_smirnov.hpp"
#include "tailwatch/drift/kuiper.hpp"
#include "tailwatch/drift/wasserstein_1d.hpp"
#include "tailwatch/sketch/log_linear_histogram.hpp"
#include "tailwatch/summary/dense_counts.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

std::vector<double> normal_numbers(std::size_t n, double mean, double deviation, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> x(n);
  for (double& v : x) v = mean + deviation * core::normal_quantile(core::uniform_01(random));
  return x;
}
sketch::log_linear_histogram sketch_of(const std::vector<double>& x, int bits) {
  sketch::log_linear_histogram h({.mantissa_bits = bits});
  h.update(x);
  return h;
}

/// The statistic of the numbers lies between the bounds, and so does that of the middles.
void brackets(const drift::sketched_estimate& sketched, const estimate& exact) {
  CHECK(sketched.count == exact.count);
  const double rounding = 1e-12 * std::abs(exact.value) + 1e-15;
  CHECK(sketched.lower <= exact.value + rounding);
  CHECK(exact.value <= sketched.upper + rounding);
  CHECK(sketched.lower <= sketched.value);
  CHECK(sketched.value <= sketched.upper);
}

template <class X, class Y>
void every_statistic_is_bracketed(const X& x, const Y& y, const std::vector<double>& a, const std::vector<double>& b) {
  for (const double p : {1.0, 2.0, 3.5, core::infinity})
    brackets(drift::wasserstein_1d(x, y, {.p = p}), drift::wasserstein_1d(a, b, {.p = p}));
  for (const auto side : {drift::tail_side::left, drift::tail_side::right})
    for (const double alpha : {0.05, 0.3, 1.0})
      brackets(drift::tail_wasserstein_1d(x, y, {.p = 2.0, .alpha = alpha, .side = side}),
               drift::tail_wasserstein_1d(a, b, {.p = 2.0, .alpha = alpha, .side = side}));
  brackets(drift::kolmogorov_smirnov(x, y), drift::kolmogorov_smirnov(a, b));
  brackets(drift::kuiper(x, y), drift::kuiper(a, b));
  brackets(drift::energy_distance(x, y), drift::energy_distance(a, b));
  brackets(drift::energy_distance(x, y, {.squared = true}), drift::energy_distance(a, b, {.squared = true}));
}
/// Their bounds are for numbers without ties.
template <class X, class Y>
void rank_statistics_are_bracketed(const X& x, const Y& y, const std::vector<double>& a, const std::vector<double>& b) {
  brackets(drift::cramer_von_mises(x, y), drift::cramer_von_mises(a, b));
  brackets(drift::anderson_darling(x, y), drift::anderson_darling(a, b));
  brackets(drift::anderson_darling(x, y, {.midrank = false}), drift::anderson_darling(a, b, {.midrank = false}));
  brackets(drift::anderson_darling(x, y, {.normalize = true}), drift::anderson_darling(a, b, {.normalize = true}));
  for (const auto side : {drift::tail_side::left, drift::tail_side::right})
    brackets(drift::tail_anderson_darling(x, y, {.side = side}), drift::tail_anderson_darling(a, b, {.side = side}));
}

}  // namespace

TEST_CASE("drift: distances of sketches bracket those of the numbers", "[drift]") {
  for (const int bits : {1, 3, 6}) {
    const auto a = normal_numbers(701, 0.0, 1.0, 1), b = normal_numbers(500, 0.4, 1.3, 2);
    every_statistic_is_bracketed(sketch_of(a, bits), sketch_of(b, bits), a, b);
    every_statistic_is_bracketed(sketch_of(a, bits), sketch_of(b, 7), a, b);  // other cells
    every_statistic_is_bracketed(sketch_of(a, bits), b, a, b);                // a sketch against the numbers
    every_statistic_is_bracketed(a, sketch_of(b, bits), a, b);
    const auto far = normal_numbers(300, 50.0, 1.0, 3);  // supports that do not meet
    every_statistic_is_bracketed(sketch_of(a, bits), sketch_of(far, bits), a, far);
    rank_statistics_are_bracketed(sketch_of(a, bits), sketch_of(b, bits), a, b);
    rank_statistics_are_bracketed(sketch_of(a, bits), b, a, b);
    rank_statistics_are_bracketed(a, sketch_of(b, 7), a, b);
    rank_statistics_are_bracketed(sketch_of(a, bits), sketch_of(far, bits), a, far);
  }
}

TEST_CASE("drift: distances of numbers on a grid, where sketches lose nothing", "[drift]") {
  // Powers of two and their sums are ends of cells; the least and the greatest number cut the outer cells.
  const std::vector<double> a{1.0, 1.0, 2.0, 4.0, 8.0}, b{1.0, 2.0, 2.0, 8.0, 8.0};
  every_statistic_is_bracketed(sketch_of(a, 2), sketch_of(b, 2), a, b);
  const drift::sketched_estimate ks = drift::kolmogorov_smirnov(sketch_of(a, 2), sketch_of(b, 2));
  CHECK(close(ks.value, 0.2, 1e-15));
  CHECK(close(ks.lower, 0.2, 1e-15));
}

TEST_CASE("drift: the bounds close in with the cells", "[drift]") {
  const auto a = normal_numbers(5000, 10.0, 1.0, 4), b = normal_numbers(4000, 10.5, 1.3, 5);
  double before = core::infinity;
  for (const int bits : {1, 4, 7, 10}) {
    const auto w = drift::wasserstein_1d(sketch_of(a, bits), sketch_of(b, bits));
    CHECK(w.upper - w.lower < 0.3 * before);
    before = w.upper - w.lower;
  }
  before = core::infinity;
  for (const int bits : {4, 7, 10}) {
    const auto t = drift::cramer_von_mises(sketch_of(a, bits), sketch_of(b, bits));
    CHECK(t.upper - t.lower < 0.5 * before);
    before = t.upper - t.lower;
  }
  const auto rank = drift::anderson_darling(sketch_of(a, 10), sketch_of(b, 10));
  CHECK(close(rank.value, drift::anderson_darling(a, b).value, 0.01));
  const auto fine = drift::wasserstein_1d(sketch_of(a, 10), sketch_of(b, 10));
  const auto exact = drift::wasserstein_1d(a, b);
  // cells of 2⁻¹⁰ relative to 10: values within .005 of their middles; the errors of sampling are those of the numbers
  CHECK(std::abs(fine.value - exact.value) < 0.005);
  CHECK(close(fine.standard_error, exact.standard_error, 0.01));
  CHECK(close(drift::energy_distance(sketch_of(a, 10), sketch_of(b, 10)).standard_error,
              drift::energy_distance(a, b).standard_error, 0.01));
  CHECK(close(drift::kolmogorov_smirnov(sketch_of(a, 10), sketch_of(b, 10)).standard_error,
              drift::kolmogorov_smirnov(a, b).standard_error, 0.01));
}

TEST_CASE("drift: counts in bins bracket the numbers that fell into them", "[drift]") {
  const auto a = normal_numbers(900, 0.0, 1.0, 6), b = normal_numbers(600, 0.3, 0.8, 7);
  std::vector<double> edges;
  for (int k = -12; k <= 12; ++k) edges.push_back(0.5 * k);
  const auto count = [&](const std::vector<double>& x) {
    summary::dense_counts bins(edges.size() - 1);
    for (const double v : x)
      bins.add(static_cast<std::uint64_t>(std::upper_bound(edges.begin(), edges.end(), v) - edges.begin() - 1));
    REQUIRE(bins.rejected() == 0);
    return bins;
  };
  const auto p = count(a), q = count(b);
  every_statistic_is_bracketed(drift::binned(p, edges), drift::binned(q, edges), a, b);
  every_statistic_is_bracketed(drift::binned(p, edges), b, a, b);
  // bins of width ½ and two sides: W1 is known to ±½
  const auto w = drift::wasserstein_1d(drift::binned(p, edges), drift::binned(q, edges));
  CHECK(close(w.upper - w.value, 0.5, 1e-12));
  rank_statistics_are_bracketed(drift::binned(p, edges), drift::binned(q, edges), a, b);
  // the same bins against themselves
  CHECK(drift::wasserstein_1d(drift::binned(p, edges), drift::binned(p, edges)).value == 0.0);
  CHECK(drift::kolmogorov_smirnov(drift::binned(p, edges), drift::binned(p, edges)).lower == 0.0);
}

TEST_CASE("drift: sketches that hold nothing or infinities give NaN, bad bins are refused", "[drift]") {
  const sketch::log_linear_histogram empty;
  sketch::log_linear_histogram infinite;
  infinite.add(1.0);
  infinite.add(core::infinity);
  const std::vector<double> x{1.0, 2.0}, bad{1.0, core::nan}, none;
  for (const auto& e :
       {drift::wasserstein_1d(empty, x), drift::wasserstein_1d(infinite, x), drift::wasserstein_1d(infinite, bad),
        drift::kolmogorov_smirnov(x, empty), drift::kuiper(infinite, infinite), drift::energy_distance(empty, none)}) {
    CHECK(std::isnan(e.value));
    CHECK(std::isnan(e.lower));
    CHECK(std::isnan(e.upper));
  }
  CHECK(drift::wasserstein_1d(infinite, x).count == 4);
  const std::vector<std::int64_t> counts{1, 2}, negative{1, -2};
  const std::vector<double> edges{0.0, 1.0, 2.0}, two{0.0, 1.0}, flat{0.0, 1.0, 1.0}, open{0.0, 1.0, core::infinity};
  CHECK_THROWS_AS(drift::binned(counts, two), std::invalid_argument);
  CHECK_THROWS_AS(drift::binned(counts, flat), std::invalid_argument);
  CHECK_THROWS_AS(drift::binned(counts, open), std::invalid_argument);
  CHECK_THROWS_AS(drift::binned(negative, edges), std::invalid_argument);
  CHECK_THROWS_AS(drift::wasserstein_1d(drift::binned(counts, edges), x, {.p = 0.5}), std::invalid_argument);
  CHECK_THROWS_AS(drift::tail_wasserstein_1d(drift::binned(counts, edges), x, {.alpha = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::energy_distance(drift::binned(counts, edges), x, {.unbiased = true}), std::invalid_argument);
}
