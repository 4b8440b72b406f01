// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/shim.hpp"

/// e^(x − reference) for a whole row, with the subtraction folded into the exponent trick.
///
/// With L = fl32(log₂e), M = 1.5·2²³ and an integer c:
///
///   z = fma(x, L, M − c)    the low bits hold k = round(x·L − c)
///   n = z − (M − c)         = round(x·L), exact
///   r = fma(x, L, −n)       ∈ [−½, ½]
///   e = bits(P(r)) + (bits(z) << 23),  P(r) ≈ 2^r        y = fma(x, L, −c), so that e = 2^y
///
/// c is an integer, so M − c is exact and subtracting the reference costs nothing. Without a fused multiply-add r would lose
/// digits for large |x|: there an f32 shift near the maximum is subtracted first, c = 0, and y = (x − shift)·L, r = y − n.
/// What is computed is softmax(βx), β = L·ln 2 = 1 − 1.335e-8; `natural` below undoes that to first order.
///
/// P is the degree-5 interpolant of 2^r at Chebyshev nodes, 1.6e-7 after rounding; degree 6 did not make an entropy more
/// accurate. z and n pass through `opaque`, or `-ffast-math` without FMA would fold (x·L + M) − M to x·L.
namespace tailwatch::simd {
TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

inline constexpr float log2e_f32 = 1.44269504F;
inline constexpr double log2e_used = static_cast<double>(log2e_f32);
inline constexpr double one_minus_beta = 1.3349758171622138639e-8;

/// Logits beyond ±2²⁰ leave the trick's domain and are treated in double precision.
inline constexpr float largest_logit = 0x1p20F;

#if TAILWATCH_DETAIL_HAS_XSIMD

template <class Arch>
class shifted_exp {
 public:
  using b = batch<float, Arch>;

  /// @param logit  a live logit of the row, |logit| ≤ 2²¹; terms overflow where x exceeds it by more than 87
  explicit shifted_exp(float logit) noexcept { move_to(logit); }

  /// Moves the reference; returns k with y_new = y_old + k.
  double move_to(float logit) noexcept {
    const double before = has_fma<Arch> ? offset_ : static_cast<double>(shift_) * log2e_used;
    if constexpr (has_fma<Arch>) {
      offset_ = std::nearbyint(static_cast<double>(logit) * log2e_used);
      lower_ = static_cast<float>((offset_ - 126.0) / log2e_used + 0.01 + 1e-7 * std::abs(offset_));
      return before - offset_;
    } else {
      shift_ = logit;
      lower_ = static_cast<float>(-126.0 / log2e_used + 0.01);
      return before - static_cast<double>(shift_) * log2e_used;
    }
  }

  /// The largest logit for which terms stay below 2⁸ of the reference. Overflow would allow 2⁶⁰; but then y ≈ 60 carries the
  /// entropy in T/S, and its last bit is 4e-6 (seen 3e-6).
  [[nodiscard]] float limit() const noexcept {
    return static_cast<float>(has_fma<Arch> ? (offset_ + 8.0) / log2e_used
                                            : static_cast<double>(shift_) + 8.0 / log2e_used);
  }

  /// a = reference − L·m, so that Σe^(x−m) = 2^a Σ2^y.
  [[nodiscard]] double offset_from(double m) const noexcept {
    return has_fma<Arch> ? offset_ - log2e_used * m : log2e_used * (static_cast<double>(shift_) - m);
  }

  /// The constants of the loop, in registers.
  struct constants {
    b log2e, magic, reference, lower;
  };
  [[nodiscard]] TAILWATCH_DETAIL_INLINE constants load() const noexcept {
    if constexpr (has_fma<Arch>) {
      return {b(log2e_f32), b(static_cast<float>(12582912.0 - offset_)), b(static_cast<float>(offset_)), b(lower_)};
    } else {
      return {b(log2e_f32), b(12582912.0F), b(shift_), b(lower_)};
    }
  }

  struct term {
    b exp, exponent;  ///< e = 2^y and y; both NaN where x is NaN (e perhaps not, e·y always)
  };
  TAILWATCH_DETAIL_INLINE static term evaluate(const constants& k, const b& x) noexcept {
    b z, n, r, y;
    if constexpr (has_fma<Arch>) {
      const b live = at_least(x, k.lower);
      z = opaque(multiply_add(live, k.log2e, k.magic));
      n = opaque(z - k.magic);
      r = multiply_subtract(live, k.log2e, n);
      y = multiply_subtract(live, k.log2e, k.reference);
    } else {
      const b live = at_least(x - k.reference, k.lower);
      y = live * k.log2e;
      z = opaque(y + k.magic);
      n = opaque(z - k.magic);
      r = y - n;
    }
    b p = multiply_add(r, b(0x1.5f089p-10F), b(0x1.3d107p-7F));
    p = multiply_add(p, r, b(0x1.c6af6cp-5F));
    p = multiply_add(p, r, b(0x1.ebf906p-3F));
    p = multiply_add(p, r, b(0x1.62e43p-1F));
    p = multiply_add(p, r, b(0x1.000002p+0F));
    const auto scale = bits_as<std::int32_t>(z) << 23;
    return {bits_as<float>(bits_as<std::int32_t>(p) + scale), y};
  }

 private:
  double offset_ = 0.0;  ///< c, with FMA
  float shift_ = 0.0F;   ///< without
  float lower_ = 0.0F;
};

#endif  // TAILWATCH_DETAIL_HAS_XSIMD

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
