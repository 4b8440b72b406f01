// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/tail/exceedance_mass.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/sketch/log_linear_histogram.hpp"

namespace {

namespace tail = tailwatch::tail;
using tailwatch::testing::close;

std::vector<double> exponential_sample(std::size_t n, double rate, tailwatch::core::random_engine& random) {
  std::vector<double> x(n);
  for (double& v : x) v = -std::log1p(-tailwatch::core::uniform_01(random)) / rate;
  return x;
}

}  // namespace

TEST_CASE("tail: exceedance_mass by hand, both sides", "[tail]") {
  const std::vector<double> x{10, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<float> y{0.5F, 8.5F, 9.0F, 9.5F};
  const auto upper = tail::exceedance_mass(x, y, {.levels = {0.9, 0.5, 0.75}});
  REQUIRE(upper.size() == 3);
  CHECK(upper[0].threshold == 9.0);
  CHECK(upper[0].mass.value == 0.25);  // strictly beyond
  CHECK(close(upper[0].reference_mass, 0.1, 1e-15));
  CHECK(upper[0].mass.count == 4);
  CHECK(close(upper[0].mass.standard_error, std::sqrt(0.25 * 0.75 / 4 + 0.9 * 0.1 / 10), 1e-14));
  CHECK(upper[1].threshold == 5.0);
  CHECK(upper[1].mass.value == 0.75);
  CHECK(upper[2].threshold == 8.0);
  const auto lower = tail::exceedance_mass(
      x, y, {.levels = {0.9}, .side = tail::exceedance_side::lower, .error = tail::exceedance_error::given_reference});
  CHECK(lower[0].threshold == 2.0);
  CHECK(lower[0].mass.value == 0.25);
  CHECK(close(lower[0].mass.standard_error, std::sqrt(0.25 * 0.75 / 4), 1e-14));
  const std::vector<double> none_beyond{1.0, 2.0};
  CHECK(std::isnan(tail::exceedance_mass(x, none_beyond, {.error = tail::exceedance_error::given_reference})[0]
                       .mass.standard_error));
}

TEST_CASE("tail: exceedance_mass where there is nothing to compare, and what it refuses", "[tail]") {
  const std::vector<double> x{1, 2, 3}, none, broken{1.0, std::numeric_limits<double>::quiet_NaN()};
  for (const auto& [a, b] : {std::pair{x, none}, std::pair{none, x}, std::pair{x, broken}, std::pair{broken, x}}) {
    const auto e = tail::exceedance_mass(a, b);
    REQUIRE(e.size() == 3);
    CHECK(std::isnan(e[0].mass.value));
    CHECK(e[0].mass.count == b.size());
  }
  for (const double p : {0.0, 1.0, std::nan("")})
    CHECK_THROWS_AS(tail::exceedance_mass(x, x, {.levels = {p}}), std::invalid_argument);
}

TEST_CASE("tail: the error of exceedance_mass matches its scatter over both samples or over one", "[tail]") {
  for (const double level : {0.9, 0.99}) {
    const auto both = tailwatch::testing::replicate(400, 81, [&](auto& random) {
      const auto x = exponential_sample(1000, 1.0, random), y = exponential_sample(500, 1.0, random);
      return tail::exceedance_mass(x, y, {.levels = {level}})[0].mass;
    });
    INFO("level " << level << ": mean " << both.mean << ", deviation " << both.deviation << ", mean standard error "
                  << both.mean_error);
    CHECK(std::abs(both.discrepancy()) < 4.0);
    CHECK(std::abs(both.mean - (1.0 - level * 1000.0 / 1001.0)) < 4.0 * both.deviation / 20.0);
  }
  tailwatch::core::random_engine random(82);
  const auto x = exponential_sample(1000, 1.0, random);
  const auto one = tailwatch::testing::replicate(400, 83, [&](auto& engine) {
    const auto y = exponential_sample(500, 1.5, engine);  // a thinner tail
    return tail::exceedance_mass(x, y, {.levels = {0.9}, .error = tail::exceedance_error::given_reference})[0].mass;
  });
  CHECK(one.mean < 0.05);
  CHECK(std::abs(one.discrepancy()) < 4.0);
}

TEST_CASE("tail: exceedance_mass of histograms is that of their samples to a cell", "[tail]") {
  tailwatch::core::random_engine random(84);
  const auto x = exponential_sample(5000, 1.0, random), y = exponential_sample(3000, 1.3, random);
  tailwatch::sketch::log_linear_histogram of_x, of_y, empty;
  of_x.update(x);
  of_y.update(y);
  for (const auto side : {tail::exceedance_side::upper, tail::exceedance_side::lower}) {
    const auto exact = tail::exceedance_mass(x, y, {.side = side});
    const auto coarse = tail::exceedance_mass(of_x, of_y, {.side = side});
    for (std::size_t i = 0; i < 3; ++i) {
      INFO("level " << exact[i].level << " threshold " << coarse[i].threshold << " exact " << exact[i].threshold);
      CHECK(close(coarse[i].threshold, exact[i].threshold, 0x1p-6));  // half a cell at five mantissa bits
      // The cell's other half: 2⁻⁶ x of density e^{−1.3x}·1.3 at the threshold is up to 8 % of a mass there, and 3 of 3000 observations.
      CHECK(close(coarse[i].mass.value, exact[i].mass.value, 0.1, 1e-3));
      CHECK(coarse[i].mass.count == 3000);
    }
  }
  CHECK(std::isnan(tail::exceedance_mass(of_x, empty)[0].mass.value));
  CHECK(std::isnan(tail::exceedance_mass(empty, of_y)[0].mass.value));
}
