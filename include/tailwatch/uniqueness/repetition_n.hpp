// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/math/grouped_distinct.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

struct repetition_n_options {
  std::size_t order = 4;   ///< n, of texts; a state brings its own
  std::size_t groups = 0;  ///< of sequences, for the standard error of token_sequences: 0 (none) or ≥ 2, such as 20
};

struct sequence_repetition_n_options {
  std::size_t order = 4;  ///< n
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace detail {

/// 1 − S/N and its delete-one jackknife error: leaving out an observation of a singleton loses a type, any other loses none,
/// so the variance is f₁(1 − f₁/N)/(N(N − 1)). NaN at f₁ = 0 and f₁ = N, where nothing varies.
[[nodiscard]] inline estimate repeated_share(const summary::frequency_profile& profile) noexcept {
  if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
  const auto n = static_cast<double>(profile.total());
  const auto singletons = static_cast<double>(profile.f(1));
  estimate e{static_cast<double>(profile.total() - profile.types()) / n, core::nan, profile.total()};
  if (singletons > 0.0 && singletons < n)
    e.standard_error = std::sqrt(singletons * (1.0 - singletons / n) / (n * (n - 1.0)));
  return e;
}

}  // namespace detail

/// Share of n-grams that repeat an earlier one: 1 − distinct n-grams / n-grams, that is 1 − distinct-n.
///
/// @param source   token ids (integer range, tokens(x)), core::token_sequences, or a counting state (ngram_counts, ...)
/// @return         in [0, 1); NaN without n-grams. Standard error without groups: delete-one jackknife, biased upwards for
///                 independent n-grams (Efron and Stein 1981), too low for text, where repeats come in runs. With `groups` = G:
///                 delete-a-group jackknife over sequences dealt to G groups, which asks only that sequences be independent; as
///                 distinct_n of diversity/, NaN for a text of fewer than two sequences
/// @complexity     a text O(tokens) while n ids fit 128 bits, a state O(distinct keys)
/// @bias           grows with the length of the text: compare at one length
/// @throws         std::invalid_argument for order 0 and groups 1
/// @see            S. Welleck et al. (2020), Neural Text Generation with Unlikelihood Training, ICLR, whose mean over sequences
///                 is sequence_repetition_n
/// @example        examples/uniqueness/repetition.cpp
struct repetition_n_fn {
  static constexpr std::string_view name = "uniqueness.repetition_n";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Welleck et al. (2020)";

  template <class Source>
    requires detail::text_source<Source> || summary::counting_state<Source>
  [[nodiscard]] estimate operator()(const Source& source, const repetition_n_options& options = {}) const {
    constexpr std::string_view function = "uniqueness::repetition_n";
    core::check_at_least<std::size_t>(function, "order", options.order, 1);
    core::check(options.groups != 1, function, "groups", options.groups, "0 or at least 2");
    if constexpr (detail::text_source<Source>) {
      if (options.groups != 0) {
        const auto text = math::count_ngrams_by_group(source, options.order, options.groups);
        estimate e = math::grouped_distinct(text);
        if (text.ngrams != 0)
          e.value = static_cast<double>(text.ngrams - text.distinct) / static_cast<double>(text.ngrams);
        return e;
      }
      return detail::repeated_share(summary::frequency_profile(math::count_ngrams(source, options.order)));
    } else {
      core::check(options.groups == 0, function, "groups", options.groups, "0: a state knows no sequences");
      return detail::repeated_share(summary::frequency_profile(source, function));
    }
  }
};
inline constexpr repetition_n_fn repetition_n{};

/// Repetition within a response, averaged over responses: seq-rep-n of the unlikelihood paper.
///
///   (1/S) Σ_s (1 − distinct n-grams of s/n-grams of s)
///
/// repetition_n of the whole text also sees what responses have in common; this one does not.
/// @param sequences  token ids, one sequence a response; those without an n-gram are left out
/// @return         in [0, 1); standard error: deviation over √S, NaN for one sequence; NaN without one; count: sequences
/// @complexity     O(tokens log length)
/// @bias           grows with the length of the responses: compare at one length
/// @throws         std::invalid_argument for order 0
/// @see            S. Welleck et al. (2020), Neural Text Generation with Unlikelihood Training, ICLR
/// @example        examples/uniqueness/repetition.cpp
struct sequence_repetition_n_fn {
  static constexpr std::string_view name = "uniqueness.sequence_repetition_n";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Welleck et al. (2020)";

  [[nodiscard]] estimate operator()(const core::token_sequences& sequences,
                                    const sequence_repetition_n_options& options = {}) const {
    core::check_at_least<std::size_t>("uniqueness::sequence_repetition_n", "order", options.order, 1);
    const std::vector<std::size_t> ends = math::detail::sequence_ends(sequences);
    std::vector<std::uint32_t> grams;
    static_cast<void>(
        math::detail::number_ngrams(sequences.tokens(), std::span<const std::size_t>(ends), options.order, grams));
    double mean = 0.0;  // with the squared deviations (Welford)
    double squares = 0.0;
    std::uint64_t seen = 0;
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      const std::size_t length = end - begin;
      if (length >= options.order) {
        const std::size_t n = length - options.order + 1;
        const auto first = grams.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last = first + static_cast<std::ptrdiff_t>(n);
        std::sort(first, last);
        const auto repeated = static_cast<double>(last - std::unique(first, last));
        const double share = repeated / static_cast<double>(n);
        ++seen;
        const double step = share - mean;
        mean += step / static_cast<double>(seen);
        squares += step * (share - mean);
      }
      begin = end;
    }
    if (seen == 0) return {core::nan, core::nan, 0};
    const auto count = static_cast<double>(seen);
    return {mean, seen < 2 ? core::nan : std::sqrt(squares / ((count - 1.0) * count)), seen};
  }
};
inline constexpr sequence_repetition_n_fn sequence_repetition_n{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
