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

/// Log-likelihood log-rank ratio, Σ −ln p/Σ ln rank. High for machine text.
/// @return  ratio with its error by the delta method; NaN where every token was the model's first choice
/// @see     J. Su et al. (2023), DetectLLM, Findings of EMNLP, 12395–12412
struct likelihood_rank_ratio_fn {
  static constexpr std::string_view name = "provenance.likelihood_rank_ratio";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Su et al. (2023)";

  [[nodiscard]] estimate operator()(std::span<const token_score> tokens) const {
    return detail::token_ratio(
        tokens, [](const token_score& t) { return -t.log_probability; },
        [](const token_score& t) { return std::log(static_cast<double>(t.rank)); });
  }
};
inline constexpr likelihood_rank_ratio_fn likelihood_rank_ratio{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
