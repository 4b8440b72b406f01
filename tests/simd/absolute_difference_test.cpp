// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/absolute_difference.hpp"

#include <cstddef>
#include <limits>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"

using tailwatch::testing::close;
namespace simd = tailwatch::simd;

TEST_CASE("simd: distances agree with the scalar twin at every count and misalignment", "[simd]") {
  tailwatch::testing::for_every_arch([]<class Arch>() {
    const auto check = [](auto tag) {
      using Real = decltype(tag);
      const auto fill = [](std::size_t i) { return static_cast<Real>(0.3) * static_cast<Real>((i * 3) % 7) - 1; };
      std::vector<Real> other(256);
      for (std::size_t i = 0; i < other.size(); ++i)
        other[i] = static_cast<Real>(0.1) * static_cast<Real>((i * 5) % 11);
      tailwatch::testing::for_every_span<Real, simd::lanes<Real, Arch>>(fill, [&](const Real* x, std::size_t n) {
        const auto a = simd::absolute_difference<Arch>(x, other.data(), n);
        const auto b = simd::absolute_difference<simd::scalar>(x, other.data(), n);
        REQUIRE(close(a.absolute, b.absolute, 1e-15));
        REQUIRE(close(a.square, b.square, 1e-15));
        REQUIRE(a.largest == b.largest);
      });
    };
    check(0.0F);
    check(0.0);
  });
}

TEST_CASE("simd: distances of equal, unequal and undefined spans", "[simd]") {
  const std::vector<double> x(3000, 2.0);
  CHECK(simd::absolute_difference(x, x) == simd::difference_sums{0.0, 0.0, 0.0});
  std::vector<double> y(3000, 1.0);
  CHECK(simd::absolute_difference(x, y) == simd::difference_sums{3000.0, 3000.0, 1.0});
  y[2999] = std::numeric_limits<double>::quiet_NaN();
  const auto undefined = simd::absolute_difference(x, y);
  CHECK(tailwatch::core::is_nan(undefined.absolute));
  CHECK(tailwatch::core::is_nan(undefined.square));
  CHECK(tailwatch::core::is_nan(undefined.largest));
  CHECK_THROWS_AS(simd::absolute_difference(x, std::vector<double>{}), std::invalid_argument);
}
