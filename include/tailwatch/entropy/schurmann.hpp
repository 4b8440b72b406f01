// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/digamma.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

namespace detail {
/// ∫₀^u t^{n−1}/(1 + t) dt for 0 ≤ u ≤ 1: at u = 1 a difference of digammas, else uⁿ/(n(1 + u)) times the series
/// Σ k!/((n + 1)…(n + k)) (u/(1 + u))^k of positive terms, each at most half of the one before.
[[nodiscard]] inline double schurmann_integral(std::uint64_t count, double u) noexcept {
  const auto n = static_cast<double>(count);
  if (u <= 0.0) return 0.0;
  if (u >= 1.0) return 0.5 * (math::digamma(0.5 * (n + 1.0)) - math::digamma(0.5 * n));
  double sum = 1.0;
  double term = 1.0;
  for (double k = 1.0; term > 1e-18 * sum; k += 1.0) {
    term *= k / (n + k) * (u / (1.0 + u));
    sum += term;
  }
  return std::pow(u, n) / (n * (1.0 + u)) * sum;
}
}  // namespace detail

struct schurmann_options {
  double xi = 0.60653065971263342360;  ///< e^{−1/2}; in [1/2, 1]
  information_unit unit = information_unit::nats;
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Shannon entropy after Schürmann (2004): a family in ξ that trades bias for variance.
///
///   H = ψ(N) − (1/N) Σ nᵢ [ψ(nᵢ) + (−1)^nᵢ I(nᵢ)]        I(n) = ∫₀^{1/ξ − 1} t^{n−1}/(1 + t) dt
///
///   ξ = 1: no correction (Zhang's estimator); ξ = 1/2: Grassberger's with ψ(N); ξ = e^{−1/2}: Schürmann's recommendation.
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`), not clamped; standard error as in grassberger; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           falls with ξ while the variance rises
/// @throws         std::invalid_argument for a negative or fractional count, and unless 1/2 ≤ xi ≤ 1
/// @see            T. Schürmann (2004), Journal of Physics A 37, L295–L301
/// @example        examples/entropy/entropy_of_counts.cpp
struct schurmann_fn {
  static constexpr std::string_view name = "entropy.schurmann";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Schürmann (2004)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const schurmann_options& options = {}) const {
    core::check_closed_interval("entropy::schurmann", "xi", options.xi, 0.5, 1.0);
    const auto& profile = summary::profile_of(source, "entropy::schurmann");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const double upper = 1.0 / options.xi - 1.0;
    const auto signed_integral = [upper](std::uint64_t r) {
      return (r % 2 == 0 ? 1.0 : -1.0) * detail::schurmann_integral(r, upper);
    };
    double h = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      const auto count = static_cast<double>(r);
      h += static_cast<double>(f) * (count / n) *
           (math::digamma_difference(count, static_cast<double>(profile.total() - r)) - signed_integral(r));
    }
    // n ψ(n) − (n − 1) ψ(n − 1) = ψ(n) + 1 for n > 1; the alternating part as in grassberger.
    const auto parity = [&](std::uint64_t r) { return static_cast<double>(r) * detail::schurmann_integral(r, upper); };
    const bool rare = profile.f(1) + profile.f(2) > 0;
    const double error = math::delete_one_standard_error(
        profile.entries(), profile.total(),
        [&](std::uint64_t r) {
          return (math::digamma(static_cast<double>(r)) + (r > 1 ? 1.0 : 0.0) +
                  (rare ? math::parity_step(r, parity) : 0.0)) /
                 (n - 1.0);
        },
        [n](std::uint64_t r) { return math::second_difference_of_n_psi(r) / (n - 2.0); });
    const double steps = math::parity_error(profile.entries(), profile.total(), parity);
    return core::in_unit({h, std::hypot(error, steps), profile.total()}, options.unit);
  }
};
inline constexpr schurmann_fn schurmann{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
