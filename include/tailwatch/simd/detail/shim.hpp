// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/float16.hpp"

#if defined(__GNUC__)
#define TAILWATCH_DETAIL_INLINE [[gnu::always_inline]] inline
#elif defined(_MSC_VER)
#define TAILWATCH_DETAIL_INLINE __forceinline
#else
#define TAILWATCH_DETAIL_INLINE inline
#endif

#if defined(__GNUC__) && defined(__x86_64__)
#define TAILWATCH_DETAIL_X86_ASM 1
#include <immintrin.h>
#else
#define TAILWATCH_DETAIL_X86_ASM 0
#endif

// g++ 12 warns that its own AVX-512 intrinsics use an undefined register (GCC bug 105593, fixed in 13).
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13 && defined(__AVX512F__)
#define TAILWATCH_DETAIL_KERNELS_BEGIN                                                       \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wmaybe-uninitialized\"") \
      _Pragma("GCC diagnostic ignored \"-Wuninitialized\"")
#define TAILWATCH_DETAIL_KERNELS_END _Pragma("GCC diagnostic pop")
#else
#define TAILWATCH_DETAIL_KERNELS_BEGIN
#define TAILWATCH_DETAIL_KERNELS_END
#endif

/// What the kernels need from an instruction set and xsimd does not give in every version from 8.1 on. The only header with
/// version tests and with intrinsics.
namespace tailwatch::simd {
TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// A scalar the optimiser knows nothing about: stops `-ffast-math` from folding (a + b) − a.
TAILWATCH_DETAIL_INLINE double opaque(double x) noexcept {
#if defined(__GNUC__) && defined(__SSE2__)
  asm("" : "+x"(x));
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(x));
#elif defined(__GNUC__)
  asm("" : "+m"(x));
#endif
  return x;
}

#if TAILWATCH_DETAIL_HAS_XSIMD

#if XSIMD_WITH_AVX512F
template <class Arch>
inline constexpr bool is_avx512 = std::is_base_of_v<xsimd::avx512f, Arch>;
#else
template <class Arch>
inline constexpr bool is_avx512 = false;
#endif
#if XSIMD_WITH_AVX
template <class Arch>
inline constexpr bool is_avx = std::is_base_of_v<xsimd::avx, Arch>;
#else
template <class Arch>
inline constexpr bool is_avx = false;
#endif
#if XSIMD_WITH_AVX2
template <class Arch>
inline constexpr bool is_avx2 = std::is_base_of_v<xsimd::avx2, Arch>;
#else
template <class Arch>
inline constexpr bool is_avx2 = false;
#endif
#if XSIMD_WITH_SSE2
template <class Arch>
inline constexpr bool is_sse = std::is_base_of_v<xsimd::sse2, Arch>;
#else
template <class Arch>
inline constexpr bool is_sse = false;
#endif
#if XSIMD_WITH_NEON64
template <class Arch>
inline constexpr bool is_neon64 = std::is_base_of_v<xsimd::neon64, Arch>;
#else
template <class Arch>
inline constexpr bool is_neon64 = false;
#endif

template <class Arch>
inline constexpr bool is_fma3 = false;
template <class Base>
inline constexpr bool is_fma3<xsimd::fma3<Base>> = true;

/// Whether fma(a, b, c) below rounds once. Kernels that rely on it have a second form for the others.
template <class Arch>
inline constexpr bool has_fma = is_avx512<Arch> || is_fma3<Arch> || is_neon64<Arch>;

template <class T, class Arch>
using register_of = typename batch<T, Arch>::register_type;

/// a·b + c. xsimd 8.1 has no fused form for AVX-512 and multiplies, then adds.
template <class T, class Arch>
TAILWATCH_DETAIL_INLINE batch<T, Arch> multiply_add(const batch<T, Arch>& a, const batch<T, Arch>& b,
                                                    const batch<T, Arch>& c) noexcept {
#if XSIMD_WITH_AVX512F && XSIMD_VERSION_MAJOR < 11
  if constexpr (is_avx512<Arch> && std::is_same_v<T, float>) {
    return _mm512_fmadd_ps(a, b, c);
  } else if constexpr (is_avx512<Arch> && std::is_same_v<T, double>) {
    return _mm512_fmadd_pd(a, b, c);
  } else
#endif
  {
    return xsimd::fma(a, b, c);
  }
}

/// a·b − c, rounded as multiply_add is.
template <class T, class Arch>
TAILWATCH_DETAIL_INLINE batch<T, Arch> multiply_subtract(const batch<T, Arch>& a, const batch<T, Arch>& b,
                                                         const batch<T, Arch>& c) noexcept {
#if XSIMD_WITH_AVX512F && XSIMD_VERSION_MAJOR < 11
  if constexpr (is_avx512<Arch> && std::is_same_v<T, float>) {
    return _mm512_fmsub_ps(a, b, c);
  } else if constexpr (is_avx512<Arch> && std::is_same_v<T, double>) {
    return _mm512_fmsub_pd(a, b, c);
  } else
#endif
  {
    return xsimd::fms(a, b, c);
  }
}

