// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/count_ngrams.hpp"
#include "tailwatch/summary/rare_types.hpp"

namespace tailwatch::uniqueness {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Token ids (a bare integer range, tokens(x)) or lists of them.
template <class Source>
concept text_source = math::token_source<Source>;

/// A state that has counted n-grams, or anything else, already.
template <class State>
concept counted_source = !text_source<State> && (summary::array_counts<State> || summary::paired_counts<State>);

/// Two texts, or two states of one kind.
template <class First, class Second>
concept comparable_sources = (text_source<First> && text_source<Second>) ||
                             (counted_source<First> && std::same_as<First, Second>);

/// Numbers keys, or pairs of numbers, 0, 1, 2, … in order of first appearance.
class numbering : public math::detail::numbering {
 public:
  using math::detail::numbering::operator();
  [[nodiscard]] std::uint32_t operator()(std::uint32_t first, std::uint32_t second) {
    return (*this)(std::uint64_t{first} << 32 | second);
  }
};

/// Two texts in one array of small ids: tokens [0, border) are the first. `room[i]` is the number of tokens from i to the end
/// of its sequence, so that an n-gram starts at i where room[i] ≥ n.
struct joint_text {
  std::vector<std::uint32_t> words;
  std::vector<std::uint32_t> room;
  std::size_t border = 0;

  template <text_source First, text_source Second>
  joint_text(const First& first, const Second& second) {
    numbering number;
    append(first, number);
    border = words.size();
    append(second, number);
  }

 private:
  template <class Source>
  void append(const Source& source, numbering& number) {
    if constexpr (std::same_as<Source, core::token_sequences>) {
      for (std::size_t i = 0; i < source.size(); ++i) append_sequence(source[i], number);
    } else {
      append_sequence(core::as_span(source), number);
    }
  }
  template <class T>
  void append_sequence(std::span<const T> sequence, numbering& number) {
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      words.push_back(number(static_cast<std::uint64_t>(sequence[i])));
      room.push_back(static_cast<std::uint32_t>(sequence.size() - i));
    }
  }
};

/// visit(count in first, count in second) for each n-gram of either text, or each key of either state.
template <class First, class Second, class Visit>
  requires comparable_sources<First, Second>
void visit_pairs(const First& first, const Second& second, std::size_t order, std::string_view function,
                 Visit&& visit) {
  core::check_at_least<std::size_t>(function, "order", order, 1);
  if constexpr (text_source<First>) {
    math::visit_ngram_pairs(first, second, order, visit);
  } else {
    summary::for_each_count_pair(first, second, function, visit);
  }
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
