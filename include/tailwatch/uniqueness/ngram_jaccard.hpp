// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

struct ngram_jaccard_options {
  std::size_t order = 3;  ///< n, of texts; states bring their own
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Jaccard index of the n-gram sets of two texts, |A ∩ B| / |A ∪ B|: exact, what MinHash estimates. Of two lines it is their
/// shingle similarity.
///
/// @param generated, reference  token ids (integer range, tokens(x)), core::token_sequences, or two ngram_counts, count_table
///                 or dense_counts of one kind; `order` is that of the state where a state is given
/// @return         in [0, 1]; NaN where neither text has an n-gram; no standard error: NaN; count: distinct n-grams of both
/// @complexity     texts O(order · tokens), states O(distinct keys)
/// @bias           grows with both sizes: compare at equal sizes
/// @throws         std::invalid_argument for order 0 or states of different parameters
/// @see            A. Z. Broder (1997), Proceedings of Compression and Complexity of Sequences, 21–29
/// @example        examples/uniqueness/against_a_reference.cpp
struct ngram_jaccard_fn {
  static constexpr std::string_view name = "uniqueness.ngram_jaccard";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Broder (1997)";

  template <class First, class Second>
    requires detail::comparable_sources<First, Second>
  [[nodiscard]] estimate operator()(const First& first, const Second& second,
                                    const ngram_jaccard_options& options = {}) const {
    std::uint64_t both = 0, either = 0;
    detail::visit_pairs(first, second, options.order, "uniqueness::ngram_jaccard",
                        [&](std::uint64_t a, std::uint64_t b) {
                          ++either;
                          both += a != 0 && b != 0 ? 1 : 0;
                        });
    if (either == 0) return {core::nan, core::nan, 0};
    return {static_cast<double>(both) / static_cast<double>(either), core::nan, either};
  }
};
inline constexpr ngram_jaccard_fn ngram_jaccard{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
