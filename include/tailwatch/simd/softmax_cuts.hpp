// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "tailwatch/simd/row_pass.hpp"

/// What truncation by rank (top-k) or by mass (top-p, the nucleus) leaves out of a row's softmax, and Σ p²: second reads of a
/// row, from cache after `row_pass`.
namespace tailwatch::simd {

/// A row cut after its most probable tokens.
struct softmax_cut {
  double mass_outside = core::nan;  ///< probability of the tokens left out, summed itself: 1 − inside cancels
  std::size_t size = 0;             ///< tokens kept
};

TAILWATCH_DETAIL_KERNELS_BEGIN
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// A row's logits by their distance from the maximum, in steps of 1/32 up to 64; beyond it (p < e⁻⁶⁴ of the largest) one bin
/// takes all the rest. The steps are monotone in x, which is all that an exact cut needs of them.
inline constexpr std::size_t cut_bins = 2048;
inline constexpr float cut_bins_per_unit = 32.0F;

struct cut_histogram {
  std::array<std::uint32_t, cut_bins> count{};
  std::array<double, cut_bins> mass{};  ///< of e^(x − m), up to a factor common to the row
};

[[nodiscard]] inline std::uint32_t cut_bin_of(float x, float maximum) noexcept {
  const float t = (maximum - x) * cut_bins_per_unit;
  return t < static_cast<float>(cut_bins - 1) ? static_cast<std::uint32_t>(t)
                                              : static_cast<std::uint32_t>(cut_bins - 1);
}

/// Calls visit(bin, x, e) for every element, in any order; e = e^(x − m) up to a factor common to the row.
template <class Arch, logit Logit, class Visit>
inline void for_each_in_bins(const Logit* x, std::size_t n, float maximum, const Visit& visit) noexcept {
#if TAILWATCH_DETAIL_HAS_XSIMD
  if constexpr (is_vector<Arch>) {
    if (maximum < largest_logit && maximum > -largest_logit) {
      using b = batch<float, Arch>;
      using ints = batch<std::int32_t, Arch>;
      constexpr std::size_t unit = 2 * b::size;
      const padded<Logit> in{x, masked_logit<Logit>};
      const auto k = shifted_exp<Arch>(maximum).load();
      alignas(64) float value[unit], exp[unit];
      alignas(64) std::int32_t bin[unit];
      const auto one = [&](const b& v, std::size_t at) {
        v.store_unaligned(value + at);
        shifted_exp<Arch>::evaluate(k, v).exp.store_unaligned(exp + at);
        const ints i =
            xsimd::to_int(xsimd::min((b(maximum) - v) * b(cut_bins_per_unit), b(static_cast<float>(cut_bins - 1))));
        i.store_unaligned(bin + at);
      };
      std::size_t i = 0;
      for (; n - i >= unit; i += unit) {
        const auto pair = load_at<Arch>(in, i);
        one(pair.first, 0);
        one(pair.second, b::size);
        for (std::size_t l = 0; l < unit; ++l) visit(static_cast<std::uint32_t>(bin[l]), value[l], exp[l]);
      }
      if (i < n) {  // what pads the last registers is −∞ and lies in the last bin: so many of those are not counted
        const auto pair = load_tail<Arch>(in, i, n - i);
        one(pair.first, 0);
        one(pair.second, b::size);
        std::size_t padding = unit - (n - i);
        for (std::size_t l = 0; l < unit; ++l) {
          if (padding != 0 && bin[l] == static_cast<std::int32_t>(cut_bins - 1) && !core::is_finite(value[l])) {
            --padding;
            continue;
          }
          visit(static_cast<std::uint32_t>(bin[l]), value[l], exp[l]);
        }
      }
      return;
    }
  }
#endif
  for (std::size_t i = 0; i < n; ++i) {
    const float v = logit_at(x, i);
    const double d = static_cast<double>(v) - static_cast<double>(maximum);
    visit(cut_bin_of(v, maximum), v, static_cast<float>(d > -87.0 ? std::exp(d) : 0.0));
  }
}

/// The cut inside bin `b`, whose elements stand in `inside`, descending: after the first `keep` of them.
inline softmax_cut cut_at(const cut_histogram& h, std::size_t b, std::size_t above, const std::vector<float>& inside,
                          std::size_t keep, double below, double total) noexcept {
  double kept = 0.0, dropped = 0.0;
  const auto weight = [&](float v) { return std::exp(static_cast<double>(v) - static_cast<double>(inside.front())); };
  for (std::size_t i = inside.size(); i > keep; --i) dropped += weight(inside[i - 1]);
  for (std::size_t i = keep; i > 0; --i) kept += weight(inside[i - 1]);
  const double share = dropped > 0.0 ? dropped / (kept + dropped) : 0.0;
  return {(below + share * h.mass[b]) / total, above + keep};
}

}  // namespace detail

