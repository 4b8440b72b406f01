// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/simpson_moments.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/categorical_theory.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using tailwatch::testing::close;

namespace {

std::vector<double> simpson_zipf_shares(std::size_t types, double exponent) {
  const auto law = recursion::zipf(types, exponent);
  std::vector<double> p;
  for (std::size_t i = 0; i < types; ++i) p.push_back(law.probability(i));
  return p;
}

}  // namespace

TEST_CASE("recursion: the mean of Simpson's diversity is that of the one law, in every generation", "[recursion]") {
  for (const double m : {1.0, 2.0, 7.0, 100.5, 1e6})
    for (const std::uint64_t n : {0U, 1U, 2U, 9U, 300U})
      for (const double a : {0.0, 0.05, 0.5, 1.0}) {
        const auto real = recursion::power_sums_of(simpson_zipf_shares(20, 1.2));
        const auto got = recursion::simpson_moments_of(real, m, n, a);
        const double loss = recursion::mix_loss(m, a * m, n, recursion::mix_sampling::multinomial);
        INFO("M " << m << " n " << n << " a " << a);
        CHECK(close(got.mean, (1 - real.second) * (1 - loss), 1e-11, 1e-14));
        CHECK(got.variance >= 0.0);
      }
}

TEST_CASE("recursion: the variance of Simpson's diversity against an exact chain of two types", "[recursion]") {
  // K = 2: the counts of one type are a Markov chain on 0 … M; its law after n steps by matrix products
  constexpr std::size_t m = 12;
  const std::vector<double> p{0.3, 0.7};
  for (const double a : {0.0, 0.2}) {
    std::vector<double> law(m + 1, 0.0);  // of the count in generation 1
    const auto binomial = [&](double q, std::size_t k) {
      return std::exp(std::lgamma(m + 1.0) - std::lgamma(static_cast<double>(k) + 1.0) -
                      std::lgamma(m - static_cast<double>(k) + 1.0)) *
             std::pow(q, static_cast<double>(k)) * std::pow(1 - q, static_cast<double>(m - k));
    };
    for (std::size_t k = 0; k <= m; ++k) law[k] = binomial(p[0], k);
    for (std::uint64_t n = 1; n <= 25; ++n) {
      double mean = 0.0, second = 0.0;
      for (std::size_t k = 0; k <= m; ++k) {
        const double x = static_cast<double>(k) / m, h = 2 * x * (1 - x);
        mean += law[k] * h;
        second += law[k] * h * h;
      }
      const auto got = recursion::simpson_moments_of(recursion::power_sums_of(p), m, n, a);
      CHECK(close(got.mean, mean, 1e-12));
      CHECK(close(got.variance, second - mean * mean, 1e-10));
      std::vector<double> next(m + 1, 0.0);
      for (std::size_t j = 0; j <= m; ++j) {
        const double q = (1 - a) * static_cast<double>(j) / m + a * p[0];
        for (std::size_t k = 0; k <= m; ++k) next[k] += law[j] * binomial(q, k);
      }
      law.swap(next);
    }
  }
}

TEST_CASE("recursion: the variance of Simpson's diversity by simulation, many types", "[recursion]") {
  const auto shares = simpson_zipf_shares(30, 1.0);
  const auto real = recursion::power_sums_of(shares);
  for (const double a : {0.0, 0.1}) {
    core::random_engine random(51);
    constexpr int replicates = 3000;
    constexpr std::uint64_t m = 60, generations = 12;
    double mean = 0.0, squares = 0.0, fourth = 0.0;
    std::vector<double> seen;
    for (int i = 0; i < replicates; ++i) {
      std::vector<double> p = shares;
      for (std::uint64_t g = 0; g < generations; ++g) {
        std::vector<double> q(p.size());
        for (std::size_t k = 0; k < q.size(); ++k) q[k] = (1 - a) * p[k] + a * shares[k];
        const auto counts = recursion::categorical(q).resample(m, random);
        for (std::size_t k = 0; k < q.size(); ++k) p[k] = static_cast<double>(counts[k]) / static_cast<double>(m);
      }
      double h = 1.0;
      for (const double x : p) h -= x * x;
      seen.push_back(h);
      mean += h / replicates;
    }
    for (const double h : seen) {
      squares += (h - mean) * (h - mean) / replicates;
      fourth += std::pow(h - mean, 4) / replicates;
    }
    const auto expected = recursion::simpson_moments_of(real, m, generations, a);
    INFO("a " << a << ": mean " << mean << " - " << expected.mean << ", variance " << squares << " - "
              << expected.variance);
    CHECK(std::abs(mean - expected.mean) < 5 * std::sqrt(squares / replicates));
    CHECK(std::abs(squares - expected.variance) < 5 * std::sqrt((fourth - squares * squares) / replicates));
    // the neighbouring regime is told apart
    CHECK(std::abs(mean - recursion::simpson_moments_of(real, m, generations, 0.1 - a).mean) >
          5 * std::sqrt(squares / replicates));
  }
}

TEST_CASE("recursion: moments of Simpson's diversity refuse what cannot be", "[recursion]") {
  const auto real = recursion::power_sums_of(std::vector<double>{0.5, 0.5});
  CHECK_THROWS_AS(recursion::power_sums_of(std::vector<double>{0.5, 0.6}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::power_sums_of(std::vector<double>{1.5, -0.5}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::simpson_moments_of(real, 0.5, 3), std::invalid_argument);
  CHECK_THROWS_AS(recursion::simpson_moments_of(real, 10, 3, 1.1), std::invalid_argument);
  CHECK_THROWS_AS(recursion::simpson_moments_of(real, 10, 3, std::numeric_limits<double>::quiet_NaN()),
                  std::invalid_argument);
  CHECK(recursion::simpson_moments_of(real, 10, 0).variance == 0.0);
}
