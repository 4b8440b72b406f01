// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/log_share.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::entropy {

struct james_stein_shrink_options {
  std::uint64_t alphabet_size = 0;  ///< K; 0: the cells that the source lists, zeros included
  information_unit unit = information_unit::nats;
};

namespace detail {
/// K, checked to hold every observed symbol.
[[nodiscard]] inline std::uint64_t alphabet(const summary::frequency_profile& profile, std::uint64_t alphabet_size,
                                            std::string_view function) {
  if (alphabet_size == 0) return profile.cells();
  core::check_at_least(function, "alphabet_size", alphabet_size, profile.types());
  return alphabet_size;
}

/// λ = Σ u(1 − u)/((N − 1) Σ (u − 1/K)²) over all K cells, clamped to [0, 1]; 1 for N ≤ 1 or equal shares.
[[nodiscard]] inline double shrinkage_intensity(const summary::frequency_profile& profile, std::uint64_t cells) {
  if (profile.total() <= 1) return 1.0;
  const auto n = static_cast<double>(profile.total());
  const double target = 1.0 / static_cast<double>(cells);
  double spread = static_cast<double>(cells - profile.types()) * target * target;
  double noise = 0.0;
  for (const auto& [r, f] : profile.entries()) {
    const double u = static_cast<double>(r) / n;
    spread += static_cast<double>(f) * (u - target) * (u - target);
    noise += static_cast<double>(f) * u * (static_cast<double>(profile.total() - r) / n);
  }
  return spread > 0.0 ? std::clamp(noise / ((n - 1.0) * spread), 0.0, 1.0) : 1.0;
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Intensity of the James–Stein shrinkage of the shares towards 1/K.
///
///   λ = Σ u(1 − u)/((N − 1) Σ (u − 1/K)²)   over all K cells, clamped to [0, 1];  1 for N = 1 or equal shares
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         λ in [0, 1], standard error unknown; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           falls like 1/N for shares that are not equal, so a sample says less than the source would
/// @throws         std::invalid_argument for a negative or fractional count, or an alphabet smaller than the symbols seen
/// @see            J. Hausser, K. Strimmer (2009), Journal of Machine Learning Research 10, 1469–1484
/// @example        examples/entropy/entropy_of_counts.cpp
struct james_stein_shrink_intensity_fn {
  static constexpr std::string_view name = "entropy.james_stein_shrink_intensity";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Hausser and Strimmer (2009)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const james_stein_shrink_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::james_stein_shrink_intensity");
    const std::uint64_t cells =
        detail::alphabet(profile, options.alphabet_size, "entropy::james_stein_shrink_intensity");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    return {detail::shrinkage_intensity(profile, cells), core::nan, profile.total()};
  }
};
inline constexpr james_stein_shrink_intensity_fn james_stein_shrink_intensity{};

/// Shannon entropy of the shares shrunk towards the uniform distribution.
///
///   H = −Σ p ln p over all K cells        p = λ/K + (1 − λ) nᵢ/N,  λ = james_stein_shrink_intensity
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats (or `unit`); standard error by the second-order jackknife, λ included to first order; NaN for N < 4 and where nothing
///                 moves (equal shares); NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           towards ln K while N is small: needs a K that is really the alphabet
/// @throws         std::invalid_argument for a negative or fractional count, or an alphabet smaller than the symbols seen
/// @see            J. Hausser, K. Strimmer (2009), Journal of Machine Learning Research 10, 1469–1484
/// @example        examples/entropy/entropy_of_counts.cpp
struct james_stein_shrink_fn {
  static constexpr std::string_view name = "entropy.james_stein_shrink";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::either;
  static constexpr std::string_view reference = "Hausser and Strimmer (2009)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const james_stein_shrink_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "entropy::james_stein_shrink");
    const std::uint64_t cells = detail::alphabet(profile, options.alphabet_size, "entropy::james_stein_shrink");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const double lambda = detail::shrinkage_intensity(profile, cells);
    const double base = lambda / static_cast<double>(cells);
    double h = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      const double u = static_cast<double>(r) / static_cast<double>(profile.total());
      const double p = base + (1.0 - lambda) * u;
      const double rest =
          lambda * (1.0 - 1.0 / static_cast<double>(cells)) +
          (1.0 - lambda) * (static_cast<double>(profile.total() - r) / static_cast<double>(profile.total()));  // 1 − p
      const double log_p = lambda == 0.0 ? math::log_share(r, profile.total())
                           : p > 0.5     ? std::log1p(-rest)
                                         : std::log(p);
      h -= static_cast<double>(f) * p * log_p;
    }
    if (base > 0.0) h -= static_cast<double>(cells - profile.types()) * base * std::log(base);
    return core::in_unit({h, error(profile, cells, lambda), profile.total()}, options.unit);
  }

 private:
  static double error(const summary::frequency_profile& profile, std::uint64_t cells, double lambda) {
    if (profile.total() < 4) return core::nan;
    const auto n = static_cast<double>(profile.total());
    const double target = 1.0 / static_cast<double>(cells);
    double squares = 0.0;  // Σ u²
    double slope = 0.0;    // dH/dλ = −Σ (1/K − u)(ln p + 1), of which the 1 drops out
    for (const auto& [r, f] : profile.entries()) {
      const double u = static_cast<double>(r) / n;
      squares += static_cast<double>(f) * u * u;
      slope -= static_cast<double>(f) * (target - u) * std::log(lambda * target + (1.0 - lambda) * u);
    }
    if (lambda > 0.0) slope -= static_cast<double>(cells - profile.types()) * target * std::log(lambda * target);
    const auto intensity = [&](double less, double size) {  // Σ u² of the smaller sample is (N² Σ u² − less)/size²
      const double q = squares * (n / size) * (n / size) - less / size / size;
      return q > target ? std::clamp((1.0 - q) / ((size - 1.0) * (q - target)), 0.0, 1.0) : 1.0;
    };
    const auto term = [&](double count, double size) {
      const double p = lambda * target + (1.0 - lambda) * count / size;
      return p > 0.0 ? -p * std::log(p) : 0.0;
    };
    const double e = math::delete_one_standard_error(
        profile.entries(), profile.total(),
        [&](std::uint64_t r) {
          const auto count = static_cast<double>(r);
          return term(count - 1.0, n - 1.0) - term(count, n - 1.0) + slope * intensity(2.0 * count - 1.0, n - 1.0);
        },
        [&](std::uint64_t r) {
          const auto count = static_cast<double>(r);
          if (r > 10000) return 1.0 / (count * n);
          return term(count, n - 2.0) - 2.0 * term(count - 1.0, n - 2.0) + term(count - 2.0, n - 2.0) +
                 slope * (intensity(0.0, n - 2.0) - 2.0 * intensity(2.0 * count - 1.0, n - 2.0) +
                          intensity(4.0 * count - 4.0, n - 2.0));
        });
    return e > 0.0 ? e : core::nan;
  }
};
inline constexpr james_stein_shrink_fn james_stein_shrink{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::entropy
