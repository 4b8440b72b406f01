// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstring>

#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/shim.hpp"

/// The one loop all kernels share.
///
/// Elements are read two registers at a time into 2 or 4 independent accumulators, so that the latency of an addition does not
/// set the pace; what is left at the end is copied into a padded buffer and goes through the same vector step, so there is no
/// scalar remainder and no second implementation of a term. A step must add nothing for the padding.
///
/// An accumulator is a struct of batches with `add(const accumulator&)`; a step is `step(accumulator&, batch...)`, one batch
/// per input. The accumulators are written out, not an array: g++ at -O2 does not unroll loops over arrays of batches.
namespace tailwatch::simd {
TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {

/// A span of a kernel's input with the value that fills its last register.
template <class T>
struct padded {
  const T* data;
  T pad;
};

#if TAILWATCH_DETAIL_HAS_XSIMD

namespace detail {

template <class Arch, class T>
TAILWATCH_DETAIL_INLINE auto load_at(const padded<T>& in, std::size_t i) noexcept {
  using unit = decltype(load_pair<Arch>(in.data));
  prefetch_ahead<2 * decltype(unit::first)::size * sizeof(T)>(in.data + i);
  return load_pair<Arch>(in.data + i);
}

template <class Arch, class T>
TAILWATCH_DETAIL_INLINE auto load_tail(const padded<T>& in, std::size_t i, std::size_t left) noexcept {
  using unit = decltype(load_pair<Arch>(in.data));
  constexpr std::size_t size = 2 * decltype(unit::first)::size;
  alignas(64) T buffer[size];
  for (std::size_t j = 0; j < size; ++j) buffer[j] = in.pad;
  std::memcpy(static_cast<void*>(buffer), static_cast<const void*>(in.data + i), left * sizeof(T));
  return load_pair<Arch>(buffer);
}

}  // namespace detail

/// One accumulator over elements [begin, end) of every input.
/// @tparam Accumulators  2 or 4: four for cheap steps, two where constants need the registers
/// @tparam Width         elements per register
template <class Arch, int Accumulators, std::size_t Width, class Accumulator, class Step, class... T>
TAILWATCH_DETAIL_INLINE Accumulator accumulate(std::size_t begin, std::size_t end, const Accumulator& zero,
                                               const Step& step, const padded<T>&... in) noexcept {
  static_assert(Accumulators == 2 || Accumulators == 4);
  Accumulator a = zero, b = zero;
  std::size_t i = begin;
  const auto pair_step = [&](Accumulator & first, Accumulator & second, const auto&... unit)
#if defined(__GNUC__)
      __attribute__((always_inline))
#endif
  {
    step(first, unit.first...);
    step(second, unit.second...);
  };
  if constexpr (Accumulators == 4) {
    Accumulator c = zero, d = zero;
    for (; end - i >= 4 * Width; i += 4 * Width) {
      pair_step(a, b, detail::load_at<Arch>(in, i)...);
      pair_step(c, d, detail::load_at<Arch>(in, i + 2 * Width)...);
    }
    a.add(c);
    b.add(d);
  }
  for (; end - i >= 2 * Width; i += 2 * Width) pair_step(a, b, detail::load_at<Arch>(in, i)...);
  if (i < end) pair_step(a, b, detail::load_tail<Arch>(in, i, end - i)...);
  a.add(b);
  return a;
}

/// `accumulate` over blocks of `block` elements; each block's accumulator goes to `flush`, which moves it into something
/// wider. Rounding errors then grow with the block, not with n.
template <class Arch, int Accumulators, std::size_t Width, class Accumulator, class Step, class Flush, class... T>
TAILWATCH_DETAIL_INLINE void accumulate_blocks(std::size_t n, std::size_t block, const Accumulator& zero,
                                               const Step& step, Flush&& flush, const padded<T>&... in) noexcept {
  for (std::size_t begin = 0; begin < n; begin += block) {
    const std::size_t end = n - begin < block ? n : begin + block;
    flush(accumulate<Arch, Accumulators, Width>(begin, end, zero, step, in...));
  }
}

/// For steps with a long chain of dependent instructions, cut in two: `step.begin(x)` of one register stands beside
/// `step.end(sum, x, begun)` of the register before, or the scheduler of the processor is full of instructions that wait.
///
/// `a.even` and `a.odd` are the sums of every other register; `step.take(a, x, y, p)` is what else is done with two registers as
/// they come from p. After every 32 registers, and at the end, `flush(a)` moves the sums into something wider. More accumulators than that do
/// not fit in 16 registers: storing them cost a tenth.
template <class Arch, std::size_t Width, class Accumulator, class Step, class Flush, class T>
TAILWATCH_DETAIL_INLINE void accumulate_staged(std::size_t n, Accumulator& a, const Step& step, Flush&& flush,
                                               const padded<T>& in) noexcept {
  constexpr std::size_t run = 32 * Width;
  std::size_t i = 0;
  if (n >= 2 * Width) {
    auto unit = detail::load_at<Arch>(in, 0);
    step.take(a, unit.first, unit.second, in.data);
    auto first = step.begin(unit.first);
    i = 2 * Width;
    while (n - i >= 2 * Width) {
      const std::size_t stop = n - i < run ? n - (n - i) % (2 * Width) : i + run;
      for (; i != stop; i += 2 * Width) {
        const auto second = step.begin(unit.second);
        step.end(a.even, unit.first, first);
        const auto next = detail::load_at<Arch>(in, i);
        step.take(a, next.first, next.second, in.data + i);
        first = step.begin(next.first);
        step.end(a.odd, unit.second, second);
        unit = next;
      }
      flush(a);
    }
    step.end(a.even, unit.first, first);
    step.end(a.odd, unit.second, step.begin(unit.second));
  }
  if (i < n) {
    const auto unit = detail::load_tail<Arch>(in, i, n - i);
    alignas(64) T padded_tail[2 * Width];
    unit.first.store_aligned(padded_tail);
    unit.second.store_aligned(padded_tail + Width);
    step.take(a, unit.first, unit.second, padded_tail);
    step.end(a.even, unit.first, step.begin(unit.first));
    step.end(a.odd, unit.second, step.begin(unit.second));
  }
  flush(a);
}

#endif

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
