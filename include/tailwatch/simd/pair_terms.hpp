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
  TAILWATCH_DETAIL_INLINE static void add(const Real* points, const Real* panel, std::size_t from, std::size_t to,
                                          Real* out, std::index_sequence<Row...>,
                                          std::index_sequence<Vector...>) noexcept {
    row rows[Rows] = {(static_cast<void>(Row), row{})...};
    for (std::size_t c = from; c < to; ++c) {
      const Real* x = points + c * panel_width;
      const Real* p = panel + c * panel_width;
      const b y[Vectors] = {b::load_unaligned(p + Vector * b::size)...};
      (rows[Row].template step<Vector...>(b(x[Row]), y), ...);
    }
    if (from == 0) {
      (rows[Row].template store<Vector...>(out + Row * panel_width), ...);
    } else {
      (rows[Row].template add_to<Vector...>(out + Row * panel_width), ...);
    }
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
      (sum[Vector].store_unaligned(out + Vector * b::size), ...);
    }
    template <std::size_t... Vector>
    TAILWATCH_DETAIL_INLINE void add_to(Real* out) const noexcept {
      ((b::load_unaligned(out + Vector * b::size) + sum[Vector]).store_unaligned(out + Vector * b::size), ...);
    }
  };
};

template <pair_term Term, class Arch, std::size_t Rows, class Real>
TAILWATCH_DETAIL_INLINE void panel_rows(const Real* points, const Real* panel, std::size_t from, std::size_t to,
                                        Real* out) noexcept {
  constexpr std::size_t width = batch<Real, Arch>::size;
  constexpr std::size_t whole = panel_width / width;
  constexpr std::size_t most = is_avx512<Arch> ? 4 : 2;  // 32 registers or 16
  constexpr std::size_t vectors = whole < most ? whole : most;
  for (std::size_t v = 0; v < whole; v += vectors)
    pair_tile<Term, Arch, Real, Rows, vectors>::add(points, panel + v * width, from, to, out + v * width,
                                                    std::make_index_sequence<Rows>{},
                                                    std::make_index_sequence<vectors>{});
}

#endif
}  // namespace detail

/// Adds the terms of coordinates [from, to) of `rows` points with the 32 points of a panel to out [rows × 32]; from = 0 sets
/// them. The term of (x, y) has the same bits as that of (y, x).
/// @param points  the first of `rows` points of one panel: coordinate c of point r at [c · 32 + r]
/// @complexity    O(rows · (to − from)) steps of 32; at half of the peak of multiply-adds or better where the panel is in cache
template <pair_term Term, class Arch = default_arch, std::floating_point Real>
inline void panel_terms(const Real* points, std::size_t rows, const Real* panel, std::size_t from, std::size_t to,
                        Real* out) noexcept {
  if constexpr (!is_vector<Arch>) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t l = 0; l < panel_width; ++l) {
        Real sum = 0;
        for (std::size_t c = from; c < to; ++c) {
          const Real x = points[c * panel_width + r], y = panel[c * panel_width + l];
          sum += Term == pair_term::squared_distance ? (y - x) * (y - x) : x * y;
        }
        Real& to_out = out[r * panel_width + l];
        to_out = from == 0 ? sum : to_out + sum;
      }
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    std::size_t r = 0;
    // Six rows with 16 registers gained nothing on four.
    if constexpr (detail::is_avx512<Arch>) {
      constexpr std::size_t most =
          sizeof(Real) == 4 ? 12 : 6;  // with two or four registers a panel: 24 of 32 registers are sums
      if (rows % most == 0) {
        for (; r < rows; r += most)
          detail::panel_rows<Term, Arch, most>(points + r, panel, from, to, out + r * panel_width);
        return;
      }
      if constexpr (sizeof(Real) == 4) {
        for (; r + 8 <= rows; r += 8)
          detail::panel_rows<Term, Arch, 8>(points + r, panel, from, to, out + r * panel_width);
      }
    }
    for (; r + 4 <= rows; r += 4) detail::panel_rows<Term, Arch, 4>(points + r, panel, from, to, out + r * panel_width);
    for (; r < rows; ++r) detail::panel_rows<Term, Arch, 1>(points + r, panel, from, to, out + r * panel_width);
#endif
  }
}

