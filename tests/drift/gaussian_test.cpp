// SPDX-License-Identifier: BSL-1.0
#include <cmath>
#include <stdexcept>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/interval.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/drift/kullback_leibler_gaussian.hpp"
#include "tailwatch/drift/wasserstein_gaussian_squared.hpp"

using namespace tailwatch;
using drift::gaussian_view;
using tailwatch::testing::close;

namespace {

std::vector<double> gaussian_test_points(std::size_t n, std::size_t d, double scale, std::uint64_t seed) {
  core::random_engine random(seed);
  std::vector<double> x(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    double common = core::normal_quantile(core::uniform_01(random));
    for (std::size_t c = 0; c < d; ++c)
      x[i * d + c] = scale * (0.6 * common + core::normal_quantile(core::uniform_01(random))) + static_cast<double>(c);
  }
  return x;
}

}  // namespace

TEST_CASE("drift gaussian: independent coordinates in closed form", "[drift]") {
  const std::vector<double> mean_p{1.0, -2.0, 0.5}, mean_q{0.0, 0.0, 0.5};
  const std::vector<double> p{4, 0, 0, 0, 1, 0, 0, 0, 1e-4}, q{1, 0, 0, 0, 9, 0, 0, 0, 1e4};
  const double w = 1.0 + 4.0 + 1.0 + 4.0 + (100.0 - 0.01) * (100.0 - 0.01);
  CHECK(close(drift::wasserstein_gaussian_squared({mean_p, p}, {mean_q, q}).value, w, 1e-14));
  const double kl = 0.5 * ((4.0 + 1.0 - 1.0 - std::log(4.0)) + (1.0 / 9 + 4.0 / 9 - 1.0 + std::log(9.0)) +
                           (1e-8 - 1.0 + std::log(1e8)));
  CHECK(close(drift::kullback_leibler_gaussian({mean_p, p}, {mean_q, q}).value, kl, 1e-13));
  CHECK(close(drift::kullback_leibler_gaussian({mean_p, p}, {mean_q, q}, {.unit = information_unit::bits}).value,
              kl / std::log(2.0), 1e-13));
}

TEST_CASE("drift gaussian: nearly equal covariances keep their digits and their sign", "[drift]") {
  // S_p = (1 + t) S: KL = d (t − ln(1 + t))/2, W² = (√(1+t) − 1)² tr S.
  const std::size_t d = 7;
  const auto x = gaussian_test_points(200, d, 3.0, 1);
  const drift::gaussian_moments fit(rows(x, 200, d));
  const auto s = fit.matrix();
  for (const int k : {3, 10, 17, 24}) {
    const double t = std::ldexp(1.0, -k);
    std::vector<double> wide(s);
    for (double& v : wide) v += t * v;
    const gaussian_view p{fit.mean(), wide}, q{fit.mean(), s};
    const double expected = 0.5 * static_cast<double>(d) * (t - std::log1p(t));
    CHECK(close(drift::kullback_leibler_gaussian(p, q).value, expected, 1e-13 * std::ldexp(1.0, k)));
    CHECK(drift::kullback_leibler_gaussian(q, q).value == 0.0);
  }
  const gaussian_view q{fit.mean(), s};
  double trace = 0.0;
  for (std::size_t i = 0; i < d; ++i) trace += s[i * d + i];
  CHECK(std::abs(drift::wasserstein_gaussian_squared(q, q).value) < 1e-14 * trace);
}

TEST_CASE("drift gaussian: symmetric, invariant under rotation, root of a metric", "[drift]") {
  const auto a = gaussian_test_points(60, 5, 1.0, 2), b = gaussian_test_points(80, 5, 0.4, 3);
  const drift::gaussian_moments p(rows(a, 60, 5)), q(rows(b, 80, 5));
  const estimate forth = drift::wasserstein_gaussian_squared(p, q), back = drift::wasserstein_gaussian_squared(q, p);
  CHECK(close(forth.value, back.value, 1e-12));
  CHECK(forth.count == 140);
  const auto rotated = [](const std::vector<double>& x) {
    std::vector<double> y(x);
    for (std::size_t i = 0; i < x.size(); i += 5) {
      y[i] = 0.6 * x[i] - 0.8 * x[i + 3];
      y[i + 3] = 0.8 * x[i] + 0.6 * x[i + 3];
    }
    return y;
  };
  const auto c = rotated(a), e = rotated(b);
  CHECK(close(drift::wasserstein_gaussian_squared(rows(c, 60, 5), rows(e, 80, 5)).value, forth.value, 1e-12));
  CHECK(close(drift::kullback_leibler_gaussian(rows(c, 60, 5), rows(e, 80, 5)).value,
              drift::kullback_leibler_gaussian(p, q).value, 1e-11));
}

