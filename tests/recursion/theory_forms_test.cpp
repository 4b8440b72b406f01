// SPDX-License-Identifier: BSL-1.0
// Closed forms beside the reference file: against one another, against figures of simulations, against brute force.
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/accumulation_theory.hpp"
#include "tailwatch/recursion/categorical_theory.hpp"
#include "tailwatch/recursion/conventions.hpp"
#include "tailwatch/recursion/gaussian_theory.hpp"
#include "tailwatch/recursion/kernel_density_theory.hpp"
#include "tailwatch/recursion/lineage_theory.hpp"
#include "tailwatch/recursion/linear_theory.hpp"
#include "tailwatch/recursion/mixing_theory.hpp"
#include "tailwatch/recursion/power_law_theory.hpp"
#include "tailwatch/recursion/sharpening_theory.hpp"

namespace recursion = tailwatch::recursion;
using recursion::linear_design;
using recursion::variance_estimator;
using tailwatch::testing::close;

namespace {

using doubles = std::vector<double>;
constexpr auto unbiased = variance_estimator::unbiased;

doubles zipf_shares(std::size_t types, double exponent) {
  doubles p(types);
  double sum = 0.0;
  for (std::size_t i = 0; i < types; ++i) sum += p[i] = std::pow(static_cast<double>(i + 1), -exponent);
  for (double& x : p) x /= sum;
  return p;
}

double entropy_of(const doubles& p) {
  double h = 0.0;
  for (const double x : p) h -= x > 0.0 ? x * std::log(x) : 0.0;
  return h;
}

double dot(const doubles& a, const doubles& b) {
  double s = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
  return s;
}

}  // namespace

TEST_CASE("recursion forms: equal sizes are the special case of growing ones", "[recursion]") {
  for (const auto e : {variance_estimator::biased, unbiased})
    for (const std::uint64_t n : {1U, 5U, 40U}) {
      const std::vector<std::uint64_t> sizes(n, 25);
      CHECK(
          close(recursion::growing_replace_variance(sizes, e), recursion::gaussian_replace_variance(25, n, e), 1e-13));
      CHECK(close(recursion::growing_replace_mean_squared_displacement(sizes, e),
                  recursion::gaussian_replace_mean_squared_displacement(25, n, e), 1e-13));
      CHECK(close(recursion::growing_replace_log_variance(sizes, e), recursion::gaussian_replace_log_variance(25, n, e),
                  1e-13));
      CHECK(close(recursion::growing_replace_wasserstein2_squared(sizes, e),
                  recursion::gaussian_replace_wasserstein2_squared(25, n, e), 1e-13));
    }
  // unequal: simulated .12168, exact .12174, first order .12125
  const std::vector<double> sizes{100, 50, 200, 30, 80};
  CHECK(recursion::growing_replace_wasserstein2_squared(sizes, unbiased) == Approx(0.12174).margin(5e-6));
  CHECK(recursion::growing_replace_wasserstein2_squared_first_order(sizes) == Approx(0.12125).margin(5e-6));
  CHECK_THROWS_AS(recursion::growing_replace_log_variance(std::vector<int>{5, 1}), std::invalid_argument);
}

TEST_CASE("recursion forms: divergence in d dimensions", "[recursion]") {
  for (const auto e : {variance_estimator::biased, unbiased})
    CHECK(close(recursion::gaussian_replace_multivariate_kullback_leibler(20, 1, 7, e),
                recursion::gaussian_replace_kullback_leibler(20, 7, e), 1e-13));
  // simulated 1.2196 at d = 3, M = 20, n = 5, biased
  CHECK(recursion::gaussian_replace_multivariate_kullback_leibler(20, 3, 5) == Approx(1.2232).margin(5e-5));
}

