// SPDX-License-Identifier: BSL-1.0
// Kernel density, power law, regression, draws of types, weights and the wrappers that sharpen.
#include <boost/random/normal_distribution.hpp>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/categorical.hpp"
#include "tailwatch/recursion/gaussian.hpp"
#include "tailwatch/recursion/gaussian_mixture.hpp"
#include "tailwatch/recursion/kernel_density.hpp"
#include "tailwatch/recursion/linear_regression.hpp"
#include "tailwatch/recursion/power_law.hpp"
#include "tailwatch/recursion/run.hpp"
#include "tailwatch/recursion/sharpening.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;

namespace {

using reals_vector = std::vector<double>;
using type_draws = std::vector<std::uint32_t>;

static_assert(recursion::weighted_model_family<recursion::gaussian_model, reals_vector>);
static_assert(recursion::weighted_model_family<recursion::multivariate_gaussian_model, recursion::point_set>);
static_assert(recursion::weighted_model_family<recursion::gaussian_mixture_model, recursion::point_set>);
static_assert(recursion::weighted_model_family<recursion::kernel_density_model, reals_vector>);
static_assert(recursion::weighted_model_family<recursion::multivariate_kernel_density_model, recursion::point_set>);
static_assert(recursion::weighted_model_family<recursion::power_law_model, reals_vector>);
static_assert(recursion::weighted_model_family<recursion::linear_regression_model, recursion::regression_rows>);
static_assert(recursion::weighted_model_family<recursion::categorical_draws_model, type_draws>);
static_assert(recursion::weighted_model_family<recursion::shrinking_model<recursion::gaussian_model>, reals_vector>);
static_assert(
    recursion::weighted_model_family<recursion::sharpened_model<recursion::categorical_draws_model>, type_draws>);
static_assert(
    recursion::model_family<recursion::sharpened_model<recursion::categorical_model>, recursion::category_counts>);
static_assert(!recursion::weighted_model_family<recursion::categorical_model, recursion::category_counts>);

static_assert(recursion::density_model<recursion::gaussian, double>);
static_assert(recursion::density_model<recursion::multivariate_gaussian, std::vector<double>>);
static_assert(recursion::density_model<recursion::gaussian_mixture, std::vector<double>>);
static_assert(recursion::density_model<recursion::kernel_density, double>);
static_assert(recursion::density_model<recursion::categorical, std::uint32_t>);
static_assert(recursion::density_model<recursion::power_law, double>);

template <class Function>
std::string model_error(Function f) {
  try {
    f();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no exception";
}

double mean_of(const reals_vector& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("recursion models: weights of a Gaussian are repeated points", "[recursion]") {
  const reals_vector x{1.0, 4.0, 1e6 + 2.0};
  const reals_vector repeated{1.0, 4.0, 4.0, 1e6 + 2.0, 1e6 + 2.0, 1e6 + 2.0};
  const auto weighted = recursion::gaussian_model{}.fit(x, reals_vector{10.0, 20.0, 30.0});
  const auto plain = recursion::gaussian_model{}.fit(repeated);
  CHECK(weighted.mean == Approx(plain.mean).epsilon(1e-14));
  CHECK(weighted.variance == Approx(plain.variance).epsilon(1e-13));
  // unbiased with equal weights: the plain unbiased fit
  const recursion::gaussian_model unbiased{recursion::variance_estimator::unbiased};
  CHECK(unbiased.fit(x, reals_vector{2.0, 2.0, 2.0}).variance == Approx(unbiased.fit(x).variance).epsilon(1e-13));
  // and with any weights unbiased over draws: E = 1, sd of the mean of 20000 below .02
  core::random_engine random(1);
  reals_vector variances;
  for (int i = 0; i < 20000; ++i)
    variances.push_back(unbiased.fit(recursion::gaussian{}.sample(3, random), reals_vector{0.6, 0.3, 0.1}).variance);
  CHECK(mean_of(variances) == Approx(1.0).margin(0.05));

  CHECK_FALSE(unbiased.fit(reals_vector{1.0}, reals_vector{1.0}).defined());
  CHECK_FALSE(recursion::gaussian_model{}.fit(reals_vector{}, reals_vector{}).defined());
  CHECK(model_error([&] {
          (void)unbiased.fit(x, reals_vector{1.0, -1.0, 1.0});
        }) == "recursion::gaussian_model: weight is -1, must be at least 0");
  CHECK_THROWS_AS(unbiased.fit(x, reals_vector{1.0}), std::invalid_argument);
  CHECK_THROWS_AS(unbiased.fit(x, reals_vector{0.0, 0.0, 0.0}), std::invalid_argument);

  recursion::point_set points{2, {0, 0, 1, 2, 5, 1}}, twice{2, {0, 0, 1, 2, 1, 2, 5, 1}};
  const auto a = recursion::multivariate_gaussian_model{}.fit(points, reals_vector{1.0, 2.0, 1.0});
  const auto b = recursion::multivariate_gaussian_model{}.fit(twice);
  for (std::size_t i = 0; i < 4; ++i) CHECK(a.covariance()[i] == Approx(b.covariance()[i]).epsilon(1e-13));
}

TEST_CASE("recursion models: a kernel density integrates to one and draws what it says", "[recursion]") {
  const recursion::kernel_density_model fixed{recursion::bandwidth_rule::fixed, 0.5};
  const auto f = fixed.fit(reals_vector{0.0, 3.0, 3.5}, reals_vector{1.0, 0.0, 3.0});
  double integral = 0.0, first = 0.0;
  for (int i = -1000; i <= 2000; ++i) {
    const double x = 0.01 * i;
    integral += 0.01 * std::exp(f.log_density(x));
    first += 0.01 * x * std::exp(f.log_density(x));
  }
  CHECK(integral == Approx(1.0).epsilon(1e-12));
  CHECK(first == Approx(0.75 * 3.5).epsilon(1e-12));
  CHECK(f.log_density(1e4) < -1e7);  // far out: no underflow to −∞
  CHECK(core::is_finite(f.log_density(1e4)));
  core::random_engine random(2);
  const reals_vector draws = fixed.sample(f, 40000, random);
  CHECK(mean_of(draws) == Approx(2.625).margin(5 * std::sqrt((0.25 + 0.1875 * 12.25) / 40000)));

  // Silverman: 1.0592 s n^(-1/5), s biased
  const recursion::kernel_density_model silverman;
  const reals_vector data{1.0, 2.0, 4.0, 7.0};
  const double s = std::sqrt(recursion::gaussian_model{}.fit(data).variance);
  CHECK(silverman.fit(data).bandwidths()[0] == Approx(1.05922384104881 * s * std::pow(4.0, -0.2)).epsilon(1e-12));
  CHECK(silverman.fit(data, reals_vector{2, 2, 2, 2}).bandwidths()[0] ==
        Approx(silverman.fit(data).bandwidths()[0]).epsilon(1e-12));
  const recursion::kernel_density_model scaled{.factor = 0.9};
  CHECK(scaled.fit(data).bandwidths()[0] == Approx(0.9 * s * std::pow(4.0, -0.2)).epsilon(1e-12));

  // two dimensions: product kernel
  const recursion::multivariate_kernel_density_model plane{recursion::bandwidth_rule::fixed, 2.0};
  const auto g = plane.fit(recursion::point_set{2, {1.0, 1.0}});
  CHECK(g.log_density(reals_vector{1.0, 3.0}) == Approx(-std::log(2 * 3.14159265358979 * 4.0) - 0.5).epsilon(1e-12));
  CHECK(plane.sample(g, 7, random).size() == 7);
  CHECK(
      recursion::multivariate_kernel_density_model{}.fit(recursion::point_set{2, {0, 0, 1, 4, 3, 1}}).bandwidths()[1] ==
      Approx(std::sqrt(26.0 / 9.0) * std::pow(3.0, -1.0 / 6)).epsilon(1e-12));

  CHECK_FALSE(silverman.fit(reals_vector{2.0, 2.0}).defined());  // no spread, no bandwidth
  CHECK_FALSE(silverman.fit(reals_vector{}).defined());
  CHECK_FALSE(fixed.fit(reals_vector{}).defined());
  CHECK(core::is_nan(silverman.fit(reals_vector{2.0, 2.0}).log_density(2.0)));
  CHECK(model_error([] {
          (void)recursion::kernel_density_model{recursion::bandwidth_rule::fixed, 0.0}.fit(reals_vector{1.0});
        }) == "recursion::kernel_density_model: bandwidth is 0, must be positive and finite");
}

TEST_CASE("recursion models: a power law is fitted and drawn", "[recursion]") {
  const recursion::power_law_model family{2.0};
  core::random_engine random(3);
  const recursion::power_law law{3.0, 2.0};
  const reals_vector x = family.sample(law, 50000, random);
  for (const double v : x) REQUIRE(v >= 2.0);
  CHECK(family.fit(x).exponent == Approx(3.0).margin(5 * 2.0 / std::sqrt(50000.0)));  // sd (α − 1)/√n
  double beyond = 0.0;
  for (const double v : x) beyond += v > 8.0 ? 1.0 / 50000 : 0.0;
  CHECK(beyond == Approx(law.tail_mass(8.0)).margin(5 * std::sqrt(0.0625 / 50000)));
  CHECK(law.tail_mass(8.0) == Approx(1.0 / 16));
  CHECK(law.log_density(4.0) == Approx(std::log(2.0 / 2.0) - 3.0 * std::log(2.0)));
  CHECK(law.log_density(1.0) == -core::infinity);

  CHECK(family.fit({4.0, 2.0}).exponent == Approx(1.0 + 2.0 / std::log(2.0)));
  CHECK(family.fit({4.0, 2.0, 1.0, core::nan}).exponent == Approx(1.0 + 2.0 / std::log(2.0)));  // below: left out
  CHECK(family.fit({4.0, 2.0}, reals_vector{3.0, 1.0}).exponent == Approx(1.0 + 4.0 / (3.0 * std::log(2.0))));
  CHECK(family.fit({2.0, 2.0}).exponent == core::infinity);
  CHECK(family.fit({2.0, 2.0}).sample(3, random) == reals_vector{2.0, 2.0, 2.0});
  CHECK_FALSE(family.fit({1.0}).defined());
  CHECK(family.fit({1.0}).sample(3, random).empty());
  CHECK(model_error([] { (void)recursion::power_law_model{0.0}.fit({1.0}); }) ==
        "recursion::power_law_model: minimum is 0, must be positive and finite");
}

TEST_CASE("recursion models: least squares and ridge", "[recursion]") {
  using recursion::linear_regression_model;
  using recursion::regression_rows;
  // y = 2a − b, exactly
  const regression_rows data{2, {1, 0, 0, 1, 1, 1, 2, -1}, {2, -1, 1, 5}};
  const auto exact = linear_regression_model{}.fit(data);
  CHECK(exact.coefficients[0] == Approx(2.0).epsilon(1e-13));
  CHECK(exact.coefficients[1] == Approx(-1.0).epsilon(1e-13));
  CHECK(exact.risk(reals_vector{2.0, 0.0}) == Approx(1.0));
  CHECK(linear_regression_model{.estimate_noise = true}.fit(data).noise_variance < 1e-25);
  // ridge by hand on one column: Σxy/(Σx² + r)
  CHECK(linear_regression_model{.ridge = 2.0}.fit({1, {1, 2}, {1, 3}}).coefficients[0] == Approx(7.0 / 7.0));
  CHECK(linear_regression_model{}.fit({1, {1, 2}, {1, 3}}, reals_vector{3.0, 1.0}).coefficients[0] ==
        Approx(9.0 / 7.0));
  // singular: one row for two coefficients; ridge repairs it
  const regression_rows one{2, {1, 1}, {2}};
  CHECK_FALSE(linear_regression_model{}.fit(one).defined());
  CHECK(linear_regression_model{.ridge = 1e-6}.fit(one).coefficients[0] == Approx(1.0).epsilon(1e-5));
  core::random_engine random(4);
  CHECK(recursion::run(one, linear_regression_model{}, {.generations = 3}, random).end ==
        recursion::run_end::undefined_model);

  const linear_regression_model same{
      .noise_variance = 0.0, .design = recursion::linear_design::same, .inputs = {1, 0, 0, 1}};
  const regression_rows drawn = same.sample(recursion::linear_model{exact.coefficients, 0.0}, 3, random);
  CHECK(drawn.inputs == reals_vector{1, 0, 0, 1, 1, 0});
  CHECK(drawn.labels[1] == Approx(-1.0));
  CHECK(model_error([&] {
          (void)linear_regression_model{.design = recursion::linear_design::same}.sample(exact, 3, random);
        }) ==
        "recursion::linear_regression_model: size of inputs is 0, must be a positive multiple of the dimension "
        "where the design is the same");
  CHECK(model_error([&] { (void)linear_regression_model{.ridge = -1.0}.fit(data); }) ==
        "recursion::linear_regression_model: ridge is -1, must be at least 0");
  CHECK(recursion::linear_model{{1.0}, 4.0}.log_density(reals_vector{1.0}, 3.0) ==
        Approx(-0.5 - std::log(2.0) - 0.5 * 1.8378770664093454836));
}

TEST_CASE("recursion models: temperature, top-k and top-p of a categorical law", "[recursion]") {
  const recursion::categorical law(reals_vector{4.0, 1.0, 0.0, 4.0, 16.0});
  const auto weights = [&law](const recursion::sharpening_options& o) {
    const auto s = recursion::sharpened(law, o);
    reals_vector p;
    for (std::size_t i = 0; i < 5; ++i) p.push_back(s.probability(i));
    return p;
  };
  CHECK(weights({}) == reals_vector{0.16, 0.04, 0.0, 0.16, 0.64});
  const auto hot = weights({.temperature = 2.0});  // square roots: 2 1 0 2 4
  CHECK(hot[0] == Approx(2.0 / 9));
  CHECK(hot[2] == 0.0);
  CHECK(weights({.top_k = 2}) == reals_vector{0.2, 0.0, 0.0, 0.0, 0.8});  // ties by index
  CHECK(weights({.top_p = 0.64}) == reals_vector{0.0, 0.0, 0.0, 0.0, 1.0});
  CHECK(weights({.top_p = 0.65}) == reals_vector{0.2, 0.0, 0.0, 0.0, 0.8});
  CHECK(weights({.top_k = 99, .top_p = 1.0})[1] == Approx(0.04));
  CHECK_THROWS_AS(recursion::sharpened(law, {.temperature = 0.0}), std::invalid_argument);
  CHECK_THROWS_AS(recursion::sharpened(law, {.top_p = 0.0}), std::invalid_argument);

  core::random_engine random(5);
  const recursion::sharpened_model family{recursion::categorical_model{}, recursion::sharpening_options{.top_k = 2}};
  const auto run = recursion::run(recursion::category_counts{{5, 4, 3, 2}}, family, {.generations = 3}, random,
                                  [](const auto& g) { return g.sample.counts; });
  for (const auto& counts : run.records) CHECK(counts[2] + counts[3] == 0);
}

TEST_CASE("recursion models: curation keeps the better of K", "[recursion]") {
  core::random_engine random(6);
  const auto reward = [](double x) { return x; };
  const recursion::curated_model best{recursion::gaussian_model{}, reward, 2, recursion::selection::best};
  const reals_vector x = best.sample(recursion::gaussian{}, 40000, random);
  REQUIRE(x.size() == 40000);
  CHECK(mean_of(x) == Approx(1.0 / std::sqrt(3.14159265358979)).margin(5 * 0.826 / 200));  // larger of two normals
  // Bradley–Terry on two types with rewards 0 and ln 3: P(1) = p² + 2pq·3/4
  const recursion::curated_model noisy{recursion::categorical_draws_model{},
                                       [](std::uint32_t t) { return t == 1 ? std::log(3.0) : 0.0; }, 2};
  const auto draws = noisy.sample(recursion::categorical(reals_vector{0.6, 0.4}), 40000, random);
  double ones = 0.0;
  for (const auto t : draws) ones += t / 40000.0;
  CHECK(ones == Approx(0.16 + 0.48 * 0.75).margin(5 * 0.5 / 200));
  const recursion::curated_model none{recursion::gaussian_model{}, reward, 0};
  CHECK(model_error([&] { (void)none.sample(recursion::gaussian{}, 3, random); }) ==
        "recursion::curated_model: candidates is 0, must be at least 1");
  const recursion::curated_model broken{recursion::gaussian_model{}, [](double) { return core::nan; }, 2};
  CHECK(model_error([&] { (void)broken.sample(recursion::gaussian{}, 3, random); }) ==
        "recursion::curated_model: reward is nan, must be finite");
}

TEST_CASE("recursion models: a pair of lambdas is a model", "[recursion]") {
  // a uniform law on [0, θ], θ fitted by the largest value: a non-regular model, E θ_n = θ (M/(M + 1))^n
  const recursion::paired_model uniform{[](const reals_vector& x) { return *std::max_element(x.begin(), x.end()); },
                                        [](double theta, std::uint64_t n, core::random_engine& random) {
                                          reals_vector x(n);
                                          for (double& v : x) v = theta * core::uniform_01(random);
                                          return x;
                                        }};
  static_assert(recursion::model_family<decltype(uniform), reals_vector>);
  core::random_engine random(7);
  reals_vector last;
  for (int i = 0; i < 4000; ++i)
    last.push_back(
        recursion::run(uniform.sample(1.0, 10, random), uniform, {.generations = 5}, random, [](const auto& g) {
          return g.model;
        }).records.back());
  CHECK(mean_of(last) == Approx(std::pow(10.0 / 11, 5)).margin(5 * 0.17 / std::sqrt(4000.0)));
}
