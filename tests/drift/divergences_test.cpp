// SPDX-License-Identifier: BSL-1.0
// What holds for every divergence of cells: argument order, inputs, borders, near-equal distributions, standard errors.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/alpha.hpp"
#include "tailwatch/drift/chi_squared.hpp"
#include "tailwatch/drift/hellinger.hpp"
#include "tailwatch/drift/jensen_shannon.hpp"
#include "tailwatch/drift/kullback_leibler.hpp"
#include "tailwatch/drift/l_infinity.hpp"
#include "tailwatch/drift/population_stability_index.hpp"
#include "tailwatch/drift/renyi.hpp"
#include "tailwatch/drift/total_variation.hpp"
#include "tailwatch/summary/count_table.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

namespace {

template <class P, class Q>
std::vector<estimate> all_divergences(const P& p, const Q& q) {
  return {drift::kullback_leibler(p, q),
          drift::reverse_kullback_leibler(p, q),
          drift::jeffreys(p, q),
          drift::jensen_shannon_divergence(p, q),
          drift::jensen_shannon_distance(p, q),
          drift::total_variation(p, q),
          drift::l_infinity(p, q),
          drift::hellinger(p, q),
          drift::chi_squared(p, q),
          drift::population_stability_index(p, q),
          drift::alpha(p, q),
          drift::alpha(p, q, {.order = -1.5}),
          drift::renyi(p, q),
          drift::renyi(p, q, {.order = 0.5})};
}

std::vector<std::int64_t> draw_cells(const std::vector<double>& weights, int n, core::random_engine& random) {
  std::vector<double> cumulative = weights;
  for (std::size_t i = 1; i < cumulative.size(); ++i) cumulative[i] += cumulative[i - 1];
  std::vector<std::int64_t> counts(weights.size(), 0);
  for (int i = 0; i < n; ++i) {
    const double u = core::uniform_01(random) * cumulative.back();
    const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), u) - cumulative.begin();
    ++counts[static_cast<std::size_t>(at)];
  }
  return counts;
}

/// Mean standard error over standard deviation of the values.
template <class Estimator>
double divergence_error_ratio(const std::vector<double>& p, const std::vector<double>& q, int n, int m, int replicates,
                              Estimator estimator) {
  core::random_engine random(20);
  double sum = 0, squares = 0, errors = 0;
  for (int i = 0; i < replicates; ++i) {
    const auto a = draw_cells(p, n, random);
    const auto b = draw_cells(q, m, random);
    const estimate e = estimator(a, b);
    sum += e.value;
    squares += e.value * e.value;
    errors += e.standard_error;
  }
  const double mean = sum / replicates;
  return errors / replicates / std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
}

}  // namespace

static_assert(core::estimator<drift::kullback_leibler_fn>);
static_assert(core::estimator<drift::jensen_shannon_divergence_fn>);
static_assert(core::estimator<drift::renyi_fn>);

TEST_CASE("drift divergences: closed forms of two cells", "[drift]") {
  const std::vector<double> p{0.25, 0.75}, q{0.5, 0.5};
  const double ln2 = std::log(2.0), ln3 = std::log(3.0);
  const auto a = probabilities(p);
  const auto b = probabilities(q);
  CHECK(close(drift::kullback_leibler(a, b).value, 0.75 * ln3 - ln2, 1e-15));
  CHECK(close(drift::reverse_kullback_leibler(a, b).value, ln2 - 0.5 * ln3, 1e-15));
  CHECK(close(drift::jeffreys(a, b).value, 0.25 * ln3, 1e-15));
  CHECK(close(drift::total_variation(a, b).value, 0.25, 1e-15));
  CHECK(close(drift::l_infinity(a, b).value, 0.25, 1e-15));
  CHECK(close(drift::chi_squared(a, b).value, 0.25, 1e-15));
  CHECK(close(drift::renyi(a, b).value, std::log(1.25), 1e-15));
  CHECK(close(drift::renyi(a, b, {.order = core::infinity}).value, std::log(1.5), 1e-15));
  CHECK(drift::renyi(a, b, {.order = 0.0}).value == 0.0);
  CHECK(close(drift::alpha(a, b, {.order = 2.0}).value, 0.125, 1e-15));
  const double coefficient = std::sqrt(0.125) + std::sqrt(0.375);
  CHECK(close(drift::bhattacharyya_coefficient(a, b).value, coefficient, 1e-15));
  CHECK(close(drift::hellinger(a, b).value, std::sqrt(1.0 - coefficient), 1e-14));
  CHECK(close(drift::alpha(a, b).value, 4.0 * (1.0 - coefficient), 1e-14));
  CHECK(close(drift::kullback_leibler(a, b, {.unit = information_unit::bits}).value, (0.75 * ln3 - ln2) / ln2, 1e-15));
  CHECK(drift::kullback_leibler(a, b).count == 0);
  CHECK(std::isnan(drift::kullback_leibler(a, b).standard_error));
}

