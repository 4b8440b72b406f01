// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/frequency_count_error.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/replicates.hpp"

namespace {

using tailwatch::summary::frequency_profile;

/// The frequency counts of `symbols` equal symbols at their Poisson means.
frequency_profile at_the_means(double symbols, double lambda) {
  std::vector<frequency_profile::entry> entries;
  double p = std::exp(-lambda);
  for (std::uint64_t r = 1; r < 60; ++r) {
    p *= lambda / static_cast<double>(r);
    const auto f = static_cast<std::uint64_t>(std::llround(symbols * p));
    if (f > 0) entries.push_back({r, f});
  }
  return frequency_profile::from_entries(entries);
}

}  // namespace

TEST_CASE("math: frequency_count_error of weighted counts is the variance of a sum over symbols", "[math]") {
  // Of K equal symbols: K(E a² − (E a)²) − (K λ E[a(n + 1) − a(n)])²/N, N = Kλ.
  constexpr double symbols = 1e9;
  const std::array<double, 4> a{0.0, 2.5, -1.0, 0.5};  // 1.0 from 4 on
  for (const double lambda : {0.3, 1.0, 3.0}) {
    double p = std::exp(-lambda), mean = 0.0, square = 0.0, step = 0.0;
    for (std::size_t r = 0; r < 60; ++r) {
      const double here = r < 4 ? a[r] : 1.0, next = r + 1 < 4 ? a[r + 1] : 1.0;
      mean += p * here;
      square += p * here * here;
      step += p * (next - here);
      p *= lambda / static_cast<double>(r + 1);
    }
    const double expected = symbols * (square - mean * mean - lambda * step * step);
    const auto profile = at_the_means(symbols, lambda);
    const double error = tailwatch::math::frequency_count_error(
        profile.entries(), profile.total(), 3, 1.0,
        [](const std::vector<double>& f) { return 1.5 * f[0] - 2.0 * f[1] - 0.5 * f[2]; });
    INFO("lambda " << lambda);
    CHECK(tailwatch::testing::close(error * error, expected, 1e-4));
  }
}

TEST_CASE("math: frequency_count_error of few symbols follows them through a jump", "[math]") {
  // f₁(f₁ − 1)/2 where nothing is seen twice, f₁²/(2f₂) else, of 30 equal symbols of which 0.9 are unseen: no derivative there.
  const auto source = tailwatch::testing::categorical::zipf(30, 0.0);
  const auto jumps = [](double f1, double f2) { return f2 > 0.0 ? f1 * f1 / (2.0 * f2) : f1 * (f1 - 1.0) / 2.0; };
  for (const double frequent : {0.0, 1.0}) {
    const auto s = tailwatch::testing::replicate(1000, 41, [&](auto& random) {
      const frequency_profile profile(source.counts(105, random));
      tailwatch::estimate e;
      e.value = frequent * static_cast<double>(profile.types()) +
                jumps(static_cast<double>(profile.f(1)), static_cast<double>(profile.f(2)));
      e.standard_error =
          tailwatch::math::frequency_count_error(profile.entries(), profile.total(), 2, frequent,
                                                 [&](const std::vector<double>& f) { return jumps(f[0], f[1]); });
      return e;
    });
    INFO("weight of a symbol " << frequent << ": deviation " << s.deviation << ", mean error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  }
}

TEST_CASE("math: frequency_count_error says NaN where there is nothing to go by", "[math]") {
  const auto first = [](const std::vector<double>& f) { return f[0]; };
  const auto frequent = frequency_profile::from_entries({{7, 5}, {400, 2}});
  CHECK(std::isnan(tailwatch::math::frequency_count_error(frequent.entries(), frequent.total(), 2, 1.0, first)));
  const auto rare = frequency_profile::from_entries({{1, 3}, {2, 5}, {9, 2}});
  CHECK(std::isnan(tailwatch::math::frequency_count_error(rare.entries(), rare.total(), 0, 1.0, first)));
  CHECK(std::isnan(tailwatch::math::frequency_count_error(rare.entries(), rare.total(), 2, 1.0,
                                                          [](const auto& f) { return 1.0 / (f[0] - f[0]); })));
  CHECK(tailwatch::math::frequency_count_error(rare.entries(), rare.total(), 2, 1.0, first) > 0.0);
  // Rare counts beyond those that are moved, and one seen a million times.
  const auto long_tail = frequency_profile::from_entries({{1, 30}, {2, 20}, {14, 3}, {1'000'000, 1}});
  CHECK(tailwatch::math::frequency_count_error(long_tail.entries(), long_tail.total(), 20, 1.0,
                                               [](const auto& f) { return f[0] + 0.5 * f[13]; }) > 0.0);
}
