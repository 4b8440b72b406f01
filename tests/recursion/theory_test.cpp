// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/theory.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"

namespace recursion = tailwatch::recursion;
using recursion::linear_design;
using recursion::mix_sampling;
using recursion::variance_estimator;
using tailwatch::testing::close;

namespace {

std::vector<double> zipf_law(std::size_t types, double exponent) {
  std::vector<double> p(types);
  double sum = 0.0;
  for (std::size_t i = 0; i < types; ++i) sum += p[i] = std::pow(static_cast<double>(i + 1), -exponent);
  for (double& x : p) x /= sum;
  return p;
}

template <class Function>
std::string message_of(Function f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no exception";
}

}  // namespace

TEST_CASE("recursion theory: before any fit nothing is lost", "[recursion]") {
  for (const auto e : {variance_estimator::biased, variance_estimator::unbiased}) {
    CHECK(recursion::gaussian_replace_variance(7, 0, e) == 1.0);
    CHECK(recursion::gaussian_replace_standard_deviation(7, 0, e) == 1.0);
    CHECK(recursion::gaussian_replace_wasserstein2_squared(7, 0, e) == 0.0);
    CHECK(recursion::gaussian_replace_kullback_leibler(7, 0, e) == 0.0);
    CHECK(recursion::gaussian_replace_reverse_kullback_leibler(3, 0, e) == 0.0);
    CHECK(recursion::accumulate_variance(7, 0, e) == 1.0);
    CHECK(recursion::accumulate_mean_squared_displacement(7, 0, e) == 0.0);
  }
  CHECK(recursion::accumulate_subsample_variance(7, 0) == 1.0);
  CHECK(recursion::categorical_replace_simpson(1, 0) == 1.0);
  CHECK(recursion::mix_loss(7, 2, 0) == 0.0);
  CHECK(recursion::linear_replace_risk(2, 10, 1, 0) == 0.0);
  CHECK(recursion::kernel_density_replace_variance(7, 0.5, 2.0, 0) == 2.0);
}

TEST_CASE("recursion theory: lost variance reappears as drift of the mean", "[recursion]") {
  for (const double m : {2.0, 10.0, 1e6})
    for (const std::uint64_t n : {1U, 7U, 300U}) {
      CHECK(close(
          recursion::gaussian_replace_variance(m, n) + recursion::gaussian_replace_mean_squared_displacement(m, n), 1.0,
          1e-14));
      CHECK(close(recursion::accumulate_variance(m, n) + recursion::accumulate_mean_squared_displacement(m, n), 1.0,
                  1e-13));
    }
  // unbiased accumulate, n = 5, T = 2: 1/5 + 1/(5*4)
  CHECK(close(recursion::accumulate_mean_squared_displacement(5, 2, variance_estimator::unbiased), 0.25, 1e-15));
}

TEST_CASE("recursion theory: small cases by hand", "[recursion]") {
  // M = 2, x = 1/2: c4 = sqrt(2/pi); psi(1/2) = -gamma - 2 ln 2
  const double c4 = std::sqrt(2.0 / 3.14159265358979323846);
  CHECK(close(recursion::gaussian_replace_standard_deviation(2, 1, variance_estimator::unbiased), c4, 1e-14));
  CHECK(close(recursion::gaussian_replace_standard_deviation(2, 3), std::pow(c4 * std::sqrt(0.5), 3), 1e-14));
  CHECK(close(recursion::gaussian_replace_log_variance(2, 1), -0.57721566490153286 - 1.3862943611198906, 1e-14));
  CHECK(close(recursion::gaussian_replace_log_variance_variance(2, 1), 4.934802200544679, 1e-14));  // pi^2/2
  // M = 3, x = 1: psi(1) + ln(2/3)
  CHECK(close(recursion::gaussian_replace_log_variance(3, 1), -0.57721566490153286 + std::log(2.0 / 3.0), 1e-14));
  CHECK(recursion::gaussian_replace_reverse_kullback_leibler(3, 1) == tailwatch::core::infinity);
  CHECK(close(recursion::gaussian_replace_variance_relative_variance(3, 2), 3.0, 1e-14));
  CHECK(recursion::categorical_replace_simpson(1, 1) == 0.0);
  CHECK(recursion::accumulate_variance_limit(1) == 0.0);
  CHECK(recursion::accumulate_subsample_variance_limit(1) == 0.0);
  CHECK(close(recursion::lineage_survival(2), 1.0 - std::exp(-1.0), 1e-15));
}