TEST_CASE("drift divergences: Rényi and alpha pass through Kullback-Leibler at order 1", "[drift]") {
  const std::vector<double> p{0.1, 0.2, 0.7}, q{0.3, 0.3, 0.4};
  const auto a = probabilities(p);
  const auto b = probabilities(q);
  const double kl = drift::kullback_leibler(a, b).value;
  CHECK(drift::renyi(a, b, {.order = 1.0}).value == kl);
  CHECK(close(drift::renyi(a, b, {.order = 1.0 + 1e-9}).value, kl, 1e-8));
  CHECK(close(drift::renyi(a, b, {.order = 1.0 - 1e-9}).value, kl, 1e-8));
  CHECK(close(drift::alpha(a, b, {.order = 1.0 - 1e-9}).value, kl, 1e-8));
  CHECK(close(drift::alpha(a, b, {.order = 1e-9}).value, drift::reverse_kullback_leibler(a, b).value, 1e-8));
  double before = 0.0;
  for (const double order : {0.0, 0.1, 0.5, 0.9, 1.0, 1.1, 2.0, 10.0, 100.0, core::infinity}) {
    const double value = drift::renyi(a, b, {.order = order}).value;
    CHECK(value >= before);
    before = value;
  }
  // Far outside the range of double: D_300 of a cell with p/q = 1e300.
  const std::vector<double> far_p{0.5, 0.5}, far_q{1e-300, 1.0};
  CHECK(close(drift::renyi(probabilities(far_p), probabilities(far_q), {.order = 300.0}).value,
              (300.0 * std::log(0.5) + 299.0 * 300.0 * std::log(10.0)) / 299.0, 1e-13));
}

TEST_CASE("drift divergences: equal and proportional inputs give exactly 0", "[drift]") {
  const std::vector<std::int64_t> a{1, 2, 3, 0, 7}, b{3, 6, 9, 0, 21};
  for (const estimate& e : all_divergences(a, b)) {
    CHECK(e.value == 0.0);
    CHECK(std::isnan(e.standard_error));
  }
  CHECK(drift::bhattacharyya_coefficient(a, b).value <= 1.0);
  const std::vector<double> p{0.1, 0.2, 0.7};
  for (const estimate& e : all_divergences(probabilities(p), probabilities(p))) CHECK(e.value == 0.0);
}

TEST_CASE("drift divergences: a relative gap of 1e-13 keeps its leading digits and its sign", "[drift]") {
  // KL = JS·4 = χ²/2 = Σ q t²/2 to first order, t = ±g
  constexpr double g = 0x1p-43;
  const std::vector<double> p{0.5 * (1.0 + g), 0.5 * (1.0 - g)}, q{0.5, 0.5};
  const auto a = probabilities(p);
  const auto b = probabilities(q);
  CHECK(close(drift::kullback_leibler(a, b).value, 0.5 * g * g, 1e-9));
  CHECK(close(drift::jensen_shannon_divergence(a, b).value, 0.125 * g * g, 1e-9));
  CHECK(close(drift::chi_squared(a, b).value, g * g, 1e-9));
  CHECK(close(drift::hellinger(a, b).value, g / std::sqrt(8.0), 1e-9));
  CHECK(close(drift::population_stability_index(a, b).value, g * g, 1e-9));
  for (const double order : {-2.0, 0.3, 0.99, 1.01, 3.0, 20.0})
    CHECK(close(drift::alpha(a, b, {.order = order}).value, 0.5 * g * g, 1e-9));
}

