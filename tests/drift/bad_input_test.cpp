// SPDX-License-Identifier: BSL-1.0
//
// What every two-sample function of drift/ does with arguments and data that are wrong: an argument that can never be right
// throws, naming function and argument; data that allow no value give NaN and the count.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift.hpp"

using namespace tailwatch;

namespace {

using bad_sample = std::vector<double>;
using bad_counts = std::vector<std::int64_t>;

/// Calls f, which must throw std::invalid_argument with a message that begins with `function` and names `argument`.
template <class F>
void must_throw(const std::string& function, const std::string& argument, const F& f) {
  INFO(function << ", " << argument);
  try {
    f();
    FAIL_CHECK("nothing was thrown");
  } catch (const std::invalid_argument& e) {
    const std::string message = e.what();
    INFO(message);
    CHECK(message.rfind(function + ": ", 0) == 0);
    CHECK(message.find(argument) != std::string::npos);
  }
}

void must_be_undefined(const std::string& function, const estimate& e, std::uint64_t count) {
  INFO(function);
  CHECK(std::isnan(e.value));
  CHECK(std::isnan(e.standard_error));
  CHECK(e.count == count);
}

struct line_function {
  std::string name;
  std::function<estimate(const bad_sample&, const bad_sample&)> call;
  std::function<estimate(const std::vector<float>&, const std::vector<float>&)> call_f32;
  bool one_point_is_enough = true;  ///< a value for one point a side
};

template <class F>
line_function on_the_line(const char* name, const F& f, bool one_point_is_enough = true) {
  return {name, f, f, one_point_is_enough};
}

std::vector<line_function> line_functions() {
  const auto permuted = [](const auto& statistic) {
    return [statistic](const auto& x, const auto& y) {
      core::random_engine random(1);
      return drift::permutation_pvalue(x, y, statistic, random, {.replicates = 19});
    };
  };
  return {
      on_the_line("wasserstein_1d", [](const auto& x, const auto& y) { return drift::wasserstein_1d(x, y); }),
      on_the_line("wasserstein_1d, p = 2.5",
                  [](const auto& x, const auto& y) { return drift::wasserstein_1d(x, y, {.p = 2.5}); }),
      on_the_line("wasserstein_1d, p = infinity",
                  [](const auto& x, const auto& y) { return drift::wasserstein_1d(x, y, {.p = core::infinity}); }),
      on_the_line("tail_wasserstein_1d", [](const auto& x, const auto& y) { return drift::tail_wasserstein_1d(x, y); }),
      on_the_line("energy_distance", [](const auto& x, const auto& y) { return drift::energy_distance(x, y); }),
      on_the_line(
          "energy_distance, unbiased",
          [](const auto& x, const auto& y) {
            return drift::energy_distance(x, y, {.squared = true, .unbiased = true});
          },
          false),
      on_the_line("kolmogorov_smirnov", [](const auto& x, const auto& y) { return drift::kolmogorov_smirnov(x, y); }),
      on_the_line("kolmogorov_smirnov_pvalue",
                  [](const auto& x, const auto& y) { return drift::kolmogorov_smirnov_pvalue(x, y); }),
      on_the_line("kuiper", [](const auto& x, const auto& y) { return drift::kuiper(x, y); }),
      on_the_line("kuiper_pvalue", [](const auto& x, const auto& y) { return drift::kuiper_pvalue(x, y); }),
      on_the_line("cramer_von_mises", [](const auto& x, const auto& y) { return drift::cramer_von_mises(x, y); }),
      on_the_line("cramer_von_mises_pvalue",
                  [](const auto& x, const auto& y) { return drift::cramer_von_mises_pvalue(x, y); }),
      on_the_line("anderson_darling", [](const auto& x, const auto& y) { return drift::anderson_darling(x, y); }),
      on_the_line(
          "anderson_darling, normalised",
          [](const auto& x, const auto& y) { return drift::anderson_darling(x, y, {.normalize = true}); }, false),
      on_the_line(
          "anderson_darling_pvalue", [](const auto& x, const auto& y) { return drift::anderson_darling_pvalue(x, y); },
          false),
      on_the_line("tail_anderson_darling",
                  [](const auto& x, const auto& y) { return drift::tail_anderson_darling(x, y); }),
      on_the_line("permutation_pvalue, kolmogorov_smirnov", permuted(drift::kolmogorov_smirnov)),
      on_the_line("permutation_pvalue, energy_distance", permuted(drift::energy_distance)),
      on_the_line("permutation_pvalue, wasserstein_1d", permuted(drift::wasserstein_1d)),
  };
}

struct point_function {
  std::string name;
  std::function<estimate(const bad_sample&, const bad_sample&, std::size_t, std::size_t)>
      call;  ///< x, y, d of x, d of y
  bool one_point_is_enough = true;
};

template <class F>
point_function on_points(const char* name, const F& f, bool one_point_is_enough = true) {
  return {name,
          [f](const bad_sample& x, const bad_sample& y, std::size_t dx, std::size_t dy) {
            return f(rows(x, x.size() / dx, dx), rows(y, y.size() / dy, dy));
          },
          one_point_is_enough};
}

std::vector<point_function> point_functions() {
  using drift::mmd_estimator;
  std::vector<point_function> all{
      on_points("energy_distance", [](const auto& x, const auto& y) { return drift::energy_distance(x, y); }),
      on_points(
          "energy_distance, unbiased",
          [](const auto& x, const auto& y) {
            return drift::energy_distance(x, y, {.squared = true, .unbiased = true});
          },
          false),
      on_points("median_bandwidth", [](const auto& x, const auto& y) { return drift::median_bandwidth(x, y); }),
      on_points(
          "kullback_leibler_knn", [](const auto& x, const auto& y) { return drift::kullback_leibler_knn(x, y); },
          false),
      on_points("classifier_knn", [](const auto& x, const auto& y) { return drift::classifier_knn(x, y, {.k = 1}); }),
      on_points("classifier_knn_pvalue",
                [](const auto& x, const auto& y) { return drift::classifier_knn_pvalue(x, y, {.k = 1}); }),
      on_points("schilling_knn", [](const auto& x, const auto& y) { return drift::schilling_knn(x, y, {.k = 1}); }),
      on_points("sinkhorn_cost", [](const auto& x, const auto& y) { return drift::sinkhorn_cost(x, y); }),
      on_points("sinkhorn_divergence", [](const auto& x, const auto& y) { return drift::sinkhorn_divergence(x, y); }),
      on_points("sliced_wasserstein",
                [](const auto& x, const auto& y) {
                  core::random_engine random(2);
                  return drift::sliced_wasserstein(x, y, random);
                }),
      on_points("max_sliced_wasserstein",
                [](const auto& x, const auto& y) {
                  core::random_engine random(2);
                  return drift::max_sliced_wasserstein(x, y, random);
                }),
      on_points(
          "kullback_leibler_gaussian",
          [](const auto& x, const auto& y) { return drift::kullback_leibler_gaussian(x, y); }, false),
      on_points(
          "wasserstein_gaussian_squared",
          [](const auto& x, const auto& y) { return drift::wasserstein_gaussian_squared(x, y); }, false),
  };
  for (const auto& [name, estimator] : {std::pair("biased", mmd_estimator::biased),
                                        {"unbiased", mmd_estimator::unbiased},
                                        {"linear", mmd_estimator::linear}}) {
    const bool one = estimator == mmd_estimator::biased;
    const mmd_estimator e = estimator;
    all.push_back(on_points((std::string("mmd_rbf, ") + name).c_str(),
                            [e](const auto& x, const auto& y) { return drift::mmd_rbf(x, y, {.estimator = e}); }, one));
    all.push_back(on_points((std::string("mmd_polynomial, ") + name).c_str(),
                            [e](const auto& x, const auto& y) { return drift::mmd_polynomial(x, y, {.estimator = e}); },
                            one));
  }
  return all;
}

/// Before the first comma: the function itself.
std::string function_of(const std::string& name) { return "drift::" + name.substr(0, name.find(',')); }

template <class P, class Q>
std::vector<std::pair<std::string, std::function<estimate()>>> cell_functions(const P& p, const Q& q) {
  return {{"kullback_leibler", [=] { return drift::kullback_leibler(p, q); }},
          {"reverse_kullback_leibler", [=] { return drift::reverse_kullback_leibler(p, q); }},
          {"jeffreys", [=] { return drift::jeffreys(p, q); }},
          {"jensen_shannon_divergence", [=] { return drift::jensen_shannon_divergence(p, q); }},
          {"jensen_shannon_distance", [=] { return drift::jensen_shannon_distance(p, q); }},
          {"renyi", [=] { return drift::renyi(p, q); }},
          {"renyi, order 0", [=] { return drift::renyi(p, q, {.order = 0.0}); }},
          {"renyi, order infinity", [=] { return drift::renyi(p, q, {.order = core::infinity}); }},
          {"alpha", [=] { return drift::alpha(p, q); }},
          {"chi_squared", [=] { return drift::chi_squared(p, q); }},
          {"hellinger", [=] { return drift::hellinger(p, q); }},
          {"bhattacharyya_coefficient", [=] { return drift::bhattacharyya_coefficient(p, q); }},
          {"total_variation", [=] { return drift::total_variation(p, q); }},
          {"l_infinity", [=] { return drift::l_infinity(p, q); }},
          {"population_stability_index", [=] { return drift::population_stability_index(p, q); }},
          {"kullback_leibler_smoothed", [=] { return drift::kullback_leibler_smoothed(p, q); }},
          {"kullback_leibler_smoothed, good_turing_backoff",
           [=] { return drift::kullback_leibler_smoothed(p, q, {.method = drift::smoothing::good_turing_backoff}); }},
          {"kullback_leibler_bias_corrected", [=] { return drift::kullback_leibler_bias_corrected(p, q); }},
          {"noise_floor", [=] { return drift::noise_floor(p, q); }}};
}

}  // namespace

