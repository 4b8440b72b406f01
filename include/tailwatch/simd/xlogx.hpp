// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/log.hpp"
#include "tailwatch/simd/loop.hpp"
#include "tailwatch/simd/sum.hpp"

/// Logarithmic reductions over spans of non-negative numbers (probabilities, weights, counts as floats).
///
///   sum_x_log_x          Σ x ln x                       0·ln 0 = 0
///   sums_of_probabilities   Σ x, Σ x ln x, min x in one read
///   sum_log              Σ ln x                         x > 0
///   divergence           Σ x ln(x/y) − x + y            every term ≥ 0; +∞ where y = 0 < x; the relative entropy when Σx = Σy
///   jensen_divergence    ½ Σ [d(x, m) + d(y, m)]        m = (x + y)/2, d the term above
///
/// divergence and jensen_divergence also take the totals by which x and y are to be divided first: quotients, so that
/// proportional spans come out at exactly 0. Their terms are computed in double precision whatever the input.
///
/// Results in nats, in double. Terms are computed in the type of the input and summed in its lanes, 16 to 64 terms a lane, then in
/// double. A NaN in the input makes the result NaN. Negative input is the caller's to refuse: it gives some number. Inside the
/// logarithm a subnormal number counts as the smallest normal one, in Σ x ln x as one in [½, 1) of it.
namespace tailwatch::simd {
TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {

/// What one read of a vector of probabilities leaves behind.
struct probability_sums {
  double total = 0.0;    ///< Σ x
  double x_log_x = 0.0;  ///< Σ x ln x
  double least =
      core::infinity;  ///< min(x) if that is negative, else some number ≥ 0; a NaN shows in the sums, not here
};

namespace detail {

inline constexpr double ln_2 = 0.693147180559945309417;

/// The least of all x and 0; not called in a run in which all signs are positive.
template <class Real>
[[nodiscard]] inline double least_of(const Real* x, std::size_t n) noexcept {
  Real least(0);
  for (std::size_t i = 0; i < n; ++i)
    if (x[i] < least) least = x[i];
  return static_cast<double>(least);
}

inline double divergence_term(double x, double y) noexcept {
  if (core::is_nan(x) || core::is_nan(y)) return core::nan;
  if (x <= 0.0) return y;
  if (y <= 0.0) return core::infinity;
  const double s = (x - y) / (x + y);
  if (s > -0.1 && s < 0.1) {  // s·((x − y) + x·z·p(z)), p(z) = 2(1/3 + z/5 + z²/7 + ...)
    const double z = s * s;
    double p = 0.0;
    for (int k = 17; k >= 3; k -= 2) p = p * z + 2.0 / k;
    return s * ((x - y) + x * z * p);
  }
  return x * std::log(x / y) - x + y;
}

#if TAILWATCH_DETAIL_HAS_XSIMD
/// Sums of 16 terms a lane in double lanes: TwoSum as in compensated_sum, but for floats, whose own rounding is far larger, plain
/// (5 % of the time). 16 terms, because equal ones round the same way each time: 64 of them (SSE2 with blocks of 1024) made 1e-6
/// of it in f32.
template <class Arch>
class lane_totals {
 public:
  TAILWATCH_DETAIL_INLINE void add(const batch<double, Arch>& x) noexcept {
    const auto total = opaque(sum_ + x);
    const auto back = opaque(total - sum_);
    error_ += opaque(opaque(sum_ - opaque(total - back)) + opaque(x - back));
    sum_ = total;
  }
  TAILWATCH_DETAIL_INLINE void add(const batch<float, Arch>& x) noexcept {
    const auto wide = to_doubles(x);
    sum_ += wide.first + wide.second;
  }
  [[nodiscard]] double value() const noexcept {
    constexpr std::size_t width = batch<double, Arch>::size;
    alignas(64) double sum[width];
    sum_.store_aligned(sum);
    compensated_sum total;
    for (const double v : sum) total.add(v);
    if (core::is_finite(total.value())) total.add(sum_of_lanes(error_));  // else the errors are NaN
    return total.value();
  }

 private:
  batch<double, Arch> sum_ = batch<double, Arch>(0.0);
  batch<double, Arch> error_ = batch<double, Arch>(0.0);
};

/// Σ x·log₂ x·log2_steps.
template <class T, class Arch>
struct x_log_x_lanes {
  batch<T, Arch> even = batch<T, Arch>(T(0)), odd = even;
};
struct x_log_x_step {
  template <class T, class Arch>
  TAILWATCH_DETAIL_INLINE void take(x_log_x_lanes<T, Arch>&, const batch<T, Arch>&, const batch<T, Arch>&,
                                    const T*) const noexcept {}
  template <class T, class Arch>
  TAILWATCH_DETAIL_INLINE log2_parts<T, Arch> begin(const batch<T, Arch>& x) const noexcept {
    return log2_begin(x);
  }
  template <class T, class Arch>
  TAILWATCH_DETAIL_INLINE void end(batch<T, Arch>& sum, const batch<T, Arch>& x,
                                   const log2_parts<T, Arch>& begun) const noexcept {
    sum = multiply_add(x, log2_end(begun), sum);
  }
};
/// The sign bits of all numbers seen. A minimum would do, but takes the place of a multiplication on AMD. Eight floats in a
/// register are so quick that the vector `or` is seen too (6 %): there the scalar side of the processor does it.
template <class T, class Arch>
inline constexpr bool signs_in_words = sizeof(T) == 4 && has_table_of_8<Arch> && !is_avx512<Arch>;
template <class T, class Arch>
struct seen_signs {
  using word = std::conditional_t<signs_in_words<T, Arch>, std::uint64_t, batch<T, Arch>>;
  word bits = word(0);
  TAILWATCH_DETAIL_INLINE void take(const batch<T, Arch>& x, const batch<T, Arch>& y, const T* p) noexcept {
    if constexpr (signs_in_words<T, Arch>) {
      bits = or_words<2 * batch<T, Arch>::size * sizeof(T)>(bits, reinterpret_cast<const unsigned char*>(p));
    } else {
      bits = bits | (x | y);
    }
  }
  [[nodiscard]] bool any() const noexcept {
    uint_of<T> all = 0;
    if constexpr (signs_in_words<T, Arch>) {
      all = static_cast<uint_of<T>>(bits | (bits >> 32));
    } else {
      alignas(64) T lane[batch<T, Arch>::size];
      bits.store_aligned(lane);
      for (const T v : lane) all |= std::bit_cast<uint_of<T>>(v);
    }
    return (all >> (8 * sizeof(T) - 1)) != 0;
  }
};
/// Σ x too in lanes of T: for floats double lanes took 25 % longer.
template <class T, class Arch>
struct probability_lanes : x_log_x_lanes<T, Arch> {
  batch<T, Arch> total = batch<T, Arch>(T(0));
  seen_signs<T, Arch> signs;
};
struct probability_step : x_log_x_step {
  template <class T, class Arch>
  TAILWATCH_DETAIL_INLINE void take(probability_lanes<T, Arch>& a, const batch<T, Arch>& x, const batch<T, Arch>& y,
                                    const T* p) const noexcept {
    a.total += opaque(x + y);  // first the pair: 16 equal terms, not 32
    a.signs.take(x, y, p);
  }
};
struct log_step {
  template <class T, class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<T, Arch>& a, const batch<T, Arch>& x) const noexcept {
    using b = batch<T, Arch>;
    // x − x is 0, or NaN where x is NaN or infinite: the logarithm works on bits and would make a number of those.
    a.sum += log_of_normal(xsimd::max(x, b(smallest_normal<T>))) + opaque(opaque(x) - x);
  }
};
struct divergence_step {
  template <class T, class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<T, Arch>& a, const batch<T, Arch>& x,
                                          const batch<T, Arch>& y) const noexcept {
    using b = batch<T, Arch>;
    const auto unbounded = (y == b(T(0))) & (x > b(T(0)));
    a.sum += xsimd::select(unbounded, b(std::numeric_limits<T>::infinity()), divergence_term(x, y));
  }
};
struct jensen_step {
  template <class T, class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<T, Arch>& a, const batch<T, Arch>& x,
                                          const batch<T, Arch>& y) const noexcept {
    const batch<T, Arch> middle = batch<T, Arch>(T(0.5)) * (x + y);
    a.sum += divergence_term(x, middle) + divergence_term(y, middle);
  }
};
/// The terms of x/a and y/b, in double precision.
template <class Arch>
struct divided_divergence_step {
  batch<double, Arch> a, b;
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<double, Arch>& sum, const batch<double, Arch>& x,
                                          const batch<double, Arch>& y) const noexcept {
    divergence_step{}(sum, x / a, y / b);
  }
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<double, Arch>& sum, const batch<float, Arch>& x,
                                          const batch<float, Arch>& y) const noexcept {
    const auto u = to_doubles(x), v = to_doubles(y);
    (*this)(sum, u.first, v.first);
    (*this)(sum, u.second, v.second);
  }
};
template <class T, class Arch>
struct divided_jensen_step {
  batch<T, Arch> a, b;
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<T, Arch>& sum, const batch<T, Arch>& x,
                                          const batch<T, Arch>& y) const noexcept {
    jensen_step{}(sum, x / a, y / b);
  }
  TAILWATCH_DETAIL_INLINE void operator()(lane_sum<double, Arch>& sum, const batch<float, Arch>& x,
                                          const batch<float, Arch>& y) const noexcept requires(sizeof(T) == 8) {
    const auto u = to_doubles(x), v = to_doubles(y);
    (*this)(sum, u.first, v.first);
    (*this)(sum, u.second, v.second);
  }
};
#endif

}  // namespace detail