namespace detail {
#if TAILWATCH_DETAIL_HAS_XSIMD

/// e^(rate·v) for rate·v ≤ 0, of several registers in lockstep: what one of them waits for (some twenty operations, each after
/// the other) the next ones fill. One after the other they took twice as long.
template <class Real, class Arch>
struct falling_exp;

template <class Arch>
struct falling_exp<float, Arch> {
  using b = batch<float, Arch>;
  b factor;
  explicit falling_exp(double rate) noexcept : factor(static_cast<float>(rate * 1.4426950408889634)) {}

  // 2^y = 2^n 2^r by the interpolant of detail/exponent.hpp with its constant pinned to 1: e^0 is 1
  template <std::size_t... V>
  TAILWATCH_DETAIL_INLINE void operator()(const float* from, b* e, std::index_sequence<V...>) const noexcept {
    constexpr std::size_t n = sizeof...(V);
    const b magic(12582912.0F);
    b z[n], r[n], p[n];
    ((r[V] = xsimd::max(b::load_unaligned(from + V * b::size) * factor, b(-126.0F))), ...);
    ((z[V] = opaque(r[V] + magic)), ...);
    ((r[V] -= opaque(z[V] - magic)), ...);
    ((p[V] = multiply_add(r[V], b(0x1.5f089p-10F), b(0x1.3d107p-7F))), ...);
    ((p[V] = multiply_add(p[V], r[V], b(0x1.c6af6cp-5F))), ...);
    ((p[V] = multiply_add(p[V], r[V], b(0x1.ebf906p-3F))), ...);
    ((p[V] = multiply_add(p[V], r[V], b(0x1.62e43p-1F))), ...);
    ((p[V] = multiply_add(p[V], r[V], b(1.0F))), ...);
    ((e[V] = bits_as<float>(bits_as<std::int32_t>(p[V]) + (bits_as<std::int32_t>(z[V]) << 23))), ...);
  }
};

template <class Arch>
struct falling_exp<double, Arch> {
  using b = batch<double, Arch>;
  b factor;
  explicit falling_exp(double rate) noexcept : factor(rate) {}

  template <std::size_t... V>
  TAILWATCH_DETAIL_INLINE void operator()(const double* from, b* e, std::index_sequence<V...>) const noexcept {
    constexpr std::size_t n = sizeof...(V);
    b z[n], r[n], p[n];
    ((r[V] = xsimd::max(b::load_unaligned(from + V * b::size) * factor, b(-708.0))), ...);
    if constexpr (has_table_of_16<Arch>) {
      // e^y = 2^(k/16) e^r, |r| ≤ ln 2/32: e^r − 1 = r S(r), S interpolated at Chebyshev nodes, 3e-17; the table holds 2^(j/16)
      const b magic(0x1.8p52);
      ((z[V] = opaque(multiply_add(r[V], b(0x1.71547652b82fep+4), magic))), ...);
      ((p[V] = opaque(z[V] - magic)), ...);
      ((r[V] = multiply_add(p[V], b(-0x1.62e42feep-5), r[V])), ...);
      ((r[V] = multiply_add(p[V], b(-0x1.a39ef35793c76p-37), r[V])), ...);
      ((p[V] = multiply_add(r[V], b(0x1.6c17bb51f236dp-10), b(0x1.11120af701debp-7))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.55555555194d2p-5))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.55555554dd44dp-3))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1p-1))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(1.0))), ...);
      ((r[V] = p[V] * r[V]), ...);
      ((p[V] = sixteenth_power_of_2(z[V])), ...);
      ((p[V] = multiply_add(p[V], r[V], p[V])), ...);
      ((e[V] = bits_as<double>(bits_as<std::uint64_t>(p[V]) + ((bits_as<std::uint64_t>(z[V]) >> 4) << 52))), ...);
    } else {
      // e^y = 2^n e^r, |r| ≤ ln 2/2, e^r = 1 + r + r² T(r), T interpolated at Chebyshev nodes, 2e-17
      const b magic(0x1.8p52);
      ((z[V] = opaque(multiply_add(r[V], b(1.4426950408889634074), magic))), ...);
      ((p[V] = opaque(z[V] - magic)), ...);
      ((r[V] = multiply_add(p[V], b(-0x1.62e42feep-1), r[V])), ...);
      ((r[V] = multiply_add(p[V], b(-0x1.a39ef35793c76p-33), r[V])), ...);
      ((p[V] = multiply_add(r[V], b(0x1.af389ecfc4b9cp-26), b(0x1.28917c89a43a7p-22))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.71de0db2f6b19p-19))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.a019b9149a41cp-16))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.a01a01a7c2efep-13))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.6c16c17889ef1p-10))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.11111111109b5p-7))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.5555555553d68p-5))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0x1.5555555555556p-3))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(0.5))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(1.0))), ...);
      ((p[V] = multiply_add(p[V], r[V], b(1.0))), ...);
      ((e[V] = bits_as<double>(bits_as<std::uint64_t>(p[V]) + (bits_as<std::uint64_t>(z[V]) << 52))), ...);
    }
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