TEST_CASE("drift, bad input: samples on the real line", "[drift]") {
  const bad_sample good{0.5, 1.5, 1.0, 4.0, 2.0};
  const std::vector<bad_sample> undefined{
      {}, {core::nan}, {1.0, core::nan, 2.0}, {1.0, core::infinity}, {-core::infinity, 1.0, 2.0}};
  for (const line_function& f : line_functions()) {
    INFO(f.name);
    for (const bad_sample& bad : undefined) {
      must_be_undefined(f.name, f.call(good, bad), good.size() + bad.size());
      must_be_undefined(f.name, f.call(bad, good), good.size() + bad.size());
      must_be_undefined(f.name, f.call(bad, bad), 2 * bad.size());
      const std::vector<float> good_f32(good.begin(), good.end()), bad_f32(bad.begin(), bad.end());
      must_be_undefined(f.name, f.call_f32(good_f32, bad_f32), good.size() + bad.size());
      must_be_undefined(f.name, f.call_f32(bad_f32, good_f32), good.size() + bad.size());
    }
    CHECK(core::is_finite(f.call(good, {3.0, 3.5, 0.25}).value));
    const estimate single = f.call({1.0}, {2.0});
    CHECK(core::is_finite(single.value) == f.one_point_is_enough);
    CHECK(single.count == 2);
    // Numbers whose differences overflow: a value that can be had, or none, but not a wrong one.
    constexpr double most = std::numeric_limits<double>::max();
    const estimate wide = f.call({-most, most, 0.0}, {most, most, 1.0});
    CHECK(!(wide.value < 0.0));
    if (f.name.find("wasserstein") == 0) CHECK(!(wide.value == 0.0));
  }
}

