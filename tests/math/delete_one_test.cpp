// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/math/delete_one.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/math/posterior_rate.hpp"

TEST_CASE("math: delete_one_standard_error equals the textbook jackknife", "[math]") {
  // θ = Σ p², deleted one observation at a time.
  const std::vector<std::uint64_t> x{5, 3, 3, 1};
  const auto theta = [](const std::vector<std::uint64_t>& counts) {
    double n = 0.0;
    double sum = 0.0;
    for (const auto c : counts) n += static_cast<double>(c);
    for (const auto c : counts) sum += static_cast<double>(c * c);
    return sum / (n * n);
  };
  std::vector<double> left_out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto y = x;
    --y[i];
    left_out.insert(left_out.end(), x[i], theta(y));
  }
  double mean = 0.0;
  for (const double v : left_out) mean += v / 12.0;
  double squares = 0.0;
  for (const double v : left_out) squares += (v - mean) * (v - mean);
  const tailwatch::summary::frequency_profile profile(x);
  const double error =
      tailwatch::math::delete_one_standard_error(profile.entries(), profile.total(), [](std::uint64_t r) {
        const double count = static_cast<double>(r);
        return (44.0 - 2.0 * count + 1.0) / 121.0;
      });
  CHECK(tailwatch::testing::close(error, std::sqrt(11.0 / 12.0 * squares), 1e-13));
  CHECK(
      std::isnan(tailwatch::math::delete_one_standard_error(profile.entries(), 1, [](std::uint64_t) { return 0.0; })));
}

TEST_CASE("math: the jackknife with rare counts apart gives the variance of the number of types", "[math]") {
  // A million equal symbols, the frequencies of frequencies at their Poisson means: Var S = K(e^{−λ} − e^{−2λ} − λe^{−2λ}), where the plain
  // jackknife gives K(λe^{−λ} − λe^{−2λ}).
  for (const double lambda : {0.2, 1.0, 3.0}) {
    std::vector<tailwatch::summary::frequency_profile::entry> entries;
    double p = std::exp(-lambda);
    for (std::uint64_t r = 1; r < 40; ++r) {
      p *= lambda / static_cast<double>(r);
      const auto f = static_cast<std::uint64_t>(std::llround(1e9 * p));
      if (f > 0) entries.push_back({r, f});
    }
    const auto profile = tailwatch::summary::frequency_profile::from_entries(entries);
    const double error = tailwatch::math::delete_one_standard_error(
        profile.entries(), profile.total(), [](std::uint64_t r) { return r == 1 ? -1.0 : 0.0; },
        [](std::uint64_t r) { return r == 2 ? -1.0 : 0.0; });
    const double expected = 1e9 * std::exp(-2.0 * lambda) * (std::expm1(lambda) - lambda);
    INFO("lambda " << lambda);
    CHECK(tailwatch::testing::close(error * error, expected, 1e-4));
  }
}

TEST_CASE("math: posterior_rate finds equal shares and a gamma mixture", "[math]") {
  std::vector<tailwatch::summary::frequency_profile::entry> equal, mixed;
  double p = 1e12 * std::exp(-2.0), q = 1e12;
  for (std::uint64_t r = 1; r < 12; ++r) {
    const auto count = static_cast<double>(r);
    p *= 2.0 / count;
    q *= (0.3 + 0.6 * (count - 1.0)) / count;  // (r + 1) f_{r+1}/f_r = 0.3 + 0.6 r
    equal.push_back({r, static_cast<std::uint64_t>(p)});
    mixed.push_back({r, static_cast<std::uint64_t>(q)});
  }
  const tailwatch::math::posterior_rate of_equal(equal), of_mixed(mixed);
  for (const double r : {1.0, 2.0, 5.0}) {
    CHECK(tailwatch::testing::close(of_equal.mean(r), 2.0, 1e-6));
    CHECK(tailwatch::testing::close(of_equal.absent(r), std::exp(-2.0), 1e-6));
    CHECK(tailwatch::testing::close(of_mixed.mean(r), 0.3 + 0.6 * r, 1e-6));
    CHECK(tailwatch::testing::close(of_equal.fresh(2.0, r), 1.0 - std::exp(-2.0 * r), 1e-6));  // λ = 2, f₁ = λe^{−λ}·e²
    CHECK(tailwatch::testing::close(of_mixed.fresh(0.3, r), 1.0 - std::pow(1.0 + 0.6 * r, -0.5), 1e-6));
    // negative binomial of size 0.5 + r: zero, and the sum of all
    CHECK(tailwatch::testing::close(of_mixed.absent(r), std::pow(1.6, -(0.5 + r)), 1e-6));
    double mass = 0.0, mean = 0.0, chance = of_mixed.absent(r);
    for (double j = 0.0; j < 200.0; j += 1.0) {
      mass += chance;
      mean += j * chance;
      chance *= of_mixed.next(r, j);
    }
    CHECK(tailwatch::testing::close(mass, 1.0, 1e-10));
    CHECK(tailwatch::testing::close(mean, of_mixed.mean(r), 1e-8));
  }
  const std::vector<tailwatch::summary::frequency_profile::entry> lone{{1, 1}}, no_singleton{{2, 3}, {400, 1}};
  CHECK(tailwatch::testing::close(of_equal.smooth(3), static_cast<double>(equal[2].multiplicity), 1e-6));
  CHECK(tailwatch::math::posterior_rate(lone).mean(1.0) > 0.0);
  CHECK(tailwatch::math::posterior_rate(no_singleton).mean(1.0) > 0.0);
}

TEST_CASE("math: posterior_rate is the maximum of its likelihood", "[math]") {
  tailwatch::core::random_engine random(12);
  for (int round = 0; round < 40; ++round) {
    std::vector<tailwatch::summary::frequency_profile::entry> entries;
    std::array<double, 7> f{};
    for (std::uint64_t r = 1; r <= 6; ++r) {
      const auto most = round % 2 == 0 ? 5.0 : 40.0;
      f[r] = std::floor(most * tailwatch::core::uniform_01(random));
      if (f[r] > 0.0) entries.push_back({r, static_cast<std::uint64_t>(f[r])});
    }
    if (entries.empty()) continue;
    entries.push_back({50, 3});
    const auto log_likelihood = [&](double first, double slope) {
      double log_w = 0.0, mass = 0.0, sum = 0.0, all = 0.0;
      for (std::size_t r = 1; r <= 6; ++r) {
        mass += std::exp(log_w);
        sum += f[r] * log_w;
        all += f[r];
        log_w += std::log((first + slope * (static_cast<double>(r) - 1.0)) / (static_cast<double>(r) + 1.0));
      }
      return sum - all * std::log(mass) - slope;
    };
    const tailwatch::math::posterior_rate rate(entries);
    const double found = log_likelihood(rate.mean(1.0), rate.mean(2.0) - rate.mean(1.0));
    for (double first = 0.01; first < 12.0; first *= 1.1)
      for (double slope = 0.0; slope <= 1.0; slope += 0.05) {
        INFO("round " << round << ", mean " << first << ", slope " << slope);
        CHECK(log_likelihood(first, slope) < found + 1e-7);
      }
    double expected = 0.0;
    for (std::size_t r = 1; r <= 6; ++r) expected += rate.smooth(r);
    CHECK(expected > 0.0);
    CHECK(rate.absent(1.0) < 1.0);
  }
}
