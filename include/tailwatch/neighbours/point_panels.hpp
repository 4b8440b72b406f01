// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/large_pages.hpp"
#include "tailwatch/simd/pair_terms.hpp"

namespace tailwatch::neighbours {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Points laid out for loops over all pairs: panels of 32 points, coordinate by coordinate inside a panel. One coordinate of 32 points is contiguous, so such a loop needs no horizontal sums and no remainders: missing
/// points and coordinates are zeros.
///
/// Two sets appended one after the other are a pooled sample; the index of a point is the order of its arrival.
/// @tparam Real  double, or float for points that are float: pairs then take half the time and have single precision
/// @memory  sizeof(Real) × points, rounded up to 32, × dimension, rounded up to 4
template <std::floating_point Real>
class basic_point_panels {
 public:
  using value_type = Real;
  static constexpr std::size_t width = simd::panel_width;  ///< 32 points in a panel
  static constexpr std::size_t step = 4;                   ///< coordinates are padded to a multiple of this

  basic_point_panels() = default;
  template <std::floating_point T>
  explicit basic_point_panels(const core::rows_view<T>& points) {
    append(points);
  }

  /// @throws std::invalid_argument  when there are points already and theirs is another dimension
  template <std::floating_point T>
  void append(const core::rows_view<T>& points) {
    static_assert(sizeof(T) <= sizeof(Real), "points in double precision need panels in double precision");
    if (points.size == 0) return;
    if (size_ > 0)
      core::check_same_size("neighbours::point_panels", "a point", points.dimension, "a point before it", dimension_);
    dimension_ = points.dimension;
    stride_ = (dimension_ + step - 1) / step * step;
    const std::size_t all = size_ + points.size;
    values_.resize((all + width - 1) / width * width * stride_, Real(0));
    for (std::size_t i = 0; i < points.size; ++i) {
      const std::size_t index = size_ + i;
      Real* to = values_.data() + index / width * width * stride_ + index % width;
      const T* from = points.data + i * dimension_;
      for (std::size_t c = 0; c < dimension_; ++c) {
        const auto x = static_cast<Real>(from[c]);
        finite_ = finite_ && core::is_finite(x);
        to[c * width] = x;
      }
    }
    size_ = all;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t dimension() const noexcept { return dimension_; }
  /// No coordinate is NaN or infinite.
  [[nodiscard]] bool finite() const noexcept { return finite_; }
  /// Coordinates of a point with its padding.
  [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
  [[nodiscard]] std::size_t panels() const noexcept { return (size_ + width - 1) / width; }
  /// Coordinate c of the panel's point l is at [c · width + l].
  [[nodiscard]] const Real* panel(std::size_t p) const noexcept { return values_.data() + p * width * stride_; }
  /// The coordinates of one point, `stride()` of them.
  void copy_point(std::size_t i, Real* out) const noexcept {
    const Real* from = panel(i / width) + i % width;
    for (std::size_t c = 0; c < stride_; ++c) out[c] = from[c * width];
  }

 private:
  std::vector<Real, simd::large_page_allocator<Real>> values_;
  std::size_t size_ = 0;
  std::size_t dimension_ = 0;
  std::size_t stride_ = 0;
  bool finite_ = true;
};

using point_panels = basic_point_panels<double>;

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::neighbours
