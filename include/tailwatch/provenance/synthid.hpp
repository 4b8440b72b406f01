// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/log_tail.hpp"
#include "tailwatch/provenance/null_test.hpp"

/// Tournament sampling (SynthID-Text): m keyed bits g per token; the sampler prefers tokens with many ones, most of all in the
/// first layers. A text is scored by the mean of the bits of its tokens.
namespace tailwatch::provenance {

struct synthid_options {
  /// Weight of each layer, [m], rescaled to sum m; empty: all equal (the mean score). `synthid_weights(m)` gives the published
  /// falling ones.
  std::vector<double> weights = {};
};

/// The published weights of the weighted mean score: m numbers falling linearly from 10 to 1.
[[nodiscard]] inline std::vector<double> synthid_weights(std::size_t layers) {
  std::vector<double> w(layers, 10.0);
  for (std::size_t l = 1; l < layers; ++l) w[l] = 10.0 - 9.0 * static_cast<double>(l) / static_cast<double>(layers - 1);
  return w;
}

namespace detail {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// ln P(Σ_l c_l X_l ≥ x), X_l ~ Binomial(n, ½) independent, by the saddle point: R. Lugannani and S. Rice (1980), Advances in
/// Applied Probability 12, 475–490. With K(s) = n Σ ln((1 + e^{cs})/2), K'(s) = x, w = ±√(2(sx − K)) and u = s√K'':
/// P ≈ Φ̄(w) + φ(w)(1/u − 1/w). No correction for a lattice is made: the possible sums lie close together where m is not small, and where all
/// weights are equal the exact binomial law is used instead.
[[nodiscard]] inline double log_weighted_bits_tail(const std::vector<double>& c, double n, double x) {
  double largest = 0.0, mean = 0.0, variance = 0.0, scale = 0.0;
  for (const double weight : c) {
    largest += n * weight;
    mean += 0.5 * n * weight;
    variance += 0.25 * n * weight * weight;
    scale = std::max(scale, weight);
  }
  if (x >= largest * (1.0 - 1e-14)) {  // every bit of positive weight is 1
    double bits = 0.0;
    for (const double weight : c) bits += weight > 0.0 ? n : 0.0;
    return -bits * 0.69314718055994530942;
  }
  if (x <= largest * 1e-14) return 0.0;
  // K'(s) = x by Newton's method inside a bracket; K' rises from 0 to `largest`
  const auto slope = [&](double s) {
    double first = 0.0;
    for (const double weight : c) first += n * weight / (1.0 + std::exp(-weight * s));
    return first;
  };
  const auto curvature = [&](double s) {
    double second = 0.0;
    for (const double weight : c) {
      const double e = std::exp(-std::abs(weight * s));
      second += n * weight * weight * e / ((1.0 + e) * (1.0 + e));
    }
    return second;
  };
  double low = -700.0 / scale, high = 700.0 / scale;
  double s = std::clamp((x - mean) / variance, low, high);
  for (int step = 0; step < 200; ++step) {
    const double miss = slope(s) - x;
    (miss > 0.0 ? high : low) = s;
    const double k2 = curvature(s);
    double next = k2 > 0.0 ? s - miss / k2 : 0.5 * (low + high);
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    const bool settled = std::abs(next - s) <= 1e-13 * (std::abs(s) + 1e-3 / scale);
    s = next;
    if (settled) break;
  }
  double exponent = s * x;  // s x − K(s)
  for (const double weight : c) {
    const double a = weight * s;
    exponent -= n * ((a > 0.0 ? a : 0.0) + std::log1p(std::exp(-std::abs(a))) - 0.69314718055994530942);
  }
  const double w = std::copysign(std::sqrt(2.0 * std::max(exponent, 0.0)), s);
  const double u = s * std::sqrt(curvature(s));
  if (std::abs(w) < 1e-3) return math::log_normal_tail((x - mean) / std::sqrt(variance));
  if (w > 0.0) {
    const double log_density = -0.5 * w * w - 0.91893853320467274178;
    const double mills = std::exp(math::log_normal_tail(w) - log_density);
    return std::min(0.0, log_density + std::log(mills + (1.0 / u - 1.0 / w)));
  }
  // lower half: 1 − P(−w)
  const double log_density = -0.5 * w * w - 0.91893853320467274178;
  const double mills = std::exp(math::log_normal_tail(-w) - log_density);
  const double below = log_density + std::log(mills + (1.0 / -u - 1.0 / -w));
  return math::tail_detail::log_one_minus_exp(std::min(below, 0.0));
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean score (1/(Tm)) Σ gₜₗ, or weighted mean score (1/(Tm)) Σ w_l gₜₗ with Σ w = m.
///
/// Without the watermark the bits are fair and independent: mean ½ and variance 1/(4Tm), weighted Σw²/(4Tm²).
///
/// @param bits    rows(g, T, m): one row of m bits per scored token, anything but 0 is 1; leave out repeated contexts and tokens
///                after the end of the text
/// @return        statistic with its error over tokens, z, and ln p (upper tail): exactly binomial for the mean score, by the
///                saddle point approximation for the weighted one. Its p is that of the middle of an atom; against the convolution of
///                the published weights it is off by less than 2 % for m = 30 and T ≥ 10, 5 % for m = 10 and T = 40, 12 % at T = 10,
///                and by up to 42 % far out for m = 3, where few sums are possible
/// @complexity    O(Tm)
/// @throws        std::invalid_argument for a number of weights that is not m, or weights that are negative or all 0
/// @see           S. Dathathri et al. (2024), Scalable watermarking for identifying large language model outputs, Nature 634,
///                818–823
/// @example       examples/provenance/watermarks.cpp
struct synthid_fn {
  static constexpr std::string_view name = "provenance.synthid";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Dathathri et al. (2024)";

  template <class T>
  [[nodiscard]] null_test operator()(const core::rows_view<T>& bits, const synthid_options& options = {}) const {
    constexpr auto function = "provenance::synthid";
    const std::size_t layers = bits.dimension;
    const std::uint64_t tokens = bits.size;
    std::vector<double> weights = options.weights;
    if (!weights.empty()) core::check_same_size(function, "weights", weights.size(), "row of bits", layers);
    if (weights.empty()) weights.assign(layers, 1.0);
    double total = 0.0;
    for (const double w : weights) {
      core::check_not_negative(function, "weight", w);
      total += w;
    }
    null_test test{{core::nan, core::nan, tokens}, 0.5, core::nan, core::nan};
    if (tokens == 0 || layers == 0) return test;
    core::check_positive(function, "sum of weights", total);
    const auto n = static_cast<double>(tokens);
    std::uint64_t ones = 0;
    double mean = 0.0, squares = 0.0, norm = 0.0;
    for (double& w : weights) {
      w /= total;  // each token's score is then a weighted mean
      norm += w * w;
    }
    for (std::size_t t = 0; t < bits.size; ++t) {
      double score = 0.0;
      const auto row = bits[t];
      for (std::size_t l = 0; l < layers; ++l) {
        const bool one = row[l] != T{};
        ones += one ? 1U : 0U;
        score += one ? weights[l] : 0.0;
      }
      const double d = score - mean;
      mean += d / static_cast<double>(t + 1);
      squares += d * (score - mean);
    }
    test.statistic = {mean, n > 1.0 ? std::sqrt(squares / (n * (n - 1.0))) : core::nan, tokens};
    test.z = (mean - 0.5) / std::sqrt(0.25 * norm / n);
    const bool equal = std::all_of(weights.begin(), weights.end(), [&](double w) { return w == weights.front(); });
    test.log_p_value = equal ? math::log_binomial_tail(ones, tokens * layers, 0.5)
                             : detail::log_weighted_bits_tail(weights, n, mean * n);
    return test;
  }
};
inline constexpr synthid_fn synthid{};

/// Expected first-layer bit of a watermarked token when the next-token law is uniform on V tokens: ½ + (1 − 1/V)/4 for
/// tournaments of 2, 7/8 − 3/(8V) for 3.
/// @param leaves  2 or 3
[[nodiscard]] inline double synthid_uniform_expected_bit(double vocabulary, unsigned leaves = 2) {
  constexpr auto function = "provenance::synthid_uniform_expected_bit";
  core::check_at_least(function, "vocabulary", vocabulary, 1.0);
  core::check(leaves == 2 || leaves == 3, function, "leaves", leaves, "2 or 3");
  return leaves == 2 ? 0.5 + 0.25 * (1.0 - 1.0 / vocabulary) : 0.875 - 0.375 / vocabulary;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
