// SPDX-License-Identifier: BSL-1.0
#pragma once

// One include for Catch2 v2 and v3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

#include <cmath>

namespace tailwatch::testing {

/// |value − expected| ≤ relative·|expected| + absolute, NaN equal to NaN, infinities equal to themselves.
inline bool close(double value, double expected, double relative, double absolute = 0.0) {
  if (std::isnan(expected)) return std::isnan(value);
  if (std::isinf(expected)) return value == expected;
  return std::abs(value - expected) <= relative * std::abs(expected) + absolute;
}

}  // namespace tailwatch::testing
