// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/diversity/effective_rank.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"

using namespace tailwatch;

TEST_CASE("effective_rank: closed forms", "[diversity]") {
  // Singular values 3, 1 of a diagonal matrix: shares ¾, ¼, or 0.9, 0.1 of the squares.
  const std::vector<double> x{3, 0, 0, 1};
  const double h = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  CHECK(std::abs(diversity::effective_rank(rows(x, 2, 2), {.centre = false}).value - std::exp(h)) < 1e-12);
  const double h2 = -(0.9 * std::log(0.9) + 0.1 * std::log(0.1));
  const diversity::effective_rank_options squares{.centre = false, .spectrum = diversity::rank_spectrum::eigenvalues};
  CHECK(std::abs(diversity::effective_rank(rows(x, 2, 2), squares).value - std::exp(h2)) < 1e-12);
  CHECK(diversity::effective_rank(rows(x, 2, 2)).value == 1.0);  // two points, one direction between them
  // An orthogonal design: all directions alike, whether rows or columns are more.
  const std::vector<float> cross{1, 0, -1, 0, 0, 1, 0, -1};
  CHECK(std::abs(diversity::effective_rank(rows(cross, 4, 2)).value - 2.0) < 1e-12);
  const std::vector<float> wide{1, 0, 0, 0, 0, 0, 1, 0, 0, 0};
  CHECK(std::abs(diversity::effective_rank(rows(wide, 2, 5), {.centre = false}).value - 2.0) < 1e-12);
}

TEST_CASE("effective_rank: does not depend on scale, shift and rotation", "[diversity]") {
  core::random_engine random(5);
  std::vector<double> x(60 * 3), moved(60 * 3);
  for (std::size_t i = 0; i < 60; ++i) {
    for (std::size_t j = 0; j < 3; ++j)
      x[3 * i + j] = core::normal_quantile(core::uniform_01(random) + 0x1p-55) * static_cast<double>(j + 1);
    const double c = 0.6, s = 0.8;
    moved[3 * i] = 1e200 * (c * x[3 * i] - s * x[3 * i + 1]) + 1e200;
    moved[3 * i + 1] = 1e200 * (s * x[3 * i] + c * x[3 * i + 1]);
    moved[3 * i + 2] = 1e200 * x[3 * i + 2] - 2e200;
  }
  const estimate a = diversity::effective_rank(rows(x, 60, 3));
  CHECK(std::abs(diversity::effective_rank(rows(moved, 60, 3)).value - a.value) < 1e-10);
  CHECK(a.value > 2.0);
  CHECK(a.value < 3.0);
  CHECK(core::is_nan(a.standard_error));
}

TEST_CASE("effective_rank: edges", "[diversity]") {
  const std::vector<double> same{1, 2, 1, 2, 1, 2};
  CHECK(core::is_nan(diversity::effective_rank(rows(same, 3, 2)).value));
  CHECK(core::is_nan(diversity::effective_rank(rows(same, 1, 6)).value));
  CHECK(core::is_nan(diversity::effective_rank(rows(std::span<const double>(), 0, 4)).value));
  std::vector<double> bad{1, 2, 3, std::numeric_limits<double>::infinity()};
  CHECK(core::is_nan(diversity::effective_rank(rows(bad, 2, 2)).value));
}
