// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/exponent.hpp"
#include "tailwatch/simd/detail/shim.hpp"
#include "tailwatch/simd/float16.hpp"
#include "tailwatch/simd/loop.hpp"
#include "tailwatch/simd/sum.hpp"

namespace tailwatch::simd {

/// What one read of a row of logits, or of a slice of it, leaves behind.
///
///   m = max x    s = Σ e^(x − m)    q = Σ (x − m) e^(x − m)
///
/// log-sum-exp = m + ln s, entropy = ln s − q/s, largest probability = 1/s. −∞ is a masked logit: probability 0. A slice of
/// only masked logits has m = −∞, s = q = 0 and is the identity of `merge`.
struct row_partial {
  double maximum = -core::infinity;
  double sum = 0.0;
  double weighted = 0.0;
  double target_logit = core::nan;  ///< NaN: the target is not in this slice
  bool rejected = false;            ///< NaN or +∞ was seen: the row has no value
  friend constexpr bool operator==(const row_partial& a, const row_partial& b) noexcept {
    return a.maximum == b.maximum && a.sum == b.sum && a.weighted == b.weighted && a.rejected == b.rejected &&
           (a.target_logit == b.target_logit || (core::is_nan(a.target_logit) && core::is_nan(b.target_logit)));
  }
};

/// A type of logit: float, bfloat16 or float16.
template <class T>
concept logit = std::same_as<T, float> || std::same_as<T, bfloat16> || std::same_as<T, float16>;

TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Expresses s and q about a maximum m' ≥ m: s ← f·s, q ← f·(q + (m − m')·s), f = e^(m − m').
inline void rescale(row_partial& row, double maximum) noexcept {
  if (row.sum > 0.0 && maximum > row.maximum) {
    const double d = row.maximum - maximum;
    const double f = std::exp(d);
    row.weighted = f > 0.0 ? f * (row.weighted + d * row.sum) : 0.0;
    row.sum *= f;
  }
  row.maximum = maximum;
}

/// a ← the row of which a and b are slices.
inline void merge(row_partial& a, const row_partial& b) noexcept {
  row_partial other = b;
  if (other.maximum > a.maximum) {
    rescale(a, other.maximum);
  } else {
    rescale(other, a.maximum);
  }
  a.sum += other.sum;
  a.weighted += other.weighted;
  a.rejected = a.rejected || other.rejected;
  if (core::is_nan(a.target_logit)) a.target_logit = other.target_logit;
}

/// true when the row has a softmax: nothing rejected and at least one live logit.
[[nodiscard]] inline bool defined(const row_partial& row) noexcept { return !row.rejected && row.sum > 0.0; }

/// ln Σ e^x; −∞ when every logit is masked, NaN when the row was rejected.
[[nodiscard]] inline double log_sum_exp(const row_partial& row) noexcept {
  if (row.rejected) return core::nan;
  return row.sum > 0.0 ? row.maximum + std::log(row.sum) : -core::infinity;
}
/// −Σ p ln p in nats, NaN when the row has no softmax.
[[nodiscard]] inline double entropy(const row_partial& row) noexcept {
  if (!defined(row)) return core::nan;
  const double h = std::log(row.sum) - row.weighted / row.sum;
  return h > 0.0 ? h : 0.0;
}
/// −ln p(target); NaN without a target, +∞ for a masked one.
[[nodiscard]] inline double negative_log_likelihood(const row_partial& row) noexcept {
  if (!defined(row) || core::is_nan(row.target_logit)) return core::nan;
  if (!core::is_finite(row.target_logit)) return core::infinity;
  const double value = std::log(row.sum) + (row.maximum - row.target_logit);
  return value > 0.0 ? value : 0.0;
}
/// max p, NaN when the row has no softmax.
[[nodiscard]] inline double max_probability(const row_partial& row) noexcept {
  if (!defined(row)) return core::nan;
  return row.sum > 1.0 ? 1.0 / row.sum : 1.0;
}

namespace detail {

/// The row pass in double precision, two reads: the scalar twin, and the way for logits beyond ±2²⁰.
template <logit Logit>
inline row_partial row_pass_scalar(const Logit* x, std::size_t n) noexcept {
  row_partial row;
  float maximum = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    const float v = logit_at(x, i);
    if (!core::is_finite(v) && (core::is_nan(v) || v > 0.0F)) row.rejected = true;
    if (v > maximum) maximum = v;
  }
  if (row.rejected || !core::is_finite(maximum)) return row;
  row.maximum = static_cast<double>(maximum);
  compensated_sum sum, weighted;
  for (std::size_t i = 0; i < n; ++i) {
    const float v = logit_at(x, i);
    const double d = core::is_finite(v) ? static_cast<double>(v) - row.maximum : -1000.0;
    const double e = d > -745.0 ? std::exp(d) : 0.0;
    sum.add(e);
    weighted.add(d * e);
  }
  row.sum = sum.value();
  row.weighted = weighted.value();
  return row;
}

#if TAILWATCH_DETAIL_HAS_XSIMD

/// 64 terms per lane between flushes to double: equal terms round the same way every time, and 256 of them in a row made
/// 7e-7 of it.
template <class Arch>
inline constexpr std::size_t row_block = 128 * lanes<float, Arch>;
inline constexpr std::size_t search_block = 256;

template <logit Logit>
inline constexpr Logit masked_logit = [] {
  if constexpr (std::same_as<Logit, bfloat16>)
    return bfloat16{0xff80};
  else if constexpr (std::same_as<Logit, float16>)
    return float16{0xfc00};
  else
    return -std::numeric_limits<float>::infinity();
}();

/// Lane sums of one block.
template <class Arch>
struct row_lanes {
  using b = batch<float, Arch>;
  b sum, weighted, maximum;
  TAILWATCH_DETAIL_INLINE void add(const row_lanes& o) noexcept {
    sum += o.sum;
    weighted += o.weighted;
    maximum = xsimd::max(maximum, o.maximum);
  }
};
template <class Arch>
struct row_step {
  typename shifted_exp<Arch>::constants k;
  TAILWATCH_DETAIL_INLINE void operator()(row_lanes<Arch>& a, const batch<float, Arch>& x) const noexcept {
    const auto t = shifted_exp<Arch>::evaluate(k, x);
    a.maximum = xsimd::max(a.maximum, x);
    a.sum += t.exp;
    a.weighted = multiply_add(t.exp, t.exponent, a.weighted);
  }
};
/// Maximum, and any NaN, of a block.
template <class Arch>
struct search_lanes {
  batch<float, Arch> maximum;
  batch<std::int32_t, Arch> magnitude;
  TAILWATCH_DETAIL_INLINE void add(const search_lanes& o) noexcept {
    maximum = xsimd::max(maximum, o.maximum);
    magnitude = xsimd::max(magnitude, o.magnitude);
  }
};
struct search_step {
  template <class Arch>
  TAILWATCH_DETAIL_INLINE void operator()(search_lanes<Arch>& a, const batch<float, Arch>& x) const noexcept {
    a.maximum = xsimd::max(a.maximum, x);
    a.magnitude = xsimd::max(a.magnitude, bits_as<std::int32_t>(x) & batch<std::int32_t, Arch>(0x7fffffff));
  }
};

template <class Arch, logit Logit>
inline row_partial row_pass_vector(const Logit* x, std::size_t n) noexcept {
  using b = batch<float, Arch>;
  using wide = batch<double, Arch>;
  constexpr std::size_t width = b::size;
  constexpr float masked = -std::numeric_limits<float>::infinity();
  const padded<Logit> in{x, masked_logit<Logit>};

  // The reference must come from a live element: skip masked blocks at the start (−∞, −1e9, −FLT_MAX).
  row_partial row;
  float first = masked;
  std::size_t begin = 0;
  for (; begin < n; begin += search_block) {
    const std::size_t end = n - begin < search_block ? n : begin + search_block;
    const search_lanes<Arch> zero{b(masked), batch<std::int32_t, Arch>(0)};
    const auto seen = accumulate<Arch, 2, width>(begin, end, zero, search_step{}, in);
    if (max_of_lanes(seen.magnitude) > 0x7f800000) {
      row.rejected = true;
      return row;
    }
    const float block = max_of_lanes(seen.maximum);
    if (block > first) first = block;
    if (first > -largest_logit) break;
  }
  if (!(first > -largest_logit) || !(first < largest_logit)) return row_pass_scalar(x, n);

  shifted_exp<Arch> reference(first);
  wide sum0(0.0), sum1(0.0), weighted0(0.0), weighted1(0.0);
  b maximum(first);
  for (; begin < n; begin += row_block<Arch>) {
    const std::size_t end = n - begin < row_block<Arch> ? n : begin + row_block<Arch>;
    const row_lanes<Arch> zero{b(0.0F), b(0.0F), b(masked)};
    row_lanes<Arch> block = accumulate<Arch, 2, width>(begin, end, zero, row_step<Arch>{reference.load()}, in);
    if (xsimd::any(block.maximum > b(reference.limit()))) {
      const float top = max_of_lanes(block.maximum);
      if (!(top < largest_logit)) return row_pass_scalar(x, n);
      const double k = reference.move_to(top);
      const double f = std::exp2(k);
      weighted0 = wide(f) * (weighted0 + wide(k) * sum0);
      weighted1 = wide(f) * (weighted1 + wide(k) * sum1);
      sum0 *= wide(f);
      sum1 *= wide(f);
      block = accumulate<Arch, 2, width>(begin, end, zero, row_step<Arch>{reference.load()}, in);
    }
    maximum = xsimd::max(maximum, block.maximum);
    const auto s = to_doubles(block.sum);
    const auto t = to_doubles(block.weighted);
    sum0 += s.first;
    sum1 += s.second;
    weighted0 += t.first;
    weighted1 += t.second;
  }
  const double sum = sum_of_lanes(sum0 + sum1);
  const double weighted = sum_of_lanes(weighted0 + weighted1);
  if (!core::is_finite(weighted)) {  // a NaN reaches Σe·y through the clamp
    row.rejected = true;
    return row;
  }
  row.maximum = static_cast<double>(max_of_lanes(maximum));
  const double a = reference.offset_from(row.maximum);
  const double mean = (weighted / sum + a) / log2e_used;  // E_p[x] − m
  row.sum = sum * std::exp2(a) * (1.0 + one_minus_beta * mean);
  row.weighted = row.sum * mean;
  return row;
}

/// Σ e^(x − m) over x < θ, for one or two thresholds.
template <class Arch>
struct below_lanes {
  batch<float, Arch> first, second;
  TAILWATCH_DETAIL_INLINE void add(const below_lanes& o) noexcept {
    first += o.first;
    second += o.second;
  }
};
template <class Arch>
struct below_step {
  typename shifted_exp<Arch>::constants k;
  batch<float, Arch> first, second;
  TAILWATCH_DETAIL_INLINE void operator()(below_lanes<Arch>& a, const batch<float, Arch>& x) const noexcept {
    const batch<float, Arch> zero(0.0F);
    const auto e = shifted_exp<Arch>::evaluate(k, x).exp;
    a.first += xsimd::select(x < first, e, zero);
    a.second += xsimd::select(x < second, e, zero);
  }
};

#endif  // TAILWATCH_DETAIL_HAS_XSIMD

/// The smallest float ≥ v, so that x < v ⇔ x < that float for every float x.
[[nodiscard]] inline float round_up(double v) noexcept {
  const auto f = static_cast<float>(v);
  return static_cast<double>(f) < v ? std::nextafter(f, std::numeric_limits<float>::infinity()) : f;
}

}  // namespace detail

