// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/exponent.hpp"
#include "tailwatch/simd/detail/shim.hpp"
#include "tailwatch/simd/float16.hpp"
#include "tailwatch/simd/row_pass.hpp"

namespace tailwatch::simd {
TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// The gradient in double precision: the scalar twin, and the way for logits beyond ±2²⁰.
template <bool Add, logit Logit>
inline void entropy_gradient_scalar(const Logit* x, std::size_t n, const row_partial& row, double scale,
                                    float* gradient) noexcept {
  const double log_normaliser = log_sum_exp(row);
  const double h = entropy(row);
  for (std::size_t i = 0; i < n; ++i) {
    const float v = logit_at(x, i);
    const double log_p = core::is_finite(v) ? static_cast<double>(v) - log_normaliser : -1000.0;
    const double g = log_p > -745.0 ? -scale * std::exp(log_p) * (log_p + h) : 0.0;
    gradient[i] = static_cast<float>(Add ? static_cast<double>(gradient[i]) + g : g);
  }
}

#if TAILWATCH_DETAIL_HAS_XSIMD

/// With e = 2^y, y = L·x − c (exponent.hpp) and b = c − L·lse: p = 2^b·e and ln p = (y + b)/L, so
///
///   −scale·p(ln p + H) = e·(A·y + B)      A = −scale·2^b/L,  B = −scale·2^b (b/L + H)
///
/// two operations beyond the exponential. y is at least −126 (the clamp of exponent.hpp); below −125 the result is 0, as it is
/// for −∞.
template <class Arch>
struct entropy_gradient_step {
  typename shifted_exp<Arch>::constants k;
  batch<float, Arch> slope, offset;
  TAILWATCH_DETAIL_INLINE batch<float, Arch> operator()(const batch<float, Arch>& x) const noexcept {
    using b = batch<float, Arch>;
    const auto t = shifted_exp<Arch>::evaluate(k, x);
    return xsimd::select(t.exponent < b(-125.0F), b(0.0F), t.exp * multiply_add(t.exponent, slope, offset));
  }
};

template <bool Add, class Arch>
TAILWATCH_DETAIL_INLINE void entropy_gradient_registers(const float* x, float* gradient,
                                                        const entropy_gradient_step<Arch>& step) noexcept {
  using b = batch<float, Arch>;
  const auto in = load_pair<Arch>(x);
  b first = step(in.first), second = step(in.second);
  if constexpr (Add) {
    first += b::load_unaligned(gradient);
    second += b::load_unaligned(gradient + b::size);
  }
  first.store_unaligned(gradient);
  second.store_unaligned(gradient + b::size);
}

template <bool Add, class Arch, logit Logit>
inline void entropy_gradient_vector(const Logit* x, std::size_t n, const row_partial& row, double scale,
                                    float* gradient) noexcept {
  constexpr std::size_t unit = 2 * lanes<float, Arch>;
  const shifted_exp<Arch> reference(static_cast<float>(row.maximum));
  const double shift = reference.offset_from(log_sum_exp(row));
  const double factor = -scale * std::exp2(shift);
  const entropy_gradient_step<Arch> step{
      reference.load(), batch<float, Arch>(static_cast<float>(factor / log2e_used)),
      batch<float, Arch>(static_cast<float>(factor * (shift / log2e_used + entropy(row))))};
  std::size_t i = 0;
  if constexpr (std::same_as<Logit, float>) {
    for (; n - i >= unit; i += unit) {
      prefetch_ahead<unit * sizeof(float)>(x + i);
      entropy_gradient_registers<Add, Arch>(x + i, gradient + i, step);
    }
  } else {
    // 16-bit registers come apart in another order than they lie in memory, which a gradient cannot have: they are widened
    // into a buffer in a loop of fixed length, which compilers vectorise.
    alignas(64) float wide[4 * unit];
    for (; n - i >= 4 * unit; i += 4 * unit) {
      for (std::size_t l = 0; l < 4 * unit; ++l) wide[l] = logit_at(x + i, l);
      for (std::size_t l = 0; l < 4 * unit; l += unit)
        entropy_gradient_registers<Add, Arch>(wide + l, gradient + i + l, step);
    }
  }
  while (i < n) {
    const std::size_t left = n - i < unit ? n - i : unit;
    alignas(64) float in[unit], out[unit];
    for (std::size_t l = 0; l < unit; ++l) {
      in[l] = l < left ? logit_at(x + i, l) : -std::numeric_limits<float>::infinity();
      out[l] = Add && l < left ? gradient[i + l] : 0.0F;
    }
    entropy_gradient_registers<Add, Arch>(in, out, step);
    for (std::size_t l = 0; l < left; ++l) gradient[i + l] = out[l];
    i += left;
  }
}

#endif  // TAILWATCH_DETAIL_HAS_XSIMD

template <bool Add, class Arch, logit Logit>
inline void entropy_gradient(const Logit* x, std::size_t n, const row_partial& row, double scale,
                             float* gradient) noexcept {
#if TAILWATCH_DETAIL_HAS_XSIMD
  constexpr auto largest = static_cast<double>(largest_logit);
  if constexpr (is_vector<Arch>) {
    if (row.maximum < largest && row.maximum > -largest) {
      entropy_gradient_vector<Add, Arch>(x, n, row, scale, gradient);
      return;
    }
  }
#endif
  entropy_gradient_scalar<Add>(x, n, row, scale, gradient);
}

}  // namespace detail

/// The gradient of a softmax's entropy with respect to its logits, times `scale`: the second read of a row, after `row_pass`.
///
///   gⱼ = scale·∂H/∂xⱼ = −scale·pⱼ (ln pⱼ + H)      p = softmax(x)
///
/// @param x         `n` logits of the row, or of a slice of it
/// @param row       the whole row's partial, merged over its slices; a row without a softmax (NaN, +∞, all −∞) gives zeros
/// @param gradient  `n` floats: assigned, or with `add` added to; may be x itself when x is float and `add` is false
/// @complexity      O(n), no allocation; from cache when it follows `row_pass` for a row
/// @error           |Δg| ≤ 1e-6·|scale|·max(1, H) on every instruction set; 0 for p below 2⁻¹²⁵ of the largest
template <class Arch = default_arch, logit Logit>
inline void entropy_gradient(const Logit* x, std::size_t n, const row_partial& row, double scale, float* gradient,
                             bool add = false) noexcept {
  if (!defined(row)) {
    if (!add)
      for (std::size_t i = 0; i < n; ++i) gradient[i] = 0.0F;
  } else if (add) {
    detail::entropy_gradient<true, Arch>(x, n, row, scale, gradient);
  } else {
    detail::entropy_gradient<false, Arch>(x, n, row, scale, gradient);
  }
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
