// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/sample_source.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::tail {

/// Observations on the real line: a bare floating range or sample(x).
template <class Source>
concept sample_source = core::sample_source<Source>;

/// `k` of an estimator of order statistics that was not chosen: ⌊√n⌋.
inline constexpr std::size_t square_root_order = static_cast<std::size_t>(-1);

namespace detail {

[[nodiscard]] inline std::size_t resolve_order(std::size_t k, std::size_t n) noexcept {
  return k == square_root_order ? static_cast<std::size_t>(std::sqrt(static_cast<double>(n))) : k;
}

/// The `wanted` largest observations, descending; empty where there are fewer or one is NaN or infinite.
/// @complexity  O(n + wanted log wanted), O(n) where they come sorted, up or down; 8n bytes
template <sample_source Source>
[[nodiscard]] std::vector<double> largest(const Source& source, std::size_t wanted) {
  const auto x = core::as_span(source);
  if (wanted == 0 || wanted > x.size()) return {};
  std::vector<double> values(x.size());
  bool finite = true, rises = true, falls = true;
  for (std::size_t i = 0; i < x.size(); ++i) {  // no way out of the loop: it is vectorised
    values[i] = static_cast<double>(x[i]);
    finite &= core::is_finite(values[i]);
  }
  if (!finite) return {};
  for (std::size_t i = 1; i < values.size() && (rises || falls); ++i) {
    rises &= values[i - 1] <= values[i];
    falls &= values[i - 1] >= values[i];
  }
  if (rises && !falls) std::ranges::reverse(values);
  if (rises || falls) {
    values.resize(wanted);
    return values;
  }
  if (wanted < values.size()) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(wanted), std::ranges::greater{});
    values.resize(wanted);
  }
  std::ranges::sort(values, std::ranges::greater{});
  return values;
}

/// ln(x/y) for x ≥ y > 0, also where the ratio is beyond the range of a double.
[[nodiscard]] inline double log_ratio(double x, double y) noexcept {
  const double ratio = x / y;
  return core::is_finite(ratio) ? std::log(ratio) : std::log(x) - std::log(y);
}

/// Binary exponent of the largest magnitude where squares of the data might over- or underflow, else 0: data are divided by that power of two,
/// exactly, and results multiplied by it.
[[nodiscard]] inline int extreme_exponent(std::span<const double> x) noexcept {
  double largest = 0.0;
  for (const double v : x) largest = std::max(largest, std::abs(v));
  return core::is_finite(largest) && largest > 0.0 && (largest > 0x1p400 || largest < 0x1p-400) ? std::ilogb(largest)
                                                                                                : 0;
}
/// extreme_exponent of x, which is divided by that power.
inline int scale_down(std::span<double> x) noexcept {
  const int exponent = extreme_exponent(x);
  if (exponent != 0)
    for (double& v : x) v = std::ldexp(v, -exponent);
  return exponent;
}
/// e·2^exponent; NaN where that leaves the range of a double.
[[nodiscard]] inline estimate scale_up(estimate e, int exponent) noexcept {
  if (exponent == 0) return e;
  const auto scaled = [exponent](double x) {
    const double y = std::ldexp(x, exponent);
    return core::is_finite(y) ? y : core::nan;
  };
  const double value = scaled(e.value);
  return {value, core::is_nan(value) ? core::nan : scaled(e.standard_error), e.count};
}

/// Mean and sum of squared deviations in one pass (Welford).
struct spread {
  double count = 0.0;
  double mean = 0.0;
  double squares = 0.0;
  void add(double x) noexcept {
    count += 1.0;
    const double delta = x - mean;
    mean += delta / count;
    squares += delta * (x - mean);
  }
  /// √(variance/count), denominator count − 1; NaN below two observations.
  [[nodiscard]] double standard_error() const noexcept {
    return count < 2.0 ? core::nan : std::sqrt(squares / (count - 1.0) / count);
  }
};

}  // namespace detail
}  // namespace tailwatch::tail
