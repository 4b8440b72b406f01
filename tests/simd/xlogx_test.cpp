// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/xlogx.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"

using tailwatch::testing::close;
namespace simd = tailwatch::simd;

namespace {

template <class Real>
inline constexpr double xlogx_tolerance = sizeof(Real) == 4 ? 1e-6 : 2e-15;

template <class Real>
std::vector<Real> xlogx_probabilities(std::size_t n, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::vector<double> x(n);
  double total = 0.0;
  for (double& v : x) total += v = -std::log((static_cast<double>(engine() >> 11) + 1.0) * 0x1p-53);
  std::vector<Real> p(n);
  for (std::size_t i = 0; i < n; ++i) p[i] = static_cast<Real>(x[i] / total);
  return p;
}

}  // namespace

TEST_CASE("simd: logarithmic reductions agree with the scalar twins at every count and misalignment", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      constexpr double tolerance = xlogx_tolerance<Real>;
      const auto fill = [](std::size_t i) { return static_cast<Real>(i % 11) * static_cast<Real>(0.17); };
      const auto positive = [](std::size_t i) {
        return static_cast<Real>(std::ldexp(1.0 + 0.07 * static_cast<double>(i), static_cast<int>(i % 40) - 20));
      };
      std::vector<Real> other(256);
      for (std::size_t i = 0; i < other.size(); ++i)
        other[i] = static_cast<Real>(0.05 + 0.1 * static_cast<double>((i * 5) % 13));
      tailwatch::testing::for_every_span<Real, simd::lanes<Real, Arch>>(fill, [&](const Real* x, std::size_t n) {
        const double scale = static_cast<double>(n) + 1.0;
        REQUIRE(close(simd::sum_x_log_x<Arch>(x, n), simd::sum_x_log_x<simd::scalar>(x, n), 0.0, tolerance * scale));
        const auto sums = simd::sums_of_probabilities<Arch>(x, n),
                   twin = simd::sums_of_probabilities<simd::scalar>(x, n);
        REQUIRE(close(sums.total, twin.total, sizeof(Real) == 4 ? 3e-7 : 1e-15));
        REQUIRE(close(sums.x_log_x, twin.x_log_x, 0.0, tolerance * scale));
        REQUIRE((sums.least >= 0.0 && twin.least >= 0.0));
        REQUIRE(close(simd::divergence<Arch>(x, other.data(), n), simd::divergence<simd::scalar>(x, other.data(), n),
                      0.0, tolerance * scale));
        REQUIRE(close(simd::jensen_divergence<Arch>(x, other.data(), n),
                      simd::jensen_divergence<simd::scalar>(x, other.data(), n), 0.0, tolerance * scale));
      });
      tailwatch::testing::for_every_span<Real, simd::lanes<Real, Arch>>(positive, [&](const Real* x, std::size_t n) {
        REQUIRE(close(simd::sum_log<Arch>(x, n), simd::sum_log<simd::scalar>(x, n), 0.0,
                      tolerance * 15.0 * (static_cast<double>(n) + 1.0)));
      });
    };
    check(0.0F);
    check(0.0);
  });
}

TEST_CASE("simd: x ln x is accurate over the whole range of exponents", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag, double tolerance) {
      using Real = decltype(tag);
      std::mt19937_64 engine(3);
      constexpr int low = std::numeric_limits<Real>::min_exponent;
      constexpr int high = std::numeric_limits<Real>::max_exponent - 12;
      for (int i = 0; i < 4000; ++i) {
        const int exponent = low + static_cast<int>(engine() % static_cast<unsigned>(high - low));
        const Real x = static_cast<Real>(std::ldexp(1.0 + static_cast<double>(engine() >> 12) * 0x1p-52, exponent));
        const long double exact = std::log(static_cast<long double>(x));
        const double got = simd::sum_log<Arch>(&x, 1);
        REQUIRE(close(got, static_cast<double>(exact), tolerance));
      }
    };
    check(0.0F, 2.5e-7);
    check(0.0, 4e-16);
  });
}