TEST_CASE("recursion theory: large samples keep their digits", "[recursion]") {
  // first order in 1/M with the exact second-order term
  const double m = 1e8;
  CHECK(close(recursion::gaussian_replace_log_variance(m, 1), -2.0 / m, 1e-7));
  CHECK(close(recursion::gaussian_replace_log_variance(m, 1, variance_estimator::unbiased), -1.0 / m, 1e-7));
  CHECK(close(recursion::gaussian_replace_wasserstein2_squared(m, 1), 1.5 / m, 1e-7));
  CHECK(close(recursion::gaussian_replace_kullback_leibler(m, 1), 1.0 / m, 1e-7));
  CHECK(close(recursion::mix_loss(m, 0, 1), 1.0 / m, 1e-12));
}

TEST_CASE("recursion theory: one dimension is the determinant of order one", "[recursion]") {
  for (const auto e : {variance_estimator::biased, variance_estimator::unbiased}) {
    CHECK(close(recursion::gaussian_replace_log_determinant(20, 1, 5, e),
                recursion::gaussian_replace_log_variance(20, 5, e), 1e-13));
    CHECK(close(recursion::gaussian_replace_determinant(20, 1, 5, e), recursion::gaussian_replace_variance(20, 5, e),
                1e-13));
  }
  // d = 3, M = 20, n = 5: the value of the derivation, confirmed by simulation (-2.4440)
  CHECK(close(recursion::gaussian_replace_log_determinant(20, 3, 5), -2.4464, 1e-4));
  const double product = 19.0 / 20 * 18 / 20 * 17 / 20;
  CHECK(close(recursion::gaussian_replace_determinant(20, 3, 5), std::pow(product, 5), 1e-13));
}

TEST_CASE("recursion theory: the log-normal law of the deviation", "[recursion]") {
  CHECK(close(recursion::gaussian_replace_survival(100, 800, 0.5, variance_estimator::unbiased), 0.0479, 0.02));
  CHECK(recursion::gaussian_replace_survival(100, 0, 0.5) == 1.0);
  CHECK(recursion::gaussian_replace_survival(100, 5, 1e-6) > 0.999999);
}

TEST_CASE("recursion theory: limits are reached", "[recursion]") {
  for (const double m : {5.0, 10.0, 100.0}) {
    // the remainder after n terms is below 1/n of the loss
    CHECK(close(recursion::accumulate_variance(m, 200000), recursion::accumulate_variance_limit(m), 2e-6));
    CHECK(close(recursion::accumulate_subsample_variance(m, 200000), recursion::accumulate_subsample_variance_limit(m),
                2e-5));
    for (const auto s : {mix_sampling::fixed, mix_sampling::multinomial})
      for (const double k : {0.5, 1.0, m / 2, m})
        CHECK(close(recursion::mix_loss(m, k, 100000), recursion::mix_loss_limit(m, k, s),
                    s == mix_sampling::fixed ? 1e-12 : 0.1));
  }
  CHECK(close(recursion::accumulate_subsample_variance_limit(10), 0.7390, 1e-4));
  CHECK(close(recursion::accumulate_subsample_variance_limit(40), 0.9288, 1e-4));
  CHECK(close(1e6 * (1.0 - recursion::accumulate_subsample_variance_limit(1e6)), 2.935, 1e-3));
  CHECK(close(recursion::fixed_real_loss(20, 200, 100000), recursion::fixed_real_loss_limit(20, 200), 1e-12));
  CHECK(close(0.95 * recursion::fixed_real_loss_limit(20, 200), 0.02209, 1e-3));
  CHECK(recursion::fixed_real_loss(20, 200, 1) == 0.0);
}

TEST_CASE("recursion theory: the mix recursion step by step", "[recursion]") {
  for (const double k : {0.0, 1.0, 7.5, 9.0, 9.5, 10.0}) {
    const double m = 10.0;
    const double a = k / m;
    double multinomial = 0.0;
    double fixed = 0.0;
    for (std::uint64_t n = 1; n <= 20; ++n) {
      multinomial = 1.0 / m + (1.0 - 1.0 / m) * (1.0 - a) * (1.0 - a) * multinomial;
      fixed = n == 1 ? 1.0 / m : (1.0 - a) * (1.0 - a) * fixed + (1.0 - (1.0 - a) * fixed) / m;
      CHECK(close(recursion::mix_loss(m, k, n, mix_sampling::multinomial), multinomial, 1e-13));
      CHECK(close(recursion::mix_loss(m, k, n, mix_sampling::fixed), fixed, 1e-13));
      const auto moments = recursion::mix_shrinking_moments(m, k, n, 1.0);
      CHECK(close(moments.variance, 1.0 - fixed, 1e-13));
      CHECK(close(moments.displacement, fixed, 1e-12));
    }
  }
  CHECK(close(recursion::mix_loss(10, 0, 6), 1.0 - recursion::categorical_replace_simpson(10, 6), 1e-14));
  CHECK(recursion::mix_loss_limit(10, 0) == 1.0);
  // values confirmed by simulation
  CHECK(close(recursion::mix_shrinking_moments(50, 10, 50, 0.8).variance, 0.53874, 1e-5));
  CHECK(close(recursion::mix_shrinking_moments(50, 5, 1000, 0.9).variance, 0.49841, 1e-5));
}

