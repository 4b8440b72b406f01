// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/detail/word_list.hpp"

namespace tailwatch::diversity {

/// When a factor closes: its type–token ratio is below the threshold (koRpus, TAALED, lexical-diversity), or at most it
/// (LexicalRichness, textcomplexity). The choice moves MTLD by a few per cent.
enum class mtld_close { below, at_most };

/// Whether the last token of the text may close a factor, or always belongs to the partial one (TAALED, lexical-diversity).
enum class mtld_last_token { may_close, always_partial };

struct mtld_options {
  double threshold = 0.72;  ///< in (0, 1)
  mtld_close close = mtld_close::below;
  std::size_t min_length = 1;  ///< tokens a factor must have, ≥ 1; TAALED: 10
  mtld_last_token last_token = mtld_last_token::may_close;
};

/// Starts of the moving average: every token, the text wrapped round; or forward and backward without wrapping.
enum class mtld_starts { wrap, bidirectional };

struct mtld_moving_average_options {
  double threshold = 0.72;  ///< in (0, 1)
  mtld_close close = mtld_close::below;
  std::size_t min_length = 10;  ///< tokens a factor must have, ≥ 1
  mtld_starts starts = mtld_starts::wrap;
};

namespace detail {

struct mtld_rule {
  double threshold;
  mtld_close close;
  std::size_t min_length;

  mtld_rule(double at, mtld_close how, std::size_t least, std::string_view function)
      : threshold(at), close(how), min_length(least) {
    core::check_open_interval(function, "threshold", at, 0.0, 1.0);
    core::check_at_least(function, "min_length", least, std::size_t{1});
  }
  [[nodiscard]] bool closes(std::size_t types, std::size_t length) const noexcept {
    const double ratio = static_cast<double>(types) / static_cast<double>(length);
    return length >= min_length && (close == mtld_close::below ? ratio < threshold : ratio <= threshold);
  }
};

/// Tokens per factor along `words`, which may be read backwards. +∞ without any repeated word: no factor, not even part of one.
[[nodiscard]] inline double mtld_one_way(const word_list& text, bool backward, const mtld_rule& rule,
                                         mtld_last_token last_token) {
  const std::size_t n = text.words.size();
  std::vector<std::size_t> last_factor(text.distinct);  // factor in which a word was last seen, from 1
  std::size_t factor = 1;
  std::size_t length = 0;
  std::size_t types = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t& seen = last_factor[text.words[backward ? n - 1 - i : i]];
    types += seen != factor ? 1U : 0U;
    seen = factor;
    ++length;
    const bool may_close = i + 1 < n || last_token == mtld_last_token::may_close;
    if (may_close && rule.closes(types, length)) {
      ++factor;
      length = types = 0;
    }
  }
  auto factors = static_cast<double>(factor - 1);
  if (length > 0) factors += (1.0 - static_cast<double>(types) / static_cast<double>(length)) / (1.0 - rule.threshold);
  return factors > 0.0 ? static_cast<double>(n) / factors : core::infinity;
}

/// Mean length of the first full factor over all starts; starts that never complete one are dropped, +∞ when all are.
[[nodiscard]] inline double mtld_over_starts(const word_list& text, bool backward, bool wrap, const mtld_rule& rule) {
  const std::size_t n = text.words.size();
  std::vector<std::size_t> last_start(text.distinct);  // start at which a word was last seen, from 1
  std::uint64_t sum = 0;
  std::uint64_t complete = 0;
  for (std::size_t start = 0; start < n; ++start) {
    std::size_t types = 0;
    const std::size_t room = wrap ? n : n - start;
    for (std::size_t length = 1; length <= room; ++length) {
      std::size_t at = start + length - 1;
      if (at >= n) at -= n;
      std::size_t& seen = last_start[text.words[backward ? n - 1 - at : at]];
      types += seen != start + 1 ? 1U : 0U;
      seen = start + 1;
      if (rule.closes(types, length)) {
        sum += length;
        ++complete;
        break;
      }
    }
  }
  return complete == 0 ? core::infinity : static_cast<double>(sum) / static_cast<double>(complete);
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Measure of textual lexical diversity: the mean length of stretches that keep their type–token ratio above a threshold.
///
///   (forward + backward)/2, each N/factors; what is left at the end counts as (1 − TTR)/(1 − threshold) of a factor
///
/// No state merges: where a factor begins depends on every token before it, and the backward half begins at the last token. Over
/// documents take the mean, a value a document into summary::moments.
///
/// @param tokens   token ids in their order: an integer range or tokens(x)
/// @return         tokens; the standard error is not known and NaN; +∞ without a repeated word (peers print N, 0 or fail); NaN
///                 when N = 0
/// @complexity     O(tokens)
/// @throws         std::invalid_argument unless 0 < threshold < 1 and min_length ≥ 1
/// @see            P. M. McCarthy, S. Jarvis (2010), Behavior Research Methods 42, 381–392
/// @example        examples/diversity/lexical_diversity.cpp
struct mtld_fn {
  static constexpr std::string_view name = "diversity.mtld";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "McCarthy and Jarvis (2010)";

  template <word_list_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const mtld_options& options = {}) const {
    const detail::mtld_rule rule(options.threshold, options.close, options.min_length, "diversity::mtld");
    const detail::word_list text(tokens);
    if (text.words.empty()) return {core::nan, core::nan, 0};
    const double forward = detail::mtld_one_way(text, false, rule, options.last_token);
    const double backward = detail::mtld_one_way(text, true, rule, options.last_token);
    return {0.5 * (forward + backward), core::nan, text.words.size()};
  }
};
inline constexpr mtld_fn mtld{};

/// The forward half of mtld: factors from the first token on.
struct mtld_forward_fn {
  static constexpr std::string_view name = "diversity.mtld_forward";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "McCarthy and Jarvis (2010)";

