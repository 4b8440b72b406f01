// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/is_nan.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "support/catch.hpp"

namespace core = tailwatch::core;

TEST_CASE("core: NaN and finiteness by the bits, every kind of number", "[core]") {
  using d = std::numeric_limits<double>;
  for (const double x : {0.0, -0.0, 1.0, -1.0, d::max(), d::lowest(), d::min(), d::denorm_min()}) {
    CHECK(!core::is_nan(x));
    CHECK(core::is_finite(x));
  }
  for (const double x : {d::infinity(), -d::infinity()}) {
    CHECK(!core::is_nan(x));
    CHECK(!core::is_finite(x));
  }
  for (const std::uint64_t bits :
       {0x7ff8000000000000U, 0xfff8000000000000U, 0x7ff0000000000001U, 0xffffffffffffffffU}) {
    CHECK(core::is_nan(std::bit_cast<double>(bits)));
    CHECK(!core::is_finite(std::bit_cast<double>(bits)));
  }
  using f = std::numeric_limits<float>;
  for (const float x : {0.0F, -1.0F, f::max(), f::denorm_min()}) CHECK((!core::is_nan(x) && core::is_finite(x)));
  CHECK((!core::is_nan(f::infinity()) && !core::is_finite(-f::infinity())));
  CHECK((core::is_nan(f::quiet_NaN()) && !core::is_finite(f::signaling_NaN())));
  STATIC_REQUIRE(core::is_nan(core::nan));
  STATIC_REQUIRE(!core::is_finite(core::infinity));
}
