// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/entropy/differential_kernel_density.hpp"

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

TEST_CASE("entropy: the error of the kernel density entropy matches its scatter", "[entropy]") {
  const auto check = [](bool leave_one_out, double h, std::uint64_t seed) {
    const auto s = tailwatch::testing::replicate(300, seed, [&](auto& random) {
      std::vector<double> x(200);  // a triangle on [0, 2]: no point stands alone
      for (double& v : x) v = tailwatch::core::uniform_01(random) + tailwatch::core::uniform_01(random);
      return entropy::differential_kernel_density(x, {.bandwidth = h, .leave_one_out = leave_one_out});
    });
    INFO("mean " << s.mean << " deviation " << s.deviation << ", mean standard error " << s.mean_error);
    CHECK(std::abs(s.discrepancy()) < 4.0);
    CHECK(std::abs(s.mean - 0.5) < 0.1);
  };
  check(false, 0.15, 41);
  check(true, 0.15, 42);
  check(false, 0.3, 43);
}
