// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/count_ngrams.hpp"

namespace tailwatch::diversity {

/// Token ids in their order: a bare integer range or tokens(x).
template <class Source>
concept word_list_source = math::token_source<Source> && !std::same_as<Source, core::token_sequences>;

namespace detail {

/// Words numbered 0, 1, 2, … in order of first appearance.
struct word_list {
  std::vector<std::uint32_t> words;
  std::size_t distinct = 0;

  template <word_list_source Source>
  explicit word_list(const Source& tokens) {
    distinct = math::detail::renumber(core::as_span(tokens), words);
  }
};

}  // namespace detail
}  // namespace tailwatch::diversity
