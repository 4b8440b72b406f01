// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/entropy/detail/blocked_ngrams.hpp"
#include "tailwatch/entropy/plugin.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct ngram_options {
  std::size_t order = 2;  ///< n ≥ 1
  information_unit unit = information_unit::nats;
  std::size_t blocks = 32;  ///< of consecutive tokens, for the jackknife; at most 255, 0: no standard error
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Plug-in Shannon entropy of all overlapping n-grams of a token list.
///
///   H_n = −Σ p̂(g) ln p̂(g) over the distinct n-grams g
///
/// @param tokens   token ids of any integer type, tokens(x), or token_sequences, whose borders no n-gram crosses. For a
///                 stream keep a summary::ngram_counts and give it to any count estimator
/// @return         nats (or `unit`) and the number of n-grams; standard error as plugin with plugin_error::jackknife for n = 1
///                 (independent tokens), else by the second-order jackknife over blocks of consecutive tokens, which holds for dependent
///                 tokens too where dependence ends within a block; NaN for fewer than 64 n tokens; NaN when there is no n-gram
/// @complexity     O(n · tokens), and O(distinct n-grams · blocks²) at worst for the error
/// @bias           as plugin, and severe where most n-grams are seen once
/// @throws         std::invalid_argument for order = 0
/// @see            C. E. Shannon (1951), Bell System Technical Journal 30, 50–64
/// @example        examples/entropy/ngram_entropy.cpp
struct ngram_fn {
  static constexpr std::string_view name = "entropy.ngram";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Shannon (1951)";

  template <math::token_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const ngram_options& options = {}) const {
    core::check_at_least("entropy::ngram", "order", options.order, std::size_t{1});
    core::check_at_most("entropy::ngram", "blocks", options.blocks, std::size_t{255});
    const auto occurrences = math::count_ngrams(tokens, options.order);
    estimate h = plugin(core::counts(occurrences), {.error = plugin_error::jackknife});
    if (options.order > 1)
      h.standard_error = math::detail::with_flat_text(tokens, [&](auto text, std::span<const std::size_t> ends) {
        const std::size_t blocks = detail::resolve_blocks(options.blocks, text.size(), options.order);
        if (blocks == 0) return core::nan;
        const detail::blocked_ngrams of(text, ends, options.order, blocks);
        return detail::delete_block_error(blocks, [&](const auto& entropy_of) { return entropy_of(of); });
      });
    return core::in_unit(h, options.unit);
  }
};
inline constexpr ngram_fn ngram{};

/// Entropy of the next token given the n − 1 before it, as a difference of n-gram entropies.
///
///   H_n − H_{n−1} over all n-grams and all (n − 1)-grams; n = 1: H₁
///
/// The (n − 1)-grams that end a sequence are counted too, so that it is the difference of two published numbers.
/// @param tokens   as ngram; or two counting sources, the n-grams and the (n − 1)-grams
/// @return         nats (or `unit`) and the number of n-grams; standard error as ngram, of tokens; from two counting sources
///                 it is not known and NaN; NaN when there is no n-gram. May be slightly negative for very short lists
/// @complexity     O(n · tokens)
/// @bias           negative and growing with n: once most n-grams are seen once it tends to 0 whatever the source
/// @throws         std::invalid_argument for order = 0
/// @see            C. E. Shannon (1951), Bell System Technical Journal 30, 50–64
/// @example        examples/entropy/ngram_entropy.cpp
struct conditional_ngram_fn {
  static constexpr std::string_view name = "entropy.conditional_ngram";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Shannon (1951)";

  template <math::token_source Source>
  [[nodiscard]] estimate operator()(const Source& tokens, const ngram_options& options = {}) const {
    core::check_at_least("entropy::conditional_ngram", "order", options.order, std::size_t{1});
    core::check_at_most("entropy::conditional_ngram", "blocks", options.blocks, std::size_t{255});
    if (options.order == 1) return ngram(tokens, options);
    const auto joint = math::count_ngrams(tokens, options.order);
    const auto context = math::count_ngrams(tokens, options.order - 1);
    estimate h = (*this)(core::counts(joint), core::counts(context));
    h.standard_error = math::detail::with_flat_text(tokens, [&](auto text, std::span<const std::size_t> ends) {
      const std::size_t blocks = detail::resolve_blocks(options.blocks, text.size(), options.order);
      if (blocks == 0) return core::nan;
      const detail::blocked_ngrams of_joint(text, ends, options.order, blocks);
      const detail::blocked_ngrams of_context(text, ends, options.order - 1, blocks);
      return detail::delete_block_error(
          blocks, [&](const auto& entropy_of) { return entropy_of(of_joint) - entropy_of(of_context); });
    });
    return core::in_unit(h, options.unit);
  }

  template <summary::count_source Joint, summary::count_source Context>
  [[nodiscard]] estimate operator()(const Joint& joint, const Context& context,
                                    const plugin_options& options = {}) const {
    const estimate of_joint = plugin(joint, options);
    const estimate of_context = plugin(context, options);
    return {of_joint.value - of_context.value, core::nan, of_joint.count};
  }
};
inline constexpr conditional_ngram_fn conditional_ngram{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