TEST_CASE("drift, bad input: weights", "[drift]") {
  const bad_sample x{1.0, 2.0, 4.0}, ones{1.0, 1.0, 1.0}, y{0.0, 3.0}, two{1.0, 2.0};
  const auto w1 = [&](std::span<const double> of_x, std::span<const double> of_y) {
    return drift::wasserstein_1d(x, y, {.weights_x = of_x, .weights_y = of_y});
  };
  const auto w_max = [&](std::span<const double> of_x, std::span<const double> of_y) {
    return drift::wasserstein_1d(x, y, {.p = core::infinity, .weights_x = of_x, .weights_y = of_y});
  };
  const auto energy = [&](std::span<const double> of_x, std::span<const double> of_y) {
    return drift::energy_distance(x, y, {.weights_x = of_x, .weights_y = of_y});
  };
  const auto check = [&](const std::string& function, const auto& f) {
    CHECK(core::is_finite(f(ones, two).value));
    const bad_sample negative{1.0, -0.5, 1.0}, negative_two{-1e-300, 1.0}, zero(3, 0.0), zero_two(2, 0.0);
    const bad_sample with_nan{1.0, core::nan, 1.0}, with_infinity{1.0, core::infinity, 1.0}, empty{};
    must_throw(function, "weight is -0.5", [&] { return f(negative, two); });
    must_throw(function, "weight is -1e-300", [&] { return f(ones, negative_two); });
    must_throw(function, "x has 3 elements and its weights has 2", [&] { return f(two, two); });
    must_throw(function, "y has 2 elements and its weights has 3", [&] { return f(ones, ones); });
    must_be_undefined(function, f(zero, two), 5);
    must_be_undefined(function, f(ones, zero_two), 5);
    must_be_undefined(function, f(with_nan, two), 5);
    must_be_undefined(function, f(with_infinity, two), 5);
    CHECK(f(empty, empty).value == f(std::span<const double>(), std::span<const double>()).value);
    const bad_sample negative_nan{-1.0, core::nan, 1.0};  // what can never be right comes first
    must_throw(function, "weight is -1", [&] { return f(negative_nan, two); });
  };
  check("drift::wasserstein_1d", w1);
  check("drift::wasserstein_1d", w_max);
  check("drift::energy_distance", energy);
  must_throw("drift::energy_distance", "unbiased",
             [&] { return drift::energy_distance(x, y, {.unbiased = true, .weights_x = ones}); });
  must_throw("drift::energy_distance", "weights",
             [&] { return drift::energy_distance(rows(x, 3, 1), rows(y, 2, 1), {.weights_x = ones}); });
}

