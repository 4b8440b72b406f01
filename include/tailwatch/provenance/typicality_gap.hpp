// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/math/log_tail.hpp"
#include "tailwatch/provenance/null_test.hpp"
#include "tailwatch/provenance/token_score.hpp"

namespace tailwatch::provenance {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean surprise less mean entropy, (1/T)Σ(−ln p(xₜ) − H(pₜ)): 0 on average for a text drawn from p, positive for text that the
/// model finds odd (human, or from elsewhere), negative for sharpened decoding.
///
/// The variance of a token's surprise under p is taken where the text was scored with p = q (white box); then z is minus
/// Fast-DetectGPT's d. With another q, z would not be standardised and is NaN.
/// @return  nats per token with its error over tokens; ln p is two-sided
/// @see     A. Holtzman et al. (2020), The curious case of neural text degeneration, ICLR; C. Meister et al. (2023), Locally typical
///          sampling, TACL 11, 102–121
struct typicality_gap_fn {
  static constexpr std::string_view name = "provenance.typicality_gap";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Meister et al. (2023)";

  [[nodiscard]] null_test operator()(std::span<const token_score> tokens) const {
    null_test test;
    test.expected = 0.0;
    test.statistic = detail::token_mean(tokens, [](const token_score& t) { return -t.log_probability - t.entropy; });
    double variance = 0.0;
    bool white_box = true;
    for (const token_score& t : tokens) {
      variance += t.log_probability_variance;
      // cross-entropy of p with itself is its entropy, up to the error of the two passes
      white_box = white_box && std::abs(t.expected_log_probability + t.entropy) <= 1e-5 * (1.0 + t.entropy);
    }
    if (!white_box || !(variance > 0.0)) return test;
    test.z = test.statistic.value * static_cast<double>(tokens.size()) / std::sqrt(variance);
    test.log_p_value = std::fmin(0.0, 0.69314718055994530942 + math::log_normal_tail(std::abs(test.z)));
    return test;
  }
};
inline constexpr typicality_gap_fn typicality_gap{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