TEST_CASE("drift divergences: series and logarithms meet without a step", "[drift]") {
  // Cells on both sides of every switch between the two forms.
  for (const double t : {0.0099, 0.0101, 0.0999, 0.1001, 0.199, 0.201, 0.45, 0.55, 0.95, 1.05}) {
    const long double p1 = 0.5L * (1.0L + static_cast<long double>(t) * 0.9L), p2 = 1.0L - p1, q = 0.5L;
    const std::vector<double> p{static_cast<double>(p1), static_cast<double>(p2)}, u{0.5, 0.5};
    const long double kl = p1 * std::log(p1 / q) + p2 * std::log(p2 / q);
    const long double h1 = 0.5L * (p1 + q), h2 = 0.5L * (p2 + q);
    const long double js =
        0.5L * (kl + q * std::log(q / h1) + q * std::log(q / h2) + p1 * std::log(q / h1) + p2 * std::log(q / h2));
    CHECK(close(drift::kullback_leibler(probabilities(p), probabilities(u)).value, static_cast<double>(kl), 1e-11));
    CHECK(close(drift::jensen_shannon_divergence(probabilities(p), probabilities(u)).value, static_cast<double>(js),
                1e-11));
    const long double a = 1.7L;
    const long double alpha =
        (std::pow(p1, a) * std::pow(q, 1 - a) + std::pow(p2, a) * std::pow(q, 1 - a) - 1) / (a * (a - 1));
    CHECK(close(drift::alpha(probabilities(p), probabilities(u), {.order = 1.7}).value, static_cast<double>(alpha),
                1e-10));
  }
}

TEST_CASE("drift divergences: supports that differ", "[drift]") {
  const std::vector<std::int64_t> left{5, 3, 0, 0}, right{0, 0, 2, 6}, part{5, 0, 0, 0};
  CHECK(drift::kullback_leibler(left, right).value == core::infinity);
  CHECK(drift::jeffreys(left, right).value == core::infinity);
  CHECK(drift::chi_squared(left, right).value == core::infinity);
  CHECK(drift::renyi(left, right, {.order = 0.5}).value == core::infinity);
  CHECK(drift::renyi(left, right, {.order = 0.0}).value == core::infinity);
  CHECK(close(drift::jensen_shannon_divergence(left, right).value, std::log(2.0), 1e-15));
  CHECK(close(drift::jensen_shannon_distance(left, right, {.unit = information_unit::bits}).value, 1.0, 1e-15));
  CHECK(drift::total_variation(left, right).value == 1.0);
  CHECK(close(drift::hellinger(left, right).value, 1.0, 1e-15));
  CHECK(close(drift::alpha(left, right).value, 4.0, 1e-15));
  CHECK(close(drift::kullback_leibler(part, left).value, std::log(1.6), 1e-15));
  CHECK(drift::kullback_leibler(left, part).value == core::infinity);
  CHECK(drift::reverse_kullback_leibler(part, left).value == core::infinity);
  CHECK(drift::alpha(part, left, {.order = -1.0}).value == core::infinity);
  CHECK(drift::alpha(left, part, {.order = 2.0}).value == core::infinity);
  CHECK(close(drift::renyi(part, left, {.order = 0.0}).value, std::log(1.6), 1e-15));
  CHECK(drift::population_stability_index(left, right, {.floor = 0.0}).value == core::infinity);
  CHECK(std::isfinite(drift::population_stability_index(left, right).value));
  for (const estimate& e : all_divergences(left, right)) CHECK(e.count == 16);
}

TEST_CASE("drift divergences: undefined data give NaN, impossible arguments throw", "[drift]") {
  const std::vector<double> good{0.5, 0.5}, zero{0.0, 0.0}, with_nan{0.5, core::nan}, with_inf{0.5, core::infinity},
      none;
  for (const auto& bad : {zero, with_nan, with_inf}) {
    for (const estimate& e : all_divergences(probabilities(bad), probabilities(good))) CHECK(std::isnan(e.value));
    for (const estimate& e : all_divergences(probabilities(good), probabilities(bad))) CHECK(std::isnan(e.value));
  }
  for (const estimate& e : all_divergences(probabilities(none), probabilities(none))) CHECK(std::isnan(e.value));
  const std::vector<double> negative{1.5, -0.5}, three{1.0, 1.0, 1.0};
  CHECK_THROWS_AS(drift::kullback_leibler(probabilities(negative), probabilities(good)), std::invalid_argument);
  CHECK_THROWS_AS(drift::jensen_shannon_divergence(probabilities(three), probabilities(good)), std::invalid_argument);
  const std::vector<int> minus{3, -1}, plus{1, 1};
  CHECK_THROWS_AS(drift::total_variation(minus, plus), std::invalid_argument);
  CHECK_THROWS_AS(drift::renyi(plus, plus, {.order = -0.5}), std::invalid_argument);
  CHECK_THROWS_AS(drift::renyi(plus, plus, {.order = core::nan}), std::invalid_argument);
  CHECK_THROWS_AS(drift::alpha(plus, plus, {.order = core::infinity}), std::invalid_argument);
  CHECK_THROWS_AS(drift::population_stability_index(plus, plus, {.floor = -1e-4}), std::invalid_argument);
}

