// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/differential_kozachenko_leonenko.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/mutual_information_ksg.hpp"

namespace {

using tailwatch::estimate;
using tailwatch::rows;
using tailwatch::testing::close;
namespace entropy = tailwatch::entropy;

double log_kth_distances_by_hand(const std::vector<double>& x, std::size_t d, std::size_t k,
                                 entropy::distance_norm norm) {
  const std::size_t n = x.size() / d;
  double sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> distance;
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      double largest = 0.0, squares = 0.0;
      for (std::size_t c = 0; c < d; ++c) {
        const double t = std::abs(x[i * d + c] - x[j * d + c]);
        largest = std::max(largest, t);
        squares += t * t;
      }
      distance.push_back(norm == entropy::distance_norm::max ? largest : std::sqrt(squares));
    }
    std::ranges::sort(distance);
    sum += std::log(distance[k - 1]);
  }
  return sum * static_cast<double>(d) / static_cast<double>(n);
}

std::vector<double> exponentials_kl(std::size_t n, tailwatch::core::random_engine& random) {
  std::vector<double> x(n);
  for (double& v : x) v = -std::log1p(-tailwatch::core::uniform_01(random));
  return x;
}

}  // namespace

TEST_CASE("entropy: nearest-neighbour entropy equals all pairs in any dimension", "[entropy]") {
  static_assert(tailwatch::core::estimator<entropy::differential_kozachenko_leonenko_fn>);
  tailwatch::core::random_engine random(8);
  for (const std::size_t d : {1U, 2U, 3U, 9U, 20U}) {
    for (const std::size_t n : {2U, 5U, 17U, 60U}) {
      auto x = exponentials_kl(n * d, random);
      if (n == 60)  // a grid: many equal distances
        for (double& v : x) v = std::floor(3.0 * v) + 1e-3 * v;
      for (const std::size_t k : {1U, 2U, 4U, 16U}) {
        if (k >= n) continue;
        for (const auto norm : {entropy::distance_norm::max, entropy::distance_norm::euclidean}) {
          INFO("d " << d << " n " << n << " k " << k);
          const auto dd = static_cast<double>(d), nn = static_cast<double>(n);
          const double log_ball = norm == entropy::distance_norm::max
                                      ? dd * std::log(2.0)
                                      : dd / 2.0 * std::log(std::acos(-1.0)) - std::lgamma(dd / 2.0 + 1.0);
          const double want = tailwatch::math::digamma(nn) - tailwatch::math::digamma(static_cast<double>(k)) +
                              log_ball + log_kth_distances_by_hand(x, d, k, norm);
          CHECK(close(entropy::differential_kozachenko_leonenko(rows(x, n, d), {.k = k, .norm = norm}).value, want,
                      1e-12, 1e-12));
        }
      }
    }
  }
}

TEST_CASE("entropy: nearest-neighbour entropy of bad and degenerate samples", "[entropy]") {
  const auto& kl = entropy::differential_kozachenko_leonenko;
  const std::vector<double> x{0.1, 0.35, 0.7, 1.2, 1.9, 2.05, 3.3, 4.4};
  const estimate e = kl(x);
  CHECK(e.count == 8);
  CHECK(kl(rows(x, 8, 1)) == e);
  CHECK(kl(tailwatch::sample(x), {.norm = entropy::distance_norm::euclidean}).count == 8);
  CHECK(close(kl(x, {.unit = tailwatch::information_unit::bits}).value, e.value / std::log(2.0), 1e-15));
  CHECK(std::isnan(kl(x, {.k = 8}).value));
  CHECK_FALSE(std::isnan(kl(x, {.k = 7}).value));
  CHECK(std::isnan(kl(std::vector<double>{}).value));
  CHECK(std::isnan(kl(std::vector<double>(9, 1.0)).value));
  const std::vector<double> pair_tied{1, 1, 2, 3, 5, 8};
  CHECK(std::isnan(kl(pair_tied, {.k = 1}).value));
  CHECK_FALSE(std::isnan(kl(pair_tied, {.k = 2}).value));
  CHECK(std::isnan(kl(rows(pair_tied, 3, 2), {.k = 3}).value));
  const std::vector<double> undefined{1, 2, std::numeric_limits<double>::quiet_NaN(), 4, 5, 6};
  CHECK(std::isnan(kl(undefined).value));
  CHECK(std::isnan(kl(rows(undefined, 3, 2), {.k = 1}).value));
  CHECK(kl(rows(undefined, 3, 2), {.k = 1}).count == 3);
  CHECK_THROWS_AS(kl(x, {.k = 0}), std::invalid_argument);
  CHECK_THROWS_AS(kl(rows(x, 4, 2), {.k = 0}), std::invalid_argument);
  const tailwatch::core::rows_view<double> flat{x.data(), 8, 0};
  CHECK_THROWS_AS(kl(flat), std::invalid_argument);
}

