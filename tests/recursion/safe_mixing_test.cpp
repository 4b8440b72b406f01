// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/safe_mixing.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/contraction_share.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::mix_sampling;
using tailwatch::testing::close;

namespace {

std::vector<double> planner_zipf_shares(std::size_t types, double exponent) {
  const auto law = recursion::zipf(types, exponent);
  std::vector<double> p;
  for (std::size_t i = 0; i < types; ++i) p.push_back(law.probability(i));
  return p;
}

std::vector<std::uint64_t> next_mixed_counts(const recursion::categorical& real,
                                             const std::vector<std::uint64_t>& counts, std::uint64_t m, std::uint64_t k,
                                             core::random_engine& random) {
  auto next = recursion::categorical(counts).resample(m - k, random);
  const auto fresh = real.resample(k, random);
  for (std::size_t i = 0; i < next.size(); ++i) next[i] += fresh[i];
  return next;
}

}  // namespace

TEST_CASE("recursion: the safe number of real samples inverts the limit of the loss", "[recursion]") {
  for (const auto sampling : {mix_sampling::multinomial, mix_sampling::fixed})
    for (const double m : {100.0, 1e4, 1e9})
      for (const double loss : {0.02, 0.1, 0.9}) {
        const double k = recursion::safe_real_samples_for_loss(m, loss, sampling);
        INFO("M " << m << " loss " << loss << " k " << k);
        CHECK(close(recursion::mix_loss_limit(m, k, sampling), loss, m > 1e8 ? 1e-6 : 1e-10));
      }
  CHECK(close(recursion::safe_real_samples_for_loss(1e4, 0.01, mix_sampling::multinomial) / 1e4,
              recursion::mix_real_share_for_loss(1e4, 0.01), 1e-9));
  CHECK(close(recursion::safe_real_samples_for_loss(1e9, 0.01), 49.5, 1e-3));  // the one-migrant rule
  CHECK(recursion::safe_real_samples_for_loss(100, 0.001) ==
        std::numeric_limits<double>::infinity());  // below sampling
  CHECK(close(recursion::safe_real_samples_for_loss(100, 0.01), 99.0,
              1e-12));  // with one synthetic unit the loss is 1/M too
  CHECK(close(recursion::safe_real_samples_for_loss(100, 0.01, mix_sampling::multinomial), 100.0, 1e-6));
  CHECK(recursion::safe_real_samples_for_loss(100, 1.0) == 0.0);
  CHECK_THROWS_AS(recursion::safe_real_samples_for_loss(1, 0.1), std::invalid_argument);
  CHECK_THROWS_AS(recursion::safe_real_samples_for_loss(100, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(recursion::safe_real_samples_for_loss(100, 1.5), std::invalid_argument);
}

TEST_CASE("recursion: a tracked cell keeps the error that was asked for, by simulation", "[recursion]") {
  // p = .02, eps = .25 (relative error a half): k about 1/(2 eps p) = 100 of 2000
  const std::vector<double> shares{0.02, 0.48, 0.5};
  const recursion::categorical real(shares);
  constexpr std::uint64_t m = 2000;
  const double k = recursion::safe_real_samples_for_cell(m, 0.02, 0.25);
  CHECK(close(k, 100.0, 0.06));
  core::random_engine random(81);
  double sum = 0.0, n = 0.0;
  for (int i = 0; i < 60; ++i) {
    auto counts = real.resample(m, random);
    for (int g = 0; g < 250; ++g) {
      counts = next_mixed_counts(real, counts, m, static_cast<std::uint64_t>(std::llround(k)), random);
      if (g < 60) continue;
      const double d = static_cast<double>(counts[0]) / m / 0.02 - 1;
      sum += d * d;
      ++n;
    }
  }
  INFO("squared relative error " << sum / n);
  // 60 lineages of 190 generations, of which some 10 a lineage are independent: 600 squares, 2/sqrt(1200) = .06
  CHECK(close(sum / n, 0.25, 0.25));
  CHECK_THROWS_AS(recursion::safe_real_samples_for_cell(m, 0.0, 0.1), std::invalid_argument);
  CHECK_THROWS_AS(recursion::safe_real_samples_for_cell(m, 0.1, -0.1), std::invalid_argument);
}

TEST_CASE("recursion: vocabulary and survival hold at the planned number of real samples", "[recursion]") {
  const auto shares = planner_zipf_shares(1000, 1.0);
  const recursion::grouped_law law(shares);
  const auto real = recursion::zipf(1000, 1.0);
  constexpr std::uint64_t m = 5000;
  const double k = recursion::safe_real_samples_for_vocabulary(law, m, 0.1);
  const double survival = recursion::safe_real_samples_for_survival(m, 0.002, 0.05);
  INFO("k " << k << " survival " << survival);
  REQUIRE((k > 0 && k < m));
  REQUIRE((survival > 0 && survival < m));
  core::random_engine random(82);
  double kept = 0.0, less = 0.0, absent = 0.0, n = 0.0;
  const std::size_t type = 66;  // p = 1/(67 H_1000) = .00199
  REQUIRE(close(shares[type], 0.002, 0.01));
  for (int i = 0; i < 12; ++i) {
    auto counts = real.resample(m, random), fewer = counts, sure = counts;
    double first = 0.0;
    for (const auto c : counts) first += c > 0 ? 1.0 : 0.0;
    for (int g = 1; g < 150; ++g) {
      counts = next_mixed_counts(real, counts, m, static_cast<std::uint64_t>(std::llround(k)), random);
      fewer = next_mixed_counts(real, fewer, m, static_cast<std::uint64_t>(std::llround(0.5 * k)), random);
      sure = next_mixed_counts(real, sure, m, static_cast<std::uint64_t>(std::llround(survival)), random);
      absent += g >= 50 && sure[type] == 0 ? 1.0 : 0.0;
      n += g >= 50 ? 1.0 : 0.0;
    }
    double now = 0.0, then = 0.0;
    for (const auto c : counts) now += c > 0 ? 1.0 : 0.0;
    for (const auto c : fewer) then += c > 0 ? 1.0 : 0.0;
    kept += now / first / 12;
    less += then / first / 12;
  }
  INFO("kept " << kept << ", with half as many " << less << ", absent " << absent / n);
  CHECK(std::abs(kept - 0.9) < 0.01);
  CHECK(less < 0.88);
  CHECK(close(absent / n, 0.05, 0.4));
  CHECK(recursion::safe_real_samples_for_survival(m, 1e-5, 0.05) == std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(recursion::safe_real_samples_for_vocabulary(law, 1, 0.1), std::invalid_argument);
  CHECK_THROWS_AS(recursion::safe_real_samples_for_vocabulary(law, m, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(recursion::safe_real_samples_for_survival(m, 0.1, 0.0), std::invalid_argument);
}

TEST_CASE("recursion: Bertrand's condition", "[recursion]") {
  const auto perfect = recursion::bertrand_stability(0.0, 1.0, 1.0);
  CHECK(perfect.max_ratio == 0.5);
  CHECK(close(perfect.min_real_share, 2.0 / 3, 1e-15));
  const auto other = recursion::bertrand_stability(0.2, 3.0, 2.0);
  CHECK(close(other.max_ratio, 0.5 / 1.3, 1e-15));
  CHECK(close(recursion::bertrand_rate(0.3, 0.2, 3.0, 2.0), 0.3 * 2.6 / (2 - 0.3 * 2.6), 1e-14));
  CHECK(recursion::bertrand_rate(0.3, 0.2, 3.0, 2.0) < 1.0);
  CHECK(std::isnan(recursion::bertrand_rate(0.5, 0.0, 3.0, 2.0)));
  // its rate at the border is 1: the condition is where the promised contraction ends
  CHECK(close(recursion::bertrand_rate(other.max_ratio * (1 - 1e-9), 0.2, 3.0, 2.0), 1.0, 1e-6));
  CHECK_THROWS_AS(recursion::bertrand_stability(-0.1, 1.0, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(recursion::bertrand_stability(0.1, 1.0, 0.0), std::invalid_argument);
}

TEST_CASE("recursion: the plan puts the rules side by side", "[recursion]") {
  const auto plan = recursion::safe_mixing_plan({.samples = 10000, .loss = 0.01, .cell_probability = 0.01});
  REQUIRE(plan.size() == 6);
  for (const auto& rule : plan) {
    INFO(rule.name);
    CHECK(!rule.answers.empty());
    CHECK(!rule.assumes.empty());
    CHECK(rule.real_samples > 0.0);
    CHECK(close(rule.real_share, rule.real_samples / 10000, 1e-12));
  }
  CHECK(plan[0].real_samples == 49.5);
  CHECK(close(plan[1].loss, 0.01, 1e-9));
  CHECK(plan[2].real_samples > 50 / 0.01 * 0.5);
  CHECK(close(plan[2].loss, 0.01, 1e-6));
  CHECK(plan[3].loss <= 0.01);
  const auto& weighted = plan[4];
  CHECK(close(weighted.loss, 0.01, 1e-6));
  CHECK(close(recursion::weighted_mixing_error(weighted.real_samples, 10000 - weighted.real_samples, weighted.weight),
              weighted.loss, 1e-9));
  CHECK(weighted.weight > weighted.real_share);  // real data count for more than their share
  CHECK(plan[5].real_share == 1.0 / 1.5);
  CHECK(recursion::safe_mixing_plan({}).size() == 4);
  const auto out_of_reach = recursion::safe_mixing_plan({.samples = 50, .loss = 0.01, .cell_probability = 0.01});
  CHECK(out_of_reach[1].real_samples == std::numeric_limits<double>::infinity());
  CHECK(std::isnan(out_of_reach[2].loss));
  CHECK_THROWS_AS(recursion::safe_mixing_plan({.samples = 1}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::safe_mixing_plan({.loss = 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::safe_mixing_plan({.cell_probability = 1.0}), std::invalid_argument);
}

TEST_CASE("recursion: the synthetic share behind a contraction", "[recursion]") {
  // inverse of mix_loss to the digit
  for (const double share : {0.3, 0.8, 0.97})
    for (const std::uint64_t n : {2U, 10U, 200U}) {
      const double loss = recursion::mix_loss(200, (1 - share) * 200, n);
      CHECK(close(recursion::synthetic_share_of_loss({loss, 0.001, 0}, 200, n).share.value, share, 1e-8));
    }
  const auto s = recursion::synthetic_share_of_loss({0.05, 0.01, 7}, 100, 30);
  CHECK(s.bounds.lower < s.share.value);
  CHECK(s.bounds.upper > s.share.value);
  CHECK(close(s.bounds.upper - s.bounds.lower, 2 * 1.96 * s.share.standard_error, 0.3));
  CHECK(recursion::synthetic_share_of_loss({0.001, 0.001, 0}, 100, 30).share.value == 0.0);
  CHECK(std::isnan(recursion::synthetic_share_of_loss({0.9, 0.001, 0}, 100, 30).share.value));
  CHECK_THROWS_AS(recursion::synthetic_share_of_loss({1.1, 0.1, 0}, 100, 30), std::invalid_argument);
  CHECK_THROWS_AS(recursion::synthetic_share_of_loss({0.1, 0.1, 0}, 1, 30), std::invalid_argument);
  CHECK_THROWS_AS(recursion::synthetic_share_of_loss({0.1, 0.1, 0}, 100, 1), std::invalid_argument);
}

TEST_CASE("recursion: bounds for the synthetic share of one lineage cover the truth", "[recursion]") {
  const auto shares = planner_zipf_shares(50, 0.7);
  const auto real = recursion::zipf(50, 0.7);
  const auto sums = recursion::power_sums_of(shares);
  core::random_engine random(83);
  for (const double truth : {1.0, 0.9, 0.5}) {
    double covered = 0.0;
    constexpr int replicates = 250;
    for (int i = 0; i < replicates; ++i) {
      auto counts = real.resample(100, random);
      for (int g = 1; g < 20; ++g)
        counts =
            next_mixed_counts(real, counts, 100, static_cast<std::uint64_t>(std::llround((1 - truth) * 100)), random);
      const auto s =
          recursion::synthetic_share_of_simpson(recursion::categorical(counts).simpson(), sums, 100, 20, 0.9);
      covered += s.bounds.lower <= truth + 1e-9 && truth - 1e-9 <= s.bounds.upper ? 1.0 / replicates : 0.0;
    }
    INFO("share " << truth << " covered " << covered);
    CHECK(covered > 0.9 - 4 * 0.019);  // 250 replicates
  }
  CHECK_THROWS_AS(recursion::synthetic_share_of_simpson(1.1, sums, 100, 20), std::invalid_argument);
}
