// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"

/// Numbers as people read them. Everything returns a string; nothing here prints.
namespace tailwatch::report {

/// `x` with `decimals` digits after the point; "n/a" for NaN.
[[nodiscard]] inline std::string fixed(double x, int decimals) {
  if (core::is_nan(x)) return "n/a";
  if (!core::is_finite(x)) return x < 0 ? "-inf" : "inf";
  std::array<char, 352> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::fixed, decimals).ptr;
  std::string text(buffer.data(), end);
  const bool zero = text.find_first_not_of("-0.") == std::string::npos;
  return zero && text.starts_with('-') ? text.substr(1) : text;
}

/// `x` with about `digits` significant digits, no exponent between 1e-4 and 1e7.
[[nodiscard]] inline std::string significant(double x, int digits = 3) {
  if (core::is_nan(x) || !core::is_finite(x)) return fixed(x, 0);
  if (x == 0.0) return "0";
  const double size = std::abs(x);
  if (size >= 1e7 || size < 1e-4) {
    std::array<char, 64> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), x, std::chars_format::scientific, digits - 1).ptr;
    return {buffer.data(), end};
  }
  const int magnitude = static_cast<int>(std::floor(std::log10(size)));
  return fixed(x, magnitude >= digits - 1 ? 0 : digits - 1 - magnitude);
}

/// A count with a thin grouping: 794 123.
[[nodiscard]] inline std::string grouped(std::size_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ' ';
    text += digits[i];
  }
  return text;
}

/// Value with its standard error in the last digits, the physicists' short form: 66.12(43) is 66.12 ± 0.43, or with one
/// digit 66.1(4). Where no standard error is known the value stands alone with four significant digits.
[[nodiscard]] inline std::string concise(const estimate& e, int digits = 2) {
  if (core::is_nan(e.value) || !core::is_finite(e.value)) return fixed(e.value, 0);
  if (core::is_nan(e.standard_error) || !core::is_finite(e.standard_error)) return significant(e.value, 4);
  if (e.standard_error <= 0.0) return significant(e.value, 4) + "(0)";
  int last_place = static_cast<int>(std::floor(std::log10(e.standard_error))) - (digits - 1);
  // 0.0096 with one digit rounds to 0.01: the last place moves up.
  if (std::round(e.standard_error * std::pow(10.0, -last_place)) >= std::pow(10.0, digits)) ++last_place;
  const int decimals = std::max(0, -last_place);
  if (decimals > 9) return significant(e.value, 4);
  const double unit = std::pow(10.0, decimals);
  return fixed(e.value, decimals) + "(" + fixed(std::round(e.standard_error * unit), 0) + ")";
}

/// Text safe inside HTML elements and attributes.
[[nodiscard]] inline std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

/// Columns a UTF-8 text takes on a terminal, one per code point: enough for the headers and words of the table.
[[nodiscard]] inline std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++width;
  return width;
}

}  // namespace tailwatch::report
