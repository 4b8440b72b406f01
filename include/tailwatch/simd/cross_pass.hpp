// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/detail/exponent.hpp"
#include "tailwatch/simd/detail/shim.hpp"
#include "tailwatch/simd/float16.hpp"
#include "tailwatch/simd/loop.hpp"
#include "tailwatch/simd/row_pass.hpp"
#include "tailwatch/simd/sum.hpp"

namespace tailwatch::simd {

/// One row under two models: what ln p of a token drawn from q looks like, p = softmax(scoring), q = softmax(sampling).
struct cross_moments {
  double mean = core::nan;      ///< Σ q ln p, minus the cross-entropy; −∞ where q > 0 = p somewhere
  double variance = core::nan;  ///< Σ q (ln p)² − mean²
  std::uint64_t above = 0;      ///< scoring logits strictly larger than the threshold
};

TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// The cross pass in double precision: the scalar twin, and the way for logits beyond ±2²⁰ or masked in one model alone.
template <logit Logit>
inline cross_moments cross_pass_scalar(const Logit* sampling, const Logit* scoring, std::size_t n, double sampling_lse,
                                       double scoring_lse, float threshold) noexcept {
  cross_moments result;
  compensated_sum first;
  bool impossible = false;
  for (std::size_t i = 0; i < n; ++i) {
    const float x = logit_at(scoring, i);
    if (x > threshold) ++result.above;
    const double q = std::exp(static_cast<double>(logit_at(sampling, i)) - sampling_lse);
    if (q == 0.0) continue;
    if (!core::is_finite(x)) {
      impossible = true;
    } else {
      first.add(q * (static_cast<double>(x) - scoring_lse));
    }
  }
  if (impossible) {
    result.mean = -core::infinity;
    return result;
  }
  result.mean = first.value();
  compensated_sum second;  // about the mean: no cancellation
  for (std::size_t i = 0; i < n; ++i) {
    const double q = std::exp(static_cast<double>(logit_at(sampling, i)) - sampling_lse);
    if (q == 0.0) continue;
    const double d = static_cast<double>(logit_at(scoring, i)) - scoring_lse - result.mean;
    second.add(q * d * d);
  }
  result.variance = second.value();
  return result;
}

#if TAILWATCH_DETAIL_HAS_XSIMD

template <class Arch>
struct cross_lanes {
  using b = batch<float, Arch>;
  b sum, first, second, above, lowest;
  TAILWATCH_DETAIL_INLINE void add(const cross_lanes& o) noexcept {
    sum += o.sum;
    first += o.first;
    second += o.second;
    above += o.above;
    lowest = xsimd::min(lowest, o.lowest);
  }
};
/// Terms of q below 2⁻¹²⁵ of the largest add nothing, whatever their ln p, −∞ included.
template <class Arch>
struct cross_step {
  using b = batch<float, Arch>;
  typename shifted_exp<Arch>::constants k;
  b centre, threshold;
  TAILWATCH_DETAIL_INLINE void operator()(cross_lanes<Arch>& a, const b& sampling, const b& scoring) const noexcept {
    const auto t = shifted_exp<Arch>::evaluate(k, sampling);
    const b d = xsimd::select(t.exponent < b(-125.0F), b(0.0F), scoring - centre);
    a.sum += t.exp;
    const b weighted = t.exp * d;
    a.first += weighted;
    a.second = multiply_add(weighted, d, a.second);
    a.above += xsimd::select(scoring > threshold, b(1.0F), b(0.0F));
    a.lowest = xsimd::min(a.lowest, d);
  }
};

#endif  // TAILWATCH_DETAIL_HAS_XSIMD

}  // namespace detail

/// Mean and variance of ln p under q, after `row_pass` of either row: two reads, or one where both models are the same.
///
/// @param sampling       `n` logits of q, whole row
/// @param scoring        `n` logits of p; may be the same row
/// @param sampling_row   row_pass of the first
/// @param scoring_row    row_pass of the second, with the observed token as its target
/// @return               NaN for a row without a softmax. `above` counts scoring logits larger than the target's
/// @complexity           O(n), no allocation
/// @error                |Δ mean| ≤ 2e-6·max(1, |mean|), |Δ variance| ≤ 4e-6·(variance + mean²) + 2e-6 on every instruction set
template <class Arch = default_arch, logit Logit>
[[nodiscard]] inline cross_moments cross_pass(const Logit* sampling, const Logit* scoring, std::size_t n,
                                              const row_partial& sampling_row,
                                              const row_partial& scoring_row) noexcept {
  if (!defined(sampling_row) || !defined(scoring_row)) return {};
  const double sampling_lse = log_sum_exp(sampling_row);
  const double scoring_lse = log_sum_exp(scoring_row);
  const float threshold =
      core::is_nan(scoring_row.target_logit) ? logit_at(scoring, 0) : static_cast<float>(scoring_row.target_logit);
#if TAILWATCH_DETAIL_HAS_XSIMD
  if constexpr (is_vector<Arch>) {
    constexpr auto largest = static_cast<double>(detail::largest_logit);
    if (std::abs(sampling_row.maximum) < largest && std::abs(scoring_row.maximum) < largest) {
      using b = batch<float, Arch>;
      using wide = batch<double, Arch>;
      const detail::shifted_exp<Arch> reference(static_cast<float>(sampling_row.maximum));
      const auto centre = static_cast<float>(scoring_lse);
      wide sum(0.0), first(0.0), second(0.0), above(0.0);
      b lowest(0.0F);
      accumulate_blocks<Arch, 2, lanes<float, Arch>>(
          n, detail::row_block<Arch>, detail::cross_lanes<Arch>{b(0.0F), b(0.0F), b(0.0F), b(0.0F), b(0.0F)},
          detail::cross_step<Arch>{reference.load(), b(centre), b(threshold)},
          [&](const detail::cross_lanes<Arch>& a) {
            const auto s = detail::to_doubles(a.sum), f = detail::to_doubles(a.first);
            const auto t = detail::to_doubles(a.second), g = detail::to_doubles(a.above);
            sum += s.first + s.second;
            first += f.first + f.second;
            second += t.first + t.second;
            above += g.first + g.second;
            lowest = xsimd::min(lowest, a.lowest);
          },
          padded<Logit>{sampling, detail::masked_logit<Logit>}, padded<Logit>{scoring, detail::masked_logit<Logit>});
      if (-detail::max_of_lanes(-lowest) > -1e6F) {
        cross_moments result;
        const double total = detail::sum_of_lanes(sum);
        const double mean = detail::sum_of_lanes(first) / total;
        const double variance = detail::sum_of_lanes(second) / total - mean * mean;
        result.mean = mean + (static_cast<double>(centre) - scoring_lse);
        result.variance = variance > 0.0 ? variance : 0.0;
        result.above = static_cast<std::uint64_t>(detail::sum_of_lanes(above) + 0.5);
        return result;
      }
    }
  }
#endif
  return detail::cross_pass_scalar(sampling, scoring, n, sampling_lse, scoring_lse, threshold);
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
