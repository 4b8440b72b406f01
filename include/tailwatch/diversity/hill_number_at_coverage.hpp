// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/hill_number_at_size.hpp"
#include "tailwatch/math/missing_mass_at_size.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct hill_number_at_coverage_options {
  double order = 0.0;      ///< q ≥ 0, finite
  double coverage = 0.95;  ///< in (0, 1)
  shannon_extrapolation extrapolation = shannon_extrapolation::chao2014;
};

struct covered_hill_number {
  estimate number;
  std::uint64_t sample_size = 0;  ///< m, the smallest sample of that coverage
  double coverage = core::nan;    ///< of m observations, at least the one asked for
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hill number of the smallest sample that covers a given share of the source: the fair comparison of a rich source with a poor one,
/// where equal sizes would cut the rich one's tail off.
///
///   hill_number_at_size at m = min{m: C(m) ≥ coverage}, C as tail::coverage_at_size
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         effective symbols, m and its coverage; the standard error is NaN: m is estimated too, see hill_number_bands. NaN when
///                 N < 2 and where no sample of less than 2⁵³ has that coverage. m above 2N is a guess
/// @complexity     log₂ m evaluations of the coverage and one of hill_number_at_size
/// @throws         std::invalid_argument unless order ≥ 0 is finite and 0 < coverage < 1, and for a negative or fractional count
/// @see            A. Chao, L. Jost (2012), Ecology 93, 2533–2547
/// @example        examples/diversity/richness.cpp
struct hill_number_at_coverage_fn {
  static constexpr std::string_view name = "diversity.hill_number_at_coverage";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao and Jost (2012)";

  template <summary::count_source Source>
  [[nodiscard]] covered_hill_number operator()(const Source& source,
                                               const hill_number_at_coverage_options& options = {}) const {
    constexpr std::string_view function = "diversity::hill_number_at_coverage";
    core::check(core::is_finite(options.order) && options.order >= 0.0, function, "order", options.order,
                "at least 0 and finite");
    core::check_open_interval(function, "coverage", options.coverage, 0.0, 1.0);
    const auto& profile = summary::profile_of(source, function);
    const std::uint64_t total = profile.total();
    covered_hill_number result;
    result.number.count = total;
    if (!profile.defined() || total < 2) return result;
    const auto covered = [&](std::uint64_t m) { return 1.0 - math::missing_mass_at_size(profile.entries(), total, m); };
    std::uint64_t low = 0;  // covers too little
    std::uint64_t high = total;
    while (covered(high) < options.coverage) {
      low = high;
      if (high >= std::uint64_t{1} << 52) return result;
      high *= 2;
    }
    while (high - low > 1) {
      const std::uint64_t middle = low + (high - low) / 2;
      (covered(middle) < options.coverage ? low : high) = middle;
    }
    result.sample_size = high;
    result.coverage = covered(high);
    result.number = hill_number_at_size(
        profile, {.order = options.order, .sample_size = high, .extrapolation = options.extrapolation});
    result.number.standard_error = core::nan;
    return result;
  }
};
inline constexpr hill_number_at_coverage_fn hill_number_at_coverage{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
