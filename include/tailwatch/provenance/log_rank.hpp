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

/// Mean rank of the tokens written, 1 = the model's first choice. One rare word moves it: prefer log_rank.
struct mean_rank_fn {
  static constexpr std::string_view name = "provenance.mean_rank";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Gehrmann, Strobelt, Rush (2019)";

  [[nodiscard]] estimate operator()(std::span<const token_score> tokens) const {
    return detail::token_mean(tokens, [](const token_score& t) { return static_cast<double>(t.rank); });
  }
};
inline constexpr mean_rank_fn mean_rank{};

/// Mean ln rank. Low for machine text.
///
/// Under "drawn from q" its mean is (1/T)ΣₜΣ_v q ln rank and its variance the mean of the tokens' own, over T: z and ln p (lower
/// tail: *less* than the model's own text) need score_tokens with `rank_moments`, else they are NaN.
/// @return  statistic in nats with its error over tokens
/// @see     E. Mitchell et al. (2023), DetectGPT, ICML, for log-rank as a baseline
struct log_rank_fn {
  static constexpr std::string_view name = "provenance.log_rank";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Mitchell et al. (2023)";

  [[nodiscard]] null_test operator()(std::span<const token_score> tokens) const {
    null_test test;
    test.statistic =
        detail::token_mean(tokens, [](const token_score& t) { return std::log(static_cast<double>(t.rank)); });
    if (tokens.empty()) return test;
    double mean = 0.0, variance = 0.0;
    for (const token_score& t : tokens) {
      mean += t.expected_log_rank;
      variance += t.log_rank_variance;
    }
    const auto n = static_cast<double>(tokens.size());
    test.expected = mean / n;
    if (!(variance > 0.0)) return test;
    test.z = (test.statistic.value - test.expected) * n / std::sqrt(variance);
    test.log_p_value = math::log_normal_tail(-test.z);
    return test;
  }
};
inline constexpr log_rank_fn log_rank{};

/// Log-likelihood log-rank ratio (LRR), ρ = Σ −ln p/Σ ln rank. High for machine text.
///
/// No null law is published. This one is that of a text drawn from q, as for log_rank: with ρ₀ = Σ E(−ln p)/Σ E ln rank over the text's
/// own contexts, D = Σ(−ln p − ρ₀ ln rank) is a sum of terms of mean 0, of known variance Var ln p + ρ₀² Var ln rank + 2ρ₀
/// Cov(ln p, ln rank) given their contexts, so z = D/√ΣVar is N(0, 1) for long texts (martingale central limit theorem). D > 0 exactly where
/// ρ > ρ₀. Human text is not drawn from q: for a p-value against human texts see empirical_null.
///
/// @return  statistic with its error by the delta method; expected = ρ₀, z and ln p (upper tail: more than the model's own text)
///          need score_tokens with `rank_moments`, else they are NaN; all NaN where every token was the model's first choice
/// @see     J. Su et al. (2023), DetectLLM, Findings of EMNLP, 12395–12412
struct likelihood_rank_ratio_fn {
  static constexpr std::string_view name = "provenance.likelihood_rank_ratio";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Su et al. (2023)";

  [[nodiscard]] null_test operator()(std::span<const token_score> tokens) const {
    const auto log_rank_of = [](const token_score& t) { return std::log(static_cast<double>(t.rank)); };
    null_test test;
    test.statistic = detail::token_ratio(
        tokens, [](const token_score& t) { return -t.log_probability; }, log_rank_of);
    double above = 0.0, below = 0.0;
    for (const token_score& t : tokens) {
      above -= t.expected_log_probability;
      below += t.expected_log_rank;
    }
    if (core::is_nan(test.statistic.value) || !(below > 0.0)) return test;
    const double ratio = test.expected = above / below;
    double sum = 0.0, variance = 0.0;
    for (const token_score& t : tokens) {
      sum -= t.log_probability + ratio * log_rank_of(t);
      variance += t.log_probability_variance + ratio * (ratio * t.log_rank_variance + 2.0 * t.log_rank_covariance);
    }
    if (!(variance > 0.0)) return test;
    test.z = sum / std::sqrt(variance);
    test.log_p_value = math::log_normal_tail(test.z);
    return test;
  }
};
inline constexpr likelihood_rank_ratio_fn likelihood_rank_ratio{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
