// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct gini_index_options {
  bool keep_zeros = false;  ///< cells that were listed and never seen count as zeros
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Gini index of inequality among the counts.
///
///   Σ (2i − n − 1) x₍ᵢ₎/(n Σ x), ascending;  0 … (n − 1)/n
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         the standard error is not known and NaN; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           −1/n of the unbiased form, which is n/(n − 1) times this
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            C. Gini (1912), Variabilità e mutabilità
/// @example        examples/diversity/richness.cpp
struct gini_index_fn {
  static constexpr std::string_view name = "diversity.gini_index";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Gini (1912)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const gini_index_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "diversity::gini_index");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const std::uint64_t cells = options.keep_zeros ? profile.cells() : profile.types();
    const auto n = static_cast<double>(cells);
    double below = static_cast<double>(cells - profile.types());  // cells with a smaller count
    double sum = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      // The ranks of a tie are below + 1 … below + f: their 2i − n − 1 add up to f(2·below + f − n).
      const auto ties = static_cast<double>(f);
      sum += ties * (2.0 * below + ties - n) * (static_cast<double>(r) / n);
      below += ties;
    }
    return {sum / static_cast<double>(profile.total()), core::nan, profile.total()};
  }
};
inline constexpr gini_index_fn gini_index{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
