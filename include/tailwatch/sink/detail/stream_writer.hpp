// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <streambuf>
#include <string_view>

#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::sink::detail {

/// Writes pieces into a stream's buffer: no allocation, no locale, no formatting state, and failure is a flag.
class stream_writer {
 public:
  explicit stream_writer(std::ostream& out) noexcept : buffer_(out.good() ? out.rdbuf() : nullptr) {}

  stream_writer& put(std::string_view text) noexcept {
    if (buffer_ != nullptr && buffer_->sputn(text.data(), static_cast<std::streamsize>(text.size())) !=
                                  static_cast<std::streamsize>(text.size()))
      buffer_ = nullptr;
    return *this;
  }
  stream_writer& put(char c) noexcept { return put(std::string_view(&c, 1)); }
  stream_writer& put(std::uint64_t x) noexcept {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x);
    return put(std::string_view(digits.data(), static_cast<std::size_t>(end.ptr - digits.data())));
  }
  /// The shortest text that reads back as x; `absent` for NaN and infinities.
  stream_writer& put(double x, std::string_view absent) noexcept {
    if (!core::is_finite(x)) return put(absent);
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x);
    return put(std::string_view(digits.data(), static_cast<std::size_t>(end.ptr - digits.data())));
  }
  /// Four significant digits, for people.
  stream_writer& put_short(double x) noexcept {
    if (!core::is_finite(x)) return put(core::is_nan(x) ? "nan" : x < 0 ? "-inf" : "inf");
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x, std::chars_format::general, 4);
    return put(std::string_view(digits.data(), static_cast<std::size_t>(end.ptr - digits.data())));
  }
  /// The same, with "NaN", "+Inf" and "-Inf".
  stream_writer& put_number(double x) noexcept {
    if (core::is_finite(x)) return put(x, "");
    return put(core::is_nan(x) ? "NaN" : x < 0 ? "-Inf" : "+Inf");
  }
  [[nodiscard]] bool good() const noexcept { return buffer_ != nullptr; }

 private:
  std::streambuf* buffer_;
};

}  // namespace tailwatch::sink::detail
