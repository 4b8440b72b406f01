// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct ansb_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Asymptotic NSB entropy, for samples far smaller than the alphabet.
///
///   H = γ − ln 2 + 2 ln N − ψ(Δ)        Δ = N − S coincidences
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error ψ′(Δ) times that of the number of symbols seen, by the jackknife with rare symbols apart; ψ′(Δ)√Δ
///                 where all counts are 2; NaN where nothing was seen six times or less, without a coincidence (Δ = 0), and when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           meant for N ≪ alphabet; off by O(1) once S saturates
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            I. Nemenman (2011), Entropy 13, 2013–2023, eq. 21
/// @example        examples/entropy/entropy_of_counts.cpp
struct ansb_fn {
  static constexpr std::string_view name = "entropy.ansb";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Nemenman (2011)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const ansb_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::ansb");
    const std::uint64_t coincidences = profile.total() - profile.types();
    if (!profile.defined() || coincidences == 0) return {core::nan, core::nan, profile.total()};
    constexpr double euler_minus_ln2 = -0.11593151565841244882;
    const double h = euler_minus_ln2 + 2.0 * std::log(static_cast<double>(profile.total())) -
                     math::digamma(static_cast<double>(coincidences));
    const auto delta = static_cast<double>(coincidences);
    const double types = math::delete_one_standard_error(
        profile.entries(), profile.total(), [](std::uint64_t r) { return r == 1 ? -1.0 : 0.0; },
        [](std::uint64_t r) { return r == 2 ? -1.0 : 0.0; });
    // Pairs alone: coincidences of a Poisson number.
    const double scatter = profile.f(1) == 0 && profile.largest() == 2 ? std::sqrt(delta) : types;
    return core::in_unit({h, scatter > 0.0 ? math::trigamma(delta) * scatter : core::nan, profile.total()},
                         options.unit);
  }
};
inline constexpr ansb_fn ansb{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
