// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/loop.hpp"
#include "tailwatch/simd/sum.hpp"

namespace tailwatch::simd {

/// Count, mean and central sums M_k = Σ(x − mean)^k.
struct central_sums {
  std::uint64_t count = 0;
  double mean = 0.0;
  double m2 = 0.0;
  double m3 = 0.0;
  double m4 = 0.0;
  std::uint64_t rejected = 0;  ///< NaN and infinite elements, in none of the sums
  friend constexpr bool operator==(const central_sums&, const central_sums&) = default;
};

TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {

/// a ← the central sums of both samples together (Pébay 2008, SAND2008-6212), with δ = mean_b − mean_a, n = n_a + n_b.
inline void merge(central_sums& a, const central_sums& b) noexcept {
  a.rejected += b.rejected;
  if (b.count == 0) return;
  if (a.count == 0) {
    const std::uint64_t rejected = a.rejected;
    a = b;
    a.rejected = rejected;
    return;
  }
  const auto na = static_cast<double>(a.count);
  const auto nb = static_cast<double>(b.count);
  const double n = na + nb;
  const double delta = b.mean - a.mean;
  const double step = delta / n;                // δ/n
  const double cross = delta * step * na * nb;  // δ² n_a n_b / n
  a.m4 += b.m4 + cross * step * step * (na * na - na * nb + nb * nb) +
          6.0 * step * step * (na * na * b.m2 + nb * nb * a.m2) + 4.0 * step * (na * b.m3 - nb * a.m3);
  a.m3 += b.m3 + cross * step * (na - nb) + 3.0 * step * (na * b.m2 - nb * a.m2);
  a.m2 += b.m2 + cross;
  a.mean += step * nb;
  a.count += b.count;
}

/// The same sums about `centre` instead of the mean: Σ(x − centre)^k, k = 2, 3, 4; `mean` becomes the centre.
[[nodiscard]] inline central_sums moved_to(const central_sums& a, double centre) noexcept {
  const auto n = static_cast<double>(a.count);
  const double d = a.mean - centre;
  central_sums moved = a;
  moved.mean = centre;
  moved.m4 += 4.0 * d * a.m3 + 6.0 * d * d * a.m2 + n * d * d * d * d;
  moved.m3 += 3.0 * d * a.m2 + n * d * d * d;
  moved.m2 += n * d * d;
  return moved;
}

namespace detail {

inline constexpr std::size_t moments_block = 4096;

/// Power sums q_k = Σ(x − pivot)^k of n elements to central sums; ε = q₁/n.
inline central_sums from_pivot(std::uint64_t n, double pivot, double q1, double q2, double q3, double q4) noexcept {
  const auto count = static_cast<double>(n);
  const double e = q1 / count;
  const double m2 = q2 - e * q1;
  central_sums s;
  s.count = n;
  s.mean = pivot + e;
  s.m2 = m2 > 0.0 ? m2 : 0.0;
  s.m3 = q3 - 3.0 * e * q2 + 2.0 * e * e * q1;
  const double m4 = q4 - 4.0 * e * q3 + 6.0 * e * e * q2 - 3.0 * e * e * e * q1;
  s.m4 = m4 > 0.0 ? m4 : 0.0;
  return s;
}

#if TAILWATCH_DETAIL_HAS_XSIMD
template <class Arch>
struct power_sums {
  using b = batch<double, Arch>;
  b q1 = b(0.0), q2 = b(0.0), q3 = b(0.0), q4 = b(0.0);
  TAILWATCH_DETAIL_INLINE void add(const power_sums& o) noexcept {
    q1 += o.q1;
    q2 += o.q2;
    q3 += o.q3;
    q4 += o.q4;
  }
  TAILWATCH_DETAIL_INLINE void see(const b& d) noexcept {
    const b square = d * d;
    q1 += d;
    q2 += square;
    q3 = multiply_add(square, d, q3);
    q4 = multiply_add(square, square, q4);
  }
};
template <class Arch>
struct power_step {
  batch<double, Arch> pivot;
  TAILWATCH_DETAIL_INLINE void operator()(power_sums<Arch>& a, const batch<double, Arch>& x) const noexcept {
    a.see(opaque(x - pivot));
  }
  TAILWATCH_DETAIL_INLINE void operator()(power_sums<Arch>& a, const batch<float, Arch>& x) const noexcept {
    const auto wide = to_doubles(x);
    a.see(opaque(wide.first - pivot));
    a.see(opaque(wide.second - pivot));
  }
};

template <class Arch, class Real>
inline central_sums block_moments(const Real* x, std::size_t n, Real pivot, double& q1) noexcept {
  const power_step<Arch> step{batch<double, Arch>(static_cast<double>(pivot))};
  const auto a = accumulate<Arch, 2, lanes<Real, Arch>>(0, n, power_sums<Arch>{}, step, padded<Real>{x, pivot});
  q1 = sum_of_lanes(a.q1);
  return from_pivot(n, static_cast<double>(pivot), q1, sum_of_lanes(a.q2), sum_of_lanes(a.q3), sum_of_lanes(a.q4));
}
#endif

/// Mean of the finite ones among the first elements, 0 when there is none: where the first block pivots.
template <class Real>
inline Real first_pivot(const Real* x, std::size_t n) noexcept {
  double total = 0.0;
  int used = 0;
  for (std::size_t i = 0; i < n && used < 16; ++i) {
    if (!core::is_finite(x[i])) continue;
    total += (static_cast<double>(x[i]) - total) / ++used;
  }
  return static_cast<Real>(total);
}

}  // namespace detail

/// Count, mean and central sums of `x`, in double precision for both element types; NaN and infinities are counted apart.
///
/// One read: each block of 4096 is summed about a pivot, the mean so far, and corrected with ε = mean − pivot. Only when
/// |ε| exceeds four standard deviations of the block, where the correction would cancel digits, is the block read again
/// about its own mean.
/// @complexity  O(n), no allocation
/// @error       1e-13 relative for mean and M2, also at offset 10⁶·σ
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline central_sums moments(const Real* x, std::size_t n) noexcept {
  central_sums all;
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i) {
      if (core::is_finite(x[i])) {
        total.add(static_cast<double>(x[i]));
        ++all.count;
      } else {
        ++all.rejected;
      }
    }
    if (all.count == 0) return all;
    all.mean = total.value() / static_cast<double>(all.count);
    compensated_sum m2, m3, m4;
    for (std::size_t i = 0; i < n; ++i) {
      if (!core::is_finite(x[i])) continue;
      const double d = static_cast<double>(x[i]) - all.mean;
      m2.add(d * d);
      m3.add(d * d * d);
      m4.add(d * d * d * d);
    }
    all.m2 = m2.value();
    all.m3 = m3.value();
    all.m4 = m4.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    Real pivot = detail::first_pivot(x, n);
    Real finite[detail::moments_block];
    for (std::size_t begin = 0; begin < n; begin += detail::moments_block) {
      const Real* block = x + begin;
      std::size_t size = n - begin < detail::moments_block ? n - begin : detail::moments_block;
      double q1 = 0.0;
      central_sums part = detail::block_moments<Arch>(block, size, pivot, q1);
      if (!core::is_finite(q1)) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < size; ++i)
          if (core::is_finite(block[i])) finite[kept++] = block[i];
        all.rejected += size - kept;
        if (kept == 0) continue;
        block = finite;
        size = kept;
        part = detail::block_moments<Arch>(block, size, pivot, q1);
      }
      const double shift = q1 / static_cast<double>(size);
      if (shift * shift * static_cast<double>(size) > 16.0 * part.m2 && shift != 0.0)
        part = detail::block_moments<Arch>(block, size, static_cast<Real>(part.mean), q1);
      merge(all, part);
      pivot = static_cast<Real>(all.mean);
    }
#endif
  }
  return all;
}

template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline central_sums moments(const Range& x) noexcept {
  return moments<Arch>(core::as_span(x).data(), core::as_span(x).size());
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
