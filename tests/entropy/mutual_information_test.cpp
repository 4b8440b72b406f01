// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/mutual_information.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/entropy/mutual_information_ksg.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/ngram_counts.hpp"

namespace {

using tailwatch::estimate;
using tailwatch::rows;
using tailwatch::testing::close;
namespace entropy = tailwatch::entropy;

constexpr entropy::mutual_information_options corrected{.correction =
                                                            entropy::mutual_information_correction::miller_madow};

/// n pairs from a table of shares.
std::vector<std::int64_t> joint_counts(const tailwatch::testing::categorical& cells, std::size_t n,
                                       tailwatch::core::random_engine& random) {
  const auto counts = cells.counts(n, random);
  return {counts.begin(), counts.end()};
}

double normal_draw(tailwatch::core::random_engine& random) {
  const double r = std::sqrt(-2.0 * std::log1p(-tailwatch::core::uniform_01(random)));
  return r * std::cos(2.0 * std::acos(-1.0) * tailwatch::core::uniform_01(random));
}

}  // namespace

TEST_CASE("entropy: mutual information of a table of counts", "[entropy]") {
  static_assert(tailwatch::core::estimator<entropy::mutual_information_fn>);
  const auto& information = entropy::mutual_information;
  const std::vector<int> table{5, 0, 2, 1, 7, 0, 3, 3, 9};
  const std::vector<int> row{7, 8, 15}, column{9, 10, 11};
  const estimate e = information(rows(table, 3, 3));
  const double by_entropies = entropy::plugin(row).value + entropy::plugin(column).value - entropy::plugin(table).value;
  CHECK(close(e.value, by_entropies, 1e-13));
  CHECK(e.count == 30);
  CHECK(e.standard_error > 0.0);
  CHECK(close(information(table, row, column).value, by_entropies, 1e-13));
  CHECK(std::isnan(information(table, row, column).standard_error));
  CHECK(close(information(rows(table, 3, 3), corrected).value, by_entropies + (3 + 3 - 7 - 1) / 60.0, 1e-13));
  CHECK(close(information(table, row, column, corrected).value, by_entropies + (3 + 3 - 7 - 1) / 60.0, 1e-13));
  CHECK(close(information(rows(table, 3, 3), {.unit = tailwatch::information_unit::bits}).value,
              e.value / std::log(2.0), 1e-15));

  const std::vector<double> identical{4, 0, 0, 4};  // y = x, one bit
  CHECK(close(information(rows(identical, 2, 2)).value, std::log(2.0), 1e-15));
  CHECK(information(rows(identical, 2, 2)).standard_error < 1e-15);
  const std::vector<int> independent{1, 2, 3, 10, 20, 30};
  CHECK(std::abs(information(rows(independent, 2, 3)).value) < 1e-17);
}

TEST_CASE("entropy: mutual information does not cancel near independence", "[entropy]") {
  // (1 + d, 1 − d; 1 − d, 1 + d)·10¹²/4 gives d²/2 + d⁴/12 + …, below the last digit of the entropies.
  const std::int64_t quarter = 250'000'000'000, d = 2500;
  const std::vector<std::int64_t> table{quarter + d, quarter - d, quarter - d, quarter + d};
  CHECK(close(entropy::mutual_information(rows(table, 2, 2)).value, 0.5e-16, 1e-9));
}

TEST_CASE("entropy: mutual information of bad and degenerate tables", "[entropy]") {
  const auto& information = entropy::mutual_information;
  const std::vector<int> zeros(6, 0), negative{1, 2, -1, 4};
  CHECK(std::isnan(information(rows(zeros, 2, 3)).value));
  CHECK(information(rows(zeros, 2, 3)).count == 0);
  CHECK_THROWS_AS(information(rows(negative, 2, 2)), std::invalid_argument);
  const std::vector<double> fractional{1, 2.5, 1, 4}, undefined{1, 2, std::numeric_limits<double>::quiet_NaN(), 4};
  CHECK_THROWS_AS(information(rows(fractional, 2, 2)), std::invalid_argument);
  CHECK(std::isnan(information(rows(undefined, 2, 2)).value));
  const std::vector<int> one_row{3, 4, 5};
  CHECK(information(rows(one_row, 1, 3)).value == 0.0);
  CHECK_THROWS_AS(information(one_row, std::vector<int>{12}, std::vector<int>{3, 4}), std::invalid_argument);
}

