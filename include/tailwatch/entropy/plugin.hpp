// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/renyi_of_probabilities.hpp"

namespace tailwatch::entropy {

/// Standard error of the plug-in entropy: the second-order jackknife, which holds on all sources tried, or Basharin's first-order formula,
/// which is too small where symbols are unseen and √2 too large where shares are equal.
enum class plugin_error { jackknife, delta_method };

struct plugin_options {
  information_unit unit = information_unit::nats;
  plugin_error error = plugin_error::jackknife;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Plug-in (maximum-likelihood) Shannon entropy of counts.
///
///   H = −Σ p̂ᵢ ln p̂ᵢ = ln N − (1/N) Σ nᵢ ln nᵢ        p̂ᵢ = nᵢ/N
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile;
///                 or probabilities(x)
/// @return         nats (or `unit`); standard error by the second-order jackknife, NaN for N < 3 (0.99 to 1.05 of the scatter on Zipf and
///                 equal shares: docs/numerics.md), or by the delta method, √(Σ p̂ (ln p̂ + H)² / N), the published form, to compare
///                 with others (0.78 to 1.4 of it); for equal counts the latter is 0, the former the scatter of equal shares; of a single symbol it is not known
///                 and NaN. NaN when N = 0 or a count is not finite
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           −(S − 1)/(2N) to first order: see miller_madow, chao_shen
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            G. P. Basharin (1959), Theory of Probability and its Applications 4, 333–336
/// @example        examples/entropy/entropy_of_counts.cpp
struct plugin_fn {
  static constexpr std::string_view name = "entropy.plugin";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Basharin (1959)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const plugin_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::plugin");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    estimate h = math::renyi_entropy(profile.entries(), profile.total(), 1.0);
    if (options.error == plugin_error::jackknife)
      h.standard_error = math::renyi_jackknife_error(profile.entries(), profile.total(), 1.0, h.value);
    return core::in_unit(h, options.unit);
  }
  /// Of known probabilities, normalised here: standard error NaN, count 0.
  /// @throws std::invalid_argument for a negative one
  template <class Real>
  [[nodiscard]] estimate operator()(const core::probabilities_view<Real>& p, const plugin_options& options = {}) const {
    return core::in_unit(summary::renyi_of_probabilities(p, 1.0, "entropy::plugin"), options.unit);
  }
};
inline constexpr plugin_fn plugin{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
