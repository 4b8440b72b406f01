// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/renyi_of_probabilities.hpp"

namespace tailwatch::entropy {

struct tsallis_options {
  double order = 2.0;  ///< q ≥ 0
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Plug-in Tsallis entropy.
///
///   T_q = (1 − Σ p̂ᵢ^q)/(q − 1) = −expm1((1 − q) H_q)/(q − 1)      q = 0: S − 1      q = 1: Shannon, in nats
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile;
///                 or probabilities(x)
/// @return         a plain number; standard error by the second-order jackknife, NaN at q = 0; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           negative for small q; −T₂/N at q = 2 exactly
/// @throws         std::invalid_argument for a negative or fractional count, and unless order is finite and at least 0
/// @see            C. Tsallis (1988), Journal of Statistical Physics 52, 479–487
/// @example        examples/entropy/entropy_of_counts.cpp
struct tsallis_fn {
  static constexpr std::string_view name = "entropy.tsallis";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Tsallis (1988)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const tsallis_options& options = {}) const {
    core::check(options.order >= 0.0 && core::is_finite(options.order), "entropy::tsallis", "order", options.order,
                "finite and at least 0");
    const auto& profile = summary::profile_of(source, "entropy::tsallis");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double q = options.order;
    estimate h = math::renyi_entropy(profile.entries(), profile.total(), q);
    h.standard_error = math::renyi_jackknife_error(profile.entries(), profile.total(), q, h.value);
    if (q == 1.0) return h;
    const double excess = std::expm1((1.0 - q) * h.value);  // Σ p̂^q − 1
    const double error = (1.0 + excess) * h.standard_error;
    return {excess / (1.0 - q), error > 0.0 ? error : core::nan, profile.total()};  // Σ p̂^q may underflow
  }
  /// Of known probabilities, normalised here: standard error NaN, count 0.
  /// @throws std::invalid_argument for a negative one, and unless order is finite and at least 0
  template <class Real>
  [[nodiscard]] estimate operator()(const core::probabilities_view<Real>& p,
                                    const tsallis_options& options = {}) const {
    core::check(options.order >= 0.0 && core::is_finite(options.order), "entropy::tsallis", "order", options.order,
                "finite and at least 0");
    const double q = options.order;
    estimate h = summary::renyi_of_probabilities(p, q, "entropy::tsallis");
    if (q != 1.0) h.value = std::expm1((1.0 - q) * h.value) / (1.0 - q);
    return h;
  }
};
inline constexpr tsallis_fn tsallis{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
