// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/entropy/detail/blocked_ngrams.hpp"
#include "tailwatch/entropy/detail/keyed_ngrams.hpp"
#include "tailwatch/entropy/detail/state_error.hpp"
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
/// @param tokens   token ids of any integer type, tokens(x), or token_sequences, whose borders no n-gram crosses; or, for a stream, a
///                 summary::ngram_counts, with plugin_options
/// @return         nats (or `unit`) and the number of n-grams; NaN when there is none. Standard error as plugin with
///                 plugin_error::jackknife for n = 1 (independent tokens). Else of tokens by the second-order jackknife over blocks of
///                 consecutive ones, which holds for dependent tokens too where dependence ends within a block; NaN for fewer than 64 n
///                 tokens. Of counts by the second-order jackknife with what the overlap of neighbours adds, which holds for independent
///                 tokens in sequences of ten or more; NaN with overflow(). Either is NaN where fewer than eight n-grams come again: the entropy is then all but ln N, and
///                 its scatter that of a handful of coincidences. All of them given the number of n-grams. plugin_error::delta_method: as if n-grams
///                 were independent
/// @complexity     O(n · tokens), and O(distinct n-grams · blocks²) at worst for the error; of counts O(distinct n-grams · n²)
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
        // What neighbouring blocks of independent tokens share by the n-grams that begin in one and end in the other.
        const auto n = static_cast<double>(options.order);
        const double border =
            (n * n - 1.0) / (3.0 * n) * (static_cast<double>(blocks) / static_cast<double>(text.size()));
        return detail::delete_block_error(of).standard_error() * std::sqrt(1.0 + border);
      });
    return core::in_unit(h, options.unit);
  }

  /// Of counts that tell their n-grams.
  template <detail::keyed_ngrams State>
  [[nodiscard]] estimate operator()(const State& counted, const plugin_options& options = {}) const {
    estimate h = plugin(counted, {.error = options.error});
    if (counted.order() > 1 && options.error == plugin_error::jackknife)
      h.standard_error = detail::state_error(counted, detail::no_context{}, false);
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
/// @return         nats (or `unit`) and the number of n-grams; NaN when there is no n-gram. May be slightly negative for very short lists.
///                 Standard error as ngram, NaN where fewer than eight (n − 1)-grams come again. From two counting sources as ngram from
///                 counts where these tell which (n − 1)-gram begins an n-gram: a summary::ngram_counts, and another or, for n = 2, a
///                 summary::dense_counts or count_table of the same tokens; else, and where the second lacks what the first holds, NaN.
///                 It holds for independent tokens, and for a Markov chain of order n − 1 but for what contexts further apart have in common
/// @complexity     as ngram
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
      return detail::delete_block_error(of_joint, of_context).standard_error();
    });
    return core::in_unit(h, options.unit);
  }

  template <summary::count_source Joint, summary::count_source Context>
  [[nodiscard]] estimate operator()(const Joint& joint, const Context& context,
                                    const plugin_options& options = {}) const {
    const plugin_options of_value{.error = plugin_error::delta_method};  // of two errors none is that of the difference
    const estimate of_joint = plugin(joint, of_value);
    estimate h{of_joint.value - plugin(context, of_value).value, core::nan, of_joint.count};
    if constexpr (detail::keyed_ngrams<Joint> && detail::looked_up<Context>)
      h.standard_error = detail::state_error(joint, context, options.error == plugin_error::delta_method);
    return core::in_unit(h, options.unit);
  }
};
inline constexpr conditional_ngram_fn conditional_ngram{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