/// Σ x ln x.
/// @error  relative to Σ|x ln x|: f32 3e-7 where all are equal, which is the worst case, 1e-7 at 10⁷ probabilities; f64 1e-15
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline double sum_x_log_x(const Real* x, std::size_t n) noexcept {
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i) {
      const auto v = static_cast<double>(x[i]);
      total.add(v == 0.0 ? 0.0 : v * std::log(v));
    }
    return total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    detail::lane_totals<Arch> total;
    detail::x_log_x_lanes<Real, Arch> lanes_of_x;
    accumulate_staged<Arch, lanes<Real, Arch>>(
        n, lanes_of_x, detail::x_log_x_step{},
        [&](detail::x_log_x_lanes<Real, Arch>& a) {
          total.add(a.even + a.odd);
          a = {};
        },
        padded<Real>{x, Real(0)});
    return detail::ln_2 / detail::log2_steps<Real, Arch> * total.value();
#endif
  }
}

/// Σ x, Σ x ln x and min x in one read: the entropy of probabilities, normalised or not, is ln Σx − Σ x ln x/Σx.
/// @error  f32: 3e-7 relative where all are equal, which is the worst case, else as sum_x_log_x; f64: 1e-15
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline probability_sums sums_of_probabilities(const Real* x, std::size_t n) noexcept {
  probability_sums s;
  if constexpr (!is_vector<Arch>) {
    compensated_sum total, x_log_x;
    for (std::size_t i = 0; i < n; ++i) {
      const auto v = static_cast<double>(x[i]);
      total.add(v);
      x_log_x.add(v == 0.0 ? 0.0 : v < 0.0 ? 0.0 : v * std::log(v));
      if (v < s.least) s.least = v;
    }
    s.total = total.value();
    s.x_log_x = x_log_x.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    detail::lane_totals<Arch> total, x_log_x;
    detail::probability_lanes<Real, Arch> sums;
    accumulate_staged<Arch, lanes<Real, Arch>>(
        n, sums, detail::probability_step{},
        [&](detail::probability_lanes<Real, Arch>& a) {
          total.add(a.total);
          x_log_x.add(a.even + a.odd);
          a.even = a.odd = a.total = batch<Real, Arch>(Real(0));
        },
        padded<Real>{x, Real(0)});
    s.total = total.value();
    s.x_log_x = detail::ln_2 / detail::log2_steps<Real, Arch> * x_log_x.value();
    s.least = sums.signs.any() ? detail::least_of(x, n) : 0.0;
#endif
  }
  return s;
}