/// The bits of a batch as another element type of the same width.
template <class To, class T, class Arch>
TAILWATCH_DETAIL_INLINE batch<To, Arch> bits_as(const batch<T, Arch>& x) noexcept {
#if XSIMD_VERSION_MAJOR >= 11
  return xsimd::bitwise_cast<To>(x);
#else
  return xsimd::bitwise_cast<batch<To, Arch>>(x);
#endif
}

/// The same value, in a register the optimiser knows nothing about. Costs no instruction.
template <class T, class Arch>
TAILWATCH_DETAIL_INLINE batch<T, Arch> opaque(const batch<T, Arch>& x) noexcept {
#if TAILWATCH_DETAIL_X86_ASM
  if constexpr (is_avx512<Arch> || is_avx<Arch> || is_sse<Arch>) {
    register_of<T, Arch> r = x;
    if constexpr (is_avx512<Arch>) {
      asm("" : "+v"(r));
    } else {
      asm("" : "+x"(r));
    }
    return r;
  } else {
    return x;
  }
#elif defined(__GNUC__) && defined(__aarch64__)
  if constexpr (is_neon64<Arch>) {
    register_of<T, Arch> r = x;
    asm("" : "+w"(r));
    return r;
  } else {
    return x;
  }
#else
  return x;
#endif
}

/// Whether there is a table of 16 doubles in two registers.
template <class Arch>
inline constexpr bool has_table_of_16 = TAILWATCH_DETAIL_X86_ASM&& is_avx512<Arch>;

#if XSIMD_WITH_AVX512F && TAILWATCH_DETAIL_X86_ASM
/// 2^(j/16), j the last four bits of z.
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<double, Arch> sixteenth_power_of_2(const batch<double, Arch>& z) noexcept {
  const __m512d low =
      _mm512_setr_pd(0x1p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0, 0x1.306fe0a31b715p+0,
                     0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0);
  const __m512d high =
      _mm512_setr_pd(0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f09p+0,
                     0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0);
  return _mm512_permutex2var_pd(low, _mm512_castpd_si512(z), high);
}
#else
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<double, Arch> sixteenth_power_of_2(const batch<double, Arch>& z) noexcept {
  return z;  // has_table_of_16 says not to
}
#endif

/// Whether there is a table of 8 floats in a register and a fused multiply-add to make use of it.
template <class Arch>
inline constexpr bool has_table_of_8 = TAILWATCH_DETAIL_X86_ASM&& has_fma<Arch> && (is_avx512<Arch> || is_avx2<Arch>);

/// c·2^(−j/8), j the last three bits of i. Of all floats this c has the smallest rounding errors of the eight: 4.3e-9 relative, and
/// 2.7e-8 of −j/8·ln 2; with c = 1 they are 3.2e-8 and 3.1e-7.
inline constexpr float scale_of_table_of_8 = 0x1.ad6fb4p+0F;
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<float, Arch> inverse_eighth_power_of_2(const batch<std::int32_t, Arch>& i) noexcept {
#if XSIMD_WITH_AVX2 && TAILWATCH_DETAIL_X86_ASM
  if constexpr (has_table_of_8<Arch>) {
    const __m256 table = _mm256_setr_ps(scale_of_table_of_8, 0x1.89cb7cp+0F, 0x1.691c8ap+0F, 0x1.4b2404p+0F,
                                        0x1.2fa848p+0F, 0x1.16747cp+0F, 0x1.feb052p-1F, 0x1.d44dbcp-1F);
#if XSIMD_WITH_AVX512F
    if constexpr (is_avx512<Arch>) {
      return _mm512_permutexvar_ps(i, _mm512_castpd_ps(_mm512_broadcast_f64x4(_mm256_castps_pd(table))));
    } else
#endif
    {
      return _mm256_permutevar8x32_ps(table, i);
    }
  } else
#endif
  {
    return bits_as<float>(i);  // has_table_of_8 says not to
  }
}

