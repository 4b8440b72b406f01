// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/shim.hpp"

/// Some points against a panel of 32 points, and the kernel of their distances.
///
///   panel_terms      Σ_c (x_c − y_c)² or Σ_c x_c y_c of every point with every point of the panel
///   gaussian_sums    sums over rows and columns of e^(rate·v), v what panel_terms gave
///   distance_sums    the same of √v, and their total
///   scaled_exp       e^(rate·v) of the 32 terms of a panel
///
/// A panel is coordinate by coordinate: coordinate c of its point l is at [c · 32 + l], so that there are no horizontal sums and
/// no remainders.
namespace tailwatch::simd {

/// What is computed of a pair.
enum class pair_term {
  squared_distance,  ///< Σ (x − y)²: by differences, which do not cancel far from the origin
  product,           ///< Σ x·y
};

inline constexpr std::size_t panel_width = 32;
inline constexpr std::size_t sums_per_row = 8;      ///< of gaussian_sums and distance_sums
inline constexpr std::size_t distance_totals = 16;  ///< of distance_sums: lanes of the sum, then of its rounding errors

TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {
#if TAILWATCH_DETAIL_HAS_XSIMD

/// Rows × Vectors accumulators, which all stay in registers: each read of the panel serves `Rows` points. Written out by packs:
/// g++ at -O2 keeps arrays of batches in memory.
template <pair_term Term, class Arch, class Real, std::size_t Rows, std::size_t Vectors>
struct pair_tile {
  using b = batch<Real, Arch>;

  template <std::size_t... Row, std::size_t... Vector>
  TAILWATCH_DETAIL_INLINE static void add(const Real* points, std::size_t stride, const Real* panel, std::size_t from,
                                          std::size_t to, Real* out, std::index_sequence<Row...>,
                                          std::index_sequence<Vector...>) noexcept {
    row rows[Rows] = {(static_cast<void>(Row), row{})...};
    for (std::size_t c = from; c < to; ++c) {
      const Real* p = panel + c * panel_width;
      const b y[Vectors] = {b::load_unaligned(p + Vector * b::size)...};
      (rows[Row].template step<Vector...>(b(points[Row * stride + c]), y), ...);
    }
    (rows[Row].template store<Vector...>(out + Row * panel_width), ...);
  }

  struct row {
    b sum[Vectors] = {};

    template <std::size_t... Vector>
    TAILWATCH_DETAIL_INLINE void step(const b& x, const b* y) noexcept {
      if constexpr (Term == pair_term::squared_distance) {
        (square<Vector>(y[Vector] - x), ...);
      } else {
        ((sum[Vector] = multiply_add(y[Vector], x, sum[Vector])), ...);
      }
    }
    template <std::size_t Vector>
    TAILWATCH_DETAIL_INLINE void square(const b& d) noexcept {
      sum[Vector] = multiply_add(d, d, sum[Vector]);
    }
    template <std::size_t... Vector>
    TAILWATCH_DETAIL_INLINE void store(Real* out) const noexcept {
      ((b::load_unaligned(out + Vector * b::size) + sum[Vector]).store_unaligned(out + Vector * b::size), ...);
    }
  };
};

template <pair_term Term, class Arch, std::size_t Rows, class Real>
TAILWATCH_DETAIL_INLINE void panel_rows(const Real* points, std::size_t stride, const Real* panel, std::size_t from,
                                        std::size_t to, Real* out) noexcept {
  constexpr std::size_t width = batch<Real, Arch>::size;
  constexpr std::size_t whole = panel_width / width;
  constexpr std::size_t most = is_avx512<Arch> ? 4 : 2;  // 32 registers or 16
  constexpr std::size_t vectors = whole < most ? whole : most;
  for (std::size_t v = 0; v < whole; v += vectors)
    pair_tile<Term, Arch, Real, Rows, vectors>::add(points, stride, panel + v * width, from, to, out + v * width,
                                                    std::make_index_sequence<Rows>{},
                                                    std::make_index_sequence<vectors>{});
}

#endif
}  // namespace detail

/// Adds the terms of coordinates [from, to) of `rows` points with the 32 points of a panel to out [rows × 32]. The term of
/// (x, y) has the same bits as that of (y, x).
/// @param points  [rows × stride], row-major
/// @complexity    O(rows · (to − from)) steps of 32; at half of the peak of multiply-adds or better where the panel is in cache
template <pair_term Term, class Arch = default_arch, std::floating_point Real>
inline void panel_terms(const Real* points, std::size_t rows, std::size_t stride, const Real* panel, std::size_t from,
                        std::size_t to, Real* out) noexcept {
  if constexpr (!is_vector<Arch>) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t l = 0; l < panel_width; ++l) {
        Real sum = 0;
        for (std::size_t c = from; c < to; ++c) {
          const Real x = points[r * stride + c], y = panel[c * panel_width + l];
          sum += Term == pair_term::squared_distance ? (y - x) * (y - x) : x * y;
        }
        out[r * panel_width + l] += sum;
      }
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    constexpr bool narrow = detail::is_avx512<Arch> && sizeof(Real) == 4;  // two registers a panel: room for eight rows
    std::size_t r = 0;
    if constexpr (narrow) {
      for (; r + 8 <= rows; r += 8)
        detail::panel_rows<Term, Arch, 8>(points + r * stride, stride, panel, from, to, out + r * panel_width);
    }
    for (; r + 4 <= rows; r += 4)
      detail::panel_rows<Term, Arch, 4>(points + r * stride, stride, panel, from, to, out + r * panel_width);
    for (; r < rows; ++r)
      detail::panel_rows<Term, Arch, 1>(points + r * stride, stride, panel, from, to, out + r * panel_width);
#endif
  }
}