TEST_CASE("recursion forms: published bounds hold and are loose where said", "[recursion]") {
  CHECK(recursion::gaussian_replace_survival_bound(100, 800, 0.5) == Approx(0.2707).margin(5e-5));
  CHECK(recursion::gaussian_replace_survival(100, 800, 0.5, unbiased) == Approx(0.0479).margin(5e-4));
  CHECK(recursion::gaussian_replace_survival_bound(100, 1, 0.5) == 1.0);
  for (const std::uint64_t n : {1U, 2U, 10U, 50U})
    for (const double lambda : {0.5, 1.87, 6.0}) {
      const double exact = recursion::categorical_type_survival(lambda / 300, 300, n);
      CHECK(recursion::categorical_type_survival_bound(lambda, n) <=
            exact + 2e-3);  // bound of the Poisson law at n = 1
      CHECK(recursion::categorical_type_survival_approximation(lambda, n) == Approx(exact).margin(0.012));
    }
  // λ = 1.87, n = 10: simulated .2776
  CHECK(recursion::categorical_type_survival_bound(1.87, 10) == Approx(0.1705).margin(1e-4));
  CHECK(recursion::categorical_type_survival_approximation(1.87, 10) == Approx(0.2755).margin(5e-4));
  CHECK(recursion::categorical_type_survival_diffusion(1.87, 10) == Approx(0.3120).margin(3e-4));
}

TEST_CASE("recursion forms: survival of one type sums to the types alive", "[recursion]") {
  const doubles p = zipf_shares(12, 1.0);
  for (const std::uint64_t n : {1U, 4U, 20U}) {
    double sum = 0.0;
    for (const double x : p) sum += recursion::categorical_type_survival(x, 30, n);
    CHECK(close(sum, recursion::categorical_replace_types(p, 30, n), 1e-12));
  }
  CHECK(recursion::categorical_type_survival(0.0, 10, 3) == 0.0);
  CHECK(recursion::categorical_type_survival(1.0, 10, 3) == 1.0);
}

TEST_CASE("recursion forms: fixation by the chain and by diffusion", "[recursion]") {
  CHECK(recursion::categorical_fixation_time(0.3, 1) == 1.0);  // one draw settles it
  // M = 2: from one copy of two, 1/2 stay: T = 2; first fit mixed with probability 2pq
  CHECK(close(recursion::categorical_fixation_time(0.5, 2), 1.0 + 0.5 * 2.0, 1e-14));
  // M = 50 from 25 copies: the linear solve gives 67.52, diffusion 69.31; from the real law one fit and its loss more
  CHECK(recursion::categorical_fixation_time_diffusion(0.5, 50) == Approx(69.31).margin(0.005));
  const double chain = recursion::categorical_fixation_time(0.5, 50);
  CHECK(chain == Approx(67.52).margin(0.01));
  CHECK(close(recursion::categorical_fixation_time(0.2, 50), recursion::categorical_fixation_time(0.8, 50), 1e-10));
  double last = 1.0;
  for (const std::uint64_t m : {20U, 80U, 320U}) {
    const double excess = recursion::categorical_fixation_time_diffusion(0.3, static_cast<double>(m)) /
                              recursion::categorical_fixation_time(0.3, m) -
                          1.0;
    CHECK(excess > 0.0);
    CHECK(excess < 0.5 * last);
    last = excess;
  }
  CHECK(recursion::categorical_coalescence_time(50) == 98.0);
  CHECK_THROWS_AS(recursion::categorical_fixation_time(0.0, 50), std::invalid_argument);
  CHECK_THROWS_AS(recursion::categorical_fixation_time(0.5, 3000), std::invalid_argument);
}

