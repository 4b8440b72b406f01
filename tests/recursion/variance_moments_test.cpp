// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/variance_moments.hpp"

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using tailwatch::testing::close;

TEST_CASE("recursion: moments of the variance agree with the closed forms", "[recursion]") {
  for (const double m : {2.0, 10.0, 1000.0})
    for (const std::uint64_t n : {0U, 1U, 2U, 7U, 100U}) {
      const auto replace = recursion::variance_moments_of(m, n);
      CHECK(close(replace.mean, recursion::gaussian_replace_variance(m, n), 1e-11));
      if (m > 2.0 && n < 100)
        CHECK(close(replace.variance,
                    replace.mean * replace.mean * recursion::gaussian_replace_variance_relative_variance(m, n), 1e-9,
                    1e-14));
      for (const double k : {1.0, 0.5 * m, m}) {
        if (k != m && k > m - 1) continue;
        CHECK(close(recursion::variance_moments_of(m, n, k).mean, 1 - recursion::mix_loss(m, k, n), 1e-11));
      }
    }
  // all real: the variance of one sample of M
  CHECK(close(recursion::variance_moments_of(20, 9, 20).variance, 2.0 * 19 / 400, 1e-12));
  CHECK_THROWS_AS(recursion::variance_moments_of(1, 3), std::invalid_argument);
  CHECK_THROWS_AS(recursion::variance_moments_of(10, 3, 11), std::invalid_argument);
  CHECK_THROWS_AS(recursion::variance_moments_of(10, 3, 0.5), std::invalid_argument);
}

TEST_CASE("recursion: the variance of the variance in a mixture, by drawing the data", "[recursion]") {
  for (const std::uint64_t k : {1U, 3U}) {
    core::random_engine random(91);
    constexpr int replicates = 20000;
    constexpr std::uint64_t m = 6;
    double mean = 0.0, squares = 0.0, fourth = 0.0;
    std::vector<double> seen;
    for (int i = 0; i < replicates; ++i) {
      recursion::gaussian model = recursion::gaussian_model{}.fit(recursion::gaussian{}.sample(m, random));
      for (int g = 1; g < 6; ++g) {
        auto x = model.sample(m - k, random);
        for (const double fresh : recursion::gaussian{}.sample(k, random)) x.push_back(fresh);
        model = recursion::gaussian_model{}.fit(x);
      }
      seen.push_back(model.variance);
      mean += model.variance / replicates;
    }
    for (const double v : seen) {
      squares += (v - mean) * (v - mean) / replicates;
      fourth += std::pow(v - mean, 4) / replicates;
    }
    const auto expected = recursion::variance_moments_of(m, 6, static_cast<double>(k));
    INFO("k " << k << " mean " << mean << " - " << expected.mean << " variance " << squares << " - "
              << expected.variance);
    CHECK(std::abs(mean - expected.mean) < 5 * std::sqrt(squares / replicates));
    CHECK(std::abs(squares - expected.variance) < 5 * std::sqrt((fourth - squares * squares) / replicates));
    CHECK(std::abs(squares - recursion::variance_moments_of(m, 6, static_cast<double>(4 - k)).variance) >
          5 * std::sqrt((fourth - squares * squares) / replicates));
  }
}
