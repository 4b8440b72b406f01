// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/least_squares.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::tail {

/// One distinct count and what Simple Good–Turing makes of it.
struct good_turing_simple_count {
  std::uint64_t count = 0;            ///< r
  std::uint64_t multiplicity = 0;     ///< f_r
  double adjusted_count = core::nan;  ///< r*
  double probability = core::nan;     ///< of each symbol seen r times
};

struct good_turing_simple_fit {
  double unseen_mass = core::nan;  ///< f₁/N
  double intercept = core::nan;    ///< of ln Z on ln r
  double slope = core::nan;
  std::vector<good_turing_simple_count> counts;  ///< ascending in r
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Simple Good–Turing smoothing (Gale and Sampson): probabilities of seen symbols after room is made for the unseen.
///
///   Z_r = 2 f_r/(q − s), s and q the counts before and after r (0 first; last: q = 2r − s);  ln Z on ln r by least squares
///   r* = (r + 1) f_{r+1}/f_r while it differs by more than 1.96 sd from (r + 1)(1 + 1/r)^slope, the latter for ever after
///   p_r = (1 − f₁/N) r*/Σ f_r r*
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         unseen mass, regression and (r, r*, p_r) per distinct count; slope NaN with fewer than two distinct
///                 counts; empty and NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           of the unseen mass at most 1/N in expectation; of rare counts that of the straight line
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            W. A. Gale, G. Sampson (1995), Journal of Quantitative Linguistics 2, 217–237
/// @example        examples/tail/missing_mass.cpp
struct good_turing_simple_fn {
  static constexpr std::string_view name = "tail.good_turing_simple";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Gale and Sampson (1995)";

  template <summary::count_source Source>
  [[nodiscard]] good_turing_simple_fit operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "tail::good_turing_simple");
    good_turing_simple_fit result;
    if (!profile.defined() || profile.total() == 0) return result;
    const auto entries = profile.entries();
    result.unseen_mass = static_cast<double>(profile.f(1)) / static_cast<double>(profile.total());
    math::line_fit regression;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto r = static_cast<double>(entries[i].count);
      const double before = i == 0 ? 0.0 : static_cast<double>(entries[i - 1].count);
      const double after = i + 1 < entries.size() ? static_cast<double>(entries[i + 1].count) : 2.0 * r - before;
      regression.add(std::log(r), std::log(2.0 * static_cast<double>(entries[i].multiplicity) / (after - before)));
    }
    const math::line line = regression.fit();
    result.slope = line.slope;
    result.intercept = line.intercept;
    bool linear = false;
    double sum = 0.0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto r = static_cast<double>(entries[i].count);
      const auto f = static_cast<double>(entries[i].multiplicity);
      const double smooth = (r + 1.0) * std::pow(1.0 + 1.0 / r, line.slope);
      double adjusted = smooth;
      linear = linear || i + 1 == entries.size() || entries[i + 1].count != entries[i].count + 1;
      if (!linear) {
        const double ratio = static_cast<double>(entries[i + 1].multiplicity) / f;
        const double turing = (r + 1.0) * ratio;
        const double deviation = (r + 1.0) * std::sqrt(ratio / f * (1.0 + ratio));
        linear = !(std::abs(turing - smooth) > 1.96 * deviation);
        if (!linear) adjusted = turing;
      }
      result.counts.push_back({entries[i].count, entries[i].multiplicity, adjusted, core::nan});
      sum += f * adjusted;
    }
    for (auto& c : result.counts) c.probability = (1.0 - result.unseen_mass) * c.adjusted_count / sum;
    return result;
  }
};
inline constexpr good_turing_simple_fn good_turing_simple{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
