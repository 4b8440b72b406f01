// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/provenance/token_score.hpp"

namespace tailwatch::provenance {

/// Published thresholds of the Binoculars score, for falcon-7b (observer) and falcon-7b-instruct (performer) alone: machine
/// where the score lies below. Any other pair of models needs its own (math::roc_operating_point).
inline constexpr double binoculars_accuracy_threshold = 0.9015310749276843;  ///< best F1 on the authors' texts
inline constexpr double binoculars_low_fpr_threshold = 0.8536432310785527;   ///< false-positive rate .01 % there

inline namespace TAILWATCH_ABI_NAMESPACE {

/// log-perplexity/cross-perplexity: Σ −ln p(xₜ) / Σₜ −Σ_v q ln p, q the observer, p the performer.
///
/// A ratio of *logarithms* of perplexities. Near 1 where the text is as surprising to p as one drawn from q would be (1.0007 ± .06
/// simulated for x ~ q at T = 100), larger for human text. Machine text lies low.
///
/// @param tokens  score_tokens(observer, performer, ids)
/// @return        ratio, standard error by the delta method over tokens; NaN without tokens or where the cross-entropy is 0
/// @bias          O(1/T)
/// @see           A. Hans et al. (2024), Spotting LLMs with Binoculars, ICML
/// @example       examples/provenance/detectors.cpp
struct binoculars_fn {
  static constexpr std::string_view name = "provenance.binoculars";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Hans et al. (2024)";

  [[nodiscard]] estimate operator()(std::span<const token_score> tokens) const {
    return detail::token_ratio(
        tokens, [](const token_score& t) { return -t.log_probability; },
        [](const token_score& t) { return -t.expected_log_probability; });
  }
};
inline constexpr binoculars_fn binoculars{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
