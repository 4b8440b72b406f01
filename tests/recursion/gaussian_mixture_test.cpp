// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/recursion/gaussian_mixture.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/recursion/run.hpp"

namespace recursion = tailwatch::recursion;
namespace core = tailwatch::core;
using recursion::gaussian_mixture;
using recursion::gaussian_mixture_model;
using recursion::multivariate_gaussian;
using recursion::point_set;

namespace {

gaussian_mixture two_clouds() {
  return {{0.3, 0.7},
          {multivariate_gaussian({-3, 0}, {1, 0.4, 0.4, 0.6}), multivariate_gaussian({3, 1}, {0.5, -0.2, -0.2, 1})}};
}

/// The component nearest to x.
const multivariate_gaussian& nearest(const gaussian_mixture& m, double x) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < m.components(); ++k)
    if (std::abs(m.component(k).mean()[0] - x) < std::abs(m.component(best).mean()[0] - x)) best = k;
  return m.component(best);
}

}  // namespace

TEST_CASE("recursion mixture: a pass equals the textbook sums", "[recursion]") {
  core::random_engine random(1);
  for (const std::size_t d : {1U, 2U, 3U, 5U})
    for (const std::size_t n : {1U, 255U, 256U, 257U, 600U})
      for (const bool weighted : {false, true}) {
        point_set x{d, {}};
        std::vector<double> weights;
        for (std::size_t i = 0; i < n * d; ++i) x.values.push_back(100.0 + 6.0 * core::uniform_01(random));
        for (std::size_t i = 0; i < n && weighted; ++i) weights.push_back(core::uniform_01(random));
        std::vector<recursion::detail::mixture_component> components(3);
        const std::vector<double> scale(d, 1.0);
        for (std::size_t k = 0; k < 3; ++k) {
          auto& c = components[k];
          c.weight = 0.2 + 0.1 * static_cast<double>(k);
          for (std::size_t i = 0; i < d; ++i) c.mean.push_back(101.0 + static_cast<double>(k));
          for (std::size_t i = 0; i < d; ++i)
            for (std::size_t j = 0; j < d; ++j) c.covariance.push_back(i == j ? 1.5 : 0.3);
          REQUIRE(recursion::detail::prepare(c, scale, 0.0));
        }
        const auto got =
            recursion::detail::mixture_pass(recursion::detail::point_panels(x.values, d, weights), components);

        double total_weight = 0.0;
        for (std::size_t i = 0; i < n; ++i) total_weight += weighted ? weights[i] : 1.0;
        double likelihood = 0.0;
        const std::size_t width = recursion::detail::mixture_sum_count(d);
        std::vector<double> sums(3 * width, 0.0);
        for (std::size_t i = 0; i < n; ++i) {
          const double w = weighted ? weights[i] * static_cast<double>(n) / total_weight : 1.0;
          std::vector<double> p;
          double sum = 0.0;
          for (const auto& c : components) {
            p.push_back(c.weight * std::exp(multivariate_gaussian(c.mean, c.covariance).log_density(x[i])));
            sum += p.back();
          }
          likelihood += w * std::log(sum);
          for (std::size_t k = 0; k < 3; ++k) {
            const double r = w * p[k] / sum;
            double* out = sums.data() + k * width;
            *out++ += r;
            for (std::size_t a = 0; a < d; ++a) *out++ += r * (x[i][a] - components[k].mean[a]);
            for (std::size_t a = 0; a < d; ++a)
              for (std::size_t b = 0; b <= a; ++b)
                *out++ += r * (x[i][a] - components[k].mean[a]) * (x[i][b] - components[k].mean[b]);
          }
        }
        // n sums of terms of a few units, each good to some 1e-15 of itself
        const double tolerance = 1e-13 * static_cast<double>(n) * 10.0;
        CHECK(std::abs(got.log_likelihood - likelihood) < tolerance);
        for (std::size_t i = 0; i < sums.size(); ++i) CHECK(std::abs(got.values[i] - sums[i]) < tolerance);
      }
}