/// Same-width integers.
template <class T>
using int_of = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
template <class T>
using uint_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// max(x, lower), and NaN where x is NaN, under any floating-point flags. The x86 instruction gives its second source when
/// either is NaN; as an intrinsic the compiler may swap the sources under `-ffast-math`, so it is written out. Kernels get
/// their NaN test from this for nothing: the NaN reaches their sums.
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<float, Arch> at_least(const batch<float, Arch>& x,
                                                    const batch<float, Arch>& lower) noexcept {
#if TAILWATCH_DETAIL_X86_ASM
  if constexpr (is_avx512<Arch>) {
    register_of<float, Arch> r;
    const register_of<float, Arch> a = lower, b = x;
    asm("vmaxps {%2, %1, %0|%0, %1, %2}" : "=v"(r) : "v"(a), "v"(b));
    return r;
  } else if constexpr (is_avx<Arch>) {
    register_of<float, Arch> r;
    const register_of<float, Arch> a = lower, b = x;
    asm("vmaxps {%2, %1, %0|%0, %1, %2}" : "=x"(r) : "x"(a), "x"(b));
    return r;
  } else if constexpr (is_sse<Arch>) {
    register_of<float, Arch> r = lower;
    const register_of<float, Arch> b = x;
    asm("maxps {%1, %0|%0, %1}" : "+x"(r) : "x"(b));
    return r;
  } else
#endif
  {
    using integers = batch<std::int32_t, Arch>;
    const integers magnitude = bits_as<std::int32_t>(x) & integers(0x7fffffff);
    const integers nan_bits = xsimd::select(magnitude > integers(0x7f800000), integers(0x7fffffff), integers(0));
    return bits_as<float>(bits_as<std::int32_t>(xsimd::max(x, lower)) | nan_bits);
  }
}

/// A batch of floats as two of doubles, order within the pair unspecified.
template <class Arch>
struct double_pair {
  batch<double, Arch> first, second;
};
template <class Arch>
TAILWATCH_DETAIL_INLINE double_pair<Arch> to_doubles(const batch<float, Arch>& x) noexcept {
#if XSIMD_WITH_AVX512F && defined(__AVX512DQ__)
  if constexpr (is_avx512<Arch>) {
    const __m512 r = x;
    return {_mm512_cvtps_pd(_mm512_castps512_ps256(r)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(r, 1))};
  } else
#endif
#if XSIMD_WITH_AVX
      if constexpr (is_avx<Arch>) {
    const __m256 r = x;
    return {_mm256_cvtps_pd(_mm256_castps256_ps128(r)), _mm256_cvtps_pd(_mm256_extractf128_ps(r, 1))};
  } else
#endif
#if XSIMD_WITH_SSE2
      if constexpr (is_sse<Arch>) {
    const __m128 r = x;
    return {_mm_cvtps_pd(r), _mm_cvtps_pd(_mm_movehl_ps(r, r))};
  } else
#endif
  {
    constexpr std::size_t width = batch<double, Arch>::size;
    alignas(64) float from[2 * width];
    alignas(64) double to[2 * width];
    x.store_unaligned(from);
    for (std::size_t i = 0; i < 2 * width; ++i) to[i] = static_cast<double>(from[i]);
    return {batch<double, Arch>::load_unaligned(to), batch<double, Arch>::load_unaligned(to + width)};
  }
}

