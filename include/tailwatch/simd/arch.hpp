// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>

#if !defined(TAILWATCH_NO_SIMD) && !(defined(__aarch64__) && !defined(__ARM_NEON))
#include <xsimd/xsimd.hpp>
#endif

#include "tailwatch/config.hpp"

/// The instruction set a kernel is compiled for.
///
/// Kernels are templates on `Arch = simd::default_arch`, what the flags of this translation unit allow. `simd::scalar` is
/// not an instruction set: it selects the plain loop in double precision that stands beside every kernel as its test.
///
/// Choice on x86-64, the first that the flags allow:
///
///   AVX-512 F+CD+DQ+BW → xsimd::avx512bw    AVX2+FMA → xsimd::fma3<avx2>    AVX2    AVX+FMA    AVX    SSE4.2 … SSE2
///
/// AVX-512 comes first because it is the faster one where both were measured (docs/numerics.md); the fused multiply-add
/// that xsimd 8.1 lacks there is supplied by detail/shim.hpp. The choice does not depend on the version of xsimd, which in
/// later versions would prefer finer AVX-512 variants that change nothing here.
namespace tailwatch::simd {

/// The scalar twins.
struct scalar {
  static constexpr const char* name() noexcept { return "scalar"; }
};

#if !defined(XSIMD_VERSION_MAJOR) || defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#define TAILWATCH_DETAIL_HAS_XSIMD 0
using default_arch = scalar;
#else
#define TAILWATCH_DETAIL_HAS_XSIMD 1
#if XSIMD_WITH_AVX512F && XSIMD_WITH_AVX512CD && XSIMD_WITH_AVX512DQ && XSIMD_WITH_AVX512BW
using default_arch = xsimd::avx512bw;
#elif XSIMD_WITH_FMA3_AVX2
using default_arch = xsimd::fma3<xsimd::avx2>;
#elif XSIMD_WITH_AVX2
using default_arch = xsimd::avx2;
#elif XSIMD_WITH_FMA3_AVX
using default_arch = xsimd::fma3<xsimd::avx>;
#elif XSIMD_WITH_AVX
using default_arch = xsimd::avx;
#else
using default_arch = xsimd::default_arch;
#endif
/// One register of `T`.
template <class T, class Arch = default_arch>
using batch = xsimd::batch<T, Arch>;
#endif

/// false for `scalar`: kernels then take the plain loop.
template <class Arch>
inline constexpr bool is_vector = !std::same_as<Arch, scalar>;

/// Elements of `T` in one register.
template <class T, class Arch = default_arch>
inline constexpr std::size_t lanes = [] {
#if TAILWATCH_DETAIL_HAS_XSIMD
  if constexpr (is_vector<Arch>) {
    return batch<T, Arch>::size;
  } else
#endif
  {
    return std::size_t{1};
  }
}();

}  // namespace tailwatch::simd