/// Σ ln x for positive normal x; NaN where an element is NaN or infinite, ln of the smallest normal for anything below it.
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline double sum_log(const Real* x, std::size_t n) noexcept {
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i) {
      const auto v = static_cast<double>(x[i]);
      const auto tiny = static_cast<double>(detail::smallest_normal<Real>);
      total.add(core::is_finite(v) ? std::log(v < tiny ? tiny : v) : core::nan);
    }
    return total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    return detail::sum_with<Arch, Real>(n, detail::log_step{}, padded<Real>{x, Real(1)});
#endif
  }
}

/// Σ x ln(x/y) − x + y: the generalised Kullback–Leibler divergence, not negative term by term. For p and q that sum to one
/// it is D(p‖q), and stays accurate where Σ p ln(p/q) cancels (p ≈ q).
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline double divergence(const Real* x, const Real* y, std::size_t n) noexcept {
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i)
      total.add(detail::divergence_term(static_cast<double>(x[i]), static_cast<double>(y[i])));
    return total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    return detail::sum_with<Arch, Real, 2>(n, detail::divergence_step{}, padded<Real>{x, Real(1)},
                                           padded<Real>{y, Real(1)});
#endif
  }
}

/// ½ Σ [d(x, m) + d(y, m)], m = (x + y)/2: the Jensen–Shannon divergence when x and y sum to one, between 0 and ln 2.
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline double jensen_divergence(const Real* x, const Real* y, std::size_t n) noexcept {
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i) {
      const auto a = static_cast<double>(x[i]);
      const auto b = static_cast<double>(y[i]);
      const double middle = 0.5 * (a + b);
      total.add(detail::divergence_term(a, middle) + detail::divergence_term(b, middle));
    }
    return 0.5 * total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    return 0.5 * detail::sum_with<Arch, Real, 2>(n, detail::jensen_step{}, padded<Real>{x, Real(1)},
                                                 padded<Real>{y, Real(1)});
