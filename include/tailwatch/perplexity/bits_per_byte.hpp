// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <numbers>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/token_perplexity.hpp"
#include "tailwatch/summary/log_likelihood.hpp"

namespace tailwatch::perplexity {

namespace detail {
// The total log-likelihood, spread over `units` that are taken as known.
template <std::floating_point T>
[[nodiscard]] ratio total_per(std::string_view function, const core::log_probabilities_view<T>& x, std::uint64_t units,
                              const token_perplexity_options& options) {
  const ratio r = mean_over_blocks(function, x.span(), options.block, options.mask);
  const double factor = units == 0 ? core::nan : static_cast<double>(r.units) / static_cast<double>(units);
  return {r.mean * factor, r.standard_error * factor, units, r.clusters};
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Bits that a model needs per byte of the text: comparable between models whose tokens differ.
///
///   −Σ ln p_t / (B ln 2)
///
/// @param x      log_probabilities(x): ln p of every token of the text, nats
/// @param state  instead: a summary::log_likelihood, by the bytes given with its documents, then random like the tokens
/// @param bytes  B, UTF-8 bytes of the text those tokens stand for (with a mask: of the tokens that count)
/// @return       standard error from `block` consecutive tokens as clusters, B taken as known; NaN for B = 0, no tokens
///               or a NaN among them; count = B
/// @complexity   O(T), two passes, no allocation
/// @bias         none
/// @throws       std::invalid_argument  block 0, a mask of another size
/// @see          C. E. Shannon (1951), Bell System Technical Journal 30, 50–64
/// @example      examples/perplexity/token_perplexity.cpp
struct bits_per_byte_fn {
  static constexpr std::string_view name = "perplexity.bits_per_byte";
  static constexpr core::unit unit = core::unit::bits_per_byte;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Shannon (1951)";

  template <std::floating_point T>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x, std::uint64_t bytes,
                                    const token_perplexity_options& options = {}) const {
    const auto r = detail::total_per("perplexity::bits_per_byte", x, bytes, options);
    return {-r.mean / std::numbers::ln2, r.standard_error / std::numbers::ln2, r.units};
  }
  [[nodiscard]] estimate operator()(const summary::log_likelihood& state) const {
    return core::scaled(state.per_byte(), 1.0 / std::numbers::ln2);
  }
};
inline constexpr bits_per_byte_fn bits_per_byte{};

/// exp(−Σ ln p_t / B): 2 to the bits per byte; arguments, edges and errors as bits_per_byte.
struct perplexity_per_byte_fn {
  static constexpr std::string_view name = "perplexity.perplexity_per_byte";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "lm-evaluation-harness byte_perplexity";

  template <std::floating_point T>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x, std::uint64_t bytes,
                                    const token_perplexity_options& options = {}) const {
    const auto r = detail::total_per("perplexity::perplexity_per_byte", x, bytes, options);
    const double value = std::exp(-r.mean);
    return {value, value * r.standard_error, r.units};
  }
  [[nodiscard]] estimate operator()(const summary::log_likelihood& state) const {
    const estimate nats = state.per_byte();
    const double value = std::exp(nats.value);
    return {value, value * nats.standard_error, nats.count};
  }
};
inline constexpr perplexity_per_byte_fn perplexity_per_byte{};

/// exp(−Σ ln p_t / W), W words of the text however the model cut it into tokens; otherwise as bits_per_byte.
struct perplexity_per_word_fn {
  static constexpr std::string_view name = "perplexity.perplexity_per_word";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "lm-evaluation-harness word_perplexity";

  template <std::floating_point T>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x, std::uint64_t words,
                                    const token_perplexity_options& options = {}) const {
    const auto r = detail::total_per("perplexity::perplexity_per_word", x, words, options);
    const double value = std::exp(-r.mean);
    return {value, value * r.standard_error, r.units};
  }
  [[nodiscard]] estimate operator()(const summary::log_likelihood& state) const {
    const estimate nats = state.per_word();
    const double value = std::exp(nats.value);
    return {value, value * nats.standard_error, nats.count};
  }
};
inline constexpr perplexity_per_word_fn perplexity_per_word{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