TEST_CASE("recursion forms: distances of a categorical law", "[recursion]") {
  const doubles p = zipf_shares(50, 1.1);
  for (const double loss : {0.001, 0.02, 0.5}) {
    CHECK(recursion::categorical_l1_approximation(p, loss) <= recursion::categorical_l1_bound(50, loss));
    CHECK(close(recursion::categorical_squared_distance(p, loss), loss * (1.0 - dot(p, p)), 1e-13));
  }
  // two types, one draw: ‖p̂ − p‖₁ = 2|p̂ − p|, squared distance 2pq exactly
  CHECK(close(recursion::categorical_squared_distance(doubles{0.3, 0.7}, 1.0), 0.42, 1e-14));
  CHECK(recursion::categorical_l1_bound(1, 1.0) == 0.0);

  // one resample, by enumeration of all outcomes of 6 draws from 3 types
  const doubles q{0.5, 0.3, 0.2};
  double missing = 0.0, singletons = 0.0;
  for (int outcome = 0; outcome < 729; ++outcome) {
    int count[3] = {};
    double probability = 1.0;
    for (int draw = 0, rest = outcome; draw < 6; ++draw, rest /= 3) {
      ++count[rest % 3];
      probability *= q[static_cast<std::size_t>(rest % 3)];
    }
    for (std::size_t i = 0; i < 3; ++i) {
      missing += count[i] == 0 ? probability * q[i] : 0.0;
      singletons += count[i] == 1 ? probability / 6 : 0.0;
    }
  }
  CHECK(close(recursion::categorical_missing_mass(q, 6), missing, 1e-13));
  CHECK(close(recursion::categorical_good_turing_bias(q, 6), singletons - missing, 1e-12));
  CHECK(recursion::categorical_missing_mass(q, 0) == Approx(1.0));
  CHECK(recursion::categorical_good_turing_bias(doubles{1.0}, 1) == 1.0);

  // entropy of one resample, exactly for two types: the remainder is O(M^-3)
  const double x = 0.3;
  for (const double m : {50.0, 200.0}) {
    double exact = 0.0;
    for (double k = 0; k <= m; ++k) {
      const double f = k / m;
      const double h = (f > 0 ? -f * std::log(f) : 0.0) + (f < 1 ? -(1 - f) * std::log(1 - f) : 0.0);
      exact += h * std::exp(std::lgamma(m + 1) - std::lgamma(k + 1) - std::lgamma(m - k + 1) + k * std::log(x) +
                            (m - k) * std::log(1 - x));
    }
    CHECK(std::abs(recursion::categorical_resample_entropy(doubles{x, 1 - x}, m) - exact) < 2.0 / (m * m * m));
  }
}

TEST_CASE("recursion forms: Zipf over generations and with its tail cut", "[recursion]") {
  CHECK(recursion::zipf_replace_lost_mass(1.5, 5000, 1) == Approx(recursion::zipf_missing_mass(1.5, 5000)));
  // simulated .0982 at n = 10, .1211 at n = 20
  CHECK(recursion::zipf_replace_lost_mass(1.5, 5000, 10) == Approx(0.0982).epsilon(0.02));
  CHECK(recursion::zipf_replace_lost_mass(1.5, 5000, 20) == Approx(0.1211).epsilon(0.02));
  // the sum over all ranks behind the asymptote, its far tail by the integral
  for (const std::uint64_t n : {2U, 10U}) {
    const double effective = 20000 * recursion::lineage_survival(n) / 2.6123753486854883;  // over zeta(1.5)
    double sum = 0.0;
    for (double i = 1; i <= 200000; ++i) sum -= std::expm1(-effective * std::pow(i, -1.5));
    sum += effective * 2.0 / std::sqrt(200000.5);
    CHECK(recursion::zipf_replace_types(1.5, 20000, n) == Approx(sum).epsilon(1e-3));
  }

  // no cut: the plain asymptote; many draws: the floor; in between their sum is close
  CHECK(recursion::zipf_cut_missing_mass(2.0, 1000, 1000000) ==
        Approx(recursion::zipf_missing_mass(2.0, 1000)).epsilon(2e-3));
  CHECK(recursion::zipf_cut_missing_mass(2.0, 1e9, 100) == Approx(0.006049).margin(1e-6));
  CHECK(recursion::zipf_cut_missing_mass(2.0, 0, 100) == Approx(1.0));
  for (const double m : {1e2, 1e4, 1e6}) {
    const double sum = recursion::zipf_missing_mass(2.0, m) + recursion::zipf_tail_mass(2.0, 100);
    const double exact = recursion::zipf_cut_missing_mass(2.0, m, 100);
    CHECK(exact < 1.01 * sum);
    CHECK(exact > 0.5 * sum);
  }
}

