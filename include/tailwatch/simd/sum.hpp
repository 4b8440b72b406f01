// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/loop.hpp"

/// Sums whose printed digits can be trusted, also under `-ffast-math`.
///
///   sum, sum_of_squares    Σx, Σx²: f64 lanes, TwoSum over blocks of 1024
///   sum_and_least          Σx and min x in one read
///   compensated_sum        the TwoSum accumulator by itself
///   pairwise_sum           Σx by halving: error O(log n), and independent of the instruction set
namespace tailwatch::simd {
TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {

/// A running sum with the rounding errors of its additions kept beside it (TwoSum, no branch).
///
/// The compiler sees every intermediate of TwoSum only through `detail::opaque`: without it `-ffast-math` folds the error term
/// to 0. An infinite or NaN total is returned as it is.
/// @see  O. Møller (1965), BIT 5, 37–50; D. E. Knuth, TAOCP 2, 4.2.2
class compensated_sum {
 public:
  TAILWATCH_DETAIL_INLINE void add(double x) noexcept {
    const double total = detail::opaque(sum_ + x);
    const double back = detail::opaque(total - sum_);
    const double error_sum = detail::opaque(sum_ - detail::opaque(total - back));
    const double error_x = detail::opaque(x - back);
    error_ += detail::opaque(error_sum + error_x);
    sum_ = total;
  }
  [[nodiscard]] double value() const noexcept { return core::is_finite(sum_) ? sum_ + error_ : sum_; }

 private:
  double sum_ = 0.0;
  double error_ = 0.0;
};

namespace detail {

inline constexpr std::size_t sum_block = 1024;

#if TAILWATCH_DETAIL_HAS_XSIMD
/// One register of running sum.
template <class T, class Arch>
struct lane_sum {
  batch<T, Arch> sum = batch<T, Arch>(T(0));
  TAILWATCH_DETAIL_INLINE void add(const lane_sum& other) noexcept { sum += other.sum; }
};

struct sum_step {
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<double, Arch>& a, const batch<double, Arch>& x) const noexcept {
    a.sum += x;
  }
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<double, Arch>& a, const batch<float, Arch>& x) const noexcept {
    const auto wide = to_doubles(x);
    a.sum += wide.first + wide.second;
  }
};

template <class Arch>
struct sum_least_lanes {
  batch<double, Arch> sum = batch<double, Arch>(0.0);
  batch<double, Arch> least = batch<double, Arch>(0.0);
  TAILWATCH_DETAIL_INLINE void add(const sum_least_lanes& other) noexcept {
    sum += other.sum;
    least = xsimd::min(least, other.least);
  }
};
struct sum_least_step {
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(sum_least_lanes<Arch>& a, const batch<double, Arch>& x) const noexcept {
    a.sum += x;
    a.least = xsimd::min(a.least, x);
  }
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(sum_least_lanes<Arch>& a, const batch<float, Arch>& x) const noexcept {
    const auto wide = to_doubles(x);
    a.sum += wide.first + wide.second;
    a.least = xsimd::min(a.least, xsimd::min(wide.first, wide.second));
  }
};

struct square_step {
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<double, Arch>& a, const batch<double, Arch>& x) const noexcept {
    a.sum = multiply_add(x, x, a.sum);
  }
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<double, Arch>& a, const batch<float, Arch>& x) const noexcept {
    const auto wide = to_doubles(x);
    a.sum = multiply_add(wide.first, wide.first, multiply_add(wide.second, wide.second, a.sum));
  }
};

/// Σ over n elements of what `Step` adds to lanes of `Lane`: double for cheap terms, the input's own type for terms that
/// cost a logarithm. Blocks leave the lanes for a compensated double.
template <class Arch, class Lane, int Accumulators = 4, class Step, class... Real>
[[nodiscard]] inline double sum_with(std::size_t n, const Step& step, const padded<Real>&... in) noexcept {
  using accumulator = lane_sum<Lane, Arch>;
  compensated_sum total;
  accumulate_blocks<Arch, Accumulators, lanes<std::common_type_t<Real...>, Arch>>(
      n, sum_block, accumulator{}, step, [&](const accumulator& a) { total.add(sum_of_lanes(a.sum)); }, in...);
  return total.value();
}
#endif

}  // namespace detail

/// Σ xᵢ in double precision.
/// @complexity  O(n); at the speed of memory beyond the second-level cache
/// @error       ≤ a few ulp of Σ|xᵢ|/1024 block sums; f32 input is exact to 1e-16 relative to Σ|xᵢ|
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline double sum(const Real* x, std::size_t n) noexcept {
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i) total.add(static_cast<double>(x[i]));
    return total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    return detail::sum_with<Arch, double>(n, detail::sum_step{}, padded<Real>{x, Real(0)});
#endif
  }
}

/// Σ x and the least of all x and 0: one read tells the total of weights and whether one of them is negative.
struct sum_with_least {
  double sum = 0.0;    ///< NaN where an element is NaN
  double least = 0.0;  ///< not above 0; of no use where the sum is NaN
};
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline sum_with_least sum_and_least(const Real* x, std::size_t n) noexcept {
  sum_with_least result;
  compensated_sum total;
  if constexpr (!is_vector<Arch>) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto v = static_cast<double>(x[i]);
      total.add(v);
      if (v < result.least) result.least = v;
    }
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    using accumulator = detail::sum_least_lanes<Arch>;
    batch<double, Arch> least(0.0);
    accumulate_blocks<Arch, 4, lanes<Real, Arch>>(
        n, detail::sum_block, accumulator{}, detail::sum_least_step{},
        [&](const accumulator& a) {
          total.add(detail::sum_of_lanes(a.sum));
          least = xsimd::min(least, a.least);
        },
        padded<Real>{x, Real(0)});
    result.least = 0.0 - detail::max_of_lanes(batch<double, Arch>(0.0) - least);
#endif
  }
  result.sum = total.value();
  return result;
}

/// Σ xᵢ² in double precision.
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline double sum_of_squares(const Real* x, std::size_t n) noexcept {
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i) total.add(static_cast<double>(x[i]) * static_cast<double>(x[i]));
    return total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    return detail::sum_with<Arch, double>(n, detail::square_step{}, padded<Real>{x, Real(0)});
#endif
  }
}

template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline double sum(const Range& x) noexcept {
  return sum<Arch>(core::as_span(x).data(), core::as_span(x).size());
}
template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline double sum_of_squares(const Range& x) noexcept {
  return sum_of_squares<Arch>(core::as_span(x).data(), core::as_span(x).size());
}

/// Σ xᵢ by recursive halving down to 32 elements: the same bits on every instruction set, error O(ε log n · Σ|xᵢ|).
/// Scalar; `sum` is faster and more accurate, this one is for results that must not depend on the machine.
template <std::floating_point Real>
[[nodiscard]] inline double pairwise_sum(const Real* x, std::size_t n) noexcept {
  if (n <= 32) {
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) total = detail::opaque(total + static_cast<double>(x[i]));
    return total;
  }
  std::size_t half = 32;  // the largest power of two below n
  while (half < n - half) half *= 2;
  return detail::opaque(pairwise_sum(x, half) + pairwise_sum(x + half, n - half));
}
template <core::floating_range Range>
[[nodiscard]] inline double pairwise_sum(const Range& x) noexcept {
  return pairwise_sum(core::as_span(x).data(), core::as_span(x).size());
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
