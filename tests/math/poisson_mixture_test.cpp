// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/poisson_mixture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/interval.hpp"

namespace {

using tailwatch::core::random_engine;
using tailwatch::summary::frequency_profile;
using tailwatch::testing::categorical;
using tailwatch::testing::close;

struct mixture_summary {
  std::size_t atoms = 0;
  double symbols = 0.0, observations = 0.0, least = 1e300, most = 0.0, square = 0.0;
  explicit mixture_summary(const frequency_profile& profile) {
    for (const auto& segment : tailwatch::math::poisson_mixture(profile.entries()))
      for (const auto& a : segment) {
        ++atoms;
        symbols += a.weight;
        observations += a.weight * a.rate;
        square += a.weight * a.rate * a.rate;
        least = std::min(least, a.rate);
        most = std::max(most, a.rate);
      }
  }
};

}  // namespace

TEST_CASE("math: poisson_mixture of equal rates is one rate", "[math]") {
  int one_rate = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    random_engine random(100 + seed);
    for (const std::size_t symbols : {50U, 1000U}) {
      const mixture_summary m(frequency_profile(categorical::zipf(symbols, 0.0).counts(1000, random)));
      one_rate += m.atoms == 1;
      CHECK(close(m.observations, 1000.0, 1e-12));
      // of 1000 symbols 368 are not seen: 1000 ± 38 by the one rate
      if (m.atoms == 1) CHECK(std::abs(m.symbols - static_cast<double>(symbols)) < 0.16 * static_cast<double>(symbols));
    }
  }
  CHECK(one_rate >= 68);  // of 80; the likelihood ratio's quantile leaves about one in twenty
}

TEST_CASE("math: poisson_mixture finds rates apart, and is a maximum", "[math]") {
  // 2000 symbols of rate 2, 1000 of rate 12, the counts as expected
  std::vector<frequency_profile::entry> entries;
  const auto pmf = [](double r, double rate) { return std::exp(r * std::log(rate) - rate - std::lgamma(r + 1.0)); };
  for (std::uint64_t r = 1; r < 40; ++r) {
    const auto x = static_cast<double>(r);
    const double expected = 2000.0 * pmf(x, 2.0) + 1000.0 * pmf(x, 12.0);
    if (std::round(expected) > 0.0) entries.push_back({r, static_cast<std::uint64_t>(std::round(expected))});
  }
  const auto profile = frequency_profile::from_entries(entries);
  const auto segments = tailwatch::math::poisson_mixture(profile.entries());
  REQUIRE(segments.size() == 1);
  REQUIRE(segments[0].size() == 2);
  CHECK(std::abs(segments[0][0].rate - 2.0) < 0.1);
  CHECK(std::abs(segments[0][1].rate - 12.0) < 0.2);
  CHECK(std::abs(segments[0][0].weight - 2000.0) < 60.0);
  CHECK(std::abs(segments[0][1].weight - 1000.0) < 30.0);
  const auto log_likelihood = [&](const tailwatch::math::poisson_segment& atoms) {
    double sum = 0.0, seen = 0.0;
    for (const auto& a : atoms) seen += a.weight * -std::expm1(-a.rate);
    for (const auto& e : profile.entries()) {
      double p = 0.0;
      for (const auto& a : atoms) p += a.weight * pmf(static_cast<double>(e.count), a.rate);
      sum += static_cast<double>(e.multiplicity) * std::log(p / seen);
    }
    return sum;
  };
  const double best = log_likelihood(segments[0]);
  for (const double rate : {0.5, 1.0, 4.0, 7.0, 15.0, 25.0})
    for (const double weight : {1.0, 5.0, 20.0}) {
      auto more = segments[0];
      more.push_back({rate, weight});
      CHECK(log_likelihood(more) < best + 1.92 + 0.1);
    }
}

TEST_CASE("math: poisson_mixture keeps what was seen, at any size", "[math]") {
  random_engine random(9);
  for (const auto& [symbols, observations] :
       std::vector<std::pair<std::size_t, std::size_t>>{{50, 200}, {2000, 2000}, {300, 30000}}) {
    const frequency_profile profile(categorical::zipf(symbols, 1.0).counts(observations, random));
    const mixture_summary m(profile);
    CHECK(close(m.observations, static_cast<double>(observations), 1e-11));
    CHECK(m.symbols > static_cast<double>(profile.types()));
    CHECK(m.symbols < static_cast<double>(profile.types()) + 3.53 * static_cast<double>(profile.f(1)) + 1.0);
    CHECK(m.least >= 0.2);
    double pairs = 0.0;  // Σ n(n − 1) estimates Σ λ²
    for (const auto& e : profile.entries()) pairs += static_cast<double>(e.multiplicity * e.count * (e.count - 1));
    CHECK(close(m.square, pairs, 0.03));
  }
  // a thousand counts around 1e12, one of them far off: their spread is Poisson's and all but vanishes
  std::vector<std::uint64_t> large{4'000'000'000'000};
  for (int i = 0; i < 1000; ++i)
    large.push_back(static_cast<std::uint64_t>(1e12 + 1e6 * tailwatch::core::normal_quantile((i + 0.5) / 1000.0)));
  const mixture_summary far((frequency_profile(large)));
  CHECK(far.atoms == 2);
  CHECK(close(far.observations, 1.004e15, 1e-9));
  CHECK(close(far.least, 1e12, 1e-6));
  // nothing but singletons: the least rate there is; one count: that count
  const mixture_summary ones(frequency_profile(std::vector<int>{1, 1, 1, 1, 1}));
  CHECK(close(ones.observations, 5.0, 1e-12));
  CHECK((ones.symbols > 15.0 && ones.symbols < 25.0));
  CHECK(mixture_summary(frequency_profile(std::vector<int>{9})).symbols == 1.0);
  CHECK(tailwatch::math::poisson_mixture(frequency_profile(std::vector<int>{}).entries()).empty());
}