TEST_CASE("recursion theory: planning forms invert each other", "[recursion]") {
  for (const double m : {20.0, 1000.0})
    for (const double loss : {0.2, 0.5, 0.9}) {
      const double a = recursion::mix_real_share_for_loss(m, loss);
      CHECK(close(recursion::mix_loss_limit(m, a * m, mix_sampling::multinomial), loss, 1e-11));
    }
  CHECK(recursion::mix_real_share_for_loss(100, 0.005) == 1.0);
  for (const double ratio : {0.1, 1.0, 10.0}) {
    const double n = 10.0;
    const double best = recursion::optimal_mixing_weight(ratio);
    const double error = recursion::weighted_mixing_error(n, n / ratio, best);
    CHECK(close(n * error, best, 1e-12));
    CHECK(error < recursion::weighted_mixing_error(n, n / ratio, best * 0.99));
    CHECK(error < recursion::weighted_mixing_error(n, n / ratio, best + (1 - best) * 0.01));
  }
  CHECK(recursion::optimal_mixing_weight(0.0) == 0.0);
  CHECK(close(recursion::optimal_mixing_weight(1e12), 1.0, 1e-11));
  CHECK(close(recursion::mix_effective_sample_size(100, 900), 190.9, 1e-12));
}

TEST_CASE("recursion theory: growing samples and the growth that saves them", "[recursion]") {
  const std::vector<int> sizes{100, 50, 200, 30, 80};
  CHECK(close(recursion::growing_replace_variance(sizes), 0.99 * 0.98 * 0.995 * (29.0 / 30) * (79.0 / 80), 1e-14));
  CHECK(recursion::growing_replace_variance(sizes, variance_estimator::unbiased) == 1.0);
  CHECK(recursion::growing_replace_variance(std::vector<int>{}) == 1.0);
  std::vector<double> growing;
  for (int t = 1; t <= 60; ++t) growing.push_back(std::floor(20.0 * std::pow(t, 1.5)));
  CHECK(close(recursion::growing_replace_variance(growing), 0.88726, 1e-5));
}

TEST_CASE("recursion theory: surviving types, exact and approximate", "[recursion]") {
  // Zipf 1.1 over 50 types and M = 100: the value of the derivation, confirmed by simulation
  const auto p = zipf_law(50, 1.1);
  CHECK(close(recursion::categorical_replace_types(p, 100, 0), 50, 0));
  double first = 0.0;
  for (const double x : p) first += 1.0 - std::pow(1.0 - x, 100);
  CHECK(close(recursion::categorical_replace_types(p, 100, 1), first, 1e-13));
  CHECK(close(recursion::categorical_replace_types(p, 100, 50), 3.571, 2e-3));
  // two types of 1/2 and M = 1: one survives; M = 2: 2 - E (1/2)^(A-1) with A = 1, 2 equally likely
  const std::vector<double> half{0.5, 0.5};
  CHECK(close(recursion::categorical_replace_types(half, 1, 5), 1.0, 1e-15));
  CHECK(close(recursion::categorical_replace_types(half, 2, 2), 1.25, 1e-15));
  const auto wide = zipf_law(5000, 1.1);
  CHECK(close(recursion::categorical_replace_types_approximation(wide, 1e5, 10), 2429, 1e-3));
  CHECK(close(recursion::categorical_replace_types_approximation(wide, 1e5, 40), 1127, 1e-3));
  CHECK(recursion::categorical_replace_lost_mass_approximation(wide, 1e5, 10) <
        recursion::categorical_replace_lost_mass_approximation(wide, 1e5, 20));
  CHECK(close(recursion::categorical_chi_squared(50, 0.25), 12.25, 1e-15));
}

