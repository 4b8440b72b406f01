// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "tailwatch/simd/arch.hpp"

namespace tailwatch::testing {

/// Calls f.template operator()<Arch>() for every instruction set that this unit's flags allow: one build for the newest one
/// runs the older forms too.
template <class F>
void for_every_arch(F&& f) {
  f.template operator()<simd::default_arch>();
#if TAILWATCH_DETAIL_HAS_XSIMD
#if XSIMD_WITH_AVX512F && XSIMD_WITH_FMA3_AVX2
  f.template operator()<xsimd::fma3<xsimd::avx2>>();
#endif
#if XSIMD_WITH_FMA3_AVX2
  f.template operator()<xsimd::avx2>();
#endif
#if XSIMD_WITH_AVX
  f.template operator()<xsimd::sse2>();
#endif
#endif
}

/// Equality on the bits: under -ffast-math x == infinity is folded to false.
inline bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

/// Storage whose element 0 can be placed at any offset from a 64-byte border.
template <class T>
class misaligned {
 public:
  explicit misaligned(std::size_t capacity) : bytes_((capacity + 64) * sizeof(T) + 128) {}
  T* at(std::size_t offset) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return reinterpret_cast<T*>(bytes_.data() + (64 - address % 64) % 64) + offset;
  }

 private:
  std::vector<unsigned char> bytes_;
};

/// Calls f(values, count) for every count from 0 to 4·lanes + 3 at every misalignment of up to one register.
template <class T, std::size_t Lanes, class Fill, class F>
void for_every_span(const Fill& fill, const F& f) {
  const std::size_t most = 4 * Lanes + 3;
  misaligned<T> storage(most + Lanes);
  for (std::size_t offset = 0; offset < Lanes; ++offset) {
    for (std::size_t n = 0; n <= most; ++n) {
      T* x = storage.at(offset);
      for (std::size_t i = 0; i < n; ++i) x[i] = fill(i);
      f(static_cast<const T*>(x), n);
    }
  }
}

}  // namespace tailwatch::testing
