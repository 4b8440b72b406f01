// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/diversity/detail/word_list.hpp"
#include "tailwatch/summary/windowed_types.hpp"

namespace tailwatch::diversity {

struct mattr_options {
  std::size_t window = 100;  ///< tokens, ≥ 1
};

struct msttr_options {
  std::size_t window = 100;  ///< tokens per segment, ≥ 1
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Moving-average type–token ratio.
///
///   mean of V/w over the N − w + 1 windows of w neighbouring tokens
///
/// Does not depend on the length of the text beyond its scatter.
/// @param tokens   token ids in their order: an integer range or tokens(x); token_sequences, whose borders no window crosses; or a
///                 summary::windowed_types, which streams and merges and brings its window
/// @return         in (0, 1] and N; of one text the standard error is not known (windows overlap) and NaN: see msttr; of sequences
///                 it takes them as independent clusters (windowed_types::mean_ratio). NaN when N < window; sequences shorter
///                 than the window are left out
/// @complexity     O(tokens), whatever the window; a state O(1)
/// @throws         std::invalid_argument for window = 0, and for a state of segments
/// @see            M. A. Covington, J. D. McFall (2010), Journal of Quantitative Linguistics 17, 94–100
/// @example        examples/diversity/lexical_diversity.cpp
struct mattr_fn {
  static constexpr std::string_view name = "diversity.mattr";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Covington and McFall (2010)";

  template <word_list_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const mattr_options& options = {}) const {
    core::check_at_least("diversity::mattr", "window", options.window, std::size_t{1});
    const detail::word_list text(tokens);
    const std::vector<std::uint32_t>& words = text.words;
    const std::size_t w = options.window;
    if (words.size() < w) return {core::nan, core::nan, words.size()};
    std::vector<std::uint32_t> inside(text.distinct);
    std::uint64_t types = 0;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      types += inside[words[i]]++ == 0 ? 1 : 0;
      if (i >= w) types -= --inside[words[i - w]] == 0 ? 1 : 0;
      if (i + 1 >= w) sum += types;
    }
    const double windows = static_cast<double>(words.size() - w + 1);
    return {static_cast<double>(sum) / static_cast<double>(w) / windows, core::nan, words.size()};
  }
  [[nodiscard]] estimate operator()(const core::token_sequences& sequences, const mattr_options& options = {}) const {
    core::check_at_least("diversity::mattr", "window", options.window, std::size_t{1});
    summary::windowed_types state({.window = options.window, .step = summary::window_step::every_token});
    state.update(sequences);
    return state.mean_ratio();
  }
  [[nodiscard]] estimate operator()(const summary::windowed_types& state) const {
    core::check(state.options().step == summary::window_step::every_token, "diversity::mattr", "step of the state",
                static_cast<int>(state.options().step), "window_step::every_token");
    return state.mean_ratio();
  }
};
inline constexpr mattr_fn mattr{};

/// Mean segmental type–token ratio.
///
///   mean of V/w over the ⌊N/w⌋ full segments of w tokens; what is left over is not used
///
/// @param tokens   token ids in their order: an integer range or tokens(x); or token_sequences or a summary::windowed_types with
///                 window_step::side_by_side, as for mattr: the error is then over sequences
/// @return         in (0, 1] and N; standard error sd/√segments, denominator segments − 1, for segments that do not depend on each
///                 other, NaN with one segment; NaN when N < window
/// @complexity     O(tokens)
/// @throws         std::invalid_argument for window = 0
/// @see            W. Johnson (1944), Psychological Monographs 56(2), 1–15
/// @example        examples/diversity/lexical_diversity.cpp
struct msttr_fn {
  static constexpr std::string_view name = "diversity.msttr";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Johnson (1944)";

  template <word_list_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const msttr_options& options = {}) const {
    core::check_at_least("diversity::msttr", "window", options.window, std::size_t{1});
    const detail::word_list text(tokens);
    const std::vector<std::uint32_t>& words = text.words;
    const std::size_t segments = words.size() / options.window;
    if (segments == 0) return {core::nan, core::nan, words.size()};
    std::vector<std::size_t> last_segment(text.distinct);  // segment + 1 in which a word was last seen
    double mean = 0.0;
    double squares = 0.0;
    for (std::size_t segment = 1; segment <= segments; ++segment) {
      std::size_t types = 0;
      for (std::size_t i = (segment - 1) * options.window; i < segment * options.window; ++i) {
        types += last_segment[words[i]] != segment ? 1U : 0U;
        last_segment[words[i]] = segment;
      }
      const double ratio = static_cast<double>(types) / static_cast<double>(options.window);
      const double delta = ratio - mean;
      mean += delta / static_cast<double>(segment);
      squares += delta * (ratio - mean);
    }
    const auto n = static_cast<double>(segments);
    return {mean, segments < 2 ? core::nan : std::sqrt(squares / (n - 1.0) / n), words.size()};
  }
  [[nodiscard]] estimate operator()(const core::token_sequences& sequences, const msttr_options& options = {}) const {
    core::check_at_least("diversity::msttr", "window", options.window, std::size_t{1});
    summary::windowed_types state({.window = options.window, .step = summary::window_step::side_by_side});
    state.update(sequences);
    return state.mean_ratio();
  }
  [[nodiscard]] estimate operator()(const summary::windowed_types& state) const {
    core::check(state.options().step == summary::window_step::side_by_side, "diversity::msttr", "step of the state",
                static_cast<int>(state.options().step), "window_step::side_by_side");
    return state.mean_ratio();
  }
};
inline constexpr msttr_fn msttr{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