TEST_CASE("recursion theory: first extinction", "[recursion]") {
  CHECK(recursion::categorical_first_extinction_approximation(std::vector<double>{1.0, 0.0}, 50) ==
        tailwatch::core::infinity);
  // discrete form of the derivation: K = 5 uniform, M = 500, and 20 Zipf types, M = 1000
  CHECK(close(recursion::categorical_first_extinction_approximation(std::vector<double>(5, 0.2), 500), 114.82, 1e-3));
  CHECK(close(recursion::categorical_first_extinction_approximation(zipf_law(20, 1.0), 1000), 12.714, 1e-3));
  // K = 2: the continuous form is the Wright-Fisher value 2M·2 ln 2·½; the sum differs by the half term at T = 0 and by s_T
  CHECK(close(recursion::categorical_first_extinction_approximation(std::vector<double>{0.5, 0.5}, 200), 277.26, 0.02));
  // the switch from sum to integral does not show: the same law summed much further
  const std::vector<double> skewed{0.7, 0.2, 0.1};
  double sum = 1.0;
  double s = 1.0;
  for (int t = 1; t <= 2000000; ++t, s = -std::expm1(-s)) {
    double product = 1.0;
    for (const double x : skewed) product *= -std::expm1(-50 * x * s);
    sum += product;
  }
  CHECK(close(recursion::categorical_first_extinction_approximation(skewed, 50), sum, 1e-6));
}

TEST_CASE("recursion theory: Zipf constants", "[recursion]") {
  double missing = 0.0;
  double types = 0.0;
  double tail = 0.0;
  const double zeta = 1.6449340668482264;
  for (int i = 2000000; i >= 1; --i) {
    const double p = 1.0 / (static_cast<double>(i) * i * zeta);
    missing += p * std::exp(1e4 * std::log1p(-p));
    types -= std::expm1(1e4 * std::log1p(-p));
    if (i > 100) tail += p;
  }
  CHECK(close(recursion::zipf_missing_mass(2, 1e4), missing, 3e-4));
  CHECK(close(recursion::zipf_types(2, 1e4), types, 1e-3));
  CHECK(close(recursion::zipf_tail_mass(2, 100), tail, 6e-3));
}

TEST_CASE("recursion theory: kernel density estimates grow or keep their width", "[recursion]") {
  CHECK(close(recursion::kernel_density_replace_variance(20, 0.3, 0.95, 30), 1.547, 1e-3));
  CHECK(close(recursion::kernel_density_replace_variance(20, 0.3, 1.0, 100000), 1.71, 1e-12));
  double v = 2.0;
  for (int n = 0; n < 4; ++n) v = (1.0 - 1.0 / 50) * (v + 1.06 * 1.06 * v * std::pow(50.0, -0.4));
  CHECK(close(recursion::kernel_density_scaled_replace_variance(50, 1.06, 2.0, 4), v, 1e-13));
}

TEST_CASE("recursion theory: linear risks, and same against fresh designs", "[recursion]") {
  CHECK(close(recursion::linear_replace_risk(5, 30, 1, 6), 1.25, 1e-14));
  CHECK(close(recursion::linear_accumulate_risk(5, 30, 1, 6, linear_design::same), 0.3107, 1e-3));
  CHECK(close(recursion::linear_accumulate_risk(5, 30, 1, 6, linear_design::fresh), 0.2972, 1e-3));
  const double once = recursion::linear_replace_risk(5, 30, 1, 1);
  CHECK(
      close(recursion::linear_accumulate_risk(5, 30, 1, 100000, linear_design::same), once * 1.6449340668482264, 1e-4));
}

TEST_CASE("recursion theory: bad arguments are named", "[recursion]") {
  using tailwatch::core::nan;
  CHECK(message_of([] { (void)recursion::gaussian_replace_variance(1, 3); }) ==
        "recursion::gaussian_replace_variance: samples is 1, must be at least 2");
  CHECK(message_of([] { (void)recursion::gaussian_replace_variance(nan, 3); }).find("samples is nan") !=
        std::string::npos);
  CHECK(message_of([] { (void)recursion::mix_loss(10, 11, 3); }).find("real_samples is 11") != std::string::npos);
  CHECK(message_of([] { (void)recursion::linear_replace_risk(5, 6, 1, 1); }).find("rows is 6") != std::string::npos);
  CHECK(message_of([] { (void)recursion::lineage_survival(0); }).find("generations is 0") != std::string::npos);
  CHECK(message_of([] { (void)recursion::optimal_mixing_weight(-1); }).find("ratio is -1") != std::string::npos);
  CHECK(message_of([] { (void)recursion::zipf_types(1, 10); }).find("exponent is 1") != std::string::npos);
  CHECK(message_of([] { (void)recursion::gaussian_replace_determinant(3, 3, 1); }).find("samples is 3") !=
        std::string::npos);
  CHECK(message_of([] {
          (void)recursion::categorical_replace_types(std::vector<double>{0.5, 0.4}, 3, 1);
        }).find("sum of probabilities is 0.9") != std::string::npos);
  CHECK(message_of([] {
          (void)recursion::growing_replace_variance(std::vector<int>{5, 0});
        }).find("samples is 0") != std::string::npos);
  CHECK(message_of([] { (void)recursion::kernel_density_replace_variance(5, 0, 1, 1); }).find("bandwidth is 0") !=
        std::string::npos);
}