/// Registers that are taken in lockstep: as many as fit beside what they need.
template <class Arch>
inline constexpr std::size_t exp_registers = is_avx512<Arch> ? 8 : 4;

/// Adds the sum of a row's registers to its lanes.
template <class Arch, class Real, std::size_t... Vector>
TAILWATCH_DETAIL_INLINE void add_row(const batch<Real, Arch>* e, double* lanes,
                                     std::index_sequence<Vector...>) noexcept {
  using wide = batch<double, Arch>;
  (wide::load_unaligned(lanes) + widened_sum((e[Vector] + ...))).store_unaligned(lanes);
}

/// Registers of one row or of several whole ones, from register `first` of the first row.
template <std::size_t InRow, class Arch, class Real, std::size_t... Register, std::size_t... Row>
TAILWATCH_DETAIL_INLINE void gaussian_registers(const falling_exp<Real, Arch>& exp, const Real* v, std::size_t first,
                                                double* row_lanes, batch<Real, Arch>* column,
                                                std::index_sequence<Register...> registers,
                                                std::index_sequence<Row...>) noexcept {
  using b = batch<Real, Arch>;
  b e[sizeof...(Register)];
  exp(v + first * b::size, e, registers);
  ((column[first + Register % InRow] += e[Register]), ...);
  (add_row(e + Row * InRow, row_lanes + Row * sums_per_row, std::make_index_sequence<InRow>{}), ...);
}

template <class Arch, class Real, std::size_t... Vector>
TAILWATCH_DETAIL_INLINE void gaussian_sums_of(const Real* v, std::size_t rows, double rate, double* row_lanes,
                                              double* columns, std::index_sequence<Vector...>) noexcept {
  using b = batch<Real, Arch>;
  constexpr std::size_t all = sizeof...(Vector), most = exp_registers<Arch>;
  constexpr std::size_t in_row = all < most ? all : most, together = most / in_row;  // registers of a row, and rows
  const falling_exp<Real, Arch> exp(rate);
  b column[all] = {};
  std::size_t r = 0;
  for (; r + together <= rows; r += together)
    for (std::size_t first = 0; first < all; first += in_row)
      gaussian_registers<in_row>(exp, v + r * panel_width, first, row_lanes + r * sums_per_row, column,
                                 std::make_index_sequence<together * in_row>{}, std::make_index_sequence<together>{});
  for (; r < rows; ++r)
    for (std::size_t first = 0; first < all; first += in_row)
      gaussian_registers<in_row>(exp, v + r * panel_width, first, row_lanes + r * sums_per_row, column,
                                 std::make_index_sequence<in_row>{}, std::make_index_sequence<1>{});
  if constexpr (sizeof(Real) == sizeof(double)) {
    ((b::load_unaligned(columns + Vector * b::size) + column[Vector]).store_unaligned(columns + Vector * b::size), ...);
  } else {
    alignas(64) Real total[panel_width];
    (column[Vector].store_unaligned(total + Vector * b::size), ...);
    double sums[panel_width];
    for (std::size_t l = 0; l < panel_width; ++l) sums[l] = columns[l] + static_cast<double>(total[l]);
    for (std::size_t l = 0; l < panel_width; ++l) columns[l] = sums[l];
  }
}

template <class Arch, class Real, std::size_t... Vector>
TAILWATCH_DETAIL_INLINE void scaled_exp_of(Real* v, const falling_exp<Real, Arch>& exp,
                                           std::index_sequence<Vector...>) noexcept {
  using b = batch<Real, Arch>;
  b e[sizeof...(Vector)];
  for (std::size_t l = 0; l < panel_width; l += sizeof...(Vector) * b::size) {
    exp(v + l, e, std::index_sequence<Vector...>{});
    (e[Vector].store_unaligned(v + l + Vector * b::size), ...);
  }
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
    constexpr std::size_t all = panel_width / batch<Real, Arch>::size, most = detail::exp_registers<Arch>;
    constexpr std::size_t scaled_exp_registers = all < most ? all : most;
    detail::scaled_exp_of(v, detail::falling_exp<Real, Arch>(rate), std::make_index_sequence<scaled_exp_registers>{});
#endif
  }
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
