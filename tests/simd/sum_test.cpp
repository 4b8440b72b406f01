// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/sum.hpp"

#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"

using tailwatch::testing::close;
namespace simd = tailwatch::simd;

TEST_CASE("simd: sums agree with the scalar twin at every count and misalignment", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      const auto fill = [](std::size_t i) {
        return static_cast<Real>(0.1) * static_cast<Real>(i % 7) - static_cast<Real>(0.2);
      };
      tailwatch::testing::for_every_span<Real, simd::lanes<Real, Arch>>(fill, [](const Real* x, std::size_t n) {
        REQUIRE(close(simd::sum<Arch>(x, n), simd::sum<simd::scalar>(x, n), 0.0, 1e-14));
        REQUIRE(close(simd::sum_of_squares<Arch>(x, n), simd::sum_of_squares<simd::scalar>(x, n), 0.0, 1e-14));
        REQUIRE(close(simd::pairwise_sum(x, n), simd::sum<simd::scalar>(x, n), 0.0, 1e-14));
      });
    };
    check(0.0F);
    check(0.0);
  });
}

TEST_CASE("simd: compensated_sum keeps what a plain sum loses", "[simd]") {
  // 1 + 10^6 additions of 2^-60: each is below half an ulp of 1. Fails when the error terms are folded away.
  simd::compensated_sum total;
  total.add(1.0);
  for (int i = 0; i < 1000000; ++i) total.add(0x1p-60);
  total.add(-1.0);
  CHECK(total.value() == 1000000.0 * 0x1p-60);
}

TEST_CASE("simd: sums of badly conditioned data are exact to double precision", "[simd]") {
  // Blocks of large values that cancel exactly, and small ones that remain.
  std::vector<double> x;
  for (int i = 0; i < 4096; ++i) x.push_back(1e16);
  for (int i = 0; i < 1024; ++i) x.push_back(0.125);
  for (int i = 0; i < 4096; ++i) x.push_back(-1e16);
  tailwatch::testing::for_every_arch([&]<class Arch>() { CHECK(simd::sum<Arch>(x) == 128.0); });
  CHECK(simd::sum<simd::scalar>(x) == 128.0);
}

TEST_CASE("simd: pairwise_sum has the same bits on every machine and a small error", "[simd]") {
  std::mt19937_64 engine(7);
  std::vector<float> x(100003);
  for (float& v : x) v = static_cast<float>(engine() >> 40) * 0x1p-24F;
  CHECK(close(simd::pairwise_sum(x), simd::sum<simd::scalar>(x), 1e-14));
  CHECK(simd::pairwise_sum(std::vector<double>{1.0, 2.0, 4.0}) == 7.0);
}

TEST_CASE("simd: infinities and NaN come through a sum", "[simd]") {
  std::vector<double> x(5000, 1.0);
  x[4321] = std::numeric_limits<double>::infinity();
  CHECK(!tailwatch::core::is_finite(simd::sum(x)));
  CHECK(!tailwatch::core::is_nan(simd::sum(x)));
  x[17] = tailwatch::core::nan;
  CHECK(tailwatch::core::is_nan(simd::sum(x)));
}

TEST_CASE("simd: sum and least in one read", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      const auto fill = [](std::size_t i) { return static_cast<Real>(static_cast<double>((i * 5) % 13) - 6.0); };
      tailwatch::testing::for_every_span<Real, simd::lanes<Real, Arch>>(fill, [&](const Real* x, std::size_t n) {
        const auto a = simd::sum_and_least<Arch>(x, n), b = simd::sum_and_least<simd::scalar>(x, n);
        REQUIRE(a.sum == b.sum);  // whole numbers
        REQUIRE(a.least == b.least);
      });
      const std::vector<Real> positive(100, Real(2));
      CHECK(simd::sum_and_least<Arch>(positive.data(), positive.size()).least == 0.0);
      CHECK(simd::sum_and_least<Arch>(positive.data(), positive.size()).sum == 200.0);
      std::vector<Real> undefined(100, Real(1));
      undefined[57] = std::numeric_limits<Real>::quiet_NaN();
      CHECK(tailwatch::core::is_nan(simd::sum_and_least<Arch>(undefined.data(), undefined.size()).sum));
    };
    check(0.0);
    check(0.0F);
  });
}
