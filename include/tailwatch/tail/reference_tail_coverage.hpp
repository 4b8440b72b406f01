// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/rare_types.hpp"

namespace tailwatch::tail {

struct reference_tail_coverage_options {
  std::uint64_t max_count = 2;  ///< a type is rare where the reference has it 1 to max_count times
};

/// How much of a reference's tail is still produced, at one cut-off.
struct reference_tail {
  std::uint64_t max_count = 0;
  estimate types;           ///< share of the rare types that occur in the generated text at all; count: rare types
  estimate mass;            ///< share of the generated tokens that are rare types; count: generated tokens
  estimate reference_mass;  ///< the same share in the reference, by selection too high for new text of its source
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Coverage of a reference's tail by generated text: the rare types still produced, and the mass left on them.
///
///   rare = {t : 1 ≤ n_t ≤ max_count};  types = |rare ∩ generated| / |rare|;  mass = Σ_{rare} m_t / Σ m_t
///
/// Rare types go first when a model is trained on its own output; both shares fall generation by generation. `types` depends
/// on how much text was generated, `mass` does not. Fresh text of the reference's source has less mass on these types than
/// the reference itself, which was used to pick them: compare with a held-out part, not with reference_mass alone.
///
/// @param reference, generated  two dense_counts, count_table or ngram_counts of one kind, or counts(x) of one size
/// @return         NaN shares where the reference has no rare type, or nothing was generated; binomial standard errors: for
///                 `types` an upper bound (types differ in probability), for `mass` a lower bound where tokens depend on
///                 each other, as in text: take blocks there
/// @complexity     O(vocabulary) or O(distinct keys), whatever the number of cut-offs
/// @bias           none for the generated text given the reference
/// @throws         std::invalid_argument for max_count = 0, or counts that do not belong together
/// @see            I. Shumailov et al. (2024), Nature 631, 755–759, for the tail going first
/// @example        examples/uniqueness/against_a_reference.cpp
struct reference_tail_coverage_fn {
  static constexpr std::string_view name = "tail.reference_tail_coverage";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Shumailov et al. (2024)";

  template <class Counts>
  [[nodiscard]] reference_tail operator()(const Counts& reference_counts, const Counts& generated,
                                          const reference_tail_coverage_options& options = {}) const {
    return (*this)(reference_counts, generated, std::span<const std::uint64_t>(&options.max_count, 1)).front();
  }

  /// One entry per cut-off, in the order given, from one pass.
  template <class Counts>
  [[nodiscard]] std::vector<reference_tail> operator()(const Counts& reference_counts, const Counts& generated,
                                                       std::span<const std::uint64_t> max_counts) const {
    std::vector<reference_tail> result;
    for (const summary::rare_types& rare :
         summary::count_rare_types(reference_counts, generated, max_counts, "tail::reference_tail_coverage")) {
      reference_tail tail;
      tail.max_count = rare.max_count;
      tail.types = summary::binomial_share(rare.produced, rare.types);
      tail.reference_mass = summary::binomial_share(rare.reference_count, rare.reference_total);
      if (rare.types != 0) {
        tail.mass = summary::binomial_share(rare.generated_count, rare.generated_total);
      } else {
        tail.mass.count = rare.generated_total;
      }
      if (rare.generated_total == 0) tail.types = {core::nan, core::nan, rare.types};
      result.push_back(tail);
    }
    return result;
  }
};
inline constexpr reference_tail_coverage_fn reference_tail_coverage{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