TEST_CASE("recursion forms: limits of regression and of the shrinking mix", "[recursion]") {
  for (const auto design : {linear_design::same, linear_design::fresh}) {
    const double limit = recursion::linear_accumulate_risk_limit(5, 30, 2.0, design);
    const double late = recursion::linear_accumulate_risk(5, 30, 2.0, 2000000, design);
    CHECK(late < limit);
    CHECK(close(late, limit, 1e-6));
  }
  CHECK(recursion::linear_accumulate_risk_limit(5, 30, 1.0, linear_design::fresh) <
        recursion::linear_accumulate_risk_limit(5, 30, 1.0, linear_design::same));
  // the proportional limit of the exact form
  CHECK(recursion::linear_replace_risk(30000, 100000, 2.0, 4) ==
        Approx(recursion::linear_replace_error_asymptotic(0.3, 2.0, 4)).epsilon(1e-4));
  CHECK(recursion::linear_replace_error_asymptotic(0.5, 1.0, 0, 0.25) == 0.25);
  CHECK_THROWS_AS(recursion::linear_replace_error_asymptotic(1.0, 1.0, 1), std::invalid_argument);

  for (const double shrinkage : {0.0, 0.5, 0.9, 1.0})
    for (const double k : {1.0, 10.0, 50.0}) {
      const auto limit = recursion::mix_shrinking_moments_limit(50, k, shrinkage);
      const auto late = recursion::mix_shrinking_moments(50, k, 5000, shrinkage);
      CHECK(close(limit.variance, late.variance, 1e-10));
      CHECK(close(limit.displacement, late.displacement, 1e-10));
    }
  CHECK(close(recursion::mix_shrinking_moments_limit(50, 10, 1.0).variance, 1.0 - recursion::mix_loss_limit(50, 10),
              1e-13));
  CHECK(recursion::mix_shrinking_moments_limit(1e9, 2e8, 0.8).variance == Approx(0.2 / (1 - 0.8 * 0.8)).epsilon(1e-6));
  CHECK_THROWS_AS(recursion::mix_shrinking_moments_limit(50, 0, 0.9), std::invalid_argument);

  CHECK(close(recursion::gaussian_shrinking_replace_variance(20, 6, 0.9),
              recursion::mix_shrinking_moments(20, 0, 6, 0.9).variance, 1e-13));
  CHECK(recursion::gaussian_shrinking_replace_variance(20, 1, 0.9) == recursion::gaussian_replace_variance(20, 1));
  CHECK(close(recursion::gaussian_shrinking_replace_log_variance(20, 6, 0.9, unbiased),
              recursion::gaussian_replace_log_variance(20, 6, unbiased) + 5 * std::log(0.9), 1e-13));

  CHECK(
      close(recursion::weighted_mixing_error(10, 20, 0.4, 500), recursion::weighted_mixing_error(10, 20, 0.4), 1e-13));
  CHECK(recursion::weighted_mixing_error(10, 20, 0.4, 1) == Approx(1.0 / 30));
}

TEST_CASE("recursion forms: accumulation to first order", "[recursion]") {
  CHECK(recursion::accumulate_gaussian_kullback_leibler_first_order(100, 100) == Approx(0.016350).margin(5e-7));
  CHECK(recursion::accumulate_gaussian_kullback_leibler_first_order(10, 100) == Approx(0.1635).margin(5e-5));
  CHECK(recursion::accumulate_categorical_kullback_leibler_first_order(50, 200, 50) == Approx(0.199).margin(2e-3));
  CHECK(recursion::accumulate_gaussian_kullback_leibler_first_order(10, 0) == 0.0);
}

TEST_CASE("recursion forms: an ensemble drifts like one large model", "[recursion]") {
  // one model: replace, exactly
  for (const std::uint64_t n : {1U, 2U, 9U}) {
    const auto one = recursion::ensemble_loss(1, 20, n);
    CHECK(close(one.within, 1.0 - recursion::gaussian_replace_variance(20, n), 1e-13));
    CHECK(one.mixture == one.within);
  }
  const auto five = recursion::ensemble_loss(5, 20, 100);
  const double large = 1.0 - recursion::gaussian_replace_variance(100, 100);
  CHECK(five.mixture == Approx(large).epsilon(0.04));
  CHECK(five.mixture < large);  // equal parts of each model scatter less than draws from their mixture
  CHECK(five.within > five.between);
  CHECK_THROWS_AS(recursion::ensemble_loss(30, 20, 5), std::invalid_argument);
}