/// Σ e^{2(x − m)}, m = the row's maximum: Σ p² = this/s², so that the Rényi entropy of order 2 is 2 ln s − ln of it.
/// @complexity  O(n), from cache when it follows `row_pass`
/// @error       1e-6 relative; terms below 2⁻⁶³ of the largest p are not resolved
template <class Arch = default_arch, logit Logit>
[[nodiscard]] inline double exp_sum_of_squares(const Logit* x, std::size_t n, double maximum) noexcept {
  [[maybe_unused]] bool vector = is_vector<Arch>;
  if (!(maximum < static_cast<double>(detail::largest_logit)) ||
      !(maximum > -static_cast<double>(detail::largest_logit)))
    vector = false;
#if TAILWATCH_DETAIL_HAS_XSIMD
  if constexpr (is_vector<Arch>) {
    if (vector) {
      using b = batch<float, Arch>;
      const padded<Logit> in{x, detail::masked_logit<Logit>};
      const detail::shifted_exp<Arch> reference(static_cast<float>(maximum));
      const auto k = reference.load();
      double sum = 0.0;
      accumulate_blocks<Arch, 2, b::size>(
          n, detail::row_block<Arch>, detail::lane_sum<float, Arch>{b(0.0F)},
          [&k](detail::lane_sum<float, Arch>& a, const b& v) noexcept {
            const b e = detail::shifted_exp<Arch>::evaluate(k, v).exp;
            a.sum = detail::multiply_add(e, e, a.sum);
          },
          [&](const detail::lane_sum<float, Arch>& a) { sum += detail::sum_of_lanes(a.sum); }, in);
      return sum * std::exp2(2.0 * reference.offset_from(maximum));
    }
  }
#endif
  compensated_sum total;
  for (std::size_t i = 0; i < n; ++i) {
    const float v = logit_at(x, i);
    const double d = 2.0 * (static_cast<double>(v) - maximum);
    if (core::is_finite(v) && d > -745.0) total.add(std::exp(d));
  }
  return total.value();
}

/// Rényi entropy of order 2 of a row's softmax, −ln Σ p², from its partial and `exp_sum_of_squares`; NaN without a softmax.
[[nodiscard]] inline double collision_entropy(const row_partial& row, double squares) noexcept {
  if (!defined(row)) return core::nan;
  const double h = 2.0 * std::log(row.sum) - std::log(squares);
  return h > 0.0 ? h : 0.0;
}

/// Cuts a row that has a softmax after its k most probable tokens, for each k of `top_k`, and after the fewest tokens that
/// together have probability ≥ p, for each p of `top_p`. Equal logits at the border: as many of them as are wanted.
///
/// A histogram of the distances from the maximum finds the bin in which a cut falls; only the logits of that bin are sorted, so
/// the cut is exact in the logits.
/// @param row     the row's partial from `row_pass`
/// @param cuts    one per top_k, then one per top_p
/// @param border  working memory, grows to at most n floats
/// @complexity    O(n) and a sort of the logits within 1/32 of each border; a row of equal logits is sorted whole
/// @error         mass 1e-6 relative; the size of a nucleus is that of exact arithmetic where its mass is not within 1e-6 of p.
///                Tokens with p < e⁻⁶⁴ of the largest are kept or dropped together
template <class Arch = default_arch, logit Logit>
inline void softmax_cuts(const Logit* x, std::size_t n, const row_partial& row, std::span<const std::size_t> top_k,
                         std::span<const double> top_p, softmax_cut* cuts, std::vector<float>& border) {
  const auto maximum = static_cast<float>(row.maximum);
  detail::cut_histogram h;
  detail::for_each_in_bins<Arch>(x, n, maximum, [&h](std::uint32_t bin, float, float e) {
    ++h.count[bin];
    h.mass[bin] += static_cast<double>(e);
  });
  double total = 0.0;
  for (std::size_t b = detail::cut_bins; b > 0; --b) total += h.mass[b - 1];
  std::size_t held = detail::cut_bins;  // the bin whose elements stand in border
  const auto below_of = [&h](std::size_t b) {
    double below = 0.0;
    for (std::size_t i = detail::cut_bins; i > b + 1; --i) below += h.mass[i - 1];
    return below;
  };
  const auto load = [&](std::size_t b) {
    if (held == b) return;
    border.clear();
    detail::for_each_in_bins<Arch>(x, n, maximum, [&](std::uint32_t bin, float v, float) {
      if (bin == b) border.push_back(v);
    });
    std::sort(border.begin(), border.end(), std::greater<>{});
    held = b;
  };
  constexpr std::size_t last = detail::cut_bins - 1;
  for (const std::size_t k : top_k) {
    std::size_t b = 0, above = 0;
    while (b < last && above + h.count[b] < k) above += h.count[b++];
    if (b == last) {
      *cuts++ = {above < k ? 0.0 : h.mass[last] / total, std::min(k, n)};
      continue;
    }
    load(b);
    *cuts++ = detail::cut_at(h, b, above, border, k - above, below_of(b), total);
  }
  for (const double p : top_p) {
    const double wanted =
        p * total * (1.0 - 1e-9);  // ten tokens of 1/10 hold 0.7 after seven, whatever 0.7 is in binary
    std::size_t b = 0, above = 0;
    double mass = 0.0;
    while (b < last && mass + h.mass[b] < wanted) {
      mass += h.mass[b];
      above += h.count[b++];
    }
    if (b == last) {
      *cuts++ = {h.mass[last] / total, above};
      continue;
    }
    load(b);
    double inside = 0.0;
    const auto weight = [&](float v) { return std::exp(static_cast<double>(v) - static_cast<double>(border.front())); };
    for (const float v : border) inside += weight(v);
    const double wanted_inside = (wanted - mass) / h.mass[b] * inside;
    std::size_t keep = 0;
    for (double kept = 0.0; keep < border.size() && (keep == 0 || kept < wanted_inside); ++keep)
      kept += weight(border[keep]);
    *cuts++ = detail::cut_at(h, b, above, border, keep, below_of(b), total);
  }
}

}  // namespace TAILWATCH_ABI_NAMESPACE
TAILWATCH_DETAIL_KERNELS_END
}  // namespace tailwatch::simd