/// Sum of the lanes by halves; the order is the same for every version and compiler. Once per call of a kernel.
template <class Arch>
TAILWATCH_DETAIL_INLINE double sum_of_lanes(const batch<double, Arch>& x) noexcept {
  constexpr std::size_t width = batch<double, Arch>::size;
  alignas(64) double lane[width];
  x.store_unaligned(lane);
  for (std::size_t half = width / 2; half != 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lane[i] += lane[i + half];
  return lane[0];
}
template <class Arch>
TAILWATCH_DETAIL_INLINE double sum_of_lanes(const batch<float, Arch>& x) noexcept {
  const double_pair<Arch> wide = to_doubles(x);
  return sum_of_lanes(wide.first + wide.second);
}
template <class T, class Arch>
TAILWATCH_DETAIL_INLINE T max_of_lanes(const batch<T, Arch>& x) noexcept {
  constexpr std::size_t width = batch<T, Arch>::size;
  alignas(64) T lane[width];
  x.store_unaligned(lane);
  for (std::size_t half = width / 2; half != 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) lane[i] = lane[i + half] > lane[i] ? lane[i + half] : lane[i];
  return lane[0];
}

/// Asks for the cache lines 4 KiB beyond the `Bytes` at p; past the end of an array it does nothing. Hardware prefetchers stop
/// at the page: on the virtual machines measured this was worth a factor of 1.0 (Zen 4) to 1.8 (Sapphire Rapids) from memory,
/// and nothing was lost in cache. 1 KiB was too near, 8 KiB no better.
template <std::size_t Bytes>
TAILWATCH_DETAIL_INLINE void prefetch_ahead([[maybe_unused]] const void* p) noexcept {
#if defined(__GNUC__)
  for (std::size_t line = 0; line < Bytes; line += 64) __builtin_prefetch(static_cast<const char*>(p) + 4096 + line);
#endif
}

/// acc or-ed with the 64-bit words of `Bytes` at p in a scalar register: for loops that the vector instructions bound.
template <std::size_t Bytes>
TAILWATCH_DETAIL_INLINE std::uint64_t or_words(std::uint64_t acc, const unsigned char* p) noexcept {
  if constexpr (Bytes == 0) {
    return acc;
  } else {
#if TAILWATCH_DETAIL_X86_ASM  // in C++ the compiler would make vectors of them again
    using word [[gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;
    asm("or{q %1, %0| %0, %1}" : "+r"(acc) : "m"(*reinterpret_cast<const word*>(p)) : "cc");
#else
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    acc |= word;
#endif
    return or_words<Bytes - sizeof acc>(acc, p + sizeof acc);
  }
}

/// A whole register of 16-bit words as 32-bit lanes, each holding a pair.
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<std::uint32_t, Arch> load_word_pairs(const void* p) noexcept {
#if TAILWATCH_DETAIL_X86_ASM
  return batch<std::uint32_t, Arch>::load_unaligned(
      static_cast<const std::uint32_t*>(p));  // an aliasing-safe intrinsic
#else
  std::uint32_t words[batch<std::uint32_t, Arch>::size];
  std::memcpy(words, p, sizeof words);
  return batch<std::uint32_t, Arch>::load_unaligned(words);
#endif
}

/// binary16 in the low half of each lane, the high half zero, to float. Integer arithmetic but for one exact subtraction, so
/// flush-to-zero does not touch it: see to_float(float16).
template <class Arch>
TAILWATCH_DETAIL_INLINE batch<float, Arch> half_to_float(const batch<std::int32_t, Arch>& h) noexcept {
  using integers = batch<std::int32_t, Arch>;
  const integers sign = (h & integers(0x8000)) << 16;
  const integers magnitude = (h & integers(0x7fff)) << 13;
  const integers normal = magnitude + integers(112 << 23);
  const integers special = normal + integers(112 << 23);
  const integers small =
      bits_as<std::int32_t>(bits_as<float>(normal + integers(1 << 23)) - batch<float, Arch>(0x1p-14F));
  const integers finite = xsimd::select(magnitude < integers(1 << 23), small, normal);
  return bits_as<float>(xsimd::select(magnitude < integers(31 << 23), finite, special) | sign);
}

/// Two registers of floats from 2·lanes consecutive elements, the unit in which loops read. The order of the 16-bit formats
/// inside the unit is unspecified: reductions do not mind.
template <class T, class Arch>
struct loaded_pair {
  batch<T, Arch> first, second;
};
template <class Arch>
TAILWATCH_DETAIL_INLINE loaded_pair<float, Arch> load_pair(const float* p) noexcept {
  using b = batch<float, Arch>;
  return {b::load_unaligned(p), b::load_unaligned(p + b::size)};
}
template <class Arch>
TAILWATCH_DETAIL_INLINE loaded_pair<double, Arch> load_pair(const double* p) noexcept {
  using b = batch<double, Arch>;
  return {b::load_unaligned(p), b::load_unaligned(p + b::size)};
}
template <class Arch>
TAILWATCH_DETAIL_INLINE loaded_pair<float, Arch> load_pair(const bfloat16* p) noexcept {
  using words = batch<std::uint32_t, Arch>;
  const words w = load_word_pairs<Arch>(p);
  return {bits_as<float>(w << 16), bits_as<float>(w & words(0xffff0000U))};
}
template <class Arch>
TAILWATCH_DETAIL_INLINE loaded_pair<float, Arch> load_pair(const float16* p) noexcept {
#if XSIMD_WITH_AVX512F && TAILWATCH_DETAIL_X86_ASM
  if constexpr (is_avx512<Arch>) {
    const auto* v = reinterpret_cast<const __m256i*>(p);
    return {_mm512_cvtph_ps(_mm256_loadu_si256(v)), _mm512_cvtph_ps(_mm256_loadu_si256(v + 1))};
  } else
#endif
#if defined(__F16C__) && XSIMD_WITH_AVX && TAILWATCH_DETAIL_X86_ASM
      if constexpr (is_avx<Arch>) {
    const auto* v = reinterpret_cast<const __m128i*>(p);
    return {_mm256_cvtph_ps(_mm_loadu_si128(v)), _mm256_cvtph_ps(_mm_loadu_si128(v + 1))};
  } else
#endif
  {
    using words = batch<std::uint32_t, Arch>;
    const words w = load_word_pairs<Arch>(p);
    return {half_to_float(bits_as<std::int32_t>(w & words(0xffffU))), half_to_float(bits_as<std::int32_t>(w >> 16))};
  }
}

#endif  // TAILWATCH_DETAIL_HAS_XSIMD

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
