// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/renyi_of_probabilities.hpp"

namespace tailwatch::entropy {

struct renyi_options {
  double order = 2.0;  ///< q ≥ 0, infinity allowed
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Plug-in Rényi entropy.
///
///   H_q = ln(Σ p̂ᵢ^q)/(1 − q)      q = 0: ln S      q = 1: Shannon      q = ∞: −ln max p̂
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile;
///                 or probabilities(x)
/// @return         nats (or `unit`); standard error by the second-order jackknife, NaN at q = 0 (the number of unseen symbols is unknown) and at
///                 q = ∞ where two counts share the maximum; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           negative for small q, where rare symbols dominate; near 0 for q ≥ 2
/// @throws         std::invalid_argument for a negative or fractional count, and unless order ≥ 0
/// @see            A. Rényi (1961), Proceedings of the Fourth Berkeley Symposium 1, 547–561
/// @example        examples/entropy/entropy_of_counts.cpp
struct renyi_fn {
  static constexpr std::string_view name = "entropy.renyi";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Rényi (1961)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const renyi_options& options = {}) const {
    core::check_not_negative("entropy::renyi", "order", options.order);
    const auto& profile = summary::profile_of(source, "entropy::renyi");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    estimate h = math::renyi_entropy(profile.entries(), profile.total(), options.order);
    h.standard_error = math::renyi_jackknife_error(profile.entries(), profile.total(), options.order, h.value);
    return core::in_unit(h, options.unit);
  }
  /// Of known probabilities, normalised here: standard error NaN, count 0.
  /// @throws std::invalid_argument for a negative one, and unless order ≥ 0
  template <class Real>
  [[nodiscard]] estimate operator()(const core::probabilities_view<Real>& p, const renyi_options& options = {}) const {
    core::check_not_negative("entropy::renyi", "order", options.order);
    return core::in_unit(summary::renyi_of_probabilities(p, options.order, "entropy::renyi"), options.unit);
  }
};
inline constexpr renyi_fn renyi{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