TEST_CASE("entropy: the error of the mutual information matches at independence, Zipf and uniform", "[entropy]") {
  for (const double exponent : {1.0, 0.0})
    for (const bool miller_madow : {false, true}) {
      std::vector<double> shares;
      for (int i = 1; i <= 20; ++i)
        for (int j = 1; j <= 15; ++j) shares.push_back(std::pow(static_cast<double>(i * j), -exponent));
      const tailwatch::testing::categorical cells(shares);
      const auto s = tailwatch::testing::replicate(400, 52, [&](auto& random) {
        const auto counts = joint_counts(cells, 1000, random);
        return miller_madow ? entropy::mutual_information(rows(counts, 20, 15), corrected)
                            : entropy::mutual_information(rows(counts, 20, 15));
      });
      INFO((exponent > 0.0 ? "Zipf" : "uniform") << (miller_madow ? ", corrected" : "") << ": deviation " << s.deviation
                                                 << ", standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
}

TEST_CASE("entropy: the jackknife of the mutual information is that of deleted pairs where these are rare in the table",
          "[entropy]") {
  // Large counts: second order vanishes, and both formulas are the delta method.
  const std::vector<long long> table{4'000'000, 1'000'000, 500'000, 2'500'000};
  const auto by_jackknife = entropy::mutual_information(rows(table, 2, 2));
  const auto by_delta =
      entropy::mutual_information(rows(table, 2, 2), {.error = entropy::mutual_information_error::delta_method});
  CHECK(tailwatch::testing::close(by_jackknife.standard_error, by_delta.standard_error, 1e-5));
  CHECK(by_jackknife.value == by_delta.value);
}

TEST_CASE("entropy: the error of the mutual information matches its scatter", "[entropy]") {
  std::vector<double> shares;
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 4; ++j) shares.push_back(i == j ? 3.0 : 1.0 / (1.0 + i + j));
  const tailwatch::testing::categorical cells(shares);
  double truth = 0.0;
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      double row = 0.0, column = 0.0;
      for (std::size_t l = 0; l < 4; ++l) row += cells.shares()[i * 4 + l];
      for (std::size_t l = 0; l < 5; ++l) column += cells.shares()[l * 4 + j];
      truth += cells.shares()[i * 4 + j] * std::log(cells.shares()[i * 4 + j] / (row * column));
    }
  const auto s = tailwatch::testing::replicate(1000, 51, [&](auto& random) {
    const auto counts = joint_counts(cells, 500, random);
    return entropy::mutual_information(rows(counts, 5, 4), corrected);
  });
  INFO("truth " << truth << " mean " << s.mean << " deviation " << s.deviation << ", standard error " << s.mean_error);
  CHECK(std::abs(s.discrepancy()) < 4.0);
  CHECK(std::abs(s.mean - truth) < 4.0 * s.deviation / std::sqrt(1000.0) + 1e-3);
}

TEST_CASE("entropy: the error of the mutual information of states", "[entropy]") {
  using pairs = entropy::mutual_information_pairs;
  // Pairs apart from each other: as of the table.
  tailwatch::core::random_engine random(53);
  const auto cells = tailwatch::testing::categorical::zipf(20, 0.7);
  tailwatch::summary::ngram_counts bigrams({.order = 2, .vocabulary = 32});
  tailwatch::summary::dense_counts first(20), second(20);
  std::vector<std::int64_t> table(400);
  for (int i = 0; i < 600; ++i) {
    const std::uint32_t x = cells.draw(random), y = i % 3 == 0 ? x : cells.draw(random);
    bigrams.update(std::vector<std::uint32_t>{x, y});
    first.add(x);
    second.add(y);
    ++table[x * 20 + y];
  }
  for (const auto correction :
       {entropy::mutual_information_correction::none, entropy::mutual_information_correction::miller_madow})
    for (const auto error :
         {entropy::mutual_information_error::jackknife, entropy::mutual_information_error::delta_method}) {
      const entropy::mutual_information_options options{
          .correction = correction, .error = error, .pairs = pairs::independent};
      const auto of_states = entropy::mutual_information(bigrams, first, second, options);
      const auto of_table = entropy::mutual_information(rows(table, 20, 20), options);
      CHECK(close(of_states.value, of_table.value, 1e-12));
      CHECK(close(of_states.standard_error, of_table.standard_error, 1e-10));
    }
  CHECK(std::isnan(entropy::mutual_information(bigrams, first, first.counts()).standard_error));
  tailwatch::summary::dense_counts other(20);
  other.add(3, 600);
  CHECK(std::isnan(entropy::mutual_information(bigrams, first, other).standard_error));

  // Bigrams of a text share tokens: as if they were apart, the error would be 0.7 of the scatter.
  for (const double exponent : {1.0, 0.0}) {
    const auto source = tailwatch::testing::categorical::zipf(100, exponent);
    const auto s = tailwatch::testing::replicate(400, 54, [&](auto& engine) {
      const auto tokens = source.tokens(1000, engine);
      tailwatch::summary::ngram_counts of_two({.order = 2, .vocabulary = 128});
      tailwatch::summary::dense_counts x(100), y(100);
      of_two.update(tokens);
      for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        x.add(tokens[i]);
        y.add(tokens[i + 1]);
      }
      return entropy::mutual_information(of_two, x, y);
    });
    INFO("exponent " << exponent << ": deviation " << s.deviation << ", standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}

TEST_CASE("entropy: KSG mutual information of correlated normals", "[entropy]") {
  static_assert(tailwatch::core::estimator<entropy::mutual_information_ksg1_fn>);
  static_assert(tailwatch::core::estimator<entropy::mutual_information_ksg2_fn>);
  tailwatch::core::random_engine random(61);
  for (const double rho : {0.0, 0.6, 0.9}) {
    std::vector<double> x(2000), y(2000);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = normal_draw(random);
      y[i] = rho * x[i] + std::sqrt(1.0 - rho * rho) * normal_draw(random);
    }
    const double truth = -0.5 * std::log(1.0 - rho * rho);  // scatter about 0.02
    const estimate first = entropy::mutual_information_ksg1(x, y), second = entropy::mutual_information_ksg2(x, y);
    CHECK(std::abs(first.value - truth) < 0.08);
    CHECK(std::abs(second.value - truth) < 0.08);
    CHECK((first.standard_error > 0.01 && first.standard_error < 0.05));
    CHECK(entropy::mutual_information_ksg1(tailwatch::sample(x), y).value == first.value);
    CHECK(close(entropy::mutual_information_ksg1(y, x).value, first.value, 1e-12, 1e-12));
    // A common scale by a power of two changes no comparison.
    auto wide_x = x, wide_y = y;
    for (double& v : wide_x) v *= 0x1p40;
    for (double& v : wide_y) v *= 0x1p40;
    CHECK(entropy::mutual_information_ksg1(wide_x, wide_y).value == first.value);
  }
}

TEST_CASE("entropy: KSG counts neighbours of vectors as all pairs do", "[entropy]") {
  tailwatch::core::random_engine random(62);
  constexpr std::size_t n = 60, dx = 2, dy = 3, k = 4;
  std::vector<double> x(n * dx), y(n * dy);
  for (double& v : x) v = normal_draw(random);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = 0.5 * x[i % x.size()] + normal_draw(random);
  const auto distance = [](const std::vector<double>& p, std::size_t d, std::size_t i, std::size_t j) {
    double largest = 0.0;
    for (std::size_t c = 0; c < d; ++c) largest = std::max(largest, std::abs(p[i * d + c] - p[j * d + c]));
    return largest;
  };
  double first = 0.0, second = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<std::pair<double, std::size_t>> near;
    for (std::size_t j = 0; j < n; ++j)
      if (j != i) near.emplace_back(std::max(distance(x, dx, i, j), distance(y, dy, i, j)), j);
    std::ranges::sort(near);
    double ex = 0.0, ey = 0.0;
    for (std::size_t l = 0; l < k; ++l) {
      ex = std::max(ex, distance(x, dx, i, near[l].second));
      ey = std::max(ey, distance(y, dy, i, near[l].second));
    }
    double nx1 = 0, ny1 = 0, nx2 = 0, ny2 = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      nx1 += distance(x, dx, i, j) < near[k - 1].first ? 1.0 : 0.0;
      ny1 += distance(y, dy, i, j) < near[k - 1].first ? 1.0 : 0.0;
      nx2 += distance(x, dx, i, j) <= ex ? 1.0 : 0.0;
      ny2 += distance(y, dy, i, j) <= ey ? 1.0 : 0.0;
    }
    using tailwatch::math::digamma;
    first += (digamma(nx1 + 1.0) + digamma(ny1 + 1.0)) / n;
    second += (digamma(nx2) + digamma(ny2)) / n;
  }
  using tailwatch::math::digamma;
  const double constant = digamma(double{k}) + digamma(double{n});
  CHECK(close(entropy::mutual_information_ksg1(rows(x, n, dx), rows(y, n, dy), {.k = k}).value, constant - first, 0.0,
              1e-13));  // the value itself is near 0
  CHECK(close(entropy::mutual_information_ksg2(rows(x, n, dx), rows(y, n, dy), {.k = k}).value,
              constant - 1.0 / k - second, 0.0, 1e-13));
}

