// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/least_squares.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::tail {

struct zipf_rank_least_squares_options {
  std::uint64_t max_rank = 0;  ///< last rank used; 0: all
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Zipf exponent by least squares of ln frequency on ln rank.
///
///   −slope over ranks 1 … min(S, max_rank), counts descending, ties in consecutive ranks
///
/// The number that most text papers print. The points are neither independent nor of equal error: no standard error, and
/// the fit follows the rare words. A power-law fit by likelihood is the better estimate.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         exponent and N, standard error NaN; NaN with fewer than two ranks
/// @complexity     O(K) to build the profile, O(ranks) after it
/// @bias           towards the slope among the rare words, which are most of the ranks and lie on steps
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            G. K. Zipf (1949), Human Behavior and the Principle of Least Effort
/// @example        examples/tail/missing_mass.cpp
struct zipf_rank_least_squares_fn {
  static constexpr std::string_view name = "tail.zipf_rank_least_squares";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Zipf (1949)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const zipf_rank_least_squares_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "tail::zipf_rank_least_squares");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const std::uint64_t last = options.max_rank == 0 ? profile.types() : std::min(options.max_rank, profile.types());
    math::line_fit regression;
    std::uint64_t rank = 1;
    const auto entries = profile.entries();
    for (std::size_t i = entries.size(); i-- > 0 && rank <= last;) {
      const double y = std::log(static_cast<double>(entries[i].count));
      for (std::uint64_t tie = 0; tie < entries[i].multiplicity && rank <= last; ++tie, ++rank)
        regression.add(std::log(static_cast<double>(rank)), y);
    }
    return {-regression.fit().slope, core::nan, profile.total()};
  }
};
inline constexpr zipf_rank_least_squares_fn zipf_rank_least_squares{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