namespace detail {
#if TAILWATCH_DETAIL_HAS_XSIMD

/// e^(rate·v) for rate·v ≤ 0, one register at a time.
template <class Real, class Arch>
struct falling_exp;

template <class Arch>
struct falling_exp<float, Arch> {
  using b = batch<float, Arch>;
  b factor;
  explicit falling_exp(double rate) noexcept : factor(static_cast<float>(rate * 1.4426950408889634)) {}

  // 2^y = 2^n 2^r by the interpolant of detail/exponent.hpp with its constant pinned to 1: e^0 is 1
  TAILWATCH_DETAIL_INLINE b operator()(const b& v) const noexcept {
    const b magic(12582912.0F);
    const b y = xsimd::max(v * factor, b(-126.0F));
    const b z = opaque(y + magic);
    const b r = y - opaque(z - magic);
    b p = multiply_add(r, b(0x1.5f089p-10F), b(0x1.3d107p-7F));
    p = multiply_add(p, r, b(0x1.c6af6cp-5F));
    p = multiply_add(p, r, b(0x1.ebf906p-3F));
    p = multiply_add(p, r, b(0x1.62e43p-1F));
    p = multiply_add(p, r, b(1.0F));
    return bits_as<float>(bits_as<std::int32_t>(p) + (bits_as<std::int32_t>(z) << 23));
  }
};

template <class Arch>
struct falling_exp<double, Arch> {
  using b = batch<double, Arch>;
  b factor;
  explicit falling_exp(double rate) noexcept : factor(rate) {}

  // e^y = 2^n e^r, |r| ≤ ln 2/2, by the series to r¹³ as in math/branchless_exp.hpp
  TAILWATCH_DETAIL_INLINE b operator()(const b& v) const noexcept {
    const b magic(0x1.8p52);
    const b y = xsimd::max(v * factor, b(-708.0));
    const b z = opaque(multiply_add(y, b(1.4426950408889634074), magic));
    const b n = opaque(z - magic);
    const b r = multiply_add(n, b(-0x1.a39ef35793c76p-33), multiply_add(n, b(-0x1.62e42feep-1), y));
    b p = multiply_add(r, b(1.0 / 6227020800.0), b(1.0 / 479001600.0));
    p = multiply_add(p, r, b(1.0 / 39916800.0));
    p = multiply_add(p, r, b(1.0 / 3628800.0));
    p = multiply_add(p, r, b(1.0 / 362880.0));
    p = multiply_add(p, r, b(1.0 / 40320.0));
    p = multiply_add(p, r, b(1.0 / 5040.0));
    p = multiply_add(p, r, b(1.0 / 720.0));
    p = multiply_add(p, r, b(1.0 / 120.0));
    p = multiply_add(p, r, b(1.0 / 24.0));
    p = multiply_add(p, r, b(1.0 / 6.0));
    p = multiply_add(p, r, b(0.5));
    p = multiply_add(p, r, b(1.0));
    p = multiply_add(p, r, b(1.0));
    return bits_as<double>(bits_as<std::uint64_t>(p) + (bits_as<std::uint64_t>(z) << 52));
  }
};

template <class Arch>
TAILWATCH_DETAIL_INLINE batch<double, Arch> widened_sum(const batch<double, Arch>& x) noexcept {
  return x;
}
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<double, Arch> widened_sum(const batch<float, Arch>& x) noexcept {
  const auto wide = to_doubles(x);
  return wide.first + wide.second;
}

template <class Arch, class Real, std::size_t... Vector>
TAILWATCH_DETAIL_INLINE void gaussian_sums_of(const Real* v, std::size_t rows, double rate, double* row_lanes,
                                              double* columns, std::index_sequence<Vector...>) noexcept {
  using b = batch<Real, Arch>;
  using wide = batch<double, Arch>;
  const falling_exp<Real, Arch> exp(rate);
  b column[sizeof...(Vector)] = {};
  for (std::size_t r = 0; r < rows; ++r) {
    const Real* from = v + r * panel_width;
    const b e[sizeof...(Vector)] = {exp(b::load_unaligned(from + Vector * b::size))...};
    ((column[Vector] += e[Vector]), ...);
    const b sum = (e[Vector] + ...);
    double* to = row_lanes + r * sums_per_row;
    (wide::load_unaligned(to) + widened_sum(sum)).store_unaligned(to);
  }
  alignas(64) Real total[panel_width];
  (column[Vector].store_unaligned(total + Vector * b::size), ...);
  double sums[panel_width];
  for (std::size_t l = 0; l < panel_width; ++l) sums[l] = columns[l] + static_cast<double>(total[l]);
  for (std::size_t l = 0; l < panel_width; ++l) columns[l] = sums[l];
}

#endif
}  // namespace detail

