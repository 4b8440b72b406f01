// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/drift/kullback_leibler_smoothed.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/kullback_leibler.hpp"
#include "tailwatch/summary/count_table.hpp"

using namespace tailwatch;
using tailwatch::testing::close;

TEST_CASE("drift kullback_leibler_smoothed: add one by hand, disjoint supports", "[drift]") {
  // p = (2, 1)/3, q = (1, 2)/3 after adding one to (1, 0) and (0, 1)
  const std::vector<int> p{1, 0}, q{0, 1};
  const double expected = std::log(2.0) / 3.0;
  CHECK(close(drift::kullback_leibler_smoothed(p, q, {.parameter = 1.0}).value, expected, 1e-15));
  CHECK(close(drift::kullback_leibler_smoothed(p, q, {.method = drift::smoothing::dirichlet, .parameter = 2.0}).value,
              expected, 1e-15));
  CHECK(close(
      drift::kullback_leibler_smoothed(
          p, q, {.method = drift::smoothing::jelinek, .parameter = 2.0 / 3.0, .background = drift::background::pooled})
          .value,
      expected, 1e-14));
}

TEST_CASE("drift kullback_leibler_smoothed: no smoothing is the plain divergence", "[drift]") {
  const std::vector<int> p{10, 20, 30}, q{20, 20, 5};
  const double plain = drift::kullback_leibler(p, q).value;
  for (const auto method : {drift::smoothing::add_k, drift::smoothing::dirichlet, drift::smoothing::jelinek}) {
    const estimate e = drift::kullback_leibler_smoothed(p, q, {.method = method, .parameter = 0.0});
    CHECK(close(e.value, plain, 1e-14));
    CHECK(close(e.standard_error, drift::kullback_leibler(p, q).standard_error, 1e-12));
  }
  const std::vector<int> gap{10, 0, 0};
  CHECK(drift::kullback_leibler_smoothed(p, gap, {.parameter = 0.0}).value == core::infinity);
}

TEST_CASE("drift kullback_leibler_smoothed: unseen cells of a larger vocabulary count", "[drift]") {
  const std::vector<int> short_p{5, 3, 0}, short_q{1, 0, 4};
  const std::vector<int> long_p{5, 3, 0, 0, 0, 0, 0}, long_q{1, 0, 4, 0, 0, 0, 0};
  for (const auto method : {drift::smoothing::add_k, drift::smoothing::dirichlet, drift::smoothing::jelinek,
                            drift::smoothing::good_turing_backoff}) {
    const estimate a = drift::kullback_leibler_smoothed(long_p, long_q, {.method = method, .parameter = 0.25});
    const estimate b =
        drift::kullback_leibler_smoothed(short_p, short_q, {.method = method, .parameter = 0.25, .vocabulary = 7});
    CHECK(close(a.value, b.value, 1e-14));
  }
  summary::count_table p, q;
  p.add(11, 5);
  p.add(12, 3);
  q.add(11, 1);
  q.add(13, 4);
  CHECK(close(drift::kullback_leibler_smoothed(p, q, {.vocabulary = 7}).value,
              drift::kullback_leibler_smoothed(long_p, long_q).value, 1e-14));
  CHECK_THROWS_AS(drift::kullback_leibler_smoothed(short_p, short_q, {.vocabulary = 2}), std::invalid_argument);
}

TEST_CASE("drift kullback_leibler_smoothed: arguments and empty sides", "[drift]") {
  const std::vector<int> p{1, 2}, none{0, 0};
  CHECK_THROWS_AS(drift::kullback_leibler_smoothed(p, p, {.parameter = -1.0}), std::invalid_argument);
  CHECK_THROWS_AS(drift::kullback_leibler_smoothed(p, p, {.method = drift::smoothing::jelinek, .parameter = 1.5}),
                  std::invalid_argument);
  CHECK(std::isnan(drift::kullback_leibler_smoothed(p, none).value));
  CHECK(drift::kullback_leibler_smoothed(p, p).value == 0.0);
}

TEST_CASE("drift kullback_leibler_smoothed: mean standard error matches the spread", "[drift]") {
  core::random_engine random(5);
  constexpr int replicates = 1500;
  for (const auto background : {drift::background::uniform, drift::background::pooled}) {
    double sum = 0, squares = 0, errors = 0;
    for (int r = 0; r < replicates; ++r) {
      std::vector<int> p(6, 0), q(6, 0);
      for (int i = 0; i < 600; ++i) {
        ++p[static_cast<std::size_t>(5.0 * core::uniform_01(random))];                   // never cell 5
        ++q[static_cast<std::size_t>(1.0 + 5.0 * std::sqrt(core::uniform_01(random)))];  // never cell 0
      }
      const estimate e = drift::kullback_leibler_smoothed(
          p, q, {.method = drift::smoothing::jelinek, .parameter = 0.1, .background = background});
      sum += e.value;
      squares += e.value * e.value;
      errors += e.standard_error;
    }
    const double mean = sum / replicates;
    const double spread = std::sqrt((squares / replicates - mean * mean) * replicates / (replicates - 1.0));
    CHECK(std::abs(errors / replicates / spread - 1.0) < 4.0 / std::sqrt(2.0 * replicates));
  }
}
