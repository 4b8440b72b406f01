// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/diversity/type_token_ratio.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/renyi_entropy.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

namespace detail {
/// ln n! − n ln n + n
[[nodiscard]] inline double stirling_remainder(std::uint64_t count) noexcept {
  const auto n = static_cast<double>(count);
  if (count < 16) {
    double sum = n;
    for (double i = 1.0; i <= n; i += 1.0) sum += std::log(i / n);
    return sum;
  }
  const double z = 1.0 / (n * n);
  return 0.5 * std::log(6.28318530717958647693 * n) + (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z / 1680))) / n;
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Brillouin index: the entropy of a collection that is its own population.
///
///   (ln N! − Σ ln nᵢ!)/N
///
/// Evaluated as the plug-in entropy plus the differences of Stirling remainders: ln N! itself would cost the digits.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         nats; standard error by the second-order jackknife, for counts that are a sample after all (a census has none), NaN for
///                 N < 4; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           as that of the plug-in entropy, and below it by about Σ ln(2πnᵢ)/(2N)
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            L. Brillouin (1956), Science and Information Theory
/// @example        examples/diversity/richness.cpp
struct brillouin_fn {
  static constexpr std::string_view name = "diversity.brillouin";
  static constexpr core::unit unit = core::unit::nats;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Brillouin (1956)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::brillouin");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    double remainder = detail::stirling_remainder(profile.total());
    for (const auto& [r, f] : profile.entries()) remainder -= static_cast<double>(f) * detail::stirling_remainder(r);
    const double h = math::renyi_entropy(profile.entries(), profile.total(), 1.0).value;
    const double error =
        profile.total() < 4
            ? core::nan
            : math::delete_one_standard_error(
                  profile.entries(), profile.total(),
                  [n](std::uint64_t r) { return std::log(static_cast<double>(r)) / (n - 1.0); },
                  [n](std::uint64_t r) { return -std::log1p(-1.0 / static_cast<double>(r)) / (n - 2.0); });
    return {profile.types() == 1 ? 0.0 : h + remainder / n, error, profile.total()};
  }
};
inline constexpr brillouin_fn brillouin{};

/// Margalef's richness index.
///
///   (S − 1)/ln N
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         standard error that of the number of types, as type_token_ratio; NaN when N < 2
/// @complexity     O(K) to build the profile, O(1) after it
/// @bias           grows with N: compare samples of one size
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            R. Margalef (1958), General Systems 3, 36–71
/// @example        examples/diversity/richness.cpp
struct margalef_fn {
  static constexpr std::string_view name = "diversity.margalef";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Margalef (1958)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::margalef");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    if (profile.total() < 2) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    return {(static_cast<double>(profile.types()) - 1.0) / std::log(n),
            n * detail::type_ratio_error(profile) / std::log(n), profile.total()};
  }
};
inline constexpr margalef_fn margalef{};

/// Menhinick's richness index.
///
///   S/√N
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         standard error that of the number of types, as type_token_ratio; NaN when N = 0
/// @complexity     O(K) to build the profile, O(1) after it
/// @bias           grows or falls with N: compare samples of one size
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            E. F. Menhinick (1964), Ecology 45, 859–861
/// @example        examples/diversity/richness.cpp
struct menhinick_fn {
  static constexpr std::string_view name = "diversity.menhinick";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Menhinick (1964)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::menhinick");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    return {static_cast<double>(profile.types()) / std::sqrt(n), std::sqrt(n) * detail::type_ratio_error(profile),
            profile.total()};
  }
};
inline constexpr menhinick_fn menhinick{};

/// Fisher's α of the log-series.
///
///   S = α ln(1 + N/α)
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         standard error that of the number of types (type_token_ratio) over dS/dα; NaN when N = 0 or S = N, where α is infinite
/// @complexity     O(K) to build the profile, about 10 Newton steps after it
/// @bias           none under the log-series; else it moves with N
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            R. A. Fisher, A. S. Corbet, C. B. Williams (1943), Journal of Animal Ecology 12, 42–58
/// @example        examples/diversity/richness.cpp
struct fisher_alpha_fn {
  static constexpr std::string_view name = "diversity.fisher_alpha";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::falls;
  static constexpr std::string_view reference = "Fisher, Corbet and Williams (1943)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "diversity::fisher_alpha");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    if (profile.types() == profile.total()) return {core::nan, core::nan, profile.total()};
    const auto n = static_cast<double>(profile.total());
    const auto types = static_cast<double>(profile.types());
    double low = 1e-300;
    double high = n * n;  // α ln(1 + N/α) > N − N²/(2α) ≥ N − 1/2 there
    double alpha = types;
    for (int i = 0; i < 400; ++i) {
      const double value = alpha * std::log1p(n / alpha) - types;
      (value > 0.0 ? high : low) = alpha;
      const double slope = std::log1p(n / alpha) - n / (alpha + n);
      double next = alpha * std::exp(-value / (alpha * slope));  // Newton in ln α
      if (!(next > low && next < high)) next = std::sqrt(low) * std::sqrt(high);
      const bool done = std::abs(next - alpha) <= 1e-15 * alpha;
      alpha = next;
      if (done) break;
    }
    const double slope = std::log1p(n / alpha) - n / (alpha + n);
    return {alpha, n * detail::type_ratio_error(profile) / slope, profile.total()};
  }
};
inline constexpr fisher_alpha_fn fisher_alpha{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
