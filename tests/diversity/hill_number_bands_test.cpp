// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/diversity/hill_number_bands.hpp"

#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"

namespace {

using tailwatch::core::random_engine;
using tailwatch::testing::close;
constexpr auto bands = tailwatch::diversity::hill_number_bands;

const std::vector<std::uint64_t> sizes{100, 400, 800};
const std::vector<double> coverages{0.5, 0.8, 0.9};
std::span<const std::uint64_t> some_sizes() { return sizes; }
std::span<const double> some_coverages() { return coverages; }

}  // namespace

TEST_CASE("diversity: hill_number_bands are centred on the curve and follow the engine", "[diversity]") {
  random_engine random(3);
  const auto counts = tailwatch::testing::categorical::zipf(200, 1.0).counts(400, random);
  for (const double q : {0.0, 1.0, 1.5, 2.0}) {
    random_engine first(5), second(5);
    const auto at_size = bands(counts, some_sizes(), first, {.order = q, .replicates = 30});
    const auto again = bands(counts, some_sizes(), second, {.order = q, .replicates = 30});
    REQUIRE(at_size.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& b = at_size[i];
      CHECK(b.sample_size == sizes[i]);
      CHECK(b.number.value ==
            tailwatch::diversity::hill_number_at_size(counts, {.order = q, .sample_size = sizes[i]}).value);
      CHECK(b.number.standard_error == again[i].number.standard_error);
      CHECK(close(b.band.upper - b.number.value, 1.959963984540054 * b.number.standard_error, 1e-12));
      CHECK(b.band.lower < b.number.value);
      CHECK((b.coverage > 0.0 && b.coverage < 1.0));
    }
    const auto covered = bands(counts, some_coverages(), first, {.order = q, .replicates = 30, .level = 0.9});
    for (std::size_t i = 0; i < 3; ++i) {
      const auto e = tailwatch::diversity::hill_number_at_coverage(counts, {.order = q, .coverage = coverages[i]});
      CHECK(covered[i].number.value == e.number.value);
      CHECK(covered[i].sample_size == e.sample_size);
      CHECK(covered[i].coverage >= coverages[i]);
      CHECK(covered[i].band.level == 0.9);
    }
    random_engine third(5);
    const auto joint = bands(counts, some_sizes(), third, {.order = q, .replicates = 30, .simultaneous = true});
    for (std::size_t i = 0; i < 3; ++i) CHECK(joint[i].band.upper >= at_size[i].band.upper);
  }
}

TEST_CASE("diversity: the source rebuilt from a sample has its mass, its types and its dominance", "[diversity]") {
  random_engine random(4);
  const tailwatch::summary::frequency_profile profile(
      tailwatch::testing::categorical::zipf(500, 1.0).counts(1000, random));
  const tailwatch::diversity::detail::estimated_source source(profile);
  CHECK(close(source.power_sum(1.0), 1.0, 1e-12));
  CHECK(
      source.symbols() ==
      std::ceil(
          tailwatch::diversity::chao1(profile, {.variant = tailwatch::diversity::chao1_variant::finite_sample}).value));
  double types = 0.0, dominance = 0.0;
  for (int i = 0; i < 200; ++i) {
    const auto sample = source.draw(random);
    CHECK(sample.total() == 1000);
    types += static_cast<double>(sample.types()) / 200.0;
    for (const auto& e : sample.entries())
      dominance += static_cast<double>(e.multiplicity * e.count * (e.count - 1)) / 999000.0 / 200.0;
  }
  // Samples of it are multinomial: the unbiased dominance, and as many types as 1 − (1 − p)^1000 adds up to.
  CHECK(close(dominance, source.power_sum(2.0), 0.02));
  CHECK(types < source.symbols());
  CHECK(std::abs(types / static_cast<double>(profile.types()) - 1.0) < 0.15);
}

TEST_CASE("diversity: hill_number_bands of bad and degenerate counts", "[diversity]") {
  random_engine random(1);
  for (const std::vector<int>& few : {std::vector<int>{}, std::vector<int>{0}, std::vector<int>{1}}) {
    for (const auto& b : bands(few, some_sizes(), random))
      CHECK((std::isnan(b.number.value) && std::isnan(b.band.upper)));
    for (const auto& b : bands(few, some_coverages(), random)) CHECK(std::isnan(b.number.value));
  }
  for (const auto& b : bands(std::vector<int>{9}, some_sizes(), random)) {  // one type: no scatter, none claimed
    CHECK(b.number.value == 1.0);
    CHECK(std::isnan(b.number.standard_error));
    CHECK(std::isnan(b.band.lower));
  }
  for (const auto& b : bands(std::vector<int>{1, 1, 1, 1}, some_sizes(), random, {.replicates = 20}))
    CHECK(b.number.value > 1.0);
  const std::vector<int> x{5, 3, 1, 1};
  const std::vector<std::uint64_t> zero{0};
  const std::vector<double> one{1.0};
  CHECK_THROWS_AS(bands(x, std::span<const std::uint64_t>(zero), random), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, std::span<const double>(one), random), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, some_sizes(), random, {.order = -1.0}), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, some_sizes(), random, {.replicates = 1}), std::invalid_argument);
  CHECK_THROWS_AS(bands(x, some_sizes(), random, {.level = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(bands(std::vector<int>{3, -1}, some_sizes(), random), std::invalid_argument);
}
