// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::monitor::detail {

[[nodiscard]] inline double value_of(double x) noexcept { return x; }
[[nodiscard]] inline double value_of(const estimate& e) noexcept { return e.value; }

/// Mean of the finite values with the standard error of their spread; NaN where there are too few.
template <class T>
[[nodiscard]] estimate mean_of_finite(std::span<const T> x) noexcept {
  std::uint64_t size = 0;
  double sum = 0.0;
  for (const T& entry : x) {
    const double v = value_of(entry);
    if (!core::is_finite(v)) continue;
    sum += v;
    ++size;
  }
  if (size == 0) return {};
  const auto n = static_cast<double>(size);
  const double mean = sum / n;
  if (size < 2) return {mean, core::nan, size};
  double squares = 0.0;
  for (const T& entry : x) {
    const double v = value_of(entry);
    squares += core::is_finite(v) ? (v - mean) * (v - mean) : 0.0;
  }
  return {mean, std::sqrt(squares / (n * (n - 1.0))), size};
}

/// The latest values of a signal, a ring of fixed capacity.
class recent_values {
 public:
  explicit recent_values(std::size_t capacity) : ring_(capacity, 0.0) {}

  void push(double x) noexcept {
    ring_[next_] = x;
    next_ = next_ + 1 == ring_.size() ? 0 : next_ + 1;
    size_ = std::min(size_ + 1, ring_.size());
  }
  void clear() noexcept { next_ = size_ = 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Mean of the values held.
  [[nodiscard]] estimate mean() const noexcept { return mean_of_finite(std::span<const double>(ring_).first(size_)); }

  void save_fields(core::output_archive& out) const {
    out.u64(next_);
    out.u64(size_);
    for (std::size_t i = 0; i < size_; ++i) out.f64(ring_[i]);
  }
  void load_fields(core::input_archive& in) {
    const std::uint64_t next = in.u64();
    const std::uint64_t size = in.u64();
    if (next >= ring_.size() || size > ring_.size())
      core::detail::archive_failure("recent values beyond their capacity");
    next_ = static_cast<std::size_t>(next);
    size_ = static_cast<std::size_t>(size);
    for (std::size_t i = 0; i < size_; ++i) ring_[i] = in.f64();
  }

 private:
  std::vector<double> ring_;
  std::size_t next_ = 0, size_ = 0;
};

}  // namespace tailwatch::monitor::detail
