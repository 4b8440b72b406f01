// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/summary/rare_types.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

struct rare_type_coverage_options {
  std::size_t order = 1;        ///< n, of texts; states bring their own
  std::uint64_t max_count = 1;  ///< rare: 1 to max_count times in the reference
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Share of the reference's rare n-gram types that occur in the generated text.
///
///   |{g : 1 ≤ reference count ≤ max_count, generated count ≥ 1}| / |{g : 1 ≤ reference count ≤ max_count}|
///
/// `tail::reference_tail_coverage` gives this share and the mass on the same types from one pass over counts.
///
/// @param generated, reference  token ids (integer range, tokens(x)), core::token_sequences, or two ngram_counts, count_table
///                 or dense_counts of one kind; `order` is that of the state where a state is given
/// @return         in [0, 1]; NaN where the reference has no rare type; binomial standard error, an upper bound because the
///                 types differ in probability; count: rare types
/// @complexity     texts O(order · tokens), states O(distinct keys)
/// @bias           grows with the amount of generated text: compare at one size
/// @throws         std::invalid_argument for order 0, max_count 0 or states of different parameters
/// @see            I. Shumailov et al. (2024), Nature 631, 755–759, for the tail going first
/// @example        examples/uniqueness/against_a_reference.cpp
struct rare_type_coverage_fn {
  static constexpr std::string_view name = "uniqueness.rare_type_coverage";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Shumailov et al. (2024)";

  template <class Generated, class Reference>
    requires detail::comparable_sources<Generated, Reference>
  [[nodiscard]] estimate operator()(const Generated& generated, const Reference& reference_text,
                                    const rare_type_coverage_options& options = {}) const {
    constexpr std::string_view function = "uniqueness::rare_type_coverage";
    summary::rare_type_tally tally(std::span<const std::uint64_t>(&options.max_count, 1), function);
    detail::visit_pairs(generated, reference_text, options.order, function,
                        [&](std::uint64_t g, std::uint64_t r) { tally.add(r, g); });
    const summary::rare_types rare = tally.totals().front();
    return summary::binomial_share(rare.produced, rare.types);
  }
};
inline constexpr rare_type_coverage_fn rare_type_coverage{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
