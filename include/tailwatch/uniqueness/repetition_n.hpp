// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/uniqueness/detail/ngram_pairs.hpp"

namespace tailwatch::uniqueness {

struct repetition_n_options {
  std::size_t order = 4;  ///< n, of texts; a state brings its own
};

inline namespace TAILWATCH_ABI_NAMESPACE {

namespace detail {

/// 1 − S/N and its delete-one jackknife error: leaving out an observation of a singleton loses a type, any other loses none,
/// so the variance is f₁(1 − f₁/N)/(N(N − 1)). NaN at f₁ = 0 and f₁ = N, where nothing varies.
[[nodiscard]] inline estimate repeated_share(const summary::frequency_profile& profile) noexcept {
  if (!profile.defined() || profile.total() == 0) return {core::nan, core::nan, profile.total()};
  const auto n = static_cast<double>(profile.total());
  const auto singletons = static_cast<double>(profile.f(1));
  estimate e{static_cast<double>(profile.total() - profile.types()) / n, core::nan, profile.total()};
  if (singletons > 0.0 && singletons < n)
    e.standard_error = std::sqrt(singletons * (1.0 - singletons / n) / (n * (n - 1.0)));
  return e;
}

}  // namespace detail

/// Share of n-grams that repeat an earlier one: 1 − distinct n-grams / n-grams, that is 1 − distinct-n.
///
/// @param source   token ids (integer range, tokens(x)), core::token_sequences, or a counting state (ngram_counts, ...)
/// @return         in [0, 1); NaN without n-grams; delete-one jackknife standard error, biased upwards for independent
///                 n-grams (Efron and Stein 1981), too low for text, where repeats come in runs
/// @complexity     a text O(order · tokens), a state O(distinct keys)
/// @bias           grows with the length of the text: compare at one length
/// @throws         std::invalid_argument for order 0
/// @see            S. Welleck et al. (2020), Neural Text Generation with Unlikelihood Training, ICLR
/// @example        examples/uniqueness/repetition.cpp
struct repetition_n_fn {
  static constexpr std::string_view name = "uniqueness.repetition_n";
  static constexpr core::unit unit = core::unit::probability;
  static constexpr collapse_direction direction = collapse_direction::rises;
  static constexpr std::string_view reference = "Welleck et al. (2020)";

  template <class Source>
    requires detail::text_source<Source> || summary::counting_state<Source>
  [[nodiscard]] estimate operator()(const Source& source, const repetition_n_options& options = {}) const {
    core::check_at_least<std::size_t>("uniqueness::repetition_n", "order", options.order, 1);
    if constexpr (detail::text_source<Source>) {
      std::vector<std::uint64_t> counts;
      for (const auto& pair : detail::count_pairs(detail::joint_text(source, core::token_sequences()), options.order))
        counts.push_back(pair.first);
      return detail::repeated_share(summary::frequency_profile(counts));
    } else {
      return detail::repeated_share(summary::frequency_profile(source, "uniqueness::repetition_n"));
    }
  }
};
inline constexpr repetition_n_fn repetition_n{};

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