  template <word_list_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const mtld_options& options = {}) const {
    const detail::mtld_rule rule(options.threshold, options.close, options.min_length, "diversity::mtld_forward");
    const detail::word_list text(tokens);
    if (text.words.empty()) return {core::nan, core::nan, 0};
    return {detail::mtld_one_way(text, false, rule, options.last_token), core::nan, text.words.size()};
  }
};
inline constexpr mtld_forward_fn mtld_forward{};

/// The backward half of mtld: factors from the last token on.
struct mtld_backward_fn {
  static constexpr std::string_view name = "diversity.mtld_backward";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "McCarthy and Jarvis (2010)";

  template <word_list_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const mtld_options& options = {}) const {
    const detail::mtld_rule rule(options.threshold, options.close, options.min_length, "diversity::mtld_backward");
    const detail::word_list text(tokens);
    if (text.words.empty()) return {core::nan, core::nan, 0};
    return {detail::mtld_one_way(text, true, rule, options.last_token), core::nan, text.words.size()};
  }
};
inline constexpr mtld_backward_fn mtld_backward{};

/// Moving-average MTLD: the mean length of the first full factor from every start, which uses no partial factors.
///
/// @param tokens   token ids in their order: an integer range or tokens(x)
/// @return         tokens; the standard error is not known and NaN; +∞ when no start completes a factor; NaN when N = 0
/// @complexity     O(tokens · mean factor length)
/// @throws         std::invalid_argument unless 0 < threshold < 1 and min_length ≥ 1
/// @see            K. Kyle, S. A. Crossley, S. Jarvis (2021), Language Assessment Quarterly 18, 154–170
/// @example        examples/diversity/lexical_diversity.cpp
struct mtld_moving_average_fn {
  static constexpr std::string_view name = "diversity.mtld_moving_average";
  static constexpr core::unit unit = core::unit::tokens;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Kyle, Crossley and Jarvis (2021)";

  template <word_list_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const mtld_moving_average_options& options = {}) const {
    const detail::mtld_rule rule(options.threshold, options.close, options.min_length,
                                 "diversity::mtld_moving_average");
    const detail::word_list text(tokens);
    if (text.words.empty()) return {core::nan, core::nan, 0};
    if (options.starts == mtld_starts::wrap)
      return {detail::mtld_over_starts(text, false, true, rule), core::nan, text.words.size()};
    const double forward = detail::mtld_over_starts(text, false, false, rule);
    const double backward = detail::mtld_over_starts(text, true, false, rule);
    return {0.5 * (forward + backward), core::nan, text.words.size()};
  }
};
inline constexpr mtld_moving_average_fn mtld_moving_average{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
