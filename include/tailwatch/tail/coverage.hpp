// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/count_difference.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/math/frequency_count_error.hpp"
#include "tailwatch/math/log_absent.hpp"
#include "tailwatch/math/missing_mass_at_size.hpp"
#include "tailwatch/math/unseen_share.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/tail/missing_mass.hpp"

namespace tailwatch::tail {

namespace detail {
/// (f₁/N)(1 − A)
[[nodiscard]] inline double chao_jost_missing(std::uint64_t f1, std::uint64_t f2, std::uint64_t total) noexcept {
  if (f1 == 0) return 0.0;
  return static_cast<double>(f1) / static_cast<double>(total) * (1.0 - math::singleton_share(f1, f2, total));
}
}  // namespace detail

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Sample coverage after Good and Turing: the total probability of the symbols seen so far.
///
///   C = 1 − f₁/N
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error as missing_mass; NaN when N = 0
/// @complexity     O(K) to build the profile, O(1) after it
/// @bias           at most 1/N in expectation; 0 when every symbol was seen once: see coverage_chao_jost
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            I. J. Good (1953), Biometrika 40, 237–264
/// @example        examples/tail/missing_mass.cpp
struct coverage_good_turing_fn {
  static constexpr std::string_view name = "tail.coverage_good_turing";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Good (1953)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "tail::coverage_good_turing");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const estimate mass = missing_mass(profile);
    return {static_cast<double>(profile.total() - profile.f(1)) / static_cast<double>(profile.total()),
            mass.standard_error, profile.total()};
  }
};
inline constexpr coverage_good_turing_fn coverage_good_turing{};

/// Sample coverage after Chao and Jost, with a second-order correction by f₂.
///
///   C = 1 − (f₁/N)(1 − A)        A = 2f₂/((N − 1)f₁ + 2f₂);  f₂ = 0: 2/((N − 1)(f₁ − 1) + 2);  f₁ = 0: C = 1
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error as missing_mass: A is of lower order; NaN when N < 2
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           smaller than Good and Turing's
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            A. Chao, L. Jost (2012), Ecology 93, 2533–2547
/// @example        examples/tail/missing_mass.cpp
struct coverage_chao_jost_fn {
  static constexpr std::string_view name = "tail.coverage_chao_jost";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Chao and Jost (2012)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "tail::coverage_chao_jost");
    const std::uint64_t total = profile.total();
    if (!profile.defined() || total < 2) return {core::nan, core::nan, total};
    const double missing = detail::chao_jost_missing(profile.f(1), profile.f(2), total);
    return {1.0 - missing, missing_mass(profile).standard_error, total};
  }
};
inline constexpr coverage_chao_jost_fn coverage_chao_jost{};

/// Sample coverage after Zhang and Huang, which uses every frequency of frequencies.
///
///   C = 1 − Σ_{r≥1} (−1)^{r+1} f_r/C(N, r), clamped to [0, 1]
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error as missing_mass: the other terms are of lower order; NaN unless f₁ > 0 and every share is below 1/2: the alternating
///                 sum means nothing there
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            Z. Zhang, H. Huang (2007), Journal of Quantitative Linguistics 14, 222–241
/// @example        examples/tail/missing_mass.cpp
struct coverage_zhang_huang_fn {
  static constexpr std::string_view name = "tail.coverage_zhang_huang";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Zhang and Huang (2007)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    const auto& profile = summary::profile_of(source, "tail::coverage_zhang_huang");
    const std::uint64_t total = profile.total();
    if (!profile.defined() || profile.f(1) == 0 || profile.largest() >= total - profile.largest())
      return {core::nan, core::nan, total};
    const auto n = static_cast<double>(total);
    double sum = 0.0;
    double inverse = 1.0;  // 1/C(N, r)
    std::uint64_t r = 0;
    for (const auto& e : profile.entries()) {
      for (; r < e.count && inverse > 1e-300; ++r)
        inverse *= (static_cast<double>(r) + 1.0) / (n - static_cast<double>(r));
      if (r < e.count) break;
      sum += (r % 2 == 1 ? 1.0 : -1.0) * static_cast<double>(e.multiplicity) * inverse;
    }
    return {std::clamp(1.0 - sum, 0.0, 1.0), missing_mass(profile).standard_error, total};
  }
};
inline constexpr coverage_zhang_huang_fn coverage_zhang_huang{};

struct coverage_at_size_options {
  std::uint64_t sample_size = 1;  ///< m ≥ 1
};

/// Coverage that a sample of m observations of the same source would have: rarefied for m < N, extrapolated beyond.
///
///   m < N  1 − Σ (nᵢ/N) C(N − nᵢ, m)/C(N − 1, m)      m ≥ N  1 − (f₁/N)(1 − A)^{m−N+1}, A as in coverage_chao_jost
///
/// Compare two corpora at equal coverage, not at equal size.
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         probability; standard error by the second-order jackknife, for m ≥ N − 2 by math::frequency_count_error; NaN for
///                 N < 4 and where it is 0; NaN when N < 2
/// @complexity     O(K) to build the profile; O(min(m, nᵢ) ∧ 4096) per distinct count for m < N
/// @bias           none for m < N, of samples of that size; beyond N upwards where the unseen are rarer than those seen once
/// @throws         std::invalid_argument for sample_size = 0, and for a negative or fractional count
/// @see            A. Chao, L. Jost (2012), Ecology 93, 2533–2547
/// @example        examples/tail/missing_mass.cpp
struct coverage_at_size_fn {
  static constexpr std::string_view name = "tail.coverage_at_size";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Chao and Jost (2012)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const coverage_at_size_options& options = {}) const {
    core::check_at_least("tail::coverage_at_size", "sample_size", options.sample_size, std::uint64_t{1});
    const auto& profile = summary::profile_of(source, "tail::coverage_at_size");
    const std::uint64_t total = profile.total();
    if (!profile.defined() || total < 2) return {core::nan, core::nan, total};
    return {1.0 - math::missing_mass_at_size(profile.entries(), total, options.sample_size),
            error(profile, options.sample_size), total};
  }

 private:
  static double error(const summary::frequency_profile& profile, std::uint64_t sample_size) {
    const std::uint64_t total = profile.total();
    if (total < 4) return core::nan;
    const auto n = static_cast<double>(total);
    const auto m = static_cast<double>(sample_size);
    double e = core::nan;
    if (sample_size + 2 < total) {
      const auto term = [&](double population, double count) { return math::missing_mass_term(population, count, m); };
      e = math::delete_one_standard_error(
          profile.entries(), total,
          [&](std::uint64_t r) {
            return math::count_drop([&](double count) { return term(n - 1.0, count); }, r, n - 1.0);
          },
          [&](std::uint64_t r) {
            return math::count_bend([&](double count) { return term(n - 2.0, count); }, r, n - 2.0);
          });
    } else {  // of f₁ and f₂ alone
      e = math::frequency_count_error(profile.entries(), total, 2, 0.0, [&](const std::vector<double>& f) {
        return math::missing_mass_beyond(static_cast<std::uint64_t>(f[0]), static_cast<std::uint64_t>(f[1]), total,
                                         std::max(m, n));
      });
    }
    return e > 0.0 ? e : core::nan;
  }
};
inline constexpr coverage_at_size_fn coverage_at_size{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::tail