TEST_CASE("simd: entropy and divergence of probabilities against long double", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag, double tolerance) {
      using Real = decltype(tag);
      const auto p = xlogx_probabilities<Real>(20011, 1), q = xlogx_probabilities<Real>(20011, 2);
      long double entropy = 0, kl = 0, js = 0;
      for (std::size_t i = 0; i < p.size(); ++i) {
        const long double a = p[i], b = q[i], m = (a + b) / 2;
        if (a > 0) entropy += a * std::log(a);
        kl += (a > 0 ? a * std::log(a / b) : 0) - a + b;
        js += (a > 0 ? a * std::log(a / m) : 0) + (b > 0 ? b * std::log(b / m) : 0);
      }
      CHECK(close(simd::sum_x_log_x<Arch>(p), static_cast<double>(entropy), tolerance));
      CHECK(close(simd::divergence<Arch>(p, q), static_cast<double>(kl), tolerance));
      CHECK(close(simd::jensen_divergence<Arch>(p, q), static_cast<double>(js / 2), tolerance * 10));
    };
    check(0.0F, 1e-7);
    check(0.0, 2e-15);
  });
}

TEST_CASE("simd: divergence keeps its digits where the textbook sum cancels", "[simd]") {
  // x = y(1 ± h): Σ x ln(x/y) − x + y = Σ y h²/2 + O(h³), here 1e-12/2 per unit of mass; the plain sum loses it in f32.
  tailwatch::testing::for_every_arch([]<class Arch>() {
    std::vector<double> x(4096), y(4096, 1.0 / 4096);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = y[i] * (1.0 + (i % 2 == 0 ? 1e-6 : -1e-6));
    CHECK(close(simd::divergence<Arch>(x, y), 0.5e-12, 1e-9));
    std::vector<float> u(4096), v(4096, 0x1p-12F);
    for (std::size_t i = 0; i < u.size(); ++i) u[i] = v[i] * (i % 2 == 0 ? 1.0F + 0x1p-12F : 1.0F - 0x1p-12F);
    CHECK(close(simd::divergence<Arch>(u, v), 0x1p-25, 1e-6));
    CHECK(simd::divergence<Arch>(v, v) == 0.0);
    CHECK(simd::divergence<Arch>(y, y) == 0.0);
  });
}

TEST_CASE("simd: zeros, unbounded and undefined divergences", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      using reals = std::vector<Real>;
      const auto half = static_cast<Real>(0.5);
      CHECK(simd::sum_x_log_x<Arch>(reals{0, 0, 0}) == 0.0);
      CHECK(simd::sum_x_log_x<Arch>(reals{1}) == 0.0);
      CHECK(simd::divergence<Arch>(reals{0, half}, reals{0, half}) == 0.0);
      CHECK(close(simd::divergence<Arch>(reals{0}, reals{half}), 0.5, 1e-7));
      CHECK(tailwatch::testing::same_bits(simd::divergence<Arch>(reals{half}, reals{0}), tailwatch::core::infinity));
      CHECK(close(simd::jensen_divergence<Arch>(reals{1, 0}, reals{0, 1}), std::log(2.0), 2e-7));
      const auto nan = std::numeric_limits<Real>::quiet_NaN();
      reals p(100, half), q(100, half);
      p[63] = nan;
      CHECK(tailwatch::core::is_nan(simd::sum_x_log_x<Arch>(p)));
      CHECK(tailwatch::core::is_nan(simd::sum_log<Arch>(p)));
      CHECK(tailwatch::core::is_nan(simd::divergence<Arch>(p, q)));
      CHECK(tailwatch::core::is_nan(simd::divergence<Arch>(q, p)));
      CHECK(tailwatch::core::is_nan(simd::jensen_divergence<Arch>(q, p)));
    };
    check(0.0F);
    check(0.0);
  });
  CHECK_THROWS_AS(simd::divergence(std::vector<double>{1.0}, std::vector<double>{}), std::invalid_argument);
}

TEST_CASE("simd: sums of probabilities see a negative one and a NaN wherever they stand", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      for (const std::size_t n : {1UL, 7UL, 64UL, 1500UL})
        for (std::size_t at = 0; at < n; at += n / 5 + 1) {
          std::vector<Real> x(n, Real(0.25));
          x[at] = Real(-0.125);
          REQUIRE(simd::sums_of_probabilities<Arch>(x.data(), n).least == -0.125);
          x[at] = std::numeric_limits<Real>::quiet_NaN();
          REQUIRE(tailwatch::core::is_nan(simd::sums_of_probabilities<Arch>(x.data(), n).x_log_x));
        }
    };
    check(0.0F);
    check(0.0);
  });
}