TEST_CASE("drift, bad input: options", "[drift]") {
  const bad_sample x{1.0, 2.0, 4.0, 0.0}, y{0.0, 3.0, 5.0, 2.5};
  core::random_engine random(3);
  for (const double p : {0.999, 0.0, -1.0, core::nan, -core::infinity}) {
    must_throw("drift::wasserstein_1d", "p", [&] { return drift::wasserstein_1d(x, y, {.p = p}); });
    must_throw("drift::tail_wasserstein_1d", "p", [&] { return drift::tail_wasserstein_1d(x, y, {.p = p}); });
    must_throw("drift::sliced_wasserstein", "p", [&] { return drift::sliced_wasserstein(x, y, random, {.p = p}); });
    must_throw("drift::max_sliced_wasserstein", "p",
               [&] { return drift::max_sliced_wasserstein(x, y, random, {.p = p}); });
    must_throw("drift::wasserstein_1d", "p", [&] {
      return drift::permutation_pvalue(x, y, drift::wasserstein_1d, random, {}, drift::wasserstein_1d_options{.p = p});
    });
  }
  must_throw("drift::tail_wasserstein_1d", "p",
             [&] { return drift::tail_wasserstein_1d(x, y, {.p = core::infinity}); });
  must_throw("drift::sliced_wasserstein", "p",
             [&] { return drift::sliced_wasserstein(x, y, random, {.p = core::infinity}); });
  for (const double alpha : {0.0, -0.1, 1.001, core::nan})
    must_throw("drift::tail_wasserstein_1d", "alpha",
               [&] { return drift::tail_wasserstein_1d(x, y, {.alpha = alpha}); });
  // Options of a statistic that is handed on: the order is used, and weights, which a relabelling would have to share out, are refused.
  const auto pvalue_of_order = [&](double p) {
    core::random_engine same(4);
    return drift::permutation_pvalue(x, y, drift::wasserstein_1d, same, {}, drift::wasserstein_1d_options{.p = p});
  };
  CHECK(core::is_finite(pvalue_of_order(core::infinity).value));
  must_throw("drift::wasserstein_1d", "weights", [&] {
    return drift::permutation_pvalue(x, y, drift::wasserstein_1d, random, {},
                                     drift::wasserstein_1d_options{.weights_x = x});
  });
  must_throw("drift::energy_distance", "weights", [&] {
    return drift::permutation_pvalue(x, y, drift::energy_distance, random, {},
                                     drift::energy_distance_options{.weights_y = x});
  });
  must_throw("drift::permutation_pvalue", "replicates",
             [&] { return drift::permutation_pvalue(x, y, drift::kuiper, random, {.replicates = 0}); });

  const auto a = rows(x, 2, 2), b = rows(y, 2, 2);
  for (const double bad : {0.0, -1.0, core::nan, core::infinity}) {
    must_throw("drift::mmd_rbf", "sigma", [&] { return drift::mmd_rbf(a, b, {.sigma = bad}); });
    must_throw("drift::sinkhorn_cost", "epsilon", [&] { return drift::sinkhorn_cost(a, b, {.epsilon = bad}); });
    must_throw("drift::sinkhorn_divergence", "epsilon",
               [&] { return drift::sinkhorn_divergence(a, b, {.epsilon = bad}); });
    must_throw("drift::sinkhorn_divergence", "tolerance",
               [&] { return drift::sinkhorn_divergence(a, b, {.tolerance = bad}); });
  }
  must_throw("drift::sinkhorn_cost", "max_iterations",
             [&] { return drift::sinkhorn_cost(a, b, {.max_iterations = 0}); });
  for (const int degree : {0, -3})
    must_throw("drift::mmd_polynomial", "degree", [&] { return drift::mmd_polynomial(a, b, {.degree = degree}); });
  for (const double bad : {-0.5, core::nan, core::infinity}) {
    must_throw("drift::mmd_polynomial", "gamma", [&] { return drift::mmd_polynomial(a, b, {.gamma = bad}); });
    must_throw("drift::mmd_polynomial", "coef0", [&] { return drift::mmd_polynomial(a, b, {.coef0 = bad}); });
  }
  must_throw("drift::mmd_rbf", "x has 2",
             [&] { return drift::mmd_rbf(a, rows(x, 4, 1), {.estimator = drift::mmd_estimator::u_statistic}); });
  must_throw("drift::mmd_rbf", "x has 3 elements and y has 4", [&] {
    const bad_sample three{1.0, 2.0, 3.0};
    return drift::mmd_rbf(three, x, {.estimator = drift::mmd_estimator::u_statistic});
  });
  must_throw("drift::kullback_leibler_knn", "k", [&] { return drift::kullback_leibler_knn(a, b, {.k = 0}); });
  must_throw("drift::schilling_knn", "k", [&] { return drift::schilling_knn(a, b, {.k = 0}); });
  for (const std::size_t k : {0U, 2U}) {
    must_throw("drift::classifier_knn", "k", [&] { return drift::classifier_knn(a, b, {.k = k}); });
    must_throw("drift::classifier_knn_pvalue", "k", [&] { return drift::classifier_knn_pvalue(a, b, {.k = k}); });
  }
  must_throw("drift::sliced_wasserstein", "projections",
             [&] { return drift::sliced_wasserstein(a, b, random, {.projections = 0}); });
  must_throw("drift::max_sliced_wasserstein", "a projection",
             [&] { return drift::max_sliced_wasserstein(a, b, rows(x, 4, 1)); });
  const bad_sample no_direction{core::nan, 1.0};
  must_throw("drift::sliced_wasserstein", "projection",
             [&] { return drift::sliced_wasserstein(a, b, rows(no_direction, 1, 2)); });
}

