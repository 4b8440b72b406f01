// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/log_probability_clusters.hpp"
#include "tailwatch/summary/log_likelihood.hpp"

namespace tailwatch::perplexity {

struct token_perplexity_options {
  /// Tokens per block of the standard error. 1 treats tokens as independent, which they are not: an optimistic error.
  std::size_t block = 1;
  /// One byte per token, 0: left out (padding, prompt). Empty: every token counts.
  std::span<const std::uint8_t> mask{};
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Perplexity per token, pooled over all tokens.
///
///   PPL = exp(−(1/T) Σ ln p_t)
///
/// @param x        log_probabilities(x): ln p of the observed tokens, nats
/// @param lengths  optional, tokens per document: the documents are then the clusters of the standard error
/// @param state    instead: a summary::log_likelihood, which streamed, merged or was reduced; its clusters
/// @return         standard error by the delta method, PPL·se(mean ln p). se from `block` consecutive tokens, or whole
///                 documents, as independent clusters; NaN with one cluster. Value NaN without tokens or with a NaN
///                 among them; +∞ where a token had probability 0. count = tokens counted
/// @complexity     O(T), two passes, no allocation (documents: 16 bytes each)
/// @bias           upwards by Jensen, about half the squared standard error over PPL
/// @throws         std::invalid_argument  block 0, a mask of another size, lengths that do not add up to T
/// @see            F. Jelinek, R. L. Mercer, L. R. Bahl, J. K. Baker (1977), J. Acoust. Soc. Am. 62, S63;
///                 document_perplexity for the means over documents that other tools print
/// @example        examples/perplexity/token_perplexity.cpp
struct token_perplexity_fn {
  static constexpr std::string_view name = "perplexity.token_perplexity";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Jelinek, Mercer, Bahl, Baker (1977)";

  template <std::floating_point T>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x,
                                    const token_perplexity_options& options = {}) const {
    return of(detail::mean_over_blocks("perplexity::token_perplexity", x.span(), options.block, options.mask));
  }
  template <std::floating_point T, core::integer_range Lengths>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x, const Lengths& lengths,
                                    const token_perplexity_options& options = {}) const {
    const auto documents = detail::documents_of("perplexity::token_perplexity", x.span(), lengths, options.mask);
    return of(detail::cluster_ratio(documents.size(), [&](std::size_t i) { return documents[i]; }));
  }
  [[nodiscard]] estimate operator()(const summary::log_likelihood& state) const {
    const estimate nats = state.per_token();
    return of({-nats.value, nats.standard_error, nats.count});
  }

 private:
  static estimate of(const detail::ratio& r) {
    const double value = std::exp(-r.mean);
    return {value, value * r.standard_error, r.units};
  }
};
inline constexpr token_perplexity_fn token_perplexity{};

/// Cross-entropy in bits per token, log2 of token_perplexity; arguments and errors as there.
struct bits_per_token_fn {
  static constexpr std::string_view name = "perplexity.bits_per_token";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Shannon (1951)";

  template <std::floating_point T>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x,
                                    const token_perplexity_options& options = {}) const {
    return of(detail::mean_over_blocks("perplexity::bits_per_token", x.span(), options.block, options.mask));
  }
  template <std::floating_point T, core::integer_range Lengths>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x, const Lengths& lengths,
                                    const token_perplexity_options& options = {}) const {
    const auto documents = detail::documents_of("perplexity::bits_per_token", x.span(), lengths, options.mask);
    return of(detail::cluster_ratio(documents.size(), [&](std::size_t i) { return documents[i]; }));
  }
  [[nodiscard]] estimate operator()(const summary::log_likelihood& state) const {
    return core::scaled(state.per_token(), 1.0 / std::numbers::ln2);
  }

 private:
  static estimate of(const detail::ratio& r) {
    return {-r.mean / std::numbers::ln2, r.standard_error / std::numbers::ln2, r.units};
  }
};
inline constexpr bits_per_token_fn bits_per_token{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
