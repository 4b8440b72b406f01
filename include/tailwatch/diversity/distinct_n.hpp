// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/diversity/type_token_ratio.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/math/grouped_distinct.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

/// What the distinct n-grams are divided by: the n-grams, or the tokens as in Li et al.'s paper.
enum class distinct_denominator { ngrams, tokens };

struct distinct_n_options {
  std::size_t order = 2;  ///< n ≥ 1
  distinct_denominator denominator = distinct_denominator::ngrams;
  std::size_t groups = 0;  ///< of sequences, for the standard error of token_sequences: 0 (none) or ≥ 2, such as 20
};

struct ngram_diversity_options {
  std::size_t max_order = 4;  ///< n = 1 … max_order, ≥ 1
};

struct expectation_adjusted_distinct_options {
  std::size_t order = 1;              ///< n ≥ 1
  std::uint64_t vocabulary_size = 0;  ///< V ≥ 1, the model's vocabulary; the same V for every n
};

namespace detail {
template <math::token_source Source>
[[nodiscard]] std::size_t token_count(const Source& tokens) {
  if constexpr (std::same_as<Source, core::token_sequences>) {
    return tokens.token_count();
  } else {
    return core::as_span(tokens).size();
  }
}

}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Distinct-n: distinct n-grams per n-gram.
///
///   D_n = #distinct n-grams/#n-grams
///
/// @param source   token ids in their order (an integer range or tokens(x)); token_sequences, whose borders no n-gram crosses; or
///                 n-grams counted already: summary::ngram_counts, counts(x), a profile
/// @return         ratio in (0, 1] and the number of n-grams; NaN when there is no n-gram. Standard error: see below
/// @complexity     O(tokens) with groups or without while n ids fit 128 bits (math::visit_ngram_counts), or O(K) from counts
/// @bias           falls with the length of the text: compare equal lengths, or take expectation_adjusted_distinct
/// @throws         std::invalid_argument for order = 0 and groups = 1
///
/// Standard error. Neighbouring n-grams share tokens and repeats come in runs, so no formula for independent n-grams holds. With
/// `groups` = G ≥ 2 sequence i is dealt to group i mod G and the error is the delete-a-group jackknife's,
///
///   √((G − 1)/G Σ_g (D₍g₎ − mean D₍g₎)²)      D₍g₎ = (distinct − n-grams that g alone has)/(n-grams − those of g),
///
/// which asks only that sequences be independent of each other; any dependence within one is allowed for. It is biased upwards
/// (Efron and Stein 1981): a lost n-gram counts in full, though another one might have come in its place. NaN for a text of fewer
/// than two sequences, or where no group differs from another. Without groups: as type_token_ratio for n = 1 (independent
/// tokens), else NaN; NaN for counts.
/// @see            J. Li, M. Galley, C. Brockett, J. Gao, B. Dolan (2016), NAACL, 110–119; B. Efron, C. Stein (1981), Annals of
///                 Statistics 9, 586–596
/// @example        examples/diversity/lexical_diversity.cpp
struct distinct_n_fn {
  static constexpr std::string_view name = "diversity.distinct_n";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Li et al. (2016)";

  template <math::token_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const distinct_n_options& options = {}) const {
    core::check_at_least("diversity::distinct_n", "order", options.order, std::size_t{1});
    core::check(options.groups != 1, "diversity::distinct_n", "groups", options.groups, "0 or at least 2");
    if (options.groups != 0)
      return math::grouped_distinct(math::count_ngrams_by_group(tokens, options.order, options.groups),
                                    options.denominator == distinct_denominator::tokens);
    if (options.order == 1) return type_token_ratio(tokens);
    const auto [distinct, ngrams] = math::count_distinct_ngrams(tokens, options.order);
    if (ngrams == 0) return {core::nan, core::nan, 0};
    const auto whole =
        static_cast<double>(options.denominator == distinct_denominator::ngrams ? ngrams : detail::token_count(tokens));
    return {static_cast<double>(distinct) / whole, core::nan, ngrams};
  }

  template <summary::count_source Source>
    requires(!math::token_source<Source>)
  [[nodiscard]] estimate operator()(const Source& ngrams) const {
    const auto& profile = summary::profile_of(ngrams, "diversity::distinct_n");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    return {static_cast<double>(profile.types()) / static_cast<double>(profile.total()), core::nan, profile.total()};
  }
};
inline constexpr distinct_n_fn distinct_n{};

/// N-gram diversity: the sum of distinct_n over n = 1 … max_order.
///
/// @param tokens   token ids in their order, or token_sequences
/// @return         in (0, max_order] and the number of tokens; the standard error is not known and NaN; NaN when there is no
///                 n-gram of the highest order
/// @complexity     O(max_order² · tokens)
/// @throws         std::invalid_argument for max_order = 0
/// @see            C. Meister, T. Pimentel, G. Wiher, R. Cotterell (2023), TACL 11, 102–121
/// @example        examples/diversity/lexical_diversity.cpp
struct ngram_diversity_fn {
  static constexpr std::string_view name = "diversity.ngram_diversity";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Meister et al. (2023)";

  template <math::token_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const ngram_diversity_options& options = {}) const {
    core::check_at_least("diversity::ngram_diversity", "max_order", options.max_order, std::size_t{1});
    double sum = 0.0;
    for (std::size_t n = 1; n <= options.max_order; ++n) sum += distinct_n(tokens, {.order = n}).value;
    return {sum, core::nan, detail::token_count(tokens)};
  }
};
inline constexpr ngram_diversity_fn ngram_diversity{};

/// Expectation-adjusted distinct: distinct n-grams relative to what a uniform source over V symbols would show.
///
///   #distinct/(V (1 − ((V − 1)/V)^C))        C = number of n-grams
///
/// @param source   as distinct_n
/// @return         ratio, may exceed 1 for n > 1; the standard error is not known and NaN; NaN when there is no n-gram
/// @complexity     O(n · tokens), or O(K) from counts
/// @throws         std::invalid_argument for order = 0 or vocabulary_size = 0
/// @see            S. Liu, S. Sabour, Y. Zheng, P. Ke, X. Zhu, M. Huang (2022), ACL (short papers), 762–770
/// @example        examples/diversity/lexical_diversity.cpp
struct expectation_adjusted_distinct_fn {
  static constexpr std::string_view name = "diversity.expectation_adjusted_distinct";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Liu et al. (2022)";

  template <word_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const expectation_adjusted_distinct_options& options) const {
    constexpr std::string_view function = "diversity::expectation_adjusted_distinct";
    core::check_at_least(function, "order", options.order, std::size_t{1});
    core::check_at_least(function, "vocabulary_size", options.vocabulary_size, std::uint64_t{1});
    std::uint64_t distinct = 0, ngrams = 0;
    if constexpr (math::token_source<Source>) {
      const math::ngram_totals totals = math::count_distinct_ngrams(source, options.order);
      distinct = totals.distinct;
      ngrams = totals.ngrams;
    } else {
      const auto& profile = summary::profile_of(source, function);
      if (!profile.defined()) return {core::nan, core::nan, profile.total()};
      distinct = profile.types();
      ngrams = profile.total();
    }
    if (ngrams == 0) return {core::nan, core::nan, 0};
    const auto v = static_cast<double>(options.vocabulary_size);
    const double expected = -v * std::expm1(static_cast<double>(ngrams) * std::log1p(-1.0 / v));
    return {static_cast<double>(distinct) / expected, core::nan, ngrams};
  }
};
inline constexpr expectation_adjusted_distinct_fn expectation_adjusted_distinct{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
