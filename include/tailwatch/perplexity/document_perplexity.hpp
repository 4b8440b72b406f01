// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/log_probability_clusters.hpp"

namespace tailwatch::perplexity {

struct document_perplexity_options {
  std::span<const std::uint8_t> mask{};  ///< one byte per token, 0: left out
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Arithmetic mean over documents of each document's own perplexity. Not the perplexity of the corpus
/// (token_perplexity): short and odd documents weigh as much as long ones, and by Jensen it is never below exp of the
/// mean of the means.
///
///   (1/D) Σ_d exp(−(1/T_d) Σ_t ln p_dt)
///
/// @param x        log_probabilities(x): ln p of the observed tokens, nats, documents one after the other
/// @param lengths  tokens per document
/// @return         standard error s/√D over documents, NaN for one; documents without a counted token are left out;
///                 NaN without documents or with a NaN token; count = documents
/// @complexity     O(T)
/// @bias           none over documents drawn at random
/// @throws         std::invalid_argument  a mask of another size, lengths that do not add up to the number of tokens
/// @see            what the `evaluate` package of Hugging Face prints as mean_perplexity
/// @example        examples/perplexity/token_perplexity.cpp
struct mean_document_perplexity_fn {
  static constexpr std::string_view name = "perplexity.mean_document_perplexity";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Hugging Face evaluate";

  template <std::floating_point T, core::integer_range Lengths>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x, const Lengths& lengths,
                                    const document_perplexity_options& options = {}) const {
    const auto documents =
        detail::documents_of("perplexity::mean_document_perplexity", x.span(), lengths, options.mask);
    const auto r = detail::cluster_ratio(documents.size(), [&](std::size_t i) {
      const detail::cluster& d = documents[i];
      return d.units == 0 ? d : detail::cluster{std::exp(-d.sum / static_cast<double>(d.units)), 1};
    });
    return {r.mean, r.standard_error, r.units};
  }
};
inline constexpr mean_document_perplexity_fn mean_document_perplexity{};

/// exp of minus the mean log-likelihood of a whole document: grows with the length of the documents.
///
///   exp(−(1/D) Σ_d Σ_t ln p_dt)
///
/// Arguments, edges and errors as mean_document_perplexity; standard error by the delta method over documents.
/// @see      what lm-evaluation-harness calls `perplexity`
/// @example  examples/perplexity/token_perplexity.cpp
struct perplexity_per_document_fn {
  static constexpr std::string_view name = "perplexity.perplexity_per_document";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "lm-evaluation-harness";

  template <std::floating_point T, core::integer_range Lengths>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x, const Lengths& lengths,
                                    const document_perplexity_options& options = {}) const {
    const auto documents = detail::documents_of("perplexity::perplexity_per_document", x.span(), lengths, options.mask);
    const auto r = detail::cluster_ratio(documents.size(), [&](std::size_t i) {
      return detail::cluster{documents[i].sum, documents[i].units == 0 ? 0U : 1U};
    });
    const double value = std::exp(-r.mean);
    return {value, value * r.standard_error, r.units};
  }
};
inline constexpr perplexity_per_document_fn perplexity_per_document{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