TEST_CASE("simd: sums of probabilities agree with the scalar twins about the borders of a run", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      constexpr std::size_t lanes = simd::lanes<Real, Arch>, run = 32 * lanes;
      const auto x = xlogx_probabilities<Real>(3 * run + 5 * lanes, 5);
      for (const std::size_t runs : {1UL, 2UL, 3UL})
        for (std::size_t n = runs * run - lanes - 1; n <= runs * run + 4 * lanes + 1; ++n) {
          const auto sums = simd::sums_of_probabilities<Arch>(x.data(), n),
                     twin = simd::sums_of_probabilities<simd::scalar>(x.data(), n);
          REQUIRE(close(sums.total, twin.total, sizeof(Real) == 4 ? 3e-7 : 1e-15));
          REQUIRE(close(sums.x_log_x, twin.x_log_x, sizeof(Real) == 4 ? 3e-7 : 1e-15));
          REQUIRE(close(simd::sum_x_log_x<Arch>(x.data(), n), twin.x_log_x, sizeof(Real) == 4 ? 3e-7 : 1e-15));
        }
    };
    check(0.0F);
    check(0.0);
  });
}

TEST_CASE("simd: x ln x of one number of any size", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag, double tolerance) {
      using Real = decltype(tag);
      std::mt19937_64 engine(11);
      const auto x_log_x = [](Real x) { return simd::sum_x_log_x<Arch>(&x, 1); };
      const auto at = [&](Real x) {
        const long double exact = static_cast<long double>(x) * std::log(static_cast<long double>(x));
        INFO("x " << x);
        REQUIRE(close(x_log_x(x), static_cast<double>(exact), tolerance));
      };
      constexpr int low =
          std::numeric_limits<Real>::min_exponent + std::numeric_limits<Real>::digits;  // no subnormal product
      constexpr int high = std::numeric_limits<Real>::max_exponent - 12;
      for (int i = 0; i < 4000; ++i) {
        const double mantissa = 1.0 + static_cast<double>(engine() >> 12) * 0x1p-52;
        at(static_cast<Real>(
            std::ldexp(mantissa, low + static_cast<int>(engine() % static_cast<unsigned>(high - low)))));
        at(static_cast<Real>(std::ldexp(mantissa, -static_cast<int>(engine() % 3))));  // about 1, where ln x is small
        at(static_cast<Real>(1.0 + std::ldexp(mantissa - 1.5, -static_cast<int>(engine() % 24))));
      }
      // Powers of two are exact: no part of the logarithm but the exponent.
      for (int e = low; e < high; ++e) {
        const auto x = static_cast<Real>(std::ldexp(1.0, e));
        REQUIRE(close(x_log_x(x), static_cast<double>(x) * e * 0.693147180559945309417, 4e-16));
      }
      // Subnormal numbers count as one in [½, 1) of the smallest normal; under flush-to-zero they are 0.
      const Real tiny = std::numeric_limits<Real>::min();
      for (const Real x : {std::numeric_limits<Real>::denorm_min(), tiny / 3, tiny * static_cast<Real>(0.75)}) {
        const double bound = static_cast<double>(x) * (std::log(static_cast<double>(tiny)) - 0.7);
        REQUIRE(x_log_x(x) <= 0.0);
        REQUIRE(x_log_x(x) >= bound * 1.001);
      }
      REQUIRE(x_log_x(Real(0)) == 0.0);
      REQUIRE(x_log_x(-Real(0)) == 0.0);
      REQUIRE(tailwatch::testing::same_bits(x_log_x(std::numeric_limits<Real>::infinity()), tailwatch::core::infinity));
    };
    check(0.0F, 3e-7);
    check(0.0, 1e-15);
  });
}

