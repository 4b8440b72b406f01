// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/estimate.hpp"

#include <cmath>

#include "support/catch.hpp"

using tailwatch::estimate;
using tailwatch::information_unit;
namespace core = tailwatch::core;

TEST_CASE("core: an estimate made from nothing is undefined", "[core]") {
  constexpr estimate e;
  STATIC_REQUIRE(!e.defined());
  CHECK(core::is_nan(e.standard_error));
  CHECK(e.count == 0);
}

TEST_CASE("core: scaling keeps the count and never makes an error negative", "[core]") {
  constexpr estimate e = core::scaled({3.0, 0.5, 7}, -2.0);
  STATIC_REQUIRE(e == estimate{-6.0, 1.0, 7});
  CHECK(core::is_nan(core::scaled({3.0, core::nan, 7}, 2.0).standard_error));
}

TEST_CASE("core: nats become bits and hartleys", "[core]") {
  const estimate nats{std::log(8.0), std::log(2.0), 9};
  CHECK(core::in_unit(nats, information_unit::nats) == nats);
  const estimate bits = core::in_unit(nats, information_unit::bits);
  CHECK(tailwatch::testing::close(bits.value, 3.0, 4e-16));
  CHECK(tailwatch::testing::close(bits.standard_error, 1.0, 4e-16));
  CHECK(bits.count == 9);
  CHECK(tailwatch::testing::close(core::in_unit(nats, information_unit::hartleys).value, std::log10(8.0), 4e-16));
}
