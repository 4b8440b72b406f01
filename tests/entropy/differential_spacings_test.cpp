// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "support/replicates.hpp"
#include "tailwatch/core/concepts.hpp"
#include "tailwatch/entropy/differential_correa.hpp"
#include "tailwatch/entropy/differential_ebrahimi.hpp"
#include "tailwatch/entropy/differential_van_es.hpp"
#include "tailwatch/entropy/differential_vasicek.hpp"

namespace {

using tailwatch::estimate;
using tailwatch::testing::close;
namespace entropy = tailwatch::entropy;

template <class Estimator>
void check_spacing_estimator(const Estimator& estimator) {
  static_assert(tailwatch::core::estimator<Estimator>);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<double> x{0.3, -1.2, 0.9, 2.4, 0.1, -0.4, 1.7, 0.6, -2.0, 1.1};
  const estimate e = estimator(x);
  CHECK(std::isfinite(e.value));
  CHECK(e.standard_error > 0.0);
  CHECK(e.count == 10);
  CHECK(estimator(x, {.window = 3}) == e);  // ⌊√10 + 1/2⌋
  CHECK(estimator(tailwatch::sample(x)) == e);
  auto shuffled = x;
  std::ranges::reverse(shuffled);
  CHECK(estimator(shuffled) == e);
  CHECK(close(estimator(x, {.unit = tailwatch::information_unit::bits}).value, e.value / std::log(2.0), 1e-15));
  // H(a + bX) = H(X) + ln b
  auto moved = x;
  for (double& v : moved) v = 5.0 + 8.0 * v;
  CHECK(close(estimator(moved).value, e.value + std::log(8.0), 1e-13, 1e-13));
  CHECK(close(estimator(moved).standard_error, e.standard_error, 1e-10));
  const std::vector<float> as_float(x.begin(), x.end());
  CHECK(close(estimator(as_float).value, e.value, 1e-6, 1e-6));

  const std::vector<double> none;
  CHECK(std::isnan(estimator(none).value));
  CHECK(estimator(none).count == 0);
  CHECK(std::isnan(estimator(std::vector<double>{1.0}).value));
  CHECK(std::isnan(estimator(std::vector<double>(10, 2.5)).value));
  for (const double bad : {nan, inf, -inf}) {
    auto with = x;
    with[4] = bad;
    CHECK(std::isnan(estimator(with).value));
    CHECK(estimator(with).count == 10);
  }
  CHECK(std::isnan(estimator(x, {.window = 10}).value));
  CHECK_THROWS_AS(estimator(x, {.window = 0}), std::invalid_argument);
}

/// Jackknife by leaving out one observation after the other.
template <class Estimator>
double error_by_hand(const Estimator& estimator, const std::vector<double>& x, std::size_t window) {
  const auto n = static_cast<double>(x.size());
  std::vector<double> values;
  double mean = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    auto rest = x;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
    values.push_back(estimator(rest, {.window = window}).value);
    mean += values.back() / n;
  }
  double squares = 0.0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt((n - 1.0) / n * squares);
}

template <class Draw>
std::vector<double> draws(std::size_t n, const Draw& draw) {
  std::vector<double> x(n);
  for (double& v : x) v = draw();
  return x;
}
double exponential_draw(tailwatch::core::random_engine& random) {
  return -std::log1p(-tailwatch::core::uniform_01(random));
}
double gauss_draw(tailwatch::core::random_engine& random) {
  return std::sqrt(2.0 * exponential_draw(random)) *
         std::cos(2.0 * std::acos(-1.0) * tailwatch::core::uniform_01(random));
}

}  // namespace

TEST_CASE("entropy: estimators of spacings read samples and refuse a window of 0", "[entropy]") {
  check_spacing_estimator(entropy::differential_vasicek);
  check_spacing_estimator(entropy::differential_ebrahimi);
  check_spacing_estimator(entropy::differential_van_es);
  check_spacing_estimator(entropy::differential_correa);
}

TEST_CASE("entropy: spacings of equidistant points", "[entropy]") {
  // x_i = i, n = 7, m = 2: the spacings span 2, 3, 4, 4, 4, 3, 2 gaps of 1.
  const std::vector<double> x{0, 1, 2, 3, 4, 5, 6};
  const double gaps = 2.0 * std::log(2.0) + 2.0 * std::log(3.0) + 3.0 * std::log(4.0);
  CHECK(close(entropy::differential_vasicek(x, {.window = 2}).value, std::log(7.0 / 4.0) + gaps / 7.0, 1e-14));
  CHECK(close(entropy::differential_ebrahimi(x, {.window = 2}).value, std::log(7.0), 1e-14));
  // 5 spacings of 2 gaps; Σ_{k=2}^{7} 1/k
  const double harmonic = 1.0 / 2 + 1.0 / 3 + 1.0 / 4 + 1.0 / 5 + 1.0 / 6 + 1.0 / 7;
  CHECK(close(entropy::differential_van_es(x, {.window = 2}).value, std::log(2.0) + harmonic, 1e-14));
  // In the middle the slope of rank on value is 1/n: only the three inner points see no cut-off.
  CHECK(entropy::differential_correa(x, {.window = 2}).value < std::log(7.0));
  CHECK(close(entropy::differential_correa(std::vector<double>{0, 1, 2}, {.window = 1}).value,
              // −(1/3)(2 ln b₁ + ln b₂): b₁ from 0, 0, 1: (1)/(3·2/3), b₂ from 0, 1, 2: 2/(3·2)
              -(2.0 * std::log(0.5) + std::log(1.0 / 3.0)) / 3.0, 1e-14));
}

