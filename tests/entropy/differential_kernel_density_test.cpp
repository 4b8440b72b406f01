// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/differential_kernel_density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"

namespace {

using tailwatch::estimate;
using tailwatch::testing::close;
namespace entropy = tailwatch::entropy;

long double density_entropy_by_hand(const std::vector<double>& x, long double h, bool leave_one_out) {
  const auto n = static_cast<long double>(x.size());
  long double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    long double f = 0.0;
    for (std::size_t j = 0; j < x.size(); ++j)
      if (!leave_one_out || j != i) {
        const long double z = (static_cast<long double>(x[i]) - static_cast<long double>(x[j])) / h;
        f += std::exp(-z * z / 2.0L);
      }
    sum += std::log(f / ((leave_one_out ? n - 1.0L : n) * h * std::sqrt(2.0L * std::numbers::pi_v<long double>)));
  }
  return -sum / n;
}

std::vector<double> exponentials_kde(std::size_t n, tailwatch::core::random_engine& random) {
  std::vector<double> x(n);
  for (double& v : x) v = -std::log1p(-tailwatch::core::uniform_01(random));
  return x;
}

}  // namespace

TEST_CASE("entropy: kernel density entropy equals the double sum", "[entropy]") {
  static_assert(tailwatch::core::estimator<entropy::differential_kernel_density_fn>);
  tailwatch::core::random_engine random(2);
  for (const std::size_t n : {2U, 3U, 40U, 90U}) {
    const auto x = exponentials_kde(n, random);
    for (const double h : {0.02, 0.3, 1.0, 50.0})
      for (const bool leave : {false, true}) {
        INFO("n " << n << " h " << h << " leave one out " << leave);
        CHECK(close(entropy::differential_kernel_density(x, {.bandwidth = h, .leave_one_out = leave}).value,
                    static_cast<double>(density_entropy_by_hand(x, static_cast<long double>(h), leave)), 1e-13, 1e-13));
      }
  }
}

TEST_CASE("entropy: kernel density entropy keeps points far from all others", "[entropy]") {
  // −ln f̂(100) = 100²/2 + …, whose density is 1e-2172
  const std::vector<double> x{0.0, 0.0, 100.0};
  const double two = std::log(2.0 * std::sqrt(2.0 * std::acos(-1.0)));
  const estimate e = entropy::differential_kernel_density(x, {.bandwidth = 1.0, .leave_one_out = true});
  CHECK(close(e.value, (2.0 * two + (5000.0 - std::log(2.0) + two)) / 3.0, 1e-14));
  // one value: the density at it is 1/(h√(2π))
  CHECK(close(entropy::differential_kernel_density(std::vector<double>{7.0}, {.bandwidth = 2.0}).value,
              std::log(2.0 * std::sqrt(2.0 * std::acos(-1.0))), 1e-15));
}

TEST_CASE("entropy: kernel density entropy of bad and degenerate samples", "[entropy]") {
  const auto& kde = entropy::differential_kernel_density;
  const std::vector<double> x{0.3, -1.2, 0.9, 2.4, 0.1, -0.4, 1.7};
  const estimate e = kde(x);
  CHECK(e.count == 7);
  CHECK(kde(tailwatch::sample(x)) == e);
  CHECK(close(kde(x, {.unit = tailwatch::information_unit::bits}).value, e.value / std::log(2.0), 1e-15));
  auto moved = x;
  for (double& v : moved) v = 3.0 + 4.0 * v;  // the default bandwidth follows the scale
  CHECK(close(kde(moved).value, e.value + std::log(4.0), 1e-13));
  CHECK(std::isnan(kde(std::vector<double>{}).value));
  CHECK(std::isnan(kde(std::vector<double>{1.0}).value));
  CHECK(std::isnan(kde(std::vector<double>{1.0}, {.bandwidth = 1.0, .leave_one_out = true}).value));
  CHECK(std::isnan(kde(std::vector<double>{1.0}, {.bandwidth = 1.0}).standard_error));
  CHECK(std::isnan(kde(std::vector<double>{2, 2, 2}).value));
  CHECK(std::isfinite(kde(std::vector<double>{2, 2, 2}, {.bandwidth = 0.5}).value));
  auto undefined = x;
  undefined[2] = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(kde(undefined).value));
  for (const double h : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(kde(x, {.bandwidth = h}), std::invalid_argument);
}