TEST_CASE("drift divergences: arrays, views and states of the same counts agree", "[drift]") {
  const std::vector<std::uint32_t> first{0, 1, 1, 2, 2, 2, 4}, second{0, 0, 1, 2, 4, 4, 5, 5};
  summary::dense_counts p(6), q(6);
  p.update(first);
  q.update(second);
  const auto expected = all_divergences(p, q);
  summary::count_table table_p, table_q;
  table_p.update(first);
  table_q.update(second);
  summary::ngram_counts gram_p({.order = 1, .vocabulary = 6}), gram_q({.order = 1, .vocabulary = 6});
  gram_p.update(first);
  gram_q.update(second);
  const std::vector<double> float_p(p.counts().begin(), p.counts().end());
  const std::vector<double> float_q(q.counts().begin(), q.counts().end());
  const auto from_span = all_divergences(p.counts(), q.counts());
  const auto from_floats = all_divergences(counts(float_p), counts(float_q));
  const auto from_tables = all_divergences(table_p, table_q);
  const auto from_ngrams = all_divergences(gram_p, gram_q);
  const auto from_table_and_array = all_divergences(table_p, q), from_array_and_table = all_divergences(p, table_q);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(expected[i].count == 15);
    CHECK(from_span[i].value == expected[i].value);
    CHECK(close(from_floats[i].value, expected[i].value, 4e-16));  // read in another order
    CHECK(close(from_tables[i].value, expected[i].value, 1e-14));
    CHECK(close(from_ngrams[i].value, expected[i].value, 1e-14));
    CHECK(close(from_table_and_array[i].value, expected[i].value, 1e-14));
    CHECK(close(from_array_and_table[i].value, expected[i].value, 1e-14));
    CHECK(close(from_array_and_table[i].standard_error, expected[i].standard_error, 1e-13));
    CHECK(close(from_tables[i].standard_error, expected[i].standard_error, 1e-13));
    CHECK(from_tables[i].count == 15);
  }
  // An id beyond the array is a cell of its own, in which the array has nothing.
  const std::vector<double> known{0.5, 0.25, 0.25};
  summary::count_table beyond;
  beyond.update(std::vector<std::uint32_t>{0, 1, 2, 900});
  CHECK(drift::kullback_leibler(beyond, probabilities(known)).value == core::infinity);
  CHECK(close(drift::total_variation(probabilities(known), beyond).value, 0.25, 1e-15));
  CHECK_THROWS_AS(drift::kullback_leibler(p, summary::dense_counts(7)), std::invalid_argument);
}

TEST_CASE("drift population_stability_index: conventions for empty cells", "[drift]") {
  const std::vector<std::int64_t> p{5, 3, 0, 0, 0}, q{0, 0, 4, 6, 0};
  const auto by_definition = [&](const auto& share) {
    double sum = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double a = share(static_cast<double>(p[i]), 8.0), b = share(static_cast<double>(q[i]), 10.0);
      sum += (a - b) * std::log(a / b);
    }
    return sum;
  };
  const auto raised = [](double floor) { return [floor](double c, double n) { return std::max(c / n, floor); }; };
  const auto added = [](double k) { return [k](double c, double n) { return (c + k) / (n + 5.0 * k); }; };
  for (const double floor : {1e-4, 1e-2, 2.2250738585072014e-308})
    CHECK(close(drift::population_stability_index(p, q, {.floor = floor}).value, by_definition(raised(floor)), 1e-13));
  for (const double k : {1e-6, 0.5, 1.0})
    CHECK(close(drift::population_stability_index(p, q, {.added = k}).value, by_definition(added(k)), 1e-13));
}

TEST_CASE("drift divergences: a known side adds no variance", "[drift]") {
  const std::vector<std::int64_t> c{30, 50, 20}, large{300000000, 400000000, 300000000};
  const std::vector<double> known{0.3, 0.4, 0.3};
  const estimate mixed = drift::jensen_shannon_divergence(c, probabilities(known));
  CHECK(mixed.count == 100);
  CHECK(close(mixed.standard_error, drift::jensen_shannon_divergence(c, large).standard_error, 1e-5));
}