TEST_CASE("simd: the least probability is the negative one, and a zero or NaN with a sign is none", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      std::vector<Real> x(777, Real(0.25));
      REQUIRE(simd::sums_of_probabilities<Arch>(x.data(), x.size()).least >= 0.0);
      x[300] = -Real(0);
      REQUIRE(simd::sums_of_probabilities<Arch>(x.data(), x.size()).least >= 0.0);
      REQUIRE(close(simd::sums_of_probabilities<Arch>(x.data(), x.size()).x_log_x, 776 * 0.25 * std::log(0.25), 1e-15));
      x[500] = -std::numeric_limits<Real>::min();
      REQUIRE(simd::sums_of_probabilities<Arch>(x.data(), x.size()).least ==
              -static_cast<double>(std::numeric_limits<Real>::min()));
      x[776] = Real(-3);
      REQUIRE(simd::sums_of_probabilities<Arch>(x.data(), x.size()).least == -3.0);
      const auto infinite = std::vector<Real>(5, std::numeric_limits<Real>::infinity());
      const auto sums = simd::sums_of_probabilities<Arch>(infinite.data(), infinite.size());
      REQUIRE(tailwatch::testing::same_bits(sums.total, tailwatch::core::infinity));
      REQUIRE(tailwatch::testing::same_bits(sums.x_log_x, tailwatch::core::infinity));
    };
    check(0.0F);
    check(0.0);
  });
}

TEST_CASE("simd: the sums of equal numbers keep their digits", "[simd]") {
  // All lanes round the same way: the worst case of a sum in lanes of the input's type.
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag, double tolerance) {
      using Real = decltype(tag);
      std::mt19937_64 engine(7);
      const auto uniform = [&] { return static_cast<double>(engine() >> 11) * 0x1p-53; };
      for (int i = 0; i < 200; ++i) {
        const auto n = static_cast<std::size_t>(std::exp(1.0 + 8.0 * uniform()));
        const auto v = static_cast<Real>(i % 3 == 0   ? 1.0 / static_cast<double>(n)
                                         : i % 3 == 1 ? 0.5 + 0.5 * uniform()
                                                      : std::exp(-20.0 * uniform()));
        const std::vector<Real> x(n, v);
        const auto sums = simd::sums_of_probabilities<Arch>(x.data(), n);
        const double total = static_cast<double>(n) * static_cast<double>(v);
        const double x_log_x = total * std::log(static_cast<double>(v));
        INFO("n " << n << " of " << v);
        REQUIRE(close(sums.total, total, tolerance));
        REQUIRE(close(sums.x_log_x, x_log_x, tolerance));
        REQUIRE(close(simd::sum_x_log_x<Arch>(x.data(), n), x_log_x, tolerance));
      }
    };
    check(0.0F, 3e-7);
    check(0.0, 1e-15);
    for (const std::size_t n : {1000UL, 30000UL, 1000003UL}) {
      const std::vector<float> x(n, 1.0F / static_cast<float>(n));
      const auto sums = simd::sums_of_probabilities<Arch>(x.data(), n);
      const double h = std::log(sums.total) - sums.x_log_x / sums.total;
      INFO("n " << n << " error " << h - std::log(static_cast<double>(n)));
      REQUIRE(close(h, std::log(static_cast<double>(n)), 3e-7));
    }
  });
}

TEST_CASE("simd: divergences of spans divided by their totals agree with the scalar twin and with divided spans",
          "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      std::vector<Real> y(256);
      for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<Real>(0.4 + static_cast<double>((i * 5) % 11));
      const auto fill = [](std::size_t i) { return static_cast<Real>(static_cast<double>((i * 3) % 7)); };
      tailwatch::testing::for_every_span<Real, simd::lanes<Real, Arch>>(fill, [&](const Real* x, std::size_t n) {
        const double a = 37.0, b = 91.5;
        REQUIRE(close(simd::divergence<Arch>(x, a, y.data(), b, n),
                      simd::divergence<simd::scalar>(x, a, y.data(), b, n), 1e-14, 1e-16));
        REQUIRE(close(simd::jensen_divergence<Arch>(x, a, y.data(), b, n),
                      simd::jensen_divergence<simd::scalar>(x, a, y.data(), b, n), 1e-14, 1e-16));
        REQUIRE(close(simd::jensen_divergence<Arch, Real>(x, a, y.data(), b, n),
                      simd::jensen_divergence<simd::scalar>(x, a, y.data(), b, n), sizeof(Real) == 4 ? 1e-6 : 1e-14,
                      1e-9));
      });
      // proportional spans: the quotients are the same numbers
      std::vector<Real> x(y);
      for (Real& v : x) v *= Real(2);
      CHECK(simd::divergence<Arch>(x.data(), 2.0 * 7.3, y.data(), 7.3, x.size()) == 0.0);
      CHECK(simd::jensen_divergence<Arch>(x.data(), 2.0 * 7.3, y.data(), 7.3, x.size()) == 0.0);
    };
    check(0.0);
    check(0.0F);
  });
}