TEST_CASE("entropy: the error of the kernel density entropy is the jackknife at its bandwidth", "[entropy]") {
  tailwatch::core::random_engine random(6);
  for (const std::size_t n : {5U, 40U}) {
    const auto x = exponentials_kde(n, random);
    for (const double h : {0.1, 0.4, 3.0}) {
      // the mean of ln f̂ over the other points, each without xⱼ
      std::vector<double> without(n);
      double mean = 0.0, squares = 0.0;
      for (std::size_t j = 0; j < n; ++j) {
        auto rest = x;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
        without[j] = entropy::differential_kernel_density(rest, {.bandwidth = h}).value;
        mean += without[j] / static_cast<double>(n);
      }
      for (const double v : without) squares += (v - mean) * (v - mean);
      const double by_hand = std::sqrt(squares) * static_cast<double>(n - 1) / static_cast<double>(n);
      INFO("n " << n << " h " << h);
      CHECK(close(entropy::differential_kernel_density(x, {.bandwidth = h}).standard_error, by_hand, 0.02));
    }
  }
}

TEST_CASE("entropy: what an observation moves in Silverman's bandwidth", "[entropy]") {
  // Deviation: influence by one more observation at weight 1e-7. Quartiles: of equidistant points 1/f is their range.
  const std::vector<double> x{-2.0, -1.5, -1.0, 0.0, 0.1, 1.0, 1.4, 2.0};  // flat: the deviation is the smaller spread
  const entropy::detail::silverman_rule rule(x);
  CHECK_FALSE(rule.of_quartiles);
  const auto moves = rule.influence(x);
  double sum = 0.0;
  for (const double v : moves) sum += v;
  CHECK(std::abs(sum) < rule.bandwidth);  // n (s² with n − 1 beside n): Σ = −h/2
  CHECK(close(sum, -0.5 * rule.bandwidth, 1e-12));
  CHECK(moves[0] > 0.0);
  CHECK(moves[3] < 0.0);
  auto y = std::vector<double>{-1000.0, 1000.0};
  for (int i = 0; i <= 100; ++i) y.push_back(i);
  std::ranges::sort(y);
  const entropy::detail::silverman_rule of_range(y);
  CHECK(of_range.of_quartiles);
  const auto quartile_moves = of_range.influence(y);
  // 1/f = n·gap at both quartiles: outside ½ n/(upper − lower) of h, inside −½
  const double range = 103.0 / (of_range.upper - of_range.lower);
  CHECK(close(quartile_moves[0], -0.25 * range * of_range.bandwidth + 0.75 * range * of_range.bandwidth, 1e-12));
  CHECK(close(quartile_moves[51], -0.5 * range * of_range.bandwidth, 1e-12));
}

TEST_CASE("entropy: the error of the kernel density entropy matches its scatter", "[entropy]") {
  const auto check = [](const char* name, const entropy::differential_kernel_density_options& options,
                        std::uint64_t seed, const auto& draw) {
    const auto s = tailwatch::testing::replicate(300, seed, [&](auto& random) {
      std::vector<double> x(200);
      for (double& v : x) v = draw(random);
      return entropy::differential_kernel_density(x, options);
    });
    INFO(name << ": mean " << s.mean << " deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
  };
  const auto uniform = [](auto& random) { return tailwatch::core::uniform_01(random); };
  const auto triangle = [&](auto& random) { return uniform(random) + uniform(random); };  // no point stands alone
  const auto normal = [](auto& random) {
    return std::sqrt(-2.0 * std::log1p(-tailwatch::core::uniform_01(random))) *
           std::cos(2.0 * std::acos(-1.0) * tailwatch::core::uniform_01(random));
  };
  const auto exponential = [&](auto& random) { return -std::log1p(-uniform(random)); };
  check("triangle, h 0.15", {.bandwidth = 0.15}, 41, triangle);
  check("triangle, h 0.15, one left out", {.bandwidth = 0.15, .leave_one_out = true}, 42, triangle);
  check("uniform", {}, 43, uniform);
  check("normal", {}, 44, normal);
  check("exponential", {}, 45, exponential);
  check("exponential, h 0.3", {.bandwidth = 0.3}, 46, exponential);
}
