// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/posterior_rate.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::tail {

struct unseen_good_toulmin_options {
  double t = 1.0;  ///< further observations as a multiple of N, in (0, 1]
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// New symbols expected in t·N further observations (Good and Toulmin).
///
///   U = −Σ_{r≥1} (−t)^r f_r        0 < t ≤ 1
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         types; standard error of U as an estimate of the symbols that tN further observations can be expected to add to this sample,
///                 √(Σ t^{2r} f_r + W): the first term is that of Efron and Thisted (1976), for f_r that are independent Poisson counts; W is what
///                 samples differ in, 2G(t) − G(2t) with G of math::posterior_rate. Of what they will really add: √(that squared + U). NaN
///                 when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           none under Poisson sampling, at any t; for t > 1 the series diverges and is refused
/// @throws         std::invalid_argument unless 0 < t ≤ 1, and for a negative or fractional count
/// @see            I. J. Good, G. H. Toulmin (1956), Biometrika 43, 45–63; B. Efron, R. Thisted (1976), Biometrika 63,
///                 435–447
/// @example        examples/tail/missing_mass.cpp
struct unseen_good_toulmin_fn {
  static constexpr std::string_view name = "tail.unseen_good_toulmin";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Good and Toulmin (1956)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const unseen_good_toulmin_options& options = {}) const {
    core::check(options.t > 0.0 && options.t <= 1.0, "tail::unseen_good_toulmin", "t", options.t,
                "above 0 and at most 1");
    const auto& profile = summary::profile_of(source, "tail::unseen_good_toulmin");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    double sum = 0.0;
    double variance = 0.0;
    for (const auto& e : profile.entries()) {
      const double power = std::pow(options.t, static_cast<double>(e.count));
      const auto f = static_cast<double>(e.multiplicity);
      sum += (e.count % 2 == 1 ? power : -power) * f;
      variance += power * power * f;
    }
    if (profile.entries().front().count <=
        math::posterior_rate::rarest) {  // Var of the sum of 1[n = 0](1 − e^{−tλ}) is Σ e^{−λ}(1 − 2e^{−tλ} + e^{−2tλ})
      const math::posterior_rate rate(profile.entries());
      const double once = rate.smooth(1);
      variance += std::max(0.0, 2.0 * rate.fresh(once, options.t) - rate.fresh(once, 2.0 * options.t));
    }
    return {sum, variance > 0.0 ? std::sqrt(variance) : core::nan, profile.total()};  // t^r may underflow
  }
};
inline constexpr unseen_good_toulmin_fn unseen_good_toulmin{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
