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

/// Conditional probability curvature, Fast-DetectGPT's analytic form:
///
///   d = Σ(lₜ − μₜ)/√Σσₜ²      lₜ = ln p(xₜ), μₜ = Σ_v q ln p, σₜ² = Σ_v q (ln p)² − μₜ²
///
/// For a text drawn from q it is a sum of martingale differences over its deviation: about N(0, 1) (simulated: mean −.01,
/// variance .98 at 60 tokens). Human text is surprising, so d falls below 0; sharpened decoding (top-p, low temperature) lifts it
/// above. Large d speaks for a machine.
///
/// @return        statistic d, its error NaN (the null law says what it scatters by); z = d; ln p is the upper tail under "drawn from
///                q". NaN where no token was scored or no row has any spread
/// @complexity    O(T)
/// @see           G. Bao et al. (2024), Fast-DetectGPT, ICLR
/// @example       examples/provenance/detectors.cpp
struct curvature_fn {
  static constexpr std::string_view name = "provenance.curvature";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Bao et al. (2024)";

  [[nodiscard]] null_test operator()(std::span<const token_score> tokens) const {
    double sum = 0.0, variance = 0.0;
    for (const token_score& token : tokens) {
      sum += token.log_probability - token.expected_log_probability;
      variance += token.log_probability_variance;
    }
    null_test test{{core::nan, core::nan, tokens.size()}, 0.0, core::nan, core::nan};
    if (!(variance > 0.0) || !core::is_finite(sum)) return test;
    test.statistic.value = test.z = sum / std::sqrt(variance);
    test.log_p_value = math::log_normal_tail(test.z);
    return test;
  }
};
inline constexpr curvature_fn curvature{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