TEST_CASE("drift, bad input: points", "[drift]") {
  const bad_sample good{0.5, 1.5, 1.0, 4.0, 2.0, -1.0, 3.0, 0.0, 1.0, 0.0, -2.0, 1.0};  // six in two dimensions
  const std::vector<bad_sample> undefined{
      {}, {core::nan, 0.0, 1.0, 2.0}, {0.0, 1.0, 2.0, core::infinity}, {-core::infinity, 1.0, 2.0, 3.0, 4.0, 5.0}};
  for (const point_function& f : point_functions()) {
    INFO(f.name);
    const bool pooled = f.name == "median_bandwidth";  // asks for two points in all, on either side
    for (const bad_sample& bad : undefined) {
      const std::uint64_t count = good.size() / 2 + bad.size() / 2;
      if (pooled && bad.empty()) continue;
      must_be_undefined(f.name, f.call(good, bad, 2, 2), count);
      must_be_undefined(f.name, f.call(bad, good, 2, 2), count);
      must_be_undefined(f.name, f.call(bad, bad, 2, 2), 2 * (bad.size() / 2));
    }
    CHECK(!std::isnan(f.call(good, {3.0, 3.5, 0.25, 1.0, 1.5, 0.125}, 2, 2).value));
    must_throw(function_of(f.name), "a point of x has 2 elements and a point of y has 3",
               [&] { return f.call(good, good, 2, 3); });
    const estimate single = f.call({0.0, 1.0}, {2.0, 1.0}, 2, 2);
    CHECK(core::is_finite(single.value) == f.one_point_is_enough);
    CHECK(single.count == 2);
    const estimate wide = f.call({1e200, 0.0, 1e308, 1.0, 1e307, 2.0}, {-1e200, 0.0, -1e308, 1.0, 2.0, 3.0}, 2, 2);
    CHECK(wide.count == 6);
  }
  must_be_undefined("median_bandwidth", drift::median_bandwidth(bad_sample{}, bad_sample{1.0}), 1);

  const auto a = rows(good, 6, 2);
  const auto few = rows(std::span<const double>(good).first(6), 3, 2);
  for (const std::size_t k : {3U, 6U, 100U}) {  // k ≥ n, k > m
    must_be_undefined("kullback_leibler_knn", drift::kullback_leibler_knn(few, a, {.k = k}), 9);
    if (k > 3) must_be_undefined("kullback_leibler_knn", drift::kullback_leibler_knn(a, few, {.k = k}), 9);
  }
  for (const std::size_t k : {9U, 101U}) {  // k ≥ n + m
    must_be_undefined("classifier_knn", drift::classifier_knn(few, a, {.k = k}), 9);
    must_be_undefined("classifier_knn_pvalue", drift::classifier_knn_pvalue(few, a, {.k = k}), 9);
    must_be_undefined("schilling_knn", drift::schilling_knn(few, a, {.k = k}), 9);
  }
  CHECK(core::is_finite(drift::schilling_knn(few, a, {.k = 8}).value));
  const bad_sample same(12, 1.0);  // no density
  must_be_undefined("kullback_leibler_knn", drift::kullback_leibler_knn(rows(same, 6, 2), a, {.k = 2}), 12);
}

