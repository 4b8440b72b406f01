// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/loop.hpp"
#include "tailwatch/simd/sum.hpp"

namespace tailwatch::simd {

/// Distances between two spans, from one pass.
struct difference_sums {
  double absolute = 0.0;  ///< Σ|x − y|
  double square = 0.0;    ///< Σ(x − y)²
  double largest = 0.0;   ///< max|x − y|
  friend constexpr bool operator==(const difference_sums&, const difference_sums&) = default;
};

TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {
#if TAILWATCH_DETAIL_HAS_XSIMD
template <class Arch>
struct difference_lanes {
  using b = batch<double, Arch>;
  b absolute = b(0.0), square = b(0.0), largest = b(0.0);
  TAILWATCH_DETAIL_INLINE void add(const difference_lanes& other) noexcept {
    absolute += other.absolute;
    square += other.square;
    largest = xsimd::max(largest, other.largest);
  }
  TAILWATCH_DETAIL_INLINE void see(const b& d) noexcept {
    const b size = xsimd::abs(d);
    absolute += size;
    square = multiply_add(d, d, square);
    largest = xsimd::max(largest, size);
  }
};
struct difference_step {
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(difference_lanes<Arch>& a, const batch<double, Arch>& x,
                                          const batch<double, Arch>& y) const noexcept {
    a.see(x - y);
  }
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(difference_lanes<Arch>& a, const batch<float, Arch>& x,
                                          const batch<float, Arch>& y) const noexcept {
    const auto u = to_doubles(x), v = to_doubles(y);
    a.see(u.first - v.first);
    a.see(u.second - v.second);
  }
};
#endif
}  // namespace detail

/// Σ|x − y|, Σ(x − y)² and max|x − y| in double precision; all NaN when an element is NaN.
/// @complexity  O(n), one read of both
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline difference_sums absolute_difference(const Real* x, const Real* y, std::size_t n) noexcept {
  difference_sums result;
  compensated_sum absolute, square;
  if constexpr (!is_vector<Arch>) {
    for (std::size_t i = 0; i < n; ++i) {
      const double d = static_cast<double>(x[i]) - static_cast<double>(y[i]);
      absolute.add(std::abs(d));
      square.add(d * d);
      if (std::abs(d) > result.largest) result.largest = std::abs(d);
    }
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    using accumulator = detail::difference_lanes<Arch>;
    batch<double, Arch> largest(0.0);
    accumulate_blocks<Arch, 2, lanes<Real, Arch>>(
        n, detail::sum_block, accumulator{}, detail::difference_step{},
        [&](const accumulator& a) {
          absolute.add(detail::sum_of_lanes(a.absolute));
          square.add(detail::sum_of_lanes(a.square));
          largest = xsimd::max(largest, a.largest);
        },
        padded<Real>{x, Real(0)}, padded<Real>{y, Real(0)});
    result.largest = detail::max_of_lanes(largest);
#endif
  }
  result.absolute = absolute.value();
  result.square = square.value();
  if (core::is_nan(result.absolute)) result.largest = core::nan;  // max drops or keeps a NaN as the operands fall
  return result;
}

/// @throws std::invalid_argument  unless both have the same size
template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline difference_sums absolute_difference(const Range& x, const Range& y) {
  const auto a = core::as_span(x), b = core::as_span(y);
  core::check_same_size("simd::absolute_difference", "x", a.size(), "y", b.size());
  return absolute_difference<Arch>(a.data(), b.data(), a.size());
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
