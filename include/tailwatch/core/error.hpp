// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/is_nan.hpp"

/// Argument checks. An argument that can never be right throws, naming function, argument and value:
///
///   tail::hill: k is 0, must be at least 1
///
/// Data that allow no value (too few, degenerate, NaN) are not errors: they give a NaN estimate and the count.
namespace tailwatch::core {

/// The shortest text that reads back as `x` to 17 digits; "nan" and "inf" spelt out.
[[nodiscard]] inline std::string to_text(double x) {
  if (is_nan(x)) return "nan";
  if (!is_finite(x)) return x < 0 ? "-inf" : "inf";
  char buffer[40];
  for (int digits = 6; digits <= 17; ++digits) {
    std::snprintf(buffer, sizeof buffer, "%.*g", digits, x);
    double back = 0;
    if (std::sscanf(buffer, "%lf", &back) == 1 && back == x) break;
  }
  return buffer;
}
template <std::integral Integer>
[[nodiscard]] std::string to_text(Integer x) {
  return std::to_string(x);
}
[[nodiscard]] inline std::string to_text(std::string_view x) { return '"' + std::string(x) + '"'; }

/// Throws std::invalid_argument "function: argument is value, must be requirement".
template <class Value>
inline void throw_invalid(std::string_view function, std::string_view argument, const Value& value,
                          std::string_view requirement) {
  TAILWATCH_THROW(std::invalid_argument(std::string(function) + ": " + std::string(argument) + " is " + to_text(value) +
                                        ", must be " + std::string(requirement)));
}

template <class Value>
inline void check(bool condition, std::string_view function, std::string_view argument, const Value& value,
                  std::string_view requirement) {
  if (!condition) throw_invalid(function, argument, value, requirement);
}

namespace detail {
/// NaN is no valid argument. Tested on the bits: under `-ffast-math` the compiler turns !(x >= bound) into x < bound, which
/// lets NaN through.
template <class Value>
[[nodiscard]] constexpr bool is_nan_argument(const Value& value) noexcept {
  if constexpr (std::floating_point<Value>) {
    return is_nan(static_cast<double>(value));
  } else {
    return false;
  }
}
}  // namespace detail

template <class Value>
inline void check_at_least(std::string_view function, std::string_view argument, Value value, Value bound) {
  if (detail::is_nan_argument(value) || !(value >= bound))
    throw_invalid(function, argument, value, "at least " + to_text(bound));
}

template <class Value>
inline void check_at_most(std::string_view function, std::string_view argument, Value value, Value bound) {
  if (detail::is_nan_argument(value) || !(value <= bound))
    throw_invalid(function, argument, value, "at most " + to_text(bound));
}

inline void check_positive(std::string_view function, std::string_view argument, double value) {
  if (!is_finite(value) || !(value > 0.0)) throw_invalid(function, argument, value, "positive and finite");
}

inline void check_not_negative(std::string_view function, std::string_view argument, double value) {
  if (is_nan(value) || !(value >= 0.0)) throw_invalid(function, argument, value, "at least 0");
}

/// lower < value < upper
inline void check_open_interval(std::string_view function, std::string_view argument, double value, double lower,
                                double upper) {
  if (is_nan(value) || !(value > lower && value < upper))
    throw_invalid(function, argument, value,
                  "between " + to_text(lower) + " and " + to_text(upper) + ", ends excluded");
}

/// lower ≤ value ≤ upper
inline void check_closed_interval(std::string_view function, std::string_view argument, double value, double lower,
                                  double upper) {
  if (is_nan(value) || !(value >= lower && value <= upper))
    throw_invalid(function, argument, value, "between " + to_text(lower) + " and " + to_text(upper));
}

inline void check_same_size(std::string_view function, std::string_view first, std::size_t first_size,
                            std::string_view second, std::size_t second_size) {
  if (first_size != second_size)
    TAILWATCH_THROW(std::invalid_argument(std::string(function) + ": " + std::string(first) + " has " +
                                          to_text(first_size) + " elements and " + std::string(second) + " has " +
                                          to_text(second_size) + ", sizes must be equal"));
}

}  // namespace tailwatch::core