TEST_CASE("drift, bad input: Gaussians", "[drift]") {
  const bad_sample mean{0.0, 1.0}, identity{1.0, 0.0, 0.0, 1.0}, three(3, 0.0), nine(9, 0.0);
  const bad_sample indefinite{1.0, 2.0, 2.0, 1.0}, negative{-1.0, 0.0, 0.0, -1.0}, singular{1.0, 1.0, 1.0, 1.0},
      zero(4, 0.0);
  const auto each = [&](const auto& check) {
    check("drift::kullback_leibler_gaussian", [](const drift::gaussian_view& p, const drift::gaussian_view& q) {
      return drift::kullback_leibler_gaussian(p, q);
    });
    check("drift::wasserstein_gaussian_squared", [](const drift::gaussian_view& p, const drift::gaussian_view& q) {
      return drift::wasserstein_gaussian_squared(p, q);
    });
  };
  each([&](const std::string& function, const auto& f) {
    must_throw(function, "mean_p has 2 elements and mean_q has 3", [&] { return f({mean, identity}, {three, nine}); });
    must_throw(function, "cov_p has 9", [&] { return f({mean, nine}, {mean, identity}); });
    must_throw(function, "cov_q has 2", [&] { return f({mean, identity}, {mean, mean}); });
    must_throw(function, "dimension", [&] { return f({{}, {}}, {{}, {}}); });
    must_throw(function, "cov_p", [&] { return f({mean, indefinite}, {mean, identity}); });
    must_throw(function, "cov_q", [&] { return f({mean, identity}, {mean, indefinite}); });
    must_throw(function, "cov_q", [&] { return f({mean, identity}, {mean, negative}); });
    const bad_sample nan_mean{0.0, core::nan}, nan_cov{1.0, 0.0, 0.0, core::nan},
        inf_cov{core::infinity, 0.0, 0.0, 1.0};
    must_be_undefined(function, f({nan_mean, identity}, {mean, identity}), 0);
    must_be_undefined(function, f({mean, nan_cov}, {mean, identity}), 0);
    must_be_undefined(function, f({mean, identity}, {mean, inf_cov}), 0);
  });
  // Singular: W₂ is as good as ever, KL(p‖q) has no value for q and is infinite for p alone.
  CHECK(testing::close(drift::wasserstein_gaussian_squared({mean, singular}, {mean, zero}).value, 2.0, 1e-14));
  CHECK(drift::wasserstein_gaussian_squared({mean, zero}, {mean, zero}).value == 0.0);
  CHECK(std::isnan(drift::kullback_leibler_gaussian({mean, identity}, {mean, singular}).value));
  CHECK(std::isnan(drift::kullback_leibler_gaussian({mean, singular}, {mean, zero}).value));
  CHECK(drift::kullback_leibler_gaussian({mean, singular}, {mean, identity}).value == core::infinity);
  drift::gaussian_moments in_two(2), in_three(3);
  must_throw("drift::kullback_leibler_gaussian", "x has 2",
             [&] { return drift::kullback_leibler_gaussian(in_two, in_three); });
  must_throw("drift::wasserstein_gaussian_squared", "x has 2",
             [&] { return drift::wasserstein_gaussian_squared(in_two, in_three); });
  must_be_undefined("wasserstein_gaussian_squared", drift::wasserstein_gaussian_squared(in_two, in_two), 0);
}

