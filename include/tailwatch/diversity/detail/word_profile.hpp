// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/core/views.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/summary/frequency_profile.hpp"

namespace tailwatch::diversity {

/// What a text estimator reads: token ids (a bare integer range, tokens(x), token_sequences), or word counts that were already
/// made (counts(x), a counting state, a profile).
template <class Source>
concept word_source = math::token_source<Source> || summary::count_source<Source>;

namespace detail {

/// Frequencies of frequencies of the words; a bare integer range is token ids here.
template <word_source Source>
[[nodiscard]] decltype(auto) word_profile(const Source& source, std::string_view function) {
  if constexpr (math::token_source<Source>) {
    const auto occurrences = math::count_ngrams(source, 1);
    return summary::frequency_profile(core::counts(occurrences), function);
  } else {
    return summary::profile_of(source, function);
  }
}

}  // namespace detail
}  // namespace tailwatch::diversity