TEST_CASE("entropy: the linear jackknife of spacings is the jackknife", "[entropy]") {
  tailwatch::core::random_engine random(3);
  for (const std::size_t n : {6U, 7U, 8U, 23U, 40U}) {
    const auto x = draws(n, [&] { return exponential_draw(random); });
    auto x_sorted = x;
    std::ranges::sort(x_sorted);
    for (const std::size_t m : {1U, 2U, 3U, 9U, 15U}) {
      INFO("n " << n << " window " << m);
      if (2 * m < n - 1) {
        const auto two_sided = entropy::detail::spacing_noise::two_sided(m, n);
        const double by_hand = error_by_hand(entropy::differential_vasicek, x, m);
        CHECK(close(entropy::detail::clamped_spacing_error(x_sorted, m), by_hand, 1e-10));
        CHECK(
            close(entropy::differential_vasicek(x, {.window = m}).standard_error, two_sided.error(by_hand, n), 1e-10));
        CHECK(close(entropy::differential_ebrahimi(x, {.window = m}).standard_error,
                    two_sided.error(error_by_hand(entropy::differential_ebrahimi, x, m), n), 1e-10));
      }
      if (m < n - 1)
        CHECK(close(
            entropy::differential_van_es(x, {.window = m}).standard_error,
            entropy::detail::spacing_noise::one_sided(m, n).error(error_by_hand(entropy::differential_van_es, x, m), n),
            1e-10));
    }
  }
}

TEST_CASE("entropy: spacings survive tails and ties shorter than the window", "[entropy]") {
  tailwatch::core::random_engine random(5);
  auto x = draws(300, [&] { return std::pow(exponential_draw(random), 12.0); });  // from about 1e-30 to 1e9
  x[10] = x[11] = x[12];
  for (const estimate& e : {entropy::differential_vasicek(x), entropy::differential_ebrahimi(x),
                            entropy::differential_van_es(x), entropy::differential_correa(x)}) {
    CHECK(std::isfinite(e.value));
    CHECK(e.standard_error > 0.0);
  }
}

TEST_CASE("entropy: the errors of spacing estimators match their scatter", "[entropy]") {
  // A density with a tail, one with two, one with jumps where ln f does not vary at all; the default window and a short one.
  const auto check = [](const char* name, const auto& estimator, std::size_t window, std::uint64_t seed) {
    const auto density = [&](const char* of, const auto& draw) {
      const auto s = tailwatch::testing::replicate(400, seed, [&](auto& random) {
        return estimator(draws(200, [&] { return draw(random); }), {.window = window});
      });
      INFO(name << ", window " << window << ", " << of << ": mean " << s.mean << " deviation " << s.deviation
                << ", mean standard error " << s.mean_error);
      CHECK(std::abs(s.discrepancy()) < 4.0);
    };
    density("exponential", exponential_draw);
    density("normal", [](auto& random) { return gauss_draw(random); });
    density("uniform", [](auto& random) { return tailwatch::core::uniform_01(random); });
  };
  for (const std::size_t window : {entropy::square_root_window, std::size_t{2}}) {
    check("vasicek", entropy::differential_vasicek, window, 21);
    check("ebrahimi", entropy::differential_ebrahimi, window, 22);
    check("van_es", entropy::differential_van_es, window, 23);
    check("correa", entropy::differential_correa, window, 24);
  }
}

TEST_CASE("entropy: the noise of spacings is left out of the jackknife, but never all of it", "[entropy]") {
  // A window of 1 and flat samples without end: ψ′(1) − 1 = 0.645 (Cressie 1976, one gap); of 2m gaps 1/(6m).
  using noise = entropy::detail::spacing_noise;
  CHECK(close(noise::one_sided(1, 1'000'000'000).variance, std::acos(-1.0) * std::acos(-1.0) / 6.0 - 1.0, 0.02));
  CHECK(close(noise::one_sided(1000, 1'000'000'000).variance, 1.0 / 3000.0, 0.01));
  CHECK(close(noise::two_sided(1000, 1'000'000'000).variance, 1.0 / 6000.0, 0.01));
  const noise n{0.4, 0.1};
  CHECK(close(n.error(1.0, 10), std::sqrt(0.99), 1e-15));
  CHECK(close(n.error(0.0, 10), std::sqrt(0.02), 1e-15));
  CHECK(std::isnan(n.error(std::numeric_limits<double>::quiet_NaN(), 10)));
}
