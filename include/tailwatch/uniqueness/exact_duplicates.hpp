// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/uniqueness/repetition_n.hpp"

namespace tailwatch::uniqueness {
inline namespace TAILWATCH_ABI_NAMESPACE {

namespace detail {

/// A range of lines: anything that reads as std::string_view.
template <class Source>
concept line_range = std::ranges::input_range<const Source> &&
    std::convertible_to<std::ranges::range_reference_t<const Source>, std::string_view>;

}  // namespace detail

/// Sizes of the groups of equal sequences or lines: f_r = number of distinct ones that occur exactly r times. Compared in
/// full, not by hash.
/// @param source   core::token_sequences, or a range of std::string, std::string_view ...
/// @complexity     O(total length)
template <class Source>
  requires std::same_as<Source, core::token_sequences> || detail::line_range<Source>
[[nodiscard]] summary::frequency_profile duplicate_groups(const Source& source) {
  boost::unordered_flat_map<std::string_view, std::uint64_t> groups;
  if constexpr (std::same_as<Source, core::token_sequences>) {
    for (std::size_t i = 0; i < source.size(); ++i) {
      const auto tokens = source[i];
      ++groups[std::string_view(reinterpret_cast<const char*>(tokens.data()), tokens.size_bytes())];
    }
  } else {
    for (auto&& line : source) {
      static_assert(std::is_reference_v<decltype(line)>);
      ++groups[std::string_view(line)];
    }
  }
  std::vector<std::uint64_t> sizes;
  sizes.reserve(groups.size());
  for (const auto& group : groups) sizes.push_back(group.second);
  return summary::frequency_profile(sizes);
}

/// Share of samples that only repeat another: 1 − distinct/n. Empty samples count.
///
/// @param source   core::token_sequences, a range of lines, or what duplicate_groups returns (or any counting state whose
///                 keys identify samples)
/// @return         in [0, 1); NaN without samples; delete-one jackknife standard error, biased upwards (Efron and Stein
///                 1981); NaN where all samples differ, or none is alone
/// @complexity     O(total length); from groups O(distinct sizes)
/// @bias           grows with the number of samples: compare at one number
/// @see            K. Lee et al. (2022), Deduplicating Training Data Makes Language Models Better, ACL, 8424–8445
/// @example        examples/uniqueness/repetition.cpp
struct exact_duplicate_rate_fn {
  static constexpr std::string_view name = "uniqueness.exact_duplicate_rate";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Lee et al. (2022)";

  [[nodiscard]] estimate operator()(const summary::frequency_profile& groups) const noexcept {
    return detail::repeated_share(groups);
  }
  template <class Source>
    requires std::same_as<Source, core::token_sequences> || detail::line_range<Source>
  [[nodiscard]] estimate operator()(const Source& source) const {
    return detail::repeated_share(duplicate_groups(source));
  }
  template <summary::counting_state State>
  [[nodiscard]] estimate operator()(const State& state) const {
    return detail::repeated_share(summary::frequency_profile(state));
  }
};
inline constexpr exact_duplicate_rate_fn exact_duplicate_rate{};

/// Share of samples that have at least one copy: 1 − f₁/n. Parameters as exact_duplicate_rate; of two equal samples that one
/// counts one, this counts both.
///
/// @return         in [0, 1]; NaN without samples; delete-one jackknife standard error: leaving one out of a pair makes the
///                 other a singleton, so the variance is (f₁ + 2f₂ − (2f₂ − f₁)²/n)/(n(n − 1)); NaN where that is 0
/// @see            K. Lee et al. (2022), Deduplicating Training Data Makes Language Models Better, ACL, 8424–8445
struct duplicate_member_rate_fn {
  static constexpr std::string_view name = "uniqueness.duplicate_member_rate";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Lee et al. (2022)";

  [[nodiscard]] estimate operator()(const summary::frequency_profile& groups) const noexcept {
    estimate e{core::nan, core::nan, groups.total()};
    if (!groups.defined() || groups.total() == 0) return e;
    const auto n = static_cast<double>(groups.total());
    const auto single = static_cast<double>(groups.f(1));
    const double paired = 2.0 * static_cast<double>(groups.f(2));
    e.value = static_cast<double>(groups.total() - groups.f(1)) / n;
    const double squares = single + paired - (paired - single) * (paired - single) / n;
    if (n > 1.0 && squares > 0.0) e.standard_error = std::sqrt(squares / (n * (n - 1.0)));
    return e;
  }
  template <class Source>
    requires std::same_as<Source, core::token_sequences> || detail::line_range<Source>
  [[nodiscard]] estimate operator()(const Source& source) const { return (*this)(duplicate_groups(source)); }
  template <summary::counting_state State>
  [[nodiscard]] estimate operator()(const State& state) const {
    return (*this)(summary::frequency_profile(state));
  }
};
inline constexpr duplicate_member_rate_fn duplicate_member_rate{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
