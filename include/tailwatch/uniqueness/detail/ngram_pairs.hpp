// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/rare_types.hpp"

namespace tailwatch::uniqueness {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Token ids (a bare integer range, tokens(x)) or lists of them.
template <class Source>
concept text_source = core::integer_range<Source> || std::same_as<Source, core::token_sequences> ||
    requires(const Source& x) {
  []<std::integral T>(const core::tokens_view<T>&) {}(x);
};

/// A state that has counted n-grams, or anything else, already.
template <class State>
concept counted_source = !text_source<State> && (summary::array_counts<State> || summary::paired_counts<State>);

/// Two texts, or two states of one kind.
template <class First, class Second>
concept comparable_sources = (text_source<First> && text_source<Second>) ||
                             (counted_source<First> && std::same_as<First, Second>);

/// Numbers keys 0, 1, 2, … in order of first appearance.
class numbering {
 public:
  [[nodiscard]] std::uint32_t operator()(std::uint64_t key) {
    return ids_.try_emplace(key, static_cast<std::uint32_t>(ids_.size())).first->second;
  }
  [[nodiscard]] std::uint32_t operator()(std::uint32_t first, std::uint32_t second) {
    return (*this)(std::uint64_t{first} << 32 | second);
  }
  void clear() { ids_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

 private:
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> ids_;
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

/// Occurrences of each distinct n-gram in the first and the second text, exact for every order: an n-gram is the pair of its
/// (n − 1)-gram and its last token, numbered anew at each order.
[[nodiscard]] inline std::vector<std::pair<std::uint64_t, std::uint64_t>> count_pairs(const joint_text& text,
                                                                                      std::size_t order) {
  std::vector<std::uint32_t> grams = text.words;
  numbering number;
  std::size_t distinct = 0;
  for (const std::uint32_t w : text.words) distinct = distinct > w ? distinct : w + std::size_t{1};
  for (std::size_t n = 2; n <= order; ++n) {
    number.clear();
    for (std::size_t i = 0; i < grams.size(); ++i)
      if (text.room[i] >= n) grams[i] = number(grams[i], text.words[i + n - 1]);
    distinct = number.size();
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs(distinct);
  for (std::size_t i = 0; i < grams.size(); ++i)
    if (text.room[i] >= order) ++(i < text.border ? pairs[grams[i]].first : pairs[grams[i]].second);
  return pairs;
}

/// visit(count in first, count in second) for each n-gram of either text, or each key of either state.
template <class First, class Second, class Visit>
  requires comparable_sources<First, Second>
void visit_pairs(const First& first, const Second& second, std::size_t order, std::string_view function,
                 Visit&& visit) {
  core::check_at_least<std::size_t>(function, "order", order, 1);
  if constexpr (text_source<First>) {
    for (const auto& pair : count_pairs(joint_text(first, second), order))
      if (pair.first != 0 || pair.second != 0) visit(pair.first, pair.second);
  } else {
    summary::for_each_count_pair(first, second, function, visit);
  }
}

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::uniqueness