TEST_CASE("recursion mixture: expectation-maximisation finds two clouds", "[recursion]") {
  core::random_engine random(2);
  const gaussian_mixture truth = two_clouds();
  const point_set data = truth.sample(20000, random);
  const auto model = gaussian_mixture_model{{.components = 2}}.fit(data, random);
  REQUIRE(model.components() == 2);
  CHECK(model.converged());
  CHECK(model.deaths().empty());
  // standard errors of a mean: below sqrt(1/6000) = .013; of a variance: below sqrt(2/6000) = .018; five of them
  CHECK(nearest(model, -3).mean()[0] == Approx(-3).margin(0.065));
  CHECK(nearest(model, 3).mean()[1] == Approx(1).margin(0.065));
  CHECK(nearest(model, -3).covariance()[1] == Approx(0.4).margin(0.09));
  CHECK(nearest(model, 3).covariance()[3] == Approx(1.0).margin(0.09));
  double mean_log_density = 0.0;
  for (std::size_t i = 0; i < data.size(); ++i) mean_log_density += model.log_density(data[i]) / 20000;
  CHECK(model.log_likelihood() ==
        Approx(mean_log_density).margin(1e-5));  // one step behind, by less than the tolerance
  CHECK(recursion::l2_distance_squared(model, truth) < 1e-4);
  CHECK(recursion::l2_distance_squared(model, truth) > 0.0);

  // one component is the plain fit, with weights too
  std::vector<double> weights(data.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<double>(i % 3);
  const auto single = gaussian_mixture_model{{.components = 1}}.fit(data, weights, random);
  const auto plain = recursion::multivariate_gaussian_model{}.fit(data, weights);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(single.component(0).covariance()[i] == Approx(plain.covariance()[i]).epsilon(1e-10));

  // a weight of 2 is a point twice
  point_set twice = data;
  std::vector<double> doubled(data.size(), 1.0);
  for (std::size_t i = 0; i < data.size(); i += 2) {
    doubled[i] = 2.0;
    twice.values.insert(twice.values.end(), data[i].begin(), data[i].end());
  }
  const gaussian_mixture_model exact{{.components = 2, .maximum_iterations = 500, .tolerance = 1e-12}};
  const auto a = exact.fit(data, doubled, random);
  const auto b = exact.fit(twice, random);
  CHECK(a.log_likelihood() == Approx(b.log_likelihood()).epsilon(1e-9));
  CHECK(recursion::l2_distance_squared(a, b) < 1e-9);
}

TEST_CASE("recursion mixture: restarts keep the best start", "[recursion]") {
  core::random_engine random(3);
  std::vector<multivariate_gaussian> spots;
  for (int i = 0; i < 6; ++i) spots.push_back({{4.0 * (i % 3), 4.0 * (i / 3)}, {0.3, 0, 0, 0.3}});
  const point_set data = gaussian_mixture(std::vector<double>(6, 1.0), spots).sample(3000, random);
  const auto fitted = [&](std::size_t restarts) {
    core::random_engine same(5);
    return gaussian_mixture_model{{.components = 6, .restarts = restarts}}.fit(data, same);
  };
  double last = -core::infinity;
  for (const std::size_t restarts : {1U, 2U, 4U, 8U}) {  // the first starts are the same ones
    const double now = fitted(restarts).log_likelihood();
    CHECK(now >= last);
    last = now;
  }
}

TEST_CASE("recursion mixture: a component that dies is reported", "[recursion]") {
  core::random_engine random(4);
  // a cloud and ten copies of one point far away: the second component has no spread
  point_set data = multivariate_gaussian({0, 0}, {1, 0, 0, 1}).sample(300, random);
  for (int i = 0; i < 10; ++i) data.values.insert(data.values.end(), {50.0, 50.0});
  const auto model = gaussian_mixture_model{{.components = 2}}.fit(data, random);
  REQUIRE(model.components() == 1);
  REQUIRE(model.deaths().size() == 1);
  CHECK(model.deaths()[0].cause == recursion::death_cause::singular);
  CHECK(model.deaths()[0].weight == Approx(10.0 / 310).epsilon(1e-6));
  CHECK(model.weights()[0] == Approx(1.0));
  CHECK(to_string_view(model.deaths()[0].cause) == "singular");

  // added variance keeps it alive
  CHECK(gaussian_mixture_model{{.components = 2, .covariance_addition = 1e-6}}.fit(data, random).components() == 2);

  // one outlier on its own: fewer points than d + 1
  data.values.resize(600);
  data.values.insert(data.values.end(), {-50.0, 50.0});
  const auto starved = gaussian_mixture_model{{.components = 2}}.fit(data, random);
  REQUIRE(starved.deaths().size() == 1);
  CHECK(starved.deaths()[0].cause == recursion::death_cause::starved);

  // nothing but copies: no component is left, nothing can be drawn, and a run says so
  const point_set copies{2, std::vector<double>(40, 1.0)};
  const auto none = gaussian_mixture_model{{.components = 2}}.fit(copies, random);
  CHECK_FALSE(none.defined());
  CHECK(none.deaths().size() == 2);
  CHECK(none.sample(5, random).size() == 0);
  CHECK(core::is_nan(none.log_density(std::vector<double>{1.0, 1.0})));
  CHECK(core::is_nan(recursion::l2_distance_squared(none, two_clouds())));
  const auto run = recursion::run(copies, gaussian_mixture_model{}, {.generations = 3}, random);
  CHECK(run.end == recursion::run_end::undefined_model);
  CHECK(run.records.empty());
  CHECK(to_string_view(run.end) == "undefined model");

  CHECK_FALSE(gaussian_mixture_model{}.fit(point_set{2, {1.0, core::nan, 2.0, 3.0}}, random).defined());
  CHECK_FALSE(gaussian_mixture_model{}.fit(point_set{2, {1.0, 2.0}}, random).defined());
}

TEST_CASE("recursion mixture: the L2 distance is the integral", "[recursion]") {
  const gaussian_mixture f({0.4, 0.6}, {multivariate_gaussian({-1}, {0.5}), multivariate_gaussian({2}, {1.0})});
  const gaussian_mixture g({1.0}, {multivariate_gaussian({0.5}, {2.0})});
  double integral = 0.0;  // the trapezoid rule is spectrally accurate on a decaying integrand
  for (int i = -2000; i <= 2000; ++i) {
    const std::vector<double> x{0.01 * i};
    const double difference = std::exp(f.log_density(x)) - std::exp(g.log_density(x));
    integral += 0.01 * difference * difference;
  }
  CHECK(recursion::l2_distance_squared(f, g) == Approx(integral).epsilon(1e-12));
  CHECK(recursion::l2_distance_squared(g, f) == Approx(integral).epsilon(1e-12));
  CHECK(recursion::l2_distance_squared(f, f) == 0.0);
  CHECK_THROWS_AS(recursion::l2_distance_squared(f, two_clouds()), std::invalid_argument);
}

TEST_CASE("recursion mixture: draws follow the law, shrunk draws a narrower one", "[recursion]") {
  core::random_engine random(6);
  const gaussian_mixture law({1.0, 0.0, 3.0}, {multivariate_gaussian({0}, {1.0}), multivariate_gaussian({99}, {1.0}),
                                               multivariate_gaussian({10}, {4.0})});
  const auto moments = [&random](const gaussian_mixture& m) {
    double below = 0.0, square = 0.0;
    const point_set x = m.sample(40000, random);
    for (const double v : x.values) {
      below += v < 4.0 ? 1.0 : 0.0;
      square += v < 4.0 ? v * v : 0.0;
      CHECK(v < 50.0);
    }
    return std::pair{below / 40000, square / below};
  };
  const auto [share, variance] = moments(law);
  CHECK(share == Approx(0.25 + 0.75 * 0.00135).margin(5 * 0.0022));
  CHECK(moments(recursion::shrunk(law, 0.25)).second == Approx(0.25).margin(0.25 * 5 * 0.0142));
  CHECK_THROWS_AS(recursion::shrunk(law, -0.1), std::invalid_argument);
}

TEST_CASE("recursion mixture: bad arguments are errors by name", "[recursion]") {
  core::random_engine random(7);
  const point_set data = two_clouds().sample(50, random);
  const auto message = [](auto&& f) {
    try {
      f();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no exception");
  };
  CHECK(message([&] { (void)gaussian_mixture_model{{.components = 0}}.fit(data, random); }) ==
        "recursion::gaussian_mixture_model: components is 0, must be at least 1");
  CHECK(message([&] { (void)gaussian_mixture_model{{.restarts = 0}}.fit(data, random); }) ==
        "recursion::gaussian_mixture_model: restarts is 0, must be at least 1");
  CHECK(message([&] { (void)gaussian_mixture_model{{.tolerance = core::nan}}.fit(data, random); }) ==
        "recursion::gaussian_mixture_model: tolerance is nan, must be at least 0");
  CHECK(message([&] { (void)gaussian_mixture_model{}.fit(data, std::vector<double>(50, -1.0), random); }) ==
        "recursion::gaussian_mixture_model: weight is -1, must be at least 0");
  CHECK(message([&] { (void)gaussian_mixture_model{}.fit(data, std::vector<double>(50, 0.0), random); }) ==
        "recursion::gaussian_mixture_model: sum of weights is 0, must be positive and finite");
  CHECK_THROWS_AS(gaussian_mixture_model{}.fit(data, std::vector<double>(49, 1.0), random), std::invalid_argument);
  CHECK(message([] { (void)gaussian_mixture({}, {}); }) ==
        "recursion::gaussian_mixture: components is 0, must be at least 1");
  CHECK_THROWS_AS(gaussian_mixture({0.0}, {multivariate_gaussian({0}, {1})}), std::invalid_argument);
  CHECK(message([&] {
          (void)recursion::run(data, gaussian_mixture_model{{.components = 3}}, {.sample_size = 2}, random);
        }) == "recursion::run: sample_size is 2, must be at least 3");
}
