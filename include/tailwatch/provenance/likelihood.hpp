// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/provenance/token_score.hpp"

namespace tailwatch::provenance {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Mean ln p of the tokens written: the oldest detector. High for machine text; confounded with how predictable the topic is.
/// @return  nats per token (minus the logarithm of the perplexity), error over tokens as if independent
/// @see     T. H. Solaiman et al. (2019), Release strategies and the social impacts of language models
struct log_likelihood_fn {
  static constexpr std::string_view name = "provenance.log_likelihood";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Solaiman et al. (2019)";

  [[nodiscard]] estimate operator()(std::span<const token_score> tokens) const {
    return detail::token_mean(tokens, [](const token_score& t) { return t.log_probability; });
  }
};
inline constexpr log_likelihood_fn log_likelihood{};

/// Mean entropy of the model's next-token law along the text, nats.
/// @see  S. Gehrmann, H. Strobelt, A. M. Rush (2019), GLTR, ACL demonstrations, 111–116
struct mean_entropy_fn {
  static constexpr std::string_view name = "provenance.mean_entropy";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Gehrmann, Strobelt, Rush (2019)";

  [[nodiscard]] estimate operator()(std::span<const token_score> tokens) const {
    return detail::token_mean(tokens, [](const token_score& t) { return t.entropy; });
  }
};
inline constexpr mean_entropy_fn mean_entropy{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::provenance
