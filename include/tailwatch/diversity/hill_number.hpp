// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/type_token_ratio.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/renyi_of_probabilities.hpp"

namespace tailwatch::diversity {

struct hill_number_options {
  double order = 1.0;  ///< q ≥ 0, infinity allowed
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Hill number: the effective number of symbols.
///
///   D_q = (Σ p̂ᵢ^q)^{1/(1−q)}      q = 0: types      q = 1: e^H      q = 2: 1/Σ p̂²      q = ∞: 1/max p̂
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile;
///                 or probabilities(x)
/// @return         effective symbols; standard error by the second-order jackknife; at q = 0 that of the number of types in a sample of this
///                 size, as type_token_ratio, NaN where nothing was seen six times or less; NaN at q = ∞ where two counts share the
///                 maximum; NaN when N = 0. It is the scatter, not the distance from the source's number, to which
///                 the bias belongs: see chao1 for q = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           negative for small q, where rare symbols dominate; near 0 for q ≥ 2
/// @throws         std::invalid_argument for a negative or fractional count, and unless order ≥ 0
/// @see            M. O. Hill (1973), Ecology 54, 427–432
/// @example        examples/diversity/richness.cpp
struct hill_number_fn {
  static constexpr std::string_view name = "diversity.hill_number";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Hill (1973)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const hill_number_options& options = {}) const {
    core::check_not_negative("diversity::hill_number", "order", options.order);
    const auto& profile = summary::profile_of(source, "diversity::hill_number");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    if (options.order == 0.0)
      return {static_cast<double>(profile.types()),
              static_cast<double>(profile.total()) * detail::type_ratio_error(profile), profile.total()};
    const double h = math::renyi_entropy(profile.entries(), profile.total(), options.order).value;
    const double number = std::exp(h);
    return {number, number * math::renyi_jackknife_error(profile.entries(), profile.total(), options.order, h),
            profile.total()};
  }
  /// Of known probabilities, normalised here: standard error NaN, count 0.
  /// @throws std::invalid_argument for a negative one, and unless order ≥ 0
  template <class Real>
  [[nodiscard]] estimate operator()(const core::probabilities_view<Real>& p,
                                    const hill_number_options& options = {}) const {
    core::check_not_negative("diversity::hill_number", "order", options.order);
    estimate h = summary::renyi_of_probabilities(p, options.order, "diversity::hill_number");
    h.value = std::exp(h.value);
    return h;
  }
};
inline constexpr hill_number_fn hill_number{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
