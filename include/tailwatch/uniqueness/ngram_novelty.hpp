// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/summary/rare_types.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

/// What a share of n-grams is taken over.
enum class ngram_unit {
  tokens,  ///< every occurrence
  types,   ///< every distinct n-gram once
};

struct ngram_novelty_options {
  std::size_t order = 4;  ///< n, of texts; states bring their own
  ngram_unit per = ngram_unit::tokens;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Share of the generated n-grams that the reference does not have.
///
///   tokens: Σ_{g ∉ reference} count(g) / Σ count(g);  types: |generated \ reference| / |generated|
///
/// A model that copies shows at large n, a model that collapses at every n: it falls in both cases.
///
/// @param generated, reference  token ids (integer range, tokens(x)), core::token_sequences, or two ngram_counts, count_table
///                 or dense_counts of one kind; `order` is that of the state where a state is given
/// @return         in [0, 1]; NaN without generated n-grams; binomial standard error over tokens, a lower bound because
///                 overlapping n-grams depend on each other (up to a factor √(2n − 1)); over types unknown: NaN
/// @complexity     texts O(order · tokens), states O(distinct keys)
/// @bias           falls with the size of the reference: compare at one size
/// @throws         std::invalid_argument for order 0 or states of different parameters
/// @see            R. T. McCoy et al. (2023), TACL 11, 652–670
/// @example        examples/uniqueness/against_a_reference.cpp
struct ngram_novelty_fn {
  static constexpr std::string_view name = "uniqueness.ngram_novelty";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "McCoy et al. (2023)";

  template <class Generated, class Reference>
    requires detail::comparable_sources<Generated, Reference>
  [[nodiscard]] estimate operator()(const Generated& generated, const Reference& reference_text,
                                    const ngram_novelty_options& options = {}) const {
    std::uint64_t tokens = 0, new_tokens = 0, types = 0, new_types = 0;
    detail::visit_pairs(generated, reference_text, options.order, "uniqueness::ngram_novelty",
                        [&](std::uint64_t g, std::uint64_t r) {
                          if (g == 0) return;
                          tokens += g;
                          ++types;
                          if (r != 0) return;
                          new_tokens += g;
                          ++new_types;
                        });
    if (options.per == ngram_unit::tokens) return summary::binomial_share(new_tokens, tokens);
    estimate result = summary::binomial_share(new_types, types);
    result.standard_error = core::nan;
    return result;
  }
};
inline constexpr ngram_novelty_fn ngram_novelty{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
