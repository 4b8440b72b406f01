// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/shim.hpp"

/// Natural logarithm of positive normal numbers by the atanh series, one division, no table.
///
///   x = 2^e·m, s = (m − 1)/(m + 1), z = s²:   ln x = e·ln 2 + 2s + s·z·p(z)
///
/// p interpolates (ln((1+s)/(1−s)) − 2s)/(s·z) at Chebyshev nodes; coefficients solved in 50 digits and rounded once.
/// f32: 2 ulp. f64: 1.5 ulp. About twice as fast as xsimd::log. Differences that must be formed before anything is multiplied
/// pass through `opaque`: without FMA `-ffast-math` distributes (2⁵² + e − 2⁵²)·ln 2, and ln 1 becomes 0.065.
namespace tailwatch::simd {
TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

template <class Real>
inline constexpr Real smallest_normal = std::numeric_limits<Real>::min();

#if TAILWATCH_DETAIL_HAS_XSIMD

/// p(z), for m in [√½, √2) (z ≤ 0.02944) when Wide is false, in [0.666, 1.501] (z ≤ 0.0404) otherwise.
template <bool Wide, class Arch>
TAILWATCH_DETAIL_INLINE batch<float, Arch> log_polynomial(const batch<float, Arch>& z) noexcept {
  using b = batch<float, Arch>;
  if constexpr (Wide) {
    b p = multiply_add(z, b(0.237633392F), b(0.2853194243F));
    p = multiply_add(p, z, b(0.400003209F));
    return multiply_add(p, z, b(0.6666666626F));
  } else {
    const b p = multiply_add(z, b(0.2957994939F), b(0.3998878057F));
    return multiply_add(p, z, b(0.6666668504F));
  }
}
template <bool Wide, class Arch>
TAILWATCH_DETAIL_INLINE batch<double, Arch> log_polynomial(const batch<double, Arch>& z) noexcept {
  using b = batch<double, Arch>;
  const b w = z * z;
  if constexpr (Wide) {
    const b p01 = multiply_add(z, b(0.400000000000083757), b(0.66666666666666664022));
    const b p23 = multiply_add(z, b(0.22222223080650142185), b(0.28571428567081208738));
    const b p45 = multiply_add(z, b(0.15388968272897592328), b(0.18181735101382991824));
    const b p67 = multiply_add(z, b(0.13624087269383921242), b(0.13207740003399569128));
    return multiply_add(multiply_add(p67, w, p45), w * w, multiply_add(p23, w, p01));
  } else {
    const b p01 = multiply_add(z, b(0.3999999999989950449), b(0.66666666666666696862));
    const b p23 = multiply_add(z, b(0.22222211134795079855), b(0.28571428625975484921));
    const b p45 = multiply_add(z, b(0.15331721600556041269), b(0.1818288912526172208));
    return multiply_add(multiply_add(b(0.1461644968504340586), w, p45), w * w, multiply_add(p23, w, p01));
  }
}

/// Splits positive normal x into an exponent (as a number) and x·2^−e; the border lies where the bits of x equal those of
/// `border`, so that with border = y the second result is x scaled next to y, for which x/y never has to be formed.
template <class T, class Arch>
struct scaled {
  batch<T, Arch> exponent, value;
};
template <class Arch>
TAILWATCH_DETAIL_INLINE scaled<float, Arch> scale_to(const batch<float, Arch>& x,
                                                     const batch<std::int32_t, Arch>& border) noexcept {
  const batch<std::int32_t, Arch> bits = bits_as<std::int32_t>(x);
  const batch<std::int32_t, Arch> e = (bits - border) >> 23;
  return {xsimd::batch_cast<float>(e), bits_as<float>(bits - (e << 23))};
}
/// The same without 64-bit arithmetic shifts and conversions, which AVX2 lacks: 2^11 is added to the exponent to keep it
/// positive, and the number is read off the mantissa of 2^52 + exponent.
template <class Arch>
TAILWATCH_DETAIL_INLINE scaled<double, Arch> scale_to(const batch<double, Arch>& x,
                                                      const batch<std::uint64_t, Arch>& border) noexcept {
  using words = batch<std::uint64_t, Arch>;
  const words bits = bits_as<std::uint64_t>(x);
  const words offset = words(std::uint64_t{1} << 63);
  const words j = bits - border + offset;
  const batch<double, Arch> biased = opaque(bits_as<double>((j >> 52) | words(0x4330000000000000ULL)));
  return {opaque(biased - batch<double, Arch>(0x1p52 + 2048.0)),
          bits_as<double>(bits - (j & words(0xfff0000000000000ULL)) + offset)};
}

/// ln x for positive normal x; other input gives some finite number.
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<float, Arch> log_of_normal(const batch<float, Arch>& x) noexcept {
  using b = batch<float, Arch>;
  const auto [e, m] = scale_to(x, batch<std::int32_t, Arch>(0x3f3504f3));
  const b f = opaque(m - b(1.0F));
  const b s = f / (f + b(2.0F));
  const b z = s * s;
  return multiply_add(e, b(0.693147180559945309F), multiply_add(s * z, log_polynomial<false>(z), s + s));
}
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<double, Arch> log_of_normal(const batch<double, Arch>& x) noexcept {
  using b = batch<double, Arch>;
  const auto [e, m] = scale_to(x, batch<std::uint64_t, Arch>(0x3fe6a09e667f3bcdULL));
  const b f = opaque(m - b(1.0));
  const b s = f / (f + b(2.0));
  const b z = s * s;
  const b r = z * log_polynomial<false>(z);
  const b half_square = b(0.5) * f * f;
  const b low = multiply_add(s, half_square + r, e * b(1.90821492927058770002e-10));
  return multiply_add(e, b(6.93147180369123816490e-01), opaque(f - (half_square - low)));
}

/// log₂ x in two stages, for sums of x·ln x; see simd::accumulate_staged.
///
///   log₂ x·log2_steps = whole + rest·q(rest)
///
/// In log₂ the exponent needs no multiplication. Any bits give some finite number: the sign is ignored, 0 and subnormal
/// numbers count as one in [½, 1) of the smallest normal, so nothing has to be clamped.
///
/// Without a table rest = s = (m − 1)/(m + 1) and q is even. In f64 q is the minimax polynomial of degree 6 (1.9e-16 relative to
/// ln m; one more coefficient gives 1.2e-18 and costs one instruction in twenty), f32 has degree 3 (degree 2: 1.5e-7).
/// With a table, f32: m lies in the j-th of eight intervals of equal length, rest = t = m·c·2^(−j/8) − c, no division; q is good to
/// 6e-9 of ln x, and to 1.4e-8 relative in the interval about 1.
///
/// What did not pay: a table for f64, where AVX2 needs five instructions to look up a double; half the exponent extraction by
/// shuffling two registers into one; Estrin's scheme, one instruction more. By count alone: vrcpps and a Newton step are four
/// instructions on the multipliers, where a division occupies them like two.
template <class T, class Arch>
struct log2_parts {
  batch<T, Arch> whole, rest;
};
template <class T, class Arch>
inline constexpr double log2_steps = sizeof(T) == 4 && has_table_of_8<Arch> ? 8.0 : 1.0;

template <class Arch>
TAILWATCH_DETAIL_INLINE log2_parts<double, Arch> log2_begin(const batch<double, Arch>& x) noexcept {
  using b = batch<double, Arch>;
  using words = batch<std::uint64_t, Arch>;
  const words bits = bits_as<std::uint64_t>(x);
  const words j = bits + words((std::uint64_t{1} << 63) - 0x3fe6a09e667f3bcdULL);  // as scale_to
  const b biased = bits_as<double>((j >> 52) | words(0x4330000000000000ULL));
  const b minus_m = bits_as<double>(bits - (j & words(0xfff0000000000000ULL)));  // the offset of j is in the sign
  return {opaque(biased - b(0x1p52 + 2048.0)), opaque(minus_m + b(1.0)) / (minus_m - b(1.0))};
}
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<double, Arch> log2_end(const log2_parts<double, Arch>& parts) noexcept {
  using b = batch<double, Arch>;
  const b z = parts.rest * parts.rest;
  b q = multiply_add(z, b(0.2426240529967581), b(0.26147211543264803));
  q = multiply_add(q, z, b(0.3206153669707572));
  q = multiply_add(q, z, b(0.4121984199611701));
  q = multiply_add(q, z, b(0.5770780170944267));
  q = multiply_add(q, z, b(0.9617966939248793));
  q = multiply_add(q, z, b(2.8853900817779268));
  return multiply_add(q, parts.rest, parts.whole);
}
template <class Arch>
TAILWATCH_DETAIL_INLINE log2_parts<float, Arch> log2_begin(const batch<float, Arch>& x) noexcept {
  using b = batch<float, Arch>;
  using words = batch<std::int32_t, Arch>;
  constexpr bool table = has_table_of_8<Arch>;
  const words bits = bits_as<std::int32_t>(x);
  const words j = bits - words(table ? 0x3f763d71 : 0x3f3504f3);  // [0.981, 1.048) is the interval about 1
  const words i = j >> (table ? 20 : 23);
  const b m = bits_as<float>(bits - (j & words(-(1 << 23))));
  if constexpr (table) {
    return {xsimd::batch_cast<float>(i), multiply_subtract(m, inverse_eighth_power_of_2(i), b(scale_of_table_of_8))};
  } else {
    return {xsimd::batch_cast<float>(i), opaque(m - b(1.0F)) / (m + b(1.0F))};
  }
}
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<float, Arch> log2_end(const log2_parts<float, Arch>& parts) noexcept {
  using b = batch<float, Arch>;
  if constexpr (has_table_of_8<Arch>) {
    const b& t = parts.rest;
    b q = multiply_add(t, b(0x1.44098ap-3F), b(-0x1.751ab8p-2F));
    q = multiply_add(q, t, b(0x1.a154fcp-1F));
    q = multiply_add(q, t, b(-0x1.067fa2p+1F));
    q = multiply_add(q, t, b(0x1.b85666p+2F));  // 8/(c·ln 2)
    return multiply_add(q, t, parts.whole);
  } else {
    const b z = parts.rest * parts.rest;
    b q = multiply_add(z, b(0.431735879F), b(0.576714384F));
    q = multiply_add(q, z, b(0.961798848F));
    q = multiply_add(q, z, b(2.88539008F));
    return multiply_add(q, parts.rest, parts.whole);
  }
}

/// x·ln(x/y) − x + y ≥ 0 for x ≥ 0, y > 0, without the cancellation at x ≈ y.
///
/// With s = (x' − y)/(x' + y), x' = x·2^−e next to y: for e = 0, x·(2s + s·z·p) − (x − y) = s·((x − y) + x·z·p), because
/// x − y = s·(x + y). The two terms differ by a factor of 1/s, so nothing cancels.
template <class T, class Arch>
TAILWATCH_DETAIL_INLINE batch<T, Arch> divergence_term(const batch<T, Arch>& x, const batch<T, Arch>& y) noexcept {
  using b = batch<T, Arch>;
  using bits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::uint64_t>;
  constexpr bits half_ulp_of_exponent = bits{1} << (std::numeric_limits<T>::digits - 2);
  const b tiny(smallest_normal<T>);
  const b x1 = xsimd::max(x, tiny);
  const b y1 = xsimd::max(y, tiny);
  const auto [e, near] = scale_to(x1, bits_as<bits>(y1) - batch<bits, Arch>(half_ulp_of_exponent));
  const b s = (near - y1) / (near + y1);
  const b z = s * s;
  const b zp = z * log_polynomial<true>(z);
  const b difference = opaque(x - y);
  const b close = s * multiply_add(x, zp, difference);
  const b far = multiply_subtract(
      x, multiply_add(e, b(static_cast<T>(0.693147180559945309417)), multiply_add(s, zp, s + s)), difference);
  return xsimd::select(e == b(T(0)), close, far);
}

#endif  // TAILWATCH_DETAIL_HAS_XSIMD

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