/// With k = e^(rate·v), v [rows × 32] ≥ 0, rate ≤ 0: adds Σ_l k_rl to the `sums_per_row` lanes of row r, which only mean something
/// added up, and Σ_r k_rl to column l.
/// @error  of one k: f64 4e-16, f32 2e-7 + 1e-7 |rate·v|, relative; at least 2⁻¹²⁶ (f32) or e⁻⁷⁰⁸; summed over 32 rows or columns
///         in the type of v, then in double
template <class Arch = default_arch, std::floating_point Real>
inline void gaussian_sums(const Real* v, std::size_t rows, double rate, double* row_lanes, double* columns) noexcept {
  if constexpr (!is_vector<Arch>) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t l = 0; l < panel_width; ++l) {
        const double k = std::exp(rate * static_cast<double>(v[r * panel_width + l]));
        row_lanes[r * sums_per_row] += k;
        columns[l] += k;
      }
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    detail::gaussian_sums_of<Arch>(v, rows, rate, row_lanes, columns,
                                   std::make_index_sequence<panel_width / batch<Real, Arch>::size>{});
#endif
  }
}

namespace detail {
#if TAILWATCH_DETAIL_HAS_XSIMD

/// Running sums of one register and the rounding errors of their additions, as compensated_sum has them.
template <class Arch>
struct compensated_lanes {
  using b = batch<double, Arch>;
  b sum, error;
  TAILWATCH_DETAIL_INLINE void add(const b& x) noexcept {
    const b all = opaque(sum + x);
    const b back = opaque(all - sum);
    error += opaque(opaque(sum - opaque(all - back)) + opaque(x - back));
    sum = all;
  }
};

template <class Arch, std::size_t... Vector>
TAILWATCH_DETAIL_INLINE void distance_sums_of(const double* v, std::size_t rows, double* row_lanes, double* columns,
                                              double* totals, std::index_sequence<Vector...>) noexcept {
  using b = batch<double, Arch>;
  compensated_lanes<Arch> total{b::load_unaligned(totals), b::load_unaligned(totals + distance_totals / 2)};
  b column[sizeof...(Vector)] = {b::load_unaligned(columns + Vector * b::size)...};
  for (std::size_t r = 0; r < rows; ++r) {
    const double* from = v + r * panel_width;
    const b d[sizeof...(Vector)] = {xsimd::sqrt(b::load_unaligned(from + Vector * b::size))...};
    ((column[Vector] += d[Vector]), ...);
    (total.add(d[Vector]), ...);
    const b sum = (d[Vector] + ...);
    double* to = row_lanes + r * sums_per_row;
    (b::load_unaligned(to) + sum).store_unaligned(to);
  }
  (column[Vector].store_unaligned(columns + Vector * b::size), ...);
  total.sum.store_unaligned(totals);
  total.error.store_unaligned(totals + distance_totals / 2);
}

#endif
}  // namespace detail

/// With d = √v, v [rows × 32] ≥ 0: adds Σ_l d_rl to the `sums_per_row` lanes of row r, which only mean something added up,
/// Σ_r d_rl to column l, and the sum of them all to the `distance_totals` lanes of a compensated total: added up in
/// compensated_sum they give it as if in twice the precision, whatever the order.
template <class Arch = default_arch>
inline void distance_sums(const double* v, std::size_t rows, double* row_lanes, double* columns,
                          double* totals) noexcept {
  if constexpr (!is_vector<Arch>) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t l = 0; l < panel_width; ++l) {
        const double d = std::sqrt(v[r * panel_width + l]);
        row_lanes[r * sums_per_row] += d;
        columns[l] += d;
        double& sum = totals[0];
        const double all = detail::opaque(sum + d), back = detail::opaque(all - sum);
        totals[distance_totals / 2] +=
            detail::opaque(detail::opaque(sum - detail::opaque(all - back)) + detail::opaque(d - back));
        sum = all;
      }
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    detail::distance_sums_of<Arch>(v, rows, row_lanes, columns, totals,
                                   std::make_index_sequence<panel_width / batch<double, Arch>::size>{});
#endif
  }
}

/// v ← e^(rate·v) for the 32 numbers of a panel, v ≥ 0 and rate ≤ 0. Errors as gaussian_sums.
template <class Arch = default_arch, std::floating_point Real>
inline void scaled_exp(Real* v, double rate) noexcept {
  if constexpr (!is_vector<Arch>) {
    for (std::size_t l = 0; l < panel_width; ++l) v[l] = static_cast<Real>(std::exp(rate * static_cast<double>(v[l])));
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    using b = batch<Real, Arch>;
    const detail::falling_exp<Real, Arch> exp(rate);
    for (std::size_t l = 0; l < panel_width; l += b::size) exp(b::load_unaligned(v + l)).store_unaligned(v + l);
#endif
  }
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
