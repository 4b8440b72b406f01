// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct zhang_options {
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Shannon entropy after Zhang (2012), in closed form.
///
///   H = Σ (nᵢ/N)(ψ(N) − ψ(nᵢ))
///
///   equal to Zhang's double sum over products of (1 − nᵢ/(N − j)) term by term, in O(S) where that one costs O(N·S).
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error by the second-order jackknife; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           negative and decaying faster than the plug-in's: what remains is the part beyond N observations, which
///                 chao_wang_jost adds
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            Z. Zhang (2012), Neural Computation 24, 1368–1389; A. Chao, Y. T. Wang, L. Jost (2013), eq. 4
/// @example        examples/entropy/entropy_of_counts.cpp
struct zhang_fn {
  static constexpr std::string_view name = "entropy.zhang";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Zhang (2012)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const zhang_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::zhang");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    double h = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      const auto count = static_cast<double>(r);
      h += static_cast<double>(f) * (count / n) *
           math::digamma_difference(count, static_cast<double>(profile.total() - r));
    }
    // n ψ(n) − (n − 1) ψ(n − 1) = ψ(n) + 1 for n > 1
    const double error = math::delete_one_standard_error(
        profile.entries(), profile.total(),
        [n](std::uint64_t r) { return (math::digamma(static_cast<double>(r)) + (r > 1 ? 1.0 : 0.0)) / (n - 1.0); },
        [n](std::uint64_t r) { return math::second_difference_of_n_psi(r) / (n - 2.0); });
    return core::in_unit({h, error, profile.total()}, options.unit);
  }
};
inline constexpr zhang_fn zhang{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