/// One read of `n` consecutive logits.
///
/// @param x       logits; −∞ masks an element
/// @param n       elements in the row, or in this rank's slice of the vocabulary
/// @param target  index of the observed token within [0, n); anything else: no target here
/// @complexity    O(n), one read from memory, no allocation; rows of logits beyond ±2²⁰ take a slow double-precision path
/// @error         |Δ entropy| ≤ 1e-6·max(1, H), |Δ log-sum-exp| ≤ 1e-6 for |x| ≤ 100 on every instruction set, with and
///                without -ffast-math; at offset 10⁴ too. Block and slice borders move the last of those digits.
template <class Arch = default_arch, logit Logit>
[[nodiscard]] inline row_partial row_pass(const Logit* x, std::size_t n, std::ptrdiff_t target = -1) noexcept {
  row_partial row;
  if constexpr (!is_vector<Arch>) {
    row = detail::row_pass_scalar(x, n);
  } else {
#if TAILWATCH_DETAIL_HAS_XSIMD
    row = detail::row_pass_vector<Arch>(x, n);
#endif
  }
  if (target >= 0 && static_cast<std::size_t>(target) < n)
    row.target_logit = static_cast<double>(logit_at(x, static_cast<std::size_t>(target)));
  return row;
}

/// Second read: Σ e^(x − m) over the logits below each threshold, m = `maximum`, for a row without NaN or +∞.
///
/// With θ = lse + ln t it is s·(probability mass of the tokens with p < t); the tail is summed itself, because 1 − head
/// cancels. Sums of slices add, after both used the same m.
/// @param thresholds  `count` logits
/// @param sums        `count` results
/// @complexity        O(n) per two thresholds, from cache when it follows `row_pass`
/// @error             1e-6 relative, terms below 2⁻¹²⁶ of the largest are not resolved
template <class Arch = default_arch, logit Logit>
inline void exp_sums_below(const Logit* x, std::size_t n, double maximum, const double* thresholds, std::size_t count,
                           double* sums) noexcept {
  bool vector = is_vector<Arch>;
  if (!(maximum < static_cast<double>(detail::largest_logit)) ||
      !(maximum > -static_cast<double>(detail::largest_logit)))
    vector = false;
  if (!vector) {
    for (std::size_t j = 0; j < count; ++j) {
      compensated_sum total;
      for (std::size_t i = 0; i < n; ++i) {
        const float v = logit_at(x, i);
        const double d = static_cast<double>(v) - maximum;
        if (core::is_finite(v) && static_cast<double>(v) < thresholds[j] && d > -745.0) total.add(std::exp(d));
      }
      sums[j] = total.value();
    }
    return;
  }
#if TAILWATCH_DETAIL_HAS_XSIMD
  if constexpr (is_vector<Arch>) {
    using b = batch<float, Arch>;
    const padded<Logit> in{x, detail::masked_logit<Logit>};
    const detail::shifted_exp<Arch> reference(static_cast<float>(maximum));
    const double factor = std::exp2(reference.offset_from(maximum));
    for (std::size_t j = 0; j < count; j += 2) {
      const std::size_t second = j + 1 < count ? j + 1 : j;
      const detail::below_step<Arch> step{reference.load(), b(detail::round_up(thresholds[j])),
                                          b(detail::round_up(thresholds[second]))};
      double first_sum = 0.0, second_sum = 0.0;
      accumulate_blocks<Arch, 2, lanes<float, Arch>>(
          n, detail::row_block<Arch>, detail::below_lanes<Arch>{b(0.0F), b(0.0F)}, step,
          [&](const detail::below_lanes<Arch>& a) {
            first_sum += detail::sum_of_lanes(a.first);
            second_sum += detail::sum_of_lanes(a.second);
          },
          in);
      sums[j] = factor * first_sum;
      if (second != j) sums[second] = factor * second_sum;
    }
  }
#endif
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
