// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/log_probability_clusters.hpp"

namespace tailwatch::perplexity {

/// A stretch of a long text that the model reads at once, and the part of it that is scored.
struct scored_window {
  std::size_t begin = 0;   ///< first token read
  std::size_t scored = 0;  ///< first token scored, begin ≤ scored ≤ end
  std::size_t end = 0;     ///< one past the last token read and scored
  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
  friend bool operator==(const scored_window&, const scored_window&) = default;
};

/// How a text that is longer than the model's context is cut up. Perplexities differ with it by as much as models do: name it
/// with the figure.
struct strided_windows_options {
  std::size_t length = 1024;  ///< tokens a window
  /// Tokens from one window to the next. Less than the length: windows overlap and every token but those of the first window
  /// has at least length − stride tokens of context. Equal to it: windows side by side.
  std::size_t stride = 512;
  /// Tokens at the start of *every* window that are read but not scored, the overlap aside; of windows side by side half
  /// the length is what llama.cpp's perplexity tool takes. They are scored by no window, unless the overlap covers them.
  std::size_t unscored = 0;
  bool score_first = false;      ///< the first token of the text has no context; true: the model was given a <s> for it
  bool drop_incomplete = false;  ///< leave out a last window that is shorter than `length`, as llama.cpp's tool does
};

/// The windows of a text of `tokens` tokens: each token is scored at most once, by the first window that reaches it.
///
///   overlapping, every token scored (Hugging Face):  {.length = 1024, .stride = 512}
///   side by side, every token scored:                {.length = 1024, .stride = 1024}
///   side by side, second halves scored (llama.cpp):  {.length = 512, .stride = 512, .unscored = 256, .drop_incomplete = true}
///
/// @complexity  O(tokens / stride)
/// @throws      std::invalid_argument  length 0, stride 0 or above the length, unscored at or above the length
[[nodiscard]] inline std::vector<scored_window> strided_windows(std::size_t tokens,
                                                                const strided_windows_options& options = {}) {
  constexpr std::string_view function = "perplexity::strided_windows";
  core::check_at_least(function, "length", options.length, std::size_t{1});
  core::check_at_least(function, "stride", options.stride, std::size_t{1});
  core::check_at_most(function, "stride", options.stride, options.length);
  core::check_at_most(function, "unscored", options.unscored, options.length - 1);
  std::vector<scored_window> windows;
  std::size_t done = options.score_first ? 0 : 1;  // tokens before it are scored, or never will be
  for (std::size_t begin = 0; begin < tokens; begin += options.stride) {
    const std::size_t end = begin + std::min(options.length, tokens - begin);
    if (options.drop_incomplete && end - begin < options.length) break;
    const std::size_t scored = std::min(end, std::max(done, begin + options.unscored));
    windows.push_back({begin, scored, end});
    done = std::max(done, end);
    if (end == tokens) break;
  }
  return windows;
}

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Perplexity of a long text from windows of a model with a short context.
///
///   exp(−(1/T) Σ_{scored} ln p_t)        T = scored tokens
///
/// @param x        log_probabilities(x): ln p of the tokens of every window, one window after the other, unscored ones
///                 included (any value there)
/// @param windows  from strided_windows; their sizes add up to the number of log-probabilities
/// @return         standard error by the delta method with windows as clusters, NaN for one; NaN without scored tokens or
///                 with a NaN among them; count = scored tokens
/// @complexity     O(Σ window sizes)
/// @bias           upwards against the full context, the more the smaller length − stride: each token sees less before it
/// @throws         std::invalid_argument  sizes that do not add up, a window that is not begin ≤ scored ≤ end
/// @see            W. Dai et al. (2019), Transformer-XL, ACL, 2978–2988 (the cost of fixed windows)
/// @example        examples/perplexity/calibration.cpp
struct windowed_perplexity_fn {
  static constexpr std::string_view name = "perplexity.windowed_perplexity";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Dai et al. (2019)";

  template <std::floating_point T>
  [[nodiscard]] estimate operator()(const core::log_probabilities_view<T>& x,
                                    std::span<const scored_window> windows) const {
    constexpr std::string_view function = "perplexity::windowed_perplexity";
    std::vector<detail::cluster> clusters;
    std::size_t at = 0;
    for (const scored_window& w : windows) {
      core::check(w.begin <= w.scored && w.scored <= w.end, function, "window's first scored token", w.scored,
                  "between its begin and its end");
      core::check(w.size() <= x.size() - at, function, "sum of window sizes", at + w.size(),
                  "the number of log-probabilities, " + core::to_text(x.size()));
      const auto part = x.span().subspan(at + (w.scored - w.begin), w.end - w.scored);
      detail::check_log_probabilities(function, part, {});
      clusters.push_back(detail::sum_of(part, {}, 0, part.size()));
      at += w.size();
    }
    core::check(at == x.size(), function, "sum of window sizes", at,
                "the number of log-probabilities, " + core::to_text(x.size()));
    const auto r = detail::cluster_ratio(clusters.size(), [&](std::size_t i) { return clusters[i]; });
    const double value = std::exp(-r.mean);
    return {value, value * r.standard_error, r.units};
  }
};
inline constexpr windowed_perplexity_fn windowed_perplexity{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::perplexity