#endif
  }
}

/// divergence of x/total_x and y/total_y; totals positive and finite.
template <class Arch = default_arch, std::floating_point Real>
[[nodiscard]] inline double divergence(const Real* x, double total_x, const Real* y, double total_y,
                                       std::size_t n) noexcept {
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i)
      total.add(detail::divergence_term(static_cast<double>(x[i]) / total_x, static_cast<double>(y[i]) / total_y));
    return total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    using b = batch<double, Arch>;
    return detail::sum_with<Arch, double, 2>(n, detail::divided_divergence_step<Arch>{b(total_x), b(total_y)},
                                             padded<Real>{x, Real(0)}, padded<Real>{y, Real(0)});
#endif
  }
}

/// jensen_divergence of x/total_x and y/total_y; totals positive and finite.
/// @tparam Term  float: terms of f32 spans in single precision, twice as fast: a relative error of about 1e-6 above 1e-3
template <class Arch = default_arch, class Term = double, std::floating_point Real>
[[nodiscard]] inline double jensen_divergence(const Real* x, double total_x, const Real* y, double total_y,
                                              std::size_t n) noexcept {
  static_assert(std::is_same_v<Term, double> || std::is_same_v<Term, Real>);
  if constexpr (!is_vector<Arch>) {
    compensated_sum total;
    for (std::size_t i = 0; i < n; ++i) {
      const double a = static_cast<double>(x[i]) / total_x;
      const double b = static_cast<double>(y[i]) / total_y;
      const double middle = 0.5 * (a + b);
      total.add(detail::divergence_term(a, middle) + detail::divergence_term(b, middle));
    }
    return 0.5 * total.value();
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    using b = batch<Term, Arch>;
    return 0.5 *
           detail::sum_with<Arch, Term, 2>(
               n, detail::divided_jensen_step<Term, Arch>{b(static_cast<Term>(total_x)), b(static_cast<Term>(total_y))},
               padded<Real>{x, Real(0)}, padded<Real>{y, Real(0)});
#endif
  }
}

template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline double sum_x_log_x(const Range& x) noexcept {
  return sum_x_log_x<Arch>(core::as_span(x).data(), core::as_span(x).size());
}
template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline double sum_log(const Range& x) noexcept {
  return sum_log<Arch>(core::as_span(x).data(), core::as_span(x).size());
}
/// @throws std::invalid_argument  unless both have the same size
template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline double divergence(const Range& x, const Range& y) {
  const auto a = core::as_span(x), b = core::as_span(y);
  core::check_same_size("simd::divergence", "x", a.size(), "y", b.size());
  return divergence<Arch>(a.data(), b.data(), a.size());
}
/// @throws std::invalid_argument  unless both have the same size
template <class Arch = default_arch, core::floating_range Range>
[[nodiscard]] inline double jensen_divergence(const Range& x, const Range& y) {
  const auto a = core::as_span(x), b = core::as_span(y);
  core::check_same_size("simd::jensen_divergence", "x", a.size(), "y", b.size());
  return jensen_divergence<Arch>(a.data(), b.data(), a.size());
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