TEST_CASE("drift gaussian: collapse, covariances without full rank", "[drift]") {
  // Everything on the line (1, 1, 1)/√3 with variance v: W² between v and w is (√v − √w)².
  const std::vector<double> mean(3, 0.0), p(9, 4.0 / 3.0), q(9, 0.25 / 3.0), full{2, 1, 0, 1, 2, 0, 0, 0, 1},
      zero(9, 0.0);
  CHECK(close(drift::wasserstein_gaussian_squared({mean, p}, {mean, q}).value, 2.25, 1e-13));
  CHECK(close(drift::wasserstein_gaussian_squared({mean, full}, {mean, zero}).value, 5.0, 1e-15));
  CHECK(drift::wasserstein_gaussian_squared({mean, zero}, {mean, zero}).value == 0.0);
  CHECK(std::isnan(drift::kullback_leibler_gaussian({mean, full}, {mean, q}).value));
  CHECK(std::isnan(drift::kullback_leibler_gaussian({mean, p}, {mean, q}).value));
  CHECK(drift::kullback_leibler_gaussian({mean, p}, {mean, full}).value == core::infinity);
}

TEST_CASE("drift gaussian_moments: parts add up, far from the origin too", "[drift]") {
  const std::size_t n = 700, d = 4;
  auto x = gaussian_test_points(n, d, 1.0, 4);
  for (double& v : x) v += 1e8;
  const drift::gaussian_moments whole(rows(x, n, d));
  for (const std::size_t cut : {0U, 1U, 255U, 300U}) {
    const std::span<const double> all(x);
    drift::gaussian_moments first(rows(all.first(cut * d), cut, d));
    first.merge(drift::gaussian_moments(rows(all.subspan(cut * d), n - cut, d)));
    CHECK(first.count() == n);
    for (std::size_t i = 0; i < d; ++i) CHECK(close(first.mean()[i], whole.mean()[i], 1e-15));
    const auto u = first.matrix(), v = whole.matrix();
    for (std::size_t i = 0; i < d * d; ++i) CHECK(std::abs(u[i] - v[i]) < 1e-9);
  }
  std::vector<double> near(x);
  for (double& v : near) v -= 1e8;
  const auto u = drift::gaussian_moments(rows(near, n, d)).matrix(), v = whole.matrix();
  for (std::size_t i = 0; i < d * d; ++i) CHECK(std::abs(u[i] - v[i]) < 1e-9);
  CHECK_THROWS_AS(drift::gaussian_moments(3).merge(whole), std::invalid_argument);
}

TEST_CASE("drift gaussian: borders and arguments", "[drift]") {
  const std::vector<double> m1{0.0}, m2{0.0, 0.0}, one{1.0}, unit{1, 0, 0, 1}, bad{core::nan}, negative{-1.0};
  const std::vector<double> indefinite{1, 2, 2, 1};
  CHECK(std::isnan(drift::wasserstein_gaussian_squared({m1, bad}, {m1, one}).value));
  CHECK(std::isnan(drift::kullback_leibler_gaussian({bad, one}, {m1, one}).value));
  CHECK_THROWS_AS(drift::wasserstein_gaussian_squared({m2, indefinite}, {m2, unit}), std::invalid_argument);
  CHECK_THROWS_AS(drift::wasserstein_gaussian_squared({m1, one}, {m1, negative}), std::invalid_argument);
  CHECK_THROWS_AS(drift::kullback_leibler_gaussian({m2, unit}, {m2, indefinite}), std::invalid_argument);
  CHECK_THROWS_AS(drift::kullback_leibler_gaussian({m2, unit}, {m1, one}), std::invalid_argument);
  CHECK_THROWS_AS(drift::kullback_leibler_gaussian({m2, one}, {m2, unit}), std::invalid_argument);
  CHECK(std::isnan(drift::wasserstein_gaussian_squared(rows(one, 1, 1), rows(m2, 2, 1)).value));
  CHECK(drift::wasserstein_gaussian_squared(rows(unit, 4, 1), rows(unit, 4, 1)).value == 0.0);
  CHECK_THROWS_AS(drift::wasserstein_gaussian_squared(rows(unit, 4, 1), rows(unit, 2, 2)), std::invalid_argument);
}
