// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tailwatch/core/archive.hpp"

namespace tailwatch::monitor::detail {

/// A sum that does not depend on the order of its terms, so that the same data give the same bits whatever the number
/// of threads or ranks they came through: terms are rounded to multiples of 2⁻⁴⁰ and added as integers.
///
/// Terms beyond ±2⁴⁰ count as ±2⁴⁰; 2⁴⁶ of them fit. Rounding costs at most 2⁻⁴¹ a term.
class exact_sum {
 public:
  /// @param x  finite
  void add(double x) noexcept {
    if (x < 0x1p22 && x > -0x1p22) {  // one conversion: the product fits 63 bits
      sum_ += static_cast<std::int64_t>(x * 0x1p40 + (x < 0.0 ? -0.5 : 0.5));
      return;
    }
    const double scaled = std::clamp(x, -0x1p40, 0x1p40) * 0x1p20;
    const double whole = std::floor(scaled);
    sum_ += static_cast<wide>(static_cast<std::int64_t>(whole)) * (wide{1} << 20);
    sum_ += static_cast<wide>(std::llround((scaled - whole) * 0x1p20));
  }
  void merge(const exact_sum& other) noexcept { sum_ += other.sum_; }
  void reset() noexcept { sum_ = 0; }
  [[nodiscard]] double value() const noexcept { return static_cast<double>(sum_) * 0x1p-40; }

  void save_fields(core::output_archive& out) const {
    const auto bits = static_cast<unsigned_wide>(sum_);
    out.u64(static_cast<std::uint64_t>(bits));
    out.u64(static_cast<std::uint64_t>(bits >> 64U));
  }
  void load_fields(core::input_archive& in) {
    const std::uint64_t low = in.u64();
    const std::uint64_t high = in.u64();
    sum_ = static_cast<wide>((static_cast<unsigned_wide>(high) << 64U) | low);
  }
  friend bool operator==(const exact_sum&, const exact_sum&) = default;

 private:
  __extension__ using wide = __int128;
  __extension__ using unsigned_wide = unsigned __int128;
  wide sum_ = 0;
};

}  // namespace tailwatch::monitor::detail
