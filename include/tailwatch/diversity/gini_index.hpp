// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/math/delete_one.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

struct gini_index_options {
  bool keep_zeros = false;  ///< cells that were listed and never seen count as zeros
};

inline namespace TAILWATCH_ABI_NAMESPACE {

/// Gini index of inequality among the counts.
///
///   Σ (2i − n − 1) x₍ᵢ₎/(n Σ x), ascending;  0 … (n − 1)/n
///
/// @param source   occurrences per symbol: an integer range, counts(x), a counting state or a frequency profile
/// @return         standard error by the second-order jackknife over observations, NaN for N < 4 and where all counts are equal; NaN when N = 0
/// @complexity     O(K) to build the profile, O(distinct counts) after it
/// @bias           −1/n of the unbiased form, which is n/(n − 1) times this
/// @throws         std::invalid_argument for a negative or fractional count
/// @see            C. Gini (1912), Variabilità e mutabilità
/// @example        examples/diversity/richness.cpp
struct gini_index_fn {
  static constexpr std::string_view name = "diversity.gini_index";
  static constexpr core::unit unit = core::unit::none;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Gini (1912)";

  template <summary::count_source Source>
  [[nodiscard]] estimate operator()(const Source& source, const gini_index_options& options = {}) const {
    const auto& profile = summary::profile_of(source, "diversity::gini_index");
    if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
    const std::uint64_t cells = options.keep_zeros ? profile.cells() : profile.types();
    const auto n = static_cast<double>(cells);
    double below = static_cast<double>(cells - profile.types());  // cells with a smaller count
    double sum = 0.0;
    for (const auto& [r, f] : profile.entries()) {
      // The ranks of a tie are below + 1 … below + f: their 2i − n − 1 add up to f(2·below + f − n).
      const auto ties = static_cast<double>(f);
      sum += ties * (2.0 * below + ties - n) * (static_cast<double>(r) / n);
      below += ties;
    }
    const auto total = static_cast<double>(profile.total());
    if (profile.total() < 4 || profile.entries().size() == 1) return {sum / total, core::nan, profile.total()};
    // Without one observation of a symbol seen r times: the lowest of its tie steps down, and Σ (2i − n − 1)x by 2·below + 1 − n.
    const double weighted = sum * n;
    std::vector<double>
        ranks;  // 2i − n − 1 of the lowest of each tie; of a count that nobody has, as if one symbol had it
    double under = static_cast<double>(cells - profile.types());
    for (const auto& e : profile.entries()) {
      ranks.push_back(2.0 * under + 1.0 - n);
      under += static_cast<double>(e.multiplicity);
    }
    const auto rank_of = [&](std::uint64_t r) {
      const auto at = std::ranges::lower_bound(profile.entries(), r, {}, &summary::frequency_profile::entry::count);
      return at == profile.entries().end() ? n + 1.0 : ranks[static_cast<std::size_t>(at - profile.entries().begin())];
    };
    // Of the sample with f₁ and f₂ as given, a smaller number of cells, and `size` observations: where types drop out.
    const auto with = [&](double f1, double f2, double kinds, double size) {
      double lower = kinds - f1 - f2 - static_cast<double>(profile.types() - profile.f(1) - profile.f(2));
      double of = 0.0;
      const auto add = [&](double r, double ties) {
        of += ties * (2.0 * lower + ties - kinds) * r;
        lower += ties;
      };
      add(1.0, f1);
      add(2.0, f2);
      for (const auto& [r, f] : profile.entries())
        if (r > 2) add(static_cast<double>(r), static_cast<double>(f));
      return of / (kinds * size);
    };
    const auto f1 = static_cast<double>(profile.f(1)), f2 = static_cast<double>(profile.f(2));
    const double gone = options.keep_zeros ? 0.0 : 1.0;
    const double error = math::delete_one_standard_error(
        profile.entries(), profile.total(),
        [&](std::uint64_t r) {
          return r == 1 ? with(f1 - 1.0, f2, n - gone, total - 1.0) : (weighted - rank_of(r)) / (n * (total - 1.0));
        },
        [&](std::uint64_t r) {
          if (r == 2)
            return with(f1, f2, n, total - 2.0) - 2.0 * with(f1 + 1.0, f2 - 1.0, n, total - 2.0) +
                   with(f1, f2 - 1.0, n - gone, total - 2.0);
          // 2 f_{r−1}/(n(N − 2)), f as the mean over half a standard deviation of a count: single ones are all steps
          const auto reach = static_cast<std::uint64_t>(0.5 * std::sqrt(static_cast<double>(r)) + 1.0);
          const std::uint64_t from = std::max(r, reach + 2) - 1 - reach, to = r + reach;  // [from, to)
          return (rank_of(to) - rank_of(from)) / static_cast<double>(to - from) / (n * (total - 2.0));
        });
    return {sum / total, error, profile.total()};
  }
};
inline constexpr gini_index_fn gini_index{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::diversity
