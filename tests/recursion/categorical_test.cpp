// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/categorical.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::categorical;
using recursion::category_counts;
using tailwatch::testing::close;

namespace {

// Pearson's statistic over the types with positive probability; types of probability 0 must not occur.
double pearson(const std::vector<std::uint64_t>& counts, const categorical& law, double n) {
  double sum = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = n * law.probability(i);
    if (expected == 0.0) {
      if (counts[i] != 0) return core::infinity;
      continue;
    }
    const double d = static_cast<double>(counts[i]) - expected;
    sum += d * d / expected;
  }
  return sum;
}

std::vector<std::uint64_t> tally(const std::vector<std::uint32_t>& sample, std::size_t types) {
  std::vector<std::uint64_t> counts(types, 0);
  for (const auto x : sample) ++counts.at(x);
  return counts;
}

}  // namespace

TEST_CASE("recursion categorical: probabilities", "[recursion]") {
  const categorical law(std::vector<int>{2, 0, 6});
  CHECK(law.types() == 3);
  CHECK(law.alive() == 2);
  CHECK(law.probability(0) == 0.25);
  CHECK(law.probability(1) == 0.0);
  CHECK(law.probability(99) == 0.0);
  CHECK(law.log_density(2) == std::log(0.75));
  CHECK(law.log_density(1) == -core::infinity);
  CHECK(close(law.simpson(), 1 - 0.0625 - 0.5625, 1e-15));
  CHECK(categorical(std::vector<int>{5}).simpson() == 0.0);
}

TEST_CASE("recursion categorical: no mass, nothing to draw", "[recursion]") {
  core::random_engine random(1);
  for (const auto& law : {categorical(), categorical(std::vector<int>{0, 0})}) {
    CHECK_FALSE(law.defined());
    CHECK(core::is_nan(law.probability(0)));
    CHECK(core::is_nan(law.simpson()));
    CHECK(law.sample(5, random).empty());
    CHECK(law.resample(5, random) == std::vector<std::uint64_t>(law.types(), 0));
  }
  CHECK_THROWS_AS(categorical(std::vector<int>{1, -1}), std::invalid_argument);
  CHECK_THROWS_AS(categorical(std::vector<double>{1, core::nan}), std::invalid_argument);
  CHECK_THROWS_AS(categorical(std::vector<double>{1, core::infinity}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::alias_table(std::vector<double>{}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::alias_table(std::vector<double>{0.0}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::zipf(0, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(recursion::zipf(5, 1.0, -1.0), std::invalid_argument);
}

TEST_CASE("recursion categorical: both samplers follow the law", "[recursion]") {
  const double n = 200000;
  std::vector<double> holes{0, 3, 0, 1e-3, 5, 2, 0, 8, 0.7, 0};
  for (const auto& law : {recursion::zipf(50, 1.1), recursion::zipf(64, 0.0), categorical(holes),
                          categorical(std::vector<int>{0, 1, 0})}) {
    core::random_engine random(2);
    const auto degrees = static_cast<double>(law.alive() - 1);
    const double limit = degrees + 5 * std::sqrt(2 * degrees) + 8;  // Pearson's statistic: mean d, variance 2d, skewed
    CHECK(pearson(tally(law.sample(200000, random), law.types()), law, n) < limit);
    const auto counts = law.resample(200000, random);
    CHECK(category_counts{counts}.total() == 200000);
    CHECK(pearson(counts, law, n) < limit);
  }
}

TEST_CASE("recursion categorical: rare types are drawn as often as they should be", "[recursion]") {
  // binomials of small mean: 500 draws of 1000 from Zipf over 5000 types; the rarest half has mass p
  const auto law = recursion::zipf(5000, 1.2);
  double p = 0.0;
  for (std::size_t i = 2500; i < 5000; ++i) p += law.probability(i);
  core::random_engine random(3);
  double hits = 0.0;
  for (int i = 0; i < 500; ++i) {
    const auto counts = law.resample(1000, random);
    for (std::size_t k = 2500; k < 5000; ++k) hits += static_cast<double>(counts[k]);
  }
  CHECK(std::abs(hits - 5e5 * p) < 5 * std::sqrt(5e5 * p));
}

TEST_CASE("recursion categorical: more draws than an int holds", "[recursion]") {
  core::random_engine random(4);
  const std::uint64_t n = std::uint64_t{5} << 31;
  const auto counts = categorical(std::vector<int>{1, 3}).resample(n, random);
  CHECK(counts[0] + counts[1] == n);
  CHECK(std::abs(static_cast<double>(counts[0]) - 0.25 * static_cast<double>(n)) <
        5 * std::sqrt(0.1875 * static_cast<double>(n)));
}

TEST_CASE("recursion categorical: an alias table keeps impossible types impossible", "[recursion]") {
  std::vector<double> weights(1000, 0.0);
  for (std::size_t i = 0; i < 1000; i += 3) weights[i] = 0.1 + static_cast<double>(i % 7);
  const recursion::alias_table table(weights);
  CHECK(table.types() == 1000);
  core::random_engine random(5);
  bool possible = true;
  for (int i = 0; i < 300000; ++i) possible = possible && weights[table(random)] > 0.0;
  CHECK(possible);
}

TEST_CASE("recursion categorical: counts as data", "[recursion]") {
  using traits = recursion::data_traits<category_counts>;
  category_counts data{{3, 0, 5}};
  CHECK(traits::size(data) == 8);
  traits::append(data, {{1, 1, 1, 1}});
  CHECK(data.counts == std::vector<std::uint64_t>{4, 1, 6, 1});
  core::random_engine random(6);
  CHECK(traits::draw(data, 12, random) == data);
  double first = 0.0;
  for (int i = 0; i < 20000; ++i) {
    const auto drawn = traits::draw(data, 5, random);
    REQUIRE(drawn.total() == 5);
    for (std::size_t k = 0; k < 4; ++k) REQUIRE(drawn.counts[k] <= data.counts[k]);
    first += static_cast<double>(drawn.counts[0]);
  }
  // hypergeometric: 5 of 12, 4 of the kind: mean 5/3, variance 5/3 · 8/12 · 7/11
  CHECK(std::abs(first / 20000 - 5.0 / 3) < 5 * std::sqrt(5.0 / 3 * 8 / 12 * 7 / 11 / 20000));
  recursion::real_reserve<category_counts> reserve(data);
  const auto a = reserve(5, random);
  auto b = reserve(100, random);
  CHECK(reserve.remaining() == 0);
  traits::append(b, a);
  CHECK(b == data);
}
