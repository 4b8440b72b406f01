// SPDX-License-Identifier: BSL-1.0
//
// Compiled with -O2 -ffast-math, where the compiler may assume that there is no NaN and no infinity.
#include <bit>
#include <cstdint>

#include "support/catch.hpp"
#include "tailwatch/core/is_nan.hpp"

#ifndef __FAST_MATH__
#error "compile this file with -ffast-math"
#endif

namespace core = tailwatch::core;

namespace {
// Numbers of which the compiler knows nothing.
double fast_math_double(std::uint64_t bits) {
  const volatile std::uint64_t hidden = bits;
  return std::bit_cast<double>(static_cast<std::uint64_t>(hidden));
}
float fast_math_float(std::uint32_t bits) {
  const volatile std::uint32_t hidden = bits;
  return std::bit_cast<float>(static_cast<std::uint32_t>(hidden));
}
}  // namespace

TEST_CASE("core: NaN and infinity are seen under -ffast-math", "[core]") {
  CHECK(core::is_nan(fast_math_double(0x7ff8000000000000U)));
  CHECK(core::is_nan(fast_math_double(0xfff0000000000001U)));
  CHECK(!core::is_nan(fast_math_double(0x7ff0000000000000U)));
  CHECK(!core::is_finite(fast_math_double(0x7ff0000000000000U)));
  CHECK(!core::is_finite(fast_math_double(0xfff0000000000000U)));
  CHECK(core::is_finite(fast_math_double(0x3ff0000000000000U)));
  CHECK(core::is_nan(fast_math_float(0x7fc00000U)));
  CHECK(!core::is_nan(fast_math_float(0x7f800000U)));
  CHECK(!core::is_finite(fast_math_float(0xff800000U)));
  CHECK(core::is_finite(fast_math_float(0x3f800000U)));
}

TEST_CASE("core: the test above would find a comparison that is folded away", "[core]") {
  const double x = fast_math_double(0x7ff8000000000000U);
  const bool folded = !(x != x);
  if (!folded) WARN("this compiler keeps x != x under -ffast-math");
  SUCCEED();
}
