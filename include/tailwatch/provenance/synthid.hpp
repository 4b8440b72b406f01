// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/log_tail.hpp"
#include "tailwatch/provenance/detail/weighted_bits.hpp"
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

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean score (1/(Tm)) Σ gₜₗ, or weighted mean score (1/(Tm)) Σ w_l gₜₗ with Σ w = m.
///
/// Without the watermark the bits are fair and independent: mean ½ and variance 1/(4Tm), weighted Σw²/(4Tm²).
///
/// @param bits    rows(g, T, m): one row of m bits per scored token, anything but 0 is 1; leave out repeated contexts and tokens
///                after the end of the text
/// @return        statistic with its error over tokens, z, and ln p, the whole upper tail P(score ≥ this one) without a normal
///                approximation: binomial for the mean score; for weights that are whole multiples of a common unit (the published
///                ones are, of 1/(m − 1)) the law of the sum on its lattice by Fourier inversion. ln p is then right to 1e-11 + 1e-14·Tm,
///                checked against the exact convolution over the whole tail. Other weights: every sum listed where there are
///                few (up to 3 layers, short texts, far tails), else the inversion smoothed over σ/250, within 0.1 % of p for random
///                weights, 0.5 % for weights close to multiples of a unit
/// @complexity    O(Tm), and for weights a number of terms that does not grow with T once it is long (30 layers: from 150 tokens on)
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
    std::vector<double> weights = options.weights;  // as shares of 1, further down
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
    std::vector<std::uint64_t> ones(layers, 0);
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
        ones[l] += one ? 1U : 0U;
        score += one ? weights[l] : 0.0;
      }
      const double d = score - mean;
      mean += d / static_cast<double>(t + 1);
      squares += d * (score - mean);
    }
    test.statistic = {mean, n > 1.0 ? std::sqrt(squares / (n * (n - 1.0))) : core::nan, tokens};
    test.z = (mean - 0.5) / std::sqrt(0.25 * norm / n);
    const bool equal = std::all_of(weights.begin(), weights.end(), [&](double w) { return w == weights.front(); });
    const std::span<const double> given = options.weights.empty() ? weights : options.weights;
    test.log_p_value = equal ? math::log_binomial_tail(std::accumulate(ones.begin(), ones.end(), std::uint64_t{0}),
                                                       tokens * layers, 0.5)
                             : detail::log_weighted_bits_tail(given, ones, tokens);
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