TEST_CASE("drift, bad input: cells", "[drift]") {
  const bad_counts good{4, 0, 3, 9}, other{1, 2, 3, 4}, short_one{1, 2}, none{}, zero(4, 0), negative{1, -2, 3, 4};
  for (const auto& [name, f] : cell_functions(counts(good), counts(short_one)))
    must_throw(function_of(name), "p has 4 elements and q has 2", f);
  for (const auto& [name, f] : cell_functions(counts(negative), counts(good))) must_throw(function_of(name), "-2", f);
  for (const auto& [name, f] : cell_functions(counts(good), counts(negative))) must_throw(function_of(name), "-2", f);
  for (const auto& [name, f] : cell_functions(counts(none), counts(none))) must_be_undefined(name, f(), 0);
  for (const auto& [name, f] : cell_functions(counts(zero), counts(good))) must_be_undefined(name, f(), 16);
  for (const auto& [name, f] : cell_functions(counts(good), counts(zero))) must_be_undefined(name, f(), 16);
  for (const auto& [name, f] : cell_functions(counts(good), counts(other))) {
    INFO(name);
    CHECK(!std::isnan(f().value));
  }

  const bad_sample share{0.25, 0.25, 0.5}, with_nan{0.5, core::nan, 0.5}, with_infinity{0.5, core::infinity, 0.5},
      below{0.5, -1e-9, 0.5}, two{0.5, 0.5};
  for (const bad_sample& bad : {with_nan, with_infinity}) {
    for (const auto& [name, f] : cell_functions(probabilities(bad), probabilities(share)))
      must_be_undefined(name, f(), 0);
    for (const auto& [name, f] : cell_functions(probabilities(share), probabilities(bad)))
      must_be_undefined(name, f(), 0);
  }
  for (const auto& [name, f] : cell_functions(probabilities(share), probabilities(below)))
    must_throw(function_of(name), "-1e-09", f);
  for (const auto& [name, f] : cell_functions(probabilities(share), probabilities(two)))
    must_throw(function_of(name), "p has 3 elements and q has 2", f);

  for (const double order : {-0.5, core::nan})
    must_throw("drift::renyi", "order", [&] { return drift::renyi(good, other, {.order = order}); });
  for (const double order : {core::nan, core::infinity, -core::infinity})
    must_throw("drift::alpha", "order", [&] { return drift::alpha(good, other, {.order = order}); });
  for (const double floor : {-1e-4, 1.5, core::nan})
    must_throw("drift::population_stability_index", "floor",
               [&] { return drift::population_stability_index(good, other, {.floor = floor}); });
  for (const double added : {-0.5, core::nan, core::infinity})
    must_throw("drift::population_stability_index", "added",
               [&] { return drift::population_stability_index(good, other, {.added = added}); });
  using drift::smoothing;
  for (const auto& [method, parameter] : std::vector<std::pair<smoothing, double>>{{smoothing::add_k, -1.0},
                                                                                   {smoothing::add_k, core::nan},
                                                                                   {smoothing::add_k, core::infinity},
                                                                                   {smoothing::dirichlet, -1.0},
                                                                                   {smoothing::dirichlet, core::nan},
                                                                                   {smoothing::jelinek, -0.1},
                                                                                   {smoothing::jelinek, 1.1},
                                                                                   {smoothing::jelinek, core::nan}}) {
    const drift::kullback_leibler_smoothed_options options{.method = method, .parameter = parameter};
    must_throw("drift::kullback_leibler_smoothed", "",
               [&] { return drift::kullback_leibler_smoothed(good, other, options); });
    must_throw("drift::noise_floor", "", [&] {
      return drift::noise_floor(good, other,
                                {.divergence = drift::divergence::kullback_leibler_smoothed, .smoothed = options});
    });
  }
  must_throw("drift::kullback_leibler_smoothed", "vocabulary",
             [&] { return drift::kullback_leibler_smoothed(good, other, {.vocabulary = 3}); });

  // Counts whose sum does not fit: the shares are right all the same.
  constexpr std::uint64_t half = std::uint64_t{1} << 63;
  const std::vector<std::uint64_t> large{half, half, half}, uneven{half, half / 2, half / 2};
  const bad_sample even(3, 1.0 / 3.0), halves{0.5, 0.25, 0.25};
  CHECK(testing::close(drift::total_variation(large, uneven).value,
                       drift::total_variation(probabilities(even), probabilities(halves)).value, 1e-15));
  CHECK(testing::close(drift::kullback_leibler(large, uneven).value,
                       drift::kullback_leibler(probabilities(even), probabilities(halves)).value, 1e-14));
}

