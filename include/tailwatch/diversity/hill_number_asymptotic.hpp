// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/chao1.hpp"
#include "tailwatch/diversity/detail/asymptotic_profile.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct hill_number_asymptotic_options {
  double order = 1.0;  ///< q ≥ 0, finite
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hill number of the source, unseen symbols included: where the curve of hill_number_at_size ends.
///
///   (Σ̂ p^q)^{1/(1−q)}      q = 0: chao1 (finite_sample)      q = 1: exp of Chao, Wang and Jost's entropy      q = 2: 1/simpson_unbiased
///
/// For integer q ≥ 2 the sum is its unbiased estimate Σ n(n−1)…(n−q+1)/(N(N−1)…(N−q+1)); in between the unseen symbols enter by f₁ and f₂.
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         effective symbols; standard error by the second-order jackknife, at q = 0 that of chao1, for q ≥ 2 that of the power sum
///                 (a U-statistic for whole q; NaN where the sum is not known to within itself); NaN when N = 0 and where the estimated sum is not positive (order
///                 above the largest count)
/// @complexity     O(K) to build the profile, O(distinct counts) after it; for q ≥ 2 that of math::poisson_mixture, counts spanning no
///                 more than 32 in √r
/// @bias           as chao1 a lower bound for q < 1, small for q ≥ 1, none of the sum for integer q ≥ 2
/// @throws         std::invalid_argument unless order ≥ 0 is finite, and for a negative or fractional count
/// @see            A. Chao, L. Jost (2015), Methods in Ecology and Evolution 6, 873–882
/// @example        examples/diversity/richness.cpp
struct hill_number_asymptotic_fn {
  static constexpr std::string_view name = "diversity.hill_number_asymptotic";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Chao and Jost (2015)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const hill_number_asymptotic_options& options = {}) const {
    constexpr std::string_view function = "diversity::hill_number_asymptotic";
    core::check(core::is_finite(options.order) && options.order >= 0.0, function, "order", options.order,
                "at least 0 and finite");
    const auto& profile = summary::profile_of(source, function);
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    if (options.order == 0.0) return chao1(profile, {.variant = chao1_variant::finite_sample});
    const double number = std::exp(detail::asymptotic_renyi(profile, options.order));
    return {number, number * detail::asymptotic_renyi_error(profile, options.order), profile.total()};
  }
};
inline constexpr hill_number_asymptotic_fn hill_number_asymptotic{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
