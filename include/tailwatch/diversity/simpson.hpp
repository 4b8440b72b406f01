// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

namespace detail {
/// Σ p̂² and what its error needs. The variance is that of the U-statistic U = Σ n(n − 1)/(N(N − 1)),
/// 2[2(N − 2)ζ₁ + ζ₂]/(N(N − 1)), ζ₁ = Σ p³ − (Σ p²)², ζ₂ = Σ p² (1 − Σ p²).
/// ζ₁ is taken from unbiased estimates of both sums, Z N²/((N − 1)(N − 2)) − U(1 − U)/(N − 2) with Z = Σ p̂(p̂ − Σ p̂²)²: Z itself doubles
/// the error of equal shares. ζ₂ = U(1 − U), from the plug-in where U = 0. The variance is not below 0.8 of what ζ₂ makes; ζ₁ cut
/// off at 0 would leave it too large on average where shares are equal.
struct simpson_sums {
  double dominance = 0.0;             ///< Σ p̂²
  double complement = 0.0;            ///< 1 − Σ p̂² = Σ p̂(1 − p̂), without cancellation
  double unbiased = core::nan;        ///< Σ n(n − 1)/(N(N − 1)); N < 2: NaN
  double unbiased_error = core::nan;  ///< also where a single symbol was seen
};
[[nodiscard]] inline simpson_sums simpson_of(const summary::frequency_profile& profile) {
  simpson_sums s;
  const auto n = static_cast<double>(profile.total());
  for (const auto& [r, f] : profile.entries()) {
    const auto count = static_cast<double>(r);
    s.dominance += static_cast<double>(f) * (count / n) * (count / n);
    s.complement += static_cast<double>(f) * (count / n) * (static_cast<double>(profile.total() - r) / n);
  }
  if (profile.total() < 2) return s;
  s.unbiased = 0.0;
  double first = 0.0;
  for (const auto& [r, f] : profile.entries()) {
    const auto count = static_cast<double>(r);
    const double p = count / n;
    s.unbiased += static_cast<double>(f) * p * ((count - 1.0) / (n - 1.0));
    first += static_cast<double>(f) * p * (p - s.dominance) * (p - s.dominance);
  }
  const double u = s.unbiased;
  if (profile.total() > 2) first = n / (n - 1.0) * (n / (n - 2.0)) * first - u * (1.0 - u) / (n - 2.0);
  const double second = u > 0.0 ? u * (1.0 - u) : s.dominance * s.complement;
  const double variance = std::max(2.0 * (2.0 * (n - 2.0) * first + second), 1.6 * second) / (n * (n - 1.0));
  s.unbiased_error = variance > 0.0 ? std::sqrt(variance) : core::nan;
  return s;
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Simpson's dominance: the chance that two draws with replacement agree.
///
///   λ = Σ p̂ᵢ²
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error from the variance of the U-statistic of pairs, degenerate part included;
///                 NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           +(1 − λ)/N: see simpson_unbiased
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            E. H. Simpson (1949), Nature 163, 688
/// @example        examples/diversity/richness.cpp
struct simpson_dominance_fn {
  static constexpr std::string_view name = "diversity.simpson_dominance";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Simpson (1949)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::simpson_dominance");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const auto s = detail::simpson_of(profile);
    return {s.dominance, s.unbiased_error * (n - 1.0) / n, profile.total()};
  }
};
inline constexpr simpson_dominance_fn simpson_dominance{};

/// Simpson's unbiased index: the chance that two distinct observations agree.
///
///   Σ nᵢ(nᵢ − 1)/(N(N − 1))
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error from the variance of the U-statistic of pairs, degenerate part included;
///                 NaN when N < 2
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           none
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            E. H. Simpson (1949), Nature 163, 688
/// @example        examples/diversity/richness.cpp
struct simpson_unbiased_fn {
  static constexpr std::string_view name = "diversity.simpson_unbiased";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Simpson (1949)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::simpson_unbiased");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto s = detail::simpson_of(profile);
    return {s.unbiased, s.unbiased_error, profile.total()};
  }
};
inline constexpr simpson_unbiased_fn simpson_unbiased{};

/// Gini–Simpson index: the chance that two draws with replacement differ.
///
///   1 − Σ p̂ᵢ²
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error from the variance of the U-statistic of pairs, degenerate part included;
///                 NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           −(1 − λ)/N
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            C. Gini (1912), Variabilità e mutabilità; E. H. Simpson (1949), Nature 163, 688
/// @example        examples/diversity/richness.cpp
struct gini_simpson_fn {
  static constexpr std::string_view name = "diversity.gini_simpson";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Simpson (1949)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::gini_simpson");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const auto s = detail::simpson_of(profile);
    return {s.complement, s.unbiased_error * (n - 1.0) / n, profile.total()};
  }
};
inline constexpr gini_simpson_fn gini_simpson{};

/// Inverse Simpson index: the Hill number of order 2.
///
///   1/Σ p̂ᵢ²
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         effective symbols; standard error by the delta method; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           negative, O(1/N)
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            M. O. Hill (1973), Ecology 54, 427–432
/// @example        examples/diversity/richness.cpp
struct inverse_simpson_fn {
  static constexpr std::string_view name = "diversity.inverse_simpson";
  static constexpr core::unit unit = core::unit::types;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Hill (1973)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::inverse_simpson");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const auto s = detail::simpson_of(profile);
    return {1.0 / s.dominance, s.unbiased_error * (n - 1.0) / n / (s.dominance * s.dominance), profile.total()};
  }
};
inline constexpr inverse_simpson_fn inverse_simpson{};

/// Simpson evenness: the inverse Simpson index per observed symbol.
///
///   1/(S Σ p̂ᵢ²)
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         in (0, 1]; standard error by the second-order jackknife, S included, NaN for N < 4; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           upwards where many symbols are unseen, which S lacks; downwards for equal shares
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            B. Smith, J. B. Wilson (1996), Oikos 76, 70–82
/// @example        examples/diversity/richness.cpp
struct simpson_evenness_fn {
  static constexpr std::string_view name = "diversity.simpson_evenness";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Smith and Wilson (1996)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::simpson_evenness");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto s = detail::simpson_of(profile);
    const auto n = static_cast<double>(profile.total());
    const auto types = static_cast<double>(profile.types());
    const double value = 1.0 / (types * s.dominance);
    if (profile.total() < 4) return {value, core::nan, profile.total()};
    // Linear in Σ p̂² and S: the bend of 1/Σ p̂² over one symbol would be taken for a second order of the sum, which it is not for few symbols.
    const double by_dominance = -value / s.dominance, by_types = -value / types;
    const double error = math::delete_one_standard_error(
        profile.entries(), profile.total(),
        [&](std::uint64_t r) {  // Σ n² is less by 2r − 1
          return -by_dominance * ((2.0 * static_cast<double>(r) - 1.0) / (n - 1.0) / (n - 1.0)) -
                 (r == 1 ? by_types : 0.0);
        },
        [&](std::uint64_t r) { return by_dominance * (2.0 / (n - 2.0) / (n - 2.0)) - (r == 2 ? by_types : 0.0); });
    return {value, error, profile.total()};
  }
};
inline constexpr simpson_evenness_fn simpson_evenness{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
