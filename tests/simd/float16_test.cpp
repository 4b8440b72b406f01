// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/simd/float16.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include "simd/every_arch.hpp"
#include "support/catch.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/simd/detail/shim.hpp"

namespace {

// binary16 by its definition.
double half_value(unsigned bits) {
  const int exponent = static_cast<int>((bits >> 10) & 31U);
  const double fraction = static_cast<double>(bits & 1023U) / 1024.0;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1.0 + fraction, exponent - 15);
  return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

}  // namespace

TEST_CASE("simd: every binary16 becomes the float of its definition", "[simd]") {
  using tailwatch::simd::float16;
  using tailwatch::simd::to_float;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const float x = to_float(float16{static_cast<std::uint16_t>(bits)});
    if (((bits >> 10) & 31U) != 31U) {
      REQUIRE(static_cast<double>(x) == half_value(bits));
    } else if ((bits & 1023U) != 0) {
      REQUIRE(tailwatch::core::is_nan(x));
    } else {
      REQUIRE(std::bit_cast<std::uint32_t>(x) == ((bits & 0x8000U) != 0 ? 0xff800000U : 0x7f800000U));
    }
  }
}

TEST_CASE("simd: bfloat16 is the upper half of a float", "[simd]") {
  using tailwatch::simd::bfloat16;
  using tailwatch::simd::to_float;
  for (unsigned bits = 0; bits < 0x10000; ++bits)
    REQUIRE(std::bit_cast<std::uint32_t>(to_float(bfloat16{static_cast<std::uint16_t>(bits)})) == bits << 16);
}

#if TAILWATCH_DETAIL_HAS_XSIMD
TEST_CASE("simd: vector loads of 16-bit formats agree with the scalar conversion on every bit pattern", "[simd]") {
  namespace simd = tailwatch::simd;
  tailwatch::testing::for_every_arch([]<class Arch>() {
    constexpr std::size_t unit = 2 * simd::lanes<float, Arch>;
    const auto check = [&](auto tag) {
      using T = decltype(tag);
      for (unsigned first = 0; first < 0x10000; first += unit) {
        T x[unit];
        for (unsigned i = 0; i < unit; ++i) x[i].bits = static_cast<std::uint16_t>(first + i);
        const auto pair = simd::detail::load_pair<Arch>(x);
        float got[unit];
        pair.first.store_unaligned(got);
        pair.second.store_unaligned(got + unit / 2);
        // The order inside the unit is unspecified: compare as multisets by a running sum of bits and of squares of bits.
        std::uint64_t want_sum = 0, got_sum = 0, want_square = 0, got_square = 0;
        for (unsigned i = 0; i < unit; ++i) {
          const float w = simd::to_float(x[i]);
          const std::uint64_t a = tailwatch::core::is_nan(w) ? 1 : std::bit_cast<std::uint32_t>(w);
          const std::uint64_t b = tailwatch::core::is_nan(got[i]) ? 1 : std::bit_cast<std::uint32_t>(got[i]);
          want_sum += a;
          got_sum += b;
          want_square += a * a;
          got_square += b * b;
        }
        REQUIRE(want_sum == got_sum);
        REQUIRE(want_square == got_square);
      }
    };
    check(simd::bfloat16{});
    check(simd::float16{});
  });
}
#endif