TEST_CASE("entropy: the linear jackknife of nearest neighbours on a line is the jackknife", "[entropy]") {
  tailwatch::core::random_engine random(9);
  for (const std::size_t n : {4U, 9U, 30U}) {
    auto x = exponentials_kl(n, random);
    std::ranges::sort(x);
    for (const std::size_t k : {1U, 2U, 3U, 7U}) {
      if (k + 1 >= n) continue;
      std::vector<double> without;
      double mean = 0.0, squares = 0.0;
      for (std::size_t j = 0; j < n; ++j) {
        auto rest = x;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
        without.push_back(entropy::differential_kozachenko_leonenko(rest, {.k = k}).value);
        mean += without.back() / static_cast<double>(n);
      }
      for (const double v : without) squares += (v - mean) * (v - mean);
      INFO("n " << n << " k " << k);
      CHECK(close(entropy::detail::kth_distance_error_on_line(x, k, entropy::detail::log_kth_distance_on_line(x, k)),
                  std::sqrt(squares * static_cast<double>(n - 1) / static_cast<double>(n)), 1e-11));
    }
  }
  for (const std::size_t d : {2U, 5U})
    for (const auto norm : {entropy::distance_norm::max, entropy::distance_norm::euclidean}) {
      constexpr std::size_t n = 40, k = 3;
      const auto x = exponentials_kl(n * d, random);
      double mean = 0.0, squares = 0.0;
      std::vector<double> without;
      for (std::size_t j = 0; j < n; ++j) {
        auto rest = x;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j * d),
                   rest.begin() + static_cast<std::ptrdiff_t>((j + 1) * d));
        without.push_back(
            entropy::differential_kozachenko_leonenko(rows(rest, n - 1, d), {.k = k, .norm = norm}).value);
        mean += without.back() / n;
      }
      for (const double v : without) squares += (v - mean) * (v - mean);
      const double jackknife = squares * (n - 1.0) / n;
      const double error =
          entropy::differential_kozachenko_leonenko(rows(x, n, d), {.k = k, .norm = norm}).standard_error;
      INFO("d " << d);
      CHECK(close(error * error, jackknife - 3.0 / (k * static_cast<double>(n)),
                  1e-10));  // less the excess of a flat density
    }
  // Nothing is left to go to where every other point is among the k nearest.
  CHECK(entropy::differential_kozachenko_leonenko(std::vector<double>{0.0, 1.0, 3.0}, {.k = 2}).standard_error > 0.0);
}

TEST_CASE("entropy: the error of the nearest-neighbour entropy matches its scatter", "[entropy]") {
  const auto check = [](std::size_t d, std::size_t k, entropy::distance_norm norm, std::uint64_t seed) {
    const auto s = tailwatch::testing::replicate(400, seed, [&](auto& random) {
      const auto x = exponentials_kl(400 * d, random);
      return entropy::differential_kozachenko_leonenko(rows(x, 400, d), {.k = k, .norm = norm});
    });
    INFO("d " << d << " mean " << s.mean << " deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
    CHECK(std::abs(s.mean - static_cast<double>(d)) < (d < 3 ? 0.08 : 0.3));
  };
  check(1, 1, entropy::distance_norm::max, 31);
  check(1, 3, entropy::distance_norm::max, 32);
  check(2, 3, entropy::distance_norm::euclidean, 33);
  check(3, 3, entropy::distance_norm::max, 34);
  // Many dimensions, where hardly a point is without an edge near it.
  for (const std::size_t d : {5U, 10U})
    for (const std::size_t k : {1U, 3U, 10U}) {
      const auto s = tailwatch::testing::replicate(400, 37, [&](auto& random) {
        std::vector<double> x(100 * d);
        for (double& v : x) v = tailwatch::core::uniform_01(random);
        return entropy::differential_kozachenko_leonenko(rows(x, 100, d),
                                                         {.k = k, .norm = entropy::distance_norm::euclidean});
      });
      INFO("uniform, d " << d << ", k " << k << ": deviation " << s.deviation << ", mean error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    }
  const auto on_line = [](const char* name, std::size_t k, std::uint64_t seed, const auto& draw) {
    const auto s = tailwatch::testing::replicate(400, seed, [&](auto& random) {
      std::vector<double> x(200);
      for (double& v : x) v = draw(random);
      return entropy::differential_kozachenko_leonenko(x, {.k = k});
    });
    INFO(name << ", k " << k << ": mean " << s.mean << " deviation " << s.deviation << ", mean standard error "
              << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  };
  for (const std::size_t k : {1U, 3U, 10U}) {
    on_line("uniform", k, 35, [](auto& random) { return tailwatch::core::uniform_01(random); });
    on_line("normal", k, 36, [](auto& random) {
      return std::sqrt(-2.0 * std::log1p(-tailwatch::core::uniform_01(random))) *
             std::cos(2.0 * std::acos(-1.0) * tailwatch::core::uniform_01(random));
    });
  }
}

TEST_CASE("entropy: nearest neighbours of points near the ends of a double's range", "[entropy]") {
  // Distances, or their squares, left that range, and the search found no neighbour to read.
  auto random = tailwatch::core::random_engine(8);
  std::vector<double> x(60), y(60);
  for (double& v : x) v = tailwatch::core::uniform_01(random) - 0.5;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[i] * tailwatch::core::uniform_01(random);
  namespace entropy = tailwatch::entropy;
  const double ln2 = 0.69314718055994530942;
  for (const int exponent : {1024, 700, -600, -1000}) {
    auto far_x = x, far_y = y;
    for (double& v : far_x) v = std::ldexp(v, exponent);
    for (double& v : far_y) v = std::ldexp(v, exponent);
    for (const auto norm : {entropy::distance_norm::max, entropy::distance_norm::euclidean}) {
      INFO(exponent);
      const auto near = entropy::differential_kozachenko_leonenko(tailwatch::rows(x, 30, 2), {.norm = norm});
      const auto far = entropy::differential_kozachenko_leonenko(tailwatch::rows(far_x, 30, 2), {.norm = norm});
      CHECK(tailwatch::testing::close(far.value, near.value + 2.0 * exponent * ln2, 1e-13));
      CHECK(tailwatch::testing::close(far.standard_error, near.standard_error, 1e-12));
    }
    CHECK(tailwatch::testing::close(entropy::mutual_information_ksg1(far_x, far_y).value,
                                    entropy::mutual_information_ksg1(x, y).value, 1e-12));
    CHECK(tailwatch::testing::close(entropy::mutual_information_ksg2(far_x, far_y).value,
                                    entropy::mutual_information_ksg2(x, y).value, 1e-12));
  }
}
