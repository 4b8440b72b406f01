// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::math {

/// Token ids, or lists of them, of which n-grams can be read.
template <class Source>
concept token_source = core::integer_range<Source> || std::same_as<Source, core::token_sequences> ||
    requires(const Source& x) {
  []<std::integral T>(const core::tokens_view<T>&) {}(x);
};

namespace detail {

/// Numbers keys 0, 1, 2, … in order of first appearance.
class numbering {
 public:
  [[nodiscard]] std::uint32_t operator()(std::uint64_t key) {
    return ids_.try_emplace(key, static_cast<std::uint32_t>(ids_.size())).first->second;
  }
  void clear() { ids_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }

 private:
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> ids_;
};

/// Tokens renumbered 0, 1, 2, … in order of first appearance; by a table where the ids are small, as those of a vocabulary.
template <class Integer>
[[nodiscard]] std::size_t renumber(std::span<const Integer> tokens, std::vector<std::uint32_t>& words) {
  words.resize(tokens.size());
  std::uint64_t largest = 0;
  for (const Integer token : tokens) largest = std::max(largest, static_cast<std::uint64_t>(token));
  if (largest < 4 * tokens.size() + 65536) {
    std::vector<std::uint32_t> table(static_cast<std::size_t>(largest) + 1);  // 0: not seen yet
    std::uint32_t distinct = 0;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::uint32_t& slot = table[static_cast<std::size_t>(tokens[i])];
      if (slot == 0) slot = ++distinct;
      words[i] = slot - 1;
    }
    return distinct;
  }
  numbering number;
  for (std::size_t i = 0; i < tokens.size(); ++i) words[i] = number(static_cast<std::uint64_t>(tokens[i]));
  return number.size();
}

[[nodiscard]] inline std::vector<std::size_t> sequence_ends(const core::token_sequences& source) {
  std::vector<std::size_t> ends;
  ends.reserve(source.size());
  std::size_t end = 0;
  for (std::size_t i = 0; i < source.size(); ++i) ends.push_back(end += source[i].size());
  return ends;
}

/// Numbers the n-grams 0, 1, 2, … in order of first appearance: grams[i] is the one that begins at token i and lies within its
/// sequence; sequence i is tokens [ends[i − 1], ends[i]). What stands in `grams` where none begins has no meaning.
/// @return  the number of distinct n-grams
template <class Integer>
[[nodiscard]] std::size_t number_ngrams(std::span<const Integer> tokens, std::span<const std::size_t> ends,
                                        std::size_t order, std::vector<std::uint32_t>& grams) {
  std::vector<std::uint32_t> words;
  std::size_t distinct = renumber(tokens, words);
  grams = words;
  numbering number;
  for (std::size_t n = 2; n <= order; ++n) {
    number.clear();
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      for (std::size_t i = begin; i + n <= end; ++i)
        grams[i] = number((std::uint64_t{grams[i]} << 32) | words[i + n - 1]);
      begin = end;
    }
    distinct = number.size();
  }
  return distinct;
}

/// Sequence i is tokens [ends[i − 1], ends[i]).
template <class Integer>
[[nodiscard]] std::vector<std::uint64_t> count_ngrams(std::span<const Integer> tokens,
                                                      std::span<const std::size_t> ends, std::size_t order) {
  std::vector<std::uint32_t> grams;
  std::vector<std::uint64_t> counts(number_ngrams(tokens, ends, order, grams));
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    for (std::size_t i = begin; i + order <= end; ++i) ++counts[grams[i]];
    begin = end;
  }
  return counts;
}

}  // namespace detail

/// How often each distinct n-gram occurs, in order of first appearance. Exact for every order: an n-gram is the pair of its
/// (n − 1)-gram and its last token, numbered anew at each order. No n-gram crosses the border between two sequences.
/// @param source  token ids of any integer type, tokens(x), or core::token_sequences; fewer than 2³² tokens
/// @param order   n ≥ 1
/// @complexity    O(order · tokens), 8 bytes per token and about 20 per distinct n-gram
template <token_source Source>
[[nodiscard]] std::vector<std::uint64_t> count_ngrams(const Source& source, std::size_t order) {
  if constexpr (std::same_as<Source, core::token_sequences>) {
    const std::vector<std::size_t> ends = detail::sequence_ends(source);
    return detail::count_ngrams(source.tokens(), std::span<const std::size_t>(ends), order);
  } else {
    const auto tokens = core::as_span(source);
    const std::size_t end = tokens.size();
    return detail::count_ngrams(tokens, std::span<const std::size_t>(&end, 1), order);
  }
}

/// Distinct n-grams of the whole text and of the text without each group of its sequences.
struct grouped_ngrams {
  struct group {
    std::uint64_t own = 0;     ///< distinct n-grams that occur in this group alone
    std::uint64_t ngrams = 0;  ///< n-grams of this group
    std::uint64_t tokens = 0;  ///< tokens of this group
  };
  std::uint64_t distinct = 0;
  std::uint64_t ngrams = 0;
  std::uint64_t tokens = 0;
  std::vector<group> groups;
};

/// Counts n-grams by group: sequence i belongs to group i mod `groups`; fewer groups where there are fewer sequences.
/// @param source  as count_ngrams; a text without borders is one sequence
/// @param order   n ≥ 1
/// @param groups  ≥ 1
/// @complexity    O(order · tokens), one pass over the text whatever the number of groups
template <token_source Source>
[[nodiscard]] grouped_ngrams count_ngrams_by_group(const Source& source, std::size_t order, std::size_t groups) {
  grouped_ngrams result;
  std::vector<std::size_t> ends;
  std::vector<std::uint32_t> grams;
  if constexpr (std::same_as<Source, core::token_sequences>) {
    ends = detail::sequence_ends(source);
    result.distinct = detail::number_ngrams(source.tokens(), std::span<const std::size_t>(ends), order, grams);
  } else {
    const auto tokens = core::as_span(source);
    ends.push_back(tokens.size());
    result.distinct = detail::number_ngrams(tokens, std::span<const std::size_t>(ends), order, grams);
  }
  result.groups.resize(std::min(groups, ends.size()));
  constexpr auto unseen = static_cast<std::uint32_t>(-1);
  constexpr std::uint32_t several = unseen - 1;
  std::vector<std::uint32_t> owner(static_cast<std::size_t>(result.distinct), unseen);
  std::size_t begin = 0;
  for (std::size_t s = 0; s < ends.size(); ++s) {
    const std::size_t end = ends[s];
    const std::size_t index = s % result.groups.size();
    const auto label = static_cast<std::uint32_t>(index);
    auto& group = result.groups[index];
    group.tokens += end - begin;
    if (end - begin >= order) group.ngrams += end - begin - order + 1;
    for (std::size_t i = begin; i + order <= end; ++i) {
      std::uint32_t& slot = owner[grams[i]];
      slot = slot == unseen || slot == label ? label : several;
    }
    begin = end;
  }
  for (const std::uint32_t label : owner)
    if (label < several) ++result.groups[label].own;
  for (const auto& group : result.groups) {
    result.ngrams += group.ngrams;
    result.tokens += group.tokens;
  }
  return result;
}

}  // namespace tailwatch::math