TEST_CASE("entropy: KSG mutual information of bad and degenerate pairs", "[entropy]") {
  const std::vector<double> x{1, 2, 4, 7, 11}, y{3, 1, 4, 1, 5}, short_y{1, 2};
  const auto check = [&](const auto& ksg) {
    CHECK(std::isfinite(ksg(x, y).value));
    CHECK(std::isnan(ksg(x, y, {.k = 5}).value));
    CHECK(ksg(x, y, {.k = 5}).count == 5);
    CHECK(std::isnan(ksg(std::vector<double>(5, 1.0), std::vector<double>(5, 2.0)).value));
    CHECK(std::isnan(ksg(x, std::vector<double>{1, 2, std::numeric_limits<double>::infinity(), 4, 5}).value));
    CHECK(std::isnan(ksg(std::vector<double>{}, std::vector<double>{}).value));
    CHECK_THROWS_AS(ksg(x, y, {.k = 0}), std::invalid_argument);
    CHECK_THROWS_AS(ksg(x, short_y), std::invalid_argument);
  };
  check(entropy::mutual_information_ksg1);
  check(entropy::mutual_information_ksg2);
}

TEST_CASE("entropy: the error of the nearest-neighbour mutual information is a jackknife without its excess",
          "[entropy]") {
  // Both computed by leaving out one pair after the other.
  auto random = tailwatch::core::random_engine(77);
  std::vector<double> x(60), y(60);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = tailwatch::core::uniform_01(random);
    y[i] = x[i] + tailwatch::core::uniform_01(random);
  }
  const auto check = [&](const auto& ksg, const auto& noise, std::size_t k) {
    std::vector<double> without;
    for (std::size_t j = 0; j < x.size(); ++j) {
      auto rest_x = x, rest_y = y;
      rest_x.erase(rest_x.begin() + static_cast<std::ptrdiff_t>(j));
      rest_y.erase(rest_y.begin() + static_cast<std::ptrdiff_t>(j));
      without.push_back(ksg(rest_x, rest_y, {.k = k}).value);
    }
    const double expected = noise.error(entropy::detail::delete_one_error(without), x.size());
    CHECK(close(ksg(x, y, {.k = k}).standard_error, expected, 1e-9));
  };
  for (const std::size_t k : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    INFO(k);
    check(entropy::mutual_information_ksg1, entropy::detail::ksg_noise<entropy::detail::ksg_square>(x.size(), k), k);
    check(entropy::mutual_information_ksg2, entropy::detail::ksg_noise<entropy::detail::ksg_rectangle>(x.size(), k), k);
  }
  CHECK(std::isnan(entropy::mutual_information_ksg1(x, y, {.k = 59}).standard_error));
  CHECK(std::isnan(
      entropy::mutual_information_ksg1(rows(x, 30, 2), rows(y, 30, 2)).standard_error));  // of vectors none is known
}

TEST_CASE("entropy: the error of the nearest-neighbour mutual information matches its scatter", "[entropy]") {
  const auto discrepancy = [](const auto& ksg, double correlation, bool uniform) {
    const auto s = tailwatch::testing::replicate(400, 41, [&](auto& random) {
      std::vector<double> x(150), y(150);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double a = tailwatch::core::uniform_01(random), b = tailwatch::core::uniform_01(random);
        x[i] = uniform ? a : tailwatch::core::normal_quantile(a);
        y[i] = uniform ? b
                       : correlation * x[i] +
                             std::sqrt(1.0 - correlation * correlation) * tailwatch::core::normal_quantile(b);
      }
      return ksg(x, y);
    });
    INFO("deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  };
  discrepancy(entropy::mutual_information_ksg1, 0.0, true);
  discrepancy(entropy::mutual_information_ksg1, 0.6, false);
  discrepancy(entropy::mutual_information_ksg2, 0.0, false);
  discrepancy(entropy::mutual_information_ksg2, 0.9, false);
}
