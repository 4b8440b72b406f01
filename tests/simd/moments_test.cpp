// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/moments.hpp"

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

void check_sums(const simd::central_sums& a, const simd::central_sums& b, double tolerance) {
  REQUIRE(a.count == b.count);
  REQUIRE(a.rejected == b.rejected);
  const double s = b.count == 0 ? 0.0 : std::sqrt(b.m2 / static_cast<double>(b.count));
  REQUIRE(close(a.mean, b.mean, 1e-15, tolerance * s));
  REQUIRE(close(a.m2, b.m2, tolerance));
  // A mean rounded by one ulp moves M3 by 3·ulp·M2, however the sums are formed.
  REQUIRE(close(a.m3, b.m3, tolerance, (tolerance * s + 4 * 2.3e-16 * std::abs(b.mean)) * b.m2));
  REQUIRE(close(a.m4, b.m4, tolerance));
}

}  // namespace

TEST_CASE("simd: moments agree with the scalar twin at every count and misalignment", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      const auto fill = [](std::size_t i) { return static_cast<Real>(0.3) * static_cast<Real>((i * i) % 17) - 1; };
      tailwatch::testing::for_every_span<Real, simd::lanes<Real, Arch>>(fill, [&](const Real* x, std::size_t n) {
        check_sums(simd::moments<Arch>(x, n), simd::moments<simd::scalar>(x, n), 1e-13);
      });
    };
    check(0.0F);
    check(0.0);
  });
}

TEST_CASE("simd: moments survive a large offset, drift and outliers", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    std::mt19937_64 engine(5);
    for (const double offset : {0.0, 1000.0, 1e6}) {
      for (const double drift : {0.0, 1.0}) {
        std::vector<double> x(50001);
        std::vector<float> f(x.size());
        for (std::size_t i = 0; i < x.size(); ++i) {
          x[i] = offset + drift * static_cast<double>(i) * 1e-2 + static_cast<double>(engine() >> 11) * 0x1p-53;
          f[i] = static_cast<float>(x[i]);
        }
        check_sums(simd::moments<Arch>(x), simd::moments<simd::scalar>(x), 1e-11);
        check_sums(simd::moments<Arch>(f), simd::moments<simd::scalar>(f), 1e-11);
      }
    }
    std::vector<double> x(10000, 3.0);
    x[0] = 1e9;  // the first pivot is far from everything after it
    check_sums(simd::moments<Arch>(x), simd::moments<simd::scalar>(x), 1e-11);
  });
}

TEST_CASE("simd: NaN and infinities are counted apart and change nothing else", "[simd]") {
  const double inf = std::numeric_limits<double>::infinity();
  tailwatch::testing::for_every_arch([&]<class Arch>() {
    std::vector<double> clean(9000), dirty;
    for (std::size_t i = 0; i < clean.size(); ++i) clean[i] = std::sin(static_cast<double>(i));
    for (std::size_t i = 0; i < clean.size(); ++i) {
      dirty.push_back(clean[i]);
      if (i % 1000 == 3) dirty.push_back(i % 2000 == 3 ? tailwatch::core::nan : -inf);
    }
    auto want = simd::moments<simd::scalar>(clean);
    want.rejected = 9;
    check_sums(simd::moments<Arch>(dirty), want, 1e-13);
    const auto none = simd::moments<Arch>(std::vector<double>{tailwatch::core::nan, inf, inf});
    CHECK(none == simd::central_sums{0, 0.0, 0.0, 0.0, 0.0, 3});
  });
}

TEST_CASE("simd: merged moments are the moments of both", "[simd]") {
  std::vector<double> x(3001);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::exp(std::sin(static_cast<double>(i * i)));
  const auto all = simd::moments<simd::scalar>(x);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{700}, std::size_t{3001}}) {
    auto a = simd::moments(x.data(), cut);
    const auto b = simd::moments(x.data() + cut, x.size() - cut);
    simd::merge(a, b);
    check_sums(a, all, 1e-12);
  }
  const auto moved = simd::moved_to(all, 0.5);
  double second = 0, third = 0, fourth = 0;
  for (const double v : x) {
    second += std::pow(v - 0.5, 2);
    third += std::pow(v - 0.5, 3);
    fourth += std::pow(v - 0.5, 4);
  }
  CHECK(close(moved.m2, second, 1e-12));
  CHECK(close(moved.m3, third, 1e-12));
  CHECK(close(moved.m4, fourth, 1e-12));
}