TEST_CASE("drift, bad input: bins and sketches", "[drift]") {
  const bad_counts three{1, 2, 3}, minus{1, -2, 3};
  const bad_sample edges{0.0, 1.0, 2.0, 3.0}, not_ascending{0.0, 1.0, 1.0, 3.0}, with_nan{0.0, 1.0, core::nan, 3.0},
      with_infinity{0.0, 1.0, 2.0, core::infinity};
  must_throw("drift::binned", "edges has 3",
             [&] { return drift::binned(three, std::span<const double>(edges).first(3)); });
  must_throw("drift::binned", "a count is -2", [&] { return drift::binned(minus, edges); });
  for (const bad_sample& bad : {not_ascending, with_nan, with_infinity})
    must_throw("drift::binned", "an edge", [&] { return drift::binned(three, bad); });
  const auto good = drift::binned(three, edges);
  const bad_counts empty(3, 0);
  const auto nothing = drift::binned(empty, edges);
  const bad_sample x{0.5, 2.5}, bad_x{0.5, core::nan};
  const auto check = [&](const std::string& name, const auto& f) {
    INFO(name);
    must_be_undefined(name, f(good, nothing), 6);
    must_be_undefined(name, f(nothing, good), 6);
    must_be_undefined(name, f(good, bad_x), 8);
    CHECK(core::is_finite(f(good, x).value));
  };
  check("wasserstein_1d", [](const auto& a, const auto& b) { return drift::wasserstein_1d(a, b); });
  check("tail_wasserstein_1d", [](const auto& a, const auto& b) { return drift::tail_wasserstein_1d(a, b); });
  check("energy_distance", [](const auto& a, const auto& b) { return drift::energy_distance(a, b); });
  check("kolmogorov_smirnov", [](const auto& a, const auto& b) { return drift::kolmogorov_smirnov(a, b); });
  check("kuiper", [](const auto& a, const auto& b) { return drift::kuiper(a, b); });
  check("cramer_von_mises", [](const auto& a, const auto& b) { return drift::cramer_von_mises(a, b); });
  check("anderson_darling", [](const auto& a, const auto& b) { return drift::anderson_darling(a, b); });
  check("tail_anderson_darling", [](const auto& a, const auto& b) { return drift::tail_anderson_darling(a, b); });
  must_throw("drift::wasserstein_1d", "p", [&] { return drift::wasserstein_1d(good, x, {.p = 0.5}); });
  must_throw("drift::wasserstein_1d", "weights", [&] { return drift::wasserstein_1d(good, x, {.weights_y = x}); });
  must_throw("drift::tail_wasserstein_1d", "alpha",
             [&] { return drift::tail_wasserstein_1d(good, x, {.alpha = 0.0}); });
  must_throw("drift::energy_distance", "unbiased", [&] { return drift::energy_distance(good, x, {.unbiased = true}); });
}