TEST_CASE("recursion forms: temperature and curation", "[recursion]") {
  const doubles p = zipf_shares(6, 1.0);
  doubles step = p;
  for (std::uint64_t n = 1; n <= 4; ++n) {
    step = recursion::temperature_distribution(step, 0.8, 1);
    const doubles whole = recursion::temperature_distribution(p, 0.8, n);
    for (std::size_t i = 0; i < 6; ++i) CHECK(close(step[i], whole[i], 1e-13));
    CHECK(entropy_of(whole) < entropy_of(p));
  }
  CHECK(recursion::temperature_distribution(p, 0.5, 2000)[0] == 1.0);
  CHECK(recursion::temperature_distribution(doubles{0.0, 1.0}, 0.5, 2000) == doubles{0.0, 1.0});

  const doubles r{0.3, -1.0, 0.0, 1.2, 0.5, 0.1};
  CHECK(recursion::curated_distribution(p, r, 1) == p);
  // K = 3 by enumeration of all triples; K = 2 by the integral's own recursion is the pair sum
  const doubles three = recursion::curated_distribution(p, r, 3);
  for (std::size_t x = 0; x < 6; ++x) {
    double expected = 0.0;
    for (std::size_t y = 0; y < 6; ++y)
      for (std::size_t z = 0; z < 6; ++z)
        expected += 3.0 * p[x] * p[y] * p[z] * std::exp(r[x]) / (std::exp(r[x]) + std::exp(r[y]) + std::exp(r[z]));
    CHECK(close(three[x], expected, 1e-13));
  }
  const doubles limit = recursion::curated_distribution_limit(p, r, 1);
  const doubles many = recursion::curated_distribution(p, r, 100000);
  for (std::size_t x = 0; x < 6; ++x) CHECK(many[x] == Approx(limit[x]).epsilon(1e-4));
  // rewards far apart, still summing to one before the last division: compare with the pair sum
  const doubles wide{0.0, 0.0, 0.0, 0.0, 0.0, 60.0};
  CHECK(recursion::curated_distribution(p, wide, 4)[5] == Approx(1.0 - std::pow(1.0 - p[5], 4)).epsilon(1e-12));

  doubles odds;
  for (const double x : r) odds.push_back(std::exp(x));
  for (const std::uint64_t k : {2U, 3U, 10U})
    CHECK(dot(recursion::curated_distribution(p, r, k), odds) >= recursion::curated_reward_bound(p, r, k));
  CHECK(recursion::curated_reward_bound(p, r, 1) == Approx(dot(p, odds)));
  CHECK_THROWS_AS(recursion::curated_distribution(p, r, 0), std::invalid_argument);
  CHECK_THROWS_AS(recursion::curated_distribution(p, doubles{1.0}, 2), std::invalid_argument);
}

