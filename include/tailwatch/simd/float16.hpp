// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "tailwatch/config.hpp"

/// 16-bit floating formats as training code stores them: tagged bits, no arithmetic.
///
/// A pointer to `std::uint16_t`, `at::BFloat16`, `__half` ... is passed as `reinterpret_cast<const simd::bfloat16*>(p)`: the
/// library only ever copies the bytes behind it.
namespace tailwatch::simd {

/// bfloat16: the upper half of an IEEE binary32.
struct bfloat16 {
  std::uint16_t bits;
  friend constexpr bool operator==(const bfloat16&, const bfloat16&) = default;
};

/// IEEE binary16: 1 sign, 5 exponent and 10 fraction bits.
struct float16 {
  std::uint16_t bits;
  friend constexpr bool operator==(const float16&, const float16&) = default;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

[[nodiscard]] constexpr float to_float(float x) noexcept { return x; }

[[nodiscard]] constexpr float to_float(bfloat16 x) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

/// Exact, subnormals, infinities and NaN included, and also under flush-to-zero: no subnormal float is ever formed.
[[nodiscard]] constexpr float to_float(float16 x) noexcept {
  const std::uint32_t sign = (x.bits & 0x8000U) << 16;
  const std::uint32_t magnitude = (x.bits & 0x7fffU) << 13;
  std::uint32_t bits = magnitude + (112U << 23);   // exponent bias 15 → 127
  if (magnitude >= 31U << 23) bits += 112U << 23;  // infinity and NaN: exponent 255
  if (magnitude < 1U << 23)                        // zero and subnormal: 2⁻¹⁴(1 + f) − 2⁻¹⁴
    bits = std::bit_cast<std::uint32_t>(std::bit_cast<float>(bits + (1U << 23)) - 0x1p-14F);
  return std::bit_cast<float>(bits | sign);
}

/// Element `i` of logits of any type, as float. Reads bytes, so the pointer may come from a cast.
template <class Logit>
[[nodiscard]] inline float logit_at(const Logit* x, std::size_t i) noexcept {
  Logit value;
  std::memcpy(&value, x + i, sizeof value);
  return to_float(value);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::simd
