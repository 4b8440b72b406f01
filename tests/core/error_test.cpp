// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/error.hpp"

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace core = tailwatch::core;

namespace {
std::string error_message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "nothing was thrown";
}
}  // namespace

TEST_CASE("core: an error names function, argument, value and requirement", "[core]") {
  CHECK(error_message_of([] { core::check_at_least("tail::hill", "k", 0, 1); }) ==
        "tail::hill: k is 0, must be at least 1");
  CHECK(error_message_of([] { core::check_at_most("f", "x", 2.5, 1.0); }) == "f: x is 2.5, must be at most 1");
  CHECK(error_message_of([] { core::check_positive("f", "h", 0.0); }) == "f: h is 0, must be positive and finite");
  CHECK(error_message_of([] { core::check_positive("f", "h", core::infinity); }) ==
        "f: h is inf, must be positive and finite");
  CHECK(error_message_of([] { core::check_not_negative("f", "w", -1e-300); }) == "f: w is -1e-300, must be at least 0");
  CHECK(error_message_of([] { core::check_open_interval("f", "level", 1.0, 0.0, 1.0); }) ==
        "f: level is 1, must be between 0 and 1, ends excluded");
  CHECK(error_message_of([] { core::check_closed_interval("f", "q", 1.5, 0.0, 1.0); }) ==
        "f: q is 1.5, must be between 0 and 1");
  CHECK(error_message_of([] { core::check_same_size("f", "p", 3, "q", 4); }) ==
        "f: p has 3 elements and q has 4, sizes must be equal");
  CHECK(error_message_of([] { core::check(false, "f", "norm", std::string_view("l3"), "l1 or l2"); }) ==
        "f: norm is \"l3\", must be l1 or l2");
}

TEST_CASE("core: what is allowed passes, ends included or excluded as said", "[core]") {
  CHECK_NOTHROW(core::check_at_least("f", "x", 1, 1));
  CHECK_NOTHROW(core::check_at_most("f", "x", 1, 1));
  CHECK_NOTHROW(core::check_not_negative("f", "x", 0.0));
  CHECK_NOTHROW(core::check_not_negative("f", "x", -0.0));
  CHECK_NOTHROW(core::check_closed_interval("f", "x", 0.0, 0.0, 1.0));
  CHECK_NOTHROW(core::check_closed_interval("f", "x", 1.0, 0.0, 1.0));
  CHECK_NOTHROW(core::check_open_interval("f", "x", std::numeric_limits<double>::denorm_min(), 0.0, 1.0));
  CHECK_NOTHROW(core::check_same_size("f", "p", 0, "q", 0));
}

TEST_CASE("core: NaN satisfies no requirement", "[core]") {
  CHECK_THROWS_AS(core::check_at_least("f", "x", core::nan, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(core::check_at_most("f", "x", core::nan, 0.0), std::invalid_argument);
  CHECK_THROWS_AS(core::check_positive("f", "x", core::nan), std::invalid_argument);
  CHECK_THROWS_AS(core::check_not_negative("f", "x", core::nan), std::invalid_argument);
  CHECK_THROWS_AS(core::check_open_interval("f", "x", core::nan, 0.0, 1.0), std::invalid_argument);
  CHECK_THROWS_AS(core::check_closed_interval("f", "x", core::nan, 0.0, 1.0), std::invalid_argument);
}

TEST_CASE("core: numbers in messages read back as the same number", "[core]") {
  CHECK(core::to_text(0.1) == "0.1");
  CHECK(core::to_text(-0.5) == "-0.5");
  CHECK(core::to_text(1.0 / 3.0) == "0.3333333333333333");
  CHECK(core::to_text(core::nan) == "nan");
  CHECK(core::to_text(-core::infinity) == "-inf");
  CHECK(core::to_text(std::int64_t{-7}) == "-7");
  CHECK(core::to_text(~std::uint64_t{0}) == "18446744073709551615");
  for (const double x : {1e-320, 2.5e-17, 0.1 + 0.2, 1.7976931348623157e308})
    CHECK(std::strtod(core::to_text(x).c_str(), nullptr) == x);
}