TEST_CASE("recursion forms: the calculus of lineages gives every regime", "[recursion]") {
  using recursion::lineage_moments;
  constexpr double m = 12;
  const std::uint64_t n = 7;
  {  // replace
    lineage_moments l;
    auto model = l.fit({{l.draw_real(m), 1.0}});
    for (std::uint64_t g = 1; g < n; ++g) model = l.fit({{l.draw(model, m), 1.0}});
    CHECK(close(l.variance(model), recursion::gaussian_replace_variance(m, n), 1e-13));
    CHECK(close(l.displacement(model), recursion::gaussian_replace_mean_squared_displacement(m, n), 1e-13));
  }
  {  // growing sizes
    lineage_moments l;
    const doubles sizes{5, 9, 14, 30};
    auto model = l.fit({{l.draw_real(sizes[0]), 1.0}});
    for (std::size_t g = 1; g < 4; ++g) model = l.fit({{l.draw(model, sizes[g]), 1.0}});
    CHECK(close(l.variance(model), recursion::growing_replace_variance(sizes), 1e-13));
  }
  {  // accumulate
    lineage_moments l;
    std::vector<lineage_moments::part> pool{{l.draw_real(m), 1.0}};
    auto model = l.fit(pool);
    for (std::uint64_t g = 1; g < n; ++g) {
      pool.push_back({l.draw(model, m), 1.0});
      model = l.fit(pool);
    }
    CHECK(close(l.variance(model), recursion::accumulate_variance(m, n), 1e-13));
    CHECK(close(l.displacement(model), 1.0 - recursion::accumulate_variance(m, n), 1e-13));
  }
  {  // mix with a sampler that shrinks
    lineage_moments l;
    auto model = l.fit({{l.draw_real(m), 1.0}});
    for (std::uint64_t g = 1; g < n; ++g) model = l.fit({{l.draw_real(3), 3.0}, {l.draw(model, 9, 0.8), 9.0}});
    const auto expected = recursion::mix_shrinking_moments(m, 3, n, 0.8);
    CHECK(close(l.variance(model), expected.variance, 1e-13));
    CHECK(close(l.displacement(model), expected.displacement, 1e-13));
  }
  {  // the same real data again and again
    lineage_moments l;
    const auto real = l.draw_real(4);
    auto model = l.fit({{real, 1.0}});
    for (std::uint64_t g = 1; g < n; ++g) model = l.fit({{real, 4.0}, {l.draw(model, 8), 8.0}});
    CHECK(close(l.variance(model), (1.0 - 1.0 / 4) * (1.0 - recursion::fixed_real_loss(4, 8, n)), 1e-13));
  }
  {  // weighted training
    lineage_moments l;
    auto model = l.fit({{l.draw_real(30), 1.0}});
    for (std::uint64_t g = 1; g < n; ++g) model = l.fit({{l.draw_real(10), 0.618}, {l.draw(model, 20), 0.382}});
    CHECK(l.variance(model) < 1.0);
    // known variance 1 is what weighted_mixing_error assumes; here draws have the model's own, which is smaller
    CHECK(l.displacement(model) < recursion::weighted_mixing_error(10, 20, 0.618, n));
    CHECK(l.displacement(model) == Approx(recursion::weighted_mixing_error(10, 20, 0.618, n)).epsilon(0.02));
  }
  {  // an ensemble
    lineage_moments l;
    std::vector<std::size_t> models;
    for (int i = 0; i < 3; ++i) models.push_back(l.fit({{l.draw_real(m), 1.0}}));
    for (std::uint64_t g = 1; g < n; ++g) {
      std::vector<std::size_t> next;
      for (int i = 0; i < 3; ++i) {
        std::vector<lineage_moments::part> parts;
        for (const auto source : models) parts.push_back({l.draw(source, m / 3), 1.0});
        next.push_back(l.fit(parts));
      }
      models = next;
    }
    const auto expected = recursion::ensemble_loss(3, m, n);
    CHECK(close(l.variance(models[0]), 1.0 - expected.within, 1e-13));
    CHECK(close(l.displacement(models[0]), expected.within, 1e-13));
    CHECK(close(l.common_displacement(models[0], models[1]), expected.between, 1e-13));
  }
  lineage_moments l;
  CHECK_THROWS_AS(l.draw(0, 5), std::invalid_argument);
  CHECK_THROWS_AS(l.draw_real(0.5), std::invalid_argument);
  CHECK_THROWS_AS(l.fit({}), std::invalid_argument);
  CHECK_THROWS_AS(l.fit({{0, 1.0}}), std::invalid_argument);
}

TEST_CASE("recursion forms: a power law thins", "[recursion]") {
  CHECK(recursion::power_law_replace_exponent(11, 2) == Approx(1.21));
  CHECK(recursion::power_law_replace_exponent(1, 1) == tailwatch::core::infinity);
  CHECK(recursion::power_law_replace_log_scale(1e8, 10) == Approx(-10 / 2e8).epsilon(1e-7));
  CHECK(recursion::power_law_replace_log_scale(1, 1) == Approx(-0.57721566490153286));
  CHECK(recursion::power_law_replace_log_scale_variance(1, 2) == Approx(2 * 1.6449340668482264));
  CHECK(recursion::power_law_replace_scale_relative_variance(10, 2) == Approx(0.21));
  CHECK_THROWS_AS(recursion::power_law_replace_exponent(0.5, 1), std::invalid_argument);
}