TEST_CASE("drift divergences: mean standard error matches the spread, shifted and equal", "[drift]") {
  const std::vector<double> p{0.1, 0.2, 0.3, 0.25, 0.15}, q{0.15, 0.25, 0.2, 0.2, 0.2};
  constexpr int replicates = 2000;
  const double four_errors = 4.0 / std::sqrt(2.0 * replicates);
  const auto check = [&](auto estimator) {
    CHECK(std::abs(divergence_error_ratio(p, q, 1000, 1500, replicates, estimator) - 1.0) < four_errors);
  };
  check([](const auto& a, const auto& b) { return drift::kullback_leibler(a, b); });
  check([](const auto& a, const auto& b) { return drift::jensen_shannon_divergence(a, b); });
  check([](const auto& a, const auto& b) { return drift::total_variation(a, b); });
  check([](const auto& a, const auto& b) { return drift::hellinger(a, b); });
  check([](const auto& a, const auto& b) { return drift::chi_squared(a, b); });
  check([](const auto& a, const auto& b) { return drift::renyi(a, b); });
  check([](const auto& a, const auto& b) { return drift::population_stability_index(a, b); });
  check([](const auto& a, const auto& b) { return drift::population_stability_index(a, b, {.added = 20.0}); });
  // At p = q the estimate is χ²-like, its deviation has a Monte-Carlo error of √((κ − 1)/4R), κ = 3 + 12/(K − 1) = 6.
  const double four_errors_at_null = 4.0 * std::sqrt(5.0 / (4.0 * replicates));
  const auto check_null = [&](auto estimator) {
    CHECK(std::abs(divergence_error_ratio(p, p, 1000, 1500, replicates, estimator) - 1.0) < four_errors_at_null);
  };
  check_null([](const auto& a, const auto& b) { return drift::kullback_leibler(a, b); });
  check_null([](const auto& a, const auto& b) { return drift::jensen_shannon_divergence(a, b); });
  check_null([](const auto& a, const auto& b) { return drift::chi_squared(a, b); });
}

TEST_CASE("drift divergences: Jensen-Shannon errors hold on sparse Zipf counts", "[drift]") {
  std::vector<double> p, q;
  for (int i = 1; i <= 2000; ++i) {
    p.push_back(1.0 / i);
    q.push_back(std::pow(i, -1.2));
  }
  constexpr int replicates = 150;
  const double ratio = divergence_error_ratio(p, q, 5000, 5000, replicates, [](const auto& a, const auto& b) {
    return drift::jensen_shannon_divergence(a, b);
  });
  CHECK(std::abs(ratio - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
}

TEST_CASE("drift divergences: many cells in single precision keep six digits, near-equal ones all of theirs",
          "[drift]") {
  constexpr std::size_t k = 20000;
  core::random_engine random(8);
  std::vector<float> p(k), far(k), near(k);
  for (std::size_t i = 0; i < k; ++i) {
    p[i] = static_cast<float>(core::uniform_01(random));
    far[i] = static_cast<float>(core::uniform_01(random));
    near[i] = p[i] * static_cast<float>(1.0 + 1e-3 * core::uniform_01(random));
  }
  const std::vector<double> wide_p(p.begin(), p.end()), wide_far(far.begin(), far.end()),
      wide_near(near.begin(), near.end());
  const auto agree = [](const estimate& a, const estimate& b, double relative) {
    CHECK(std::abs(a.value - b.value) <= relative * b.value);
  };
  agree(drift::jensen_shannon_divergence(probabilities(p), probabilities(far)),
        drift::jensen_shannon_divergence(probabilities(wide_p), probabilities(wide_far)), 1e-6);
  agree(drift::jensen_shannon_divergence(probabilities(p), probabilities(near)),
        drift::jensen_shannon_divergence(probabilities(wide_p), probabilities(wide_near)), 1e-14);
  agree(drift::kullback_leibler(probabilities(p), probabilities(far)),
        drift::kullback_leibler(probabilities(wide_p), probabilities(wide_far)), 1e-14);
  agree(drift::reverse_kullback_leibler(probabilities(p), probabilities(near)),
        drift::reverse_kullback_leibler(probabilities(wide_p), probabilities(wide_near)), 1e-14);
  // proportional cells: quotients of the two totals are the same numbers
  std::vector<float> fourfold = p;
  for (float& v : fourfold) v = 4.0F * v;
  CHECK(drift::jensen_shannon_divergence(probabilities(p), probabilities(fourfold)).value == 0.0);
  CHECK(drift::kullback_leibler(probabilities(p), probabilities(fourfold)).value == 0.0);
}
