// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <boost/unordered/unordered_flat_map.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/detail/dealt_keys.hpp"

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

/// Least number of bits that hold every id; 64 where one is negative.
template <class Integer>
[[nodiscard]] std::size_t bits_of(std::span<const Integer> tokens) noexcept {
  std::uint64_t any = 1;
  for (const Integer token : tokens) any |= static_cast<std::uint64_t>(token);
  return static_cast<std::size_t>(std::bit_width(any));
}

/// How n-grams are packed into keys: the kind of their images, and how many bits they have.
template <class Image>
struct packing {
  std::size_t width = 64;
};
/// How such images are dealt.
template <class Image>
using dealt_form = std::conditional_t<std::is_same_v<Image, narrow_image>, packed_images, whole_items<Image>>;

/// take(image, sequence) for each n-gram, packed with `bits` bits a token; order · bits ≤ 64 or 128.
template <class Image, class Integer, class Take>
void each_packed_ngram(std::span<const Integer> tokens, std::span<const std::size_t> ends, std::size_t order,
                       std::size_t bits, Take&& take) {
  std::size_t begin = 0;
  for (std::size_t s = 0; s < ends.size(); ++s) {
    const std::span<const Integer> ids = tokens.subspan(begin, ends[s] - begin);
    begin = ends[s];
    if (ids.size() < order) continue;
    if constexpr (std::is_same_v<Image, narrow_image>) {
      const std::size_t width = order * bits;
      const narrow_spread image(width);
      if (order == 1) {
        for (const Integer id : ids) take(image(static_cast<std::uint64_t>(id)), s);
        continue;
      }
      const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
      std::uint64_t key = 0;
      for (std::size_t i = 0; i + 1 < order; ++i) key = (key << bits) | static_cast<std::uint64_t>(ids[i]);
      for (std::size_t i = order - 1; i < ids.size(); ++i) {
        key = ((key << bits) | static_cast<std::uint64_t>(ids[i])) & mask;
        take(image(key), s);
      }
    } else {
      const std::size_t width = order * bits - 64;
      const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
      std::uint64_t high = 0, low = 0;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        high = ((high << bits) | (low >> (64 - bits))) & mask;
        low = (low << bits) | static_cast<std::uint64_t>(ids[i]);
        if (i + 1 >= order) take(wide_image::of(high, low), s);
      }
    }
  }
}

[[nodiscard]] inline std::size_t ngrams_in(std::span<const std::size_t> ends, std::size_t order) noexcept {
  std::size_t n = 0, begin = 0;
  for (const std::size_t end : ends) {
    n += end - begin >= order ? end - begin - order + 1 : 0;
    begin = end;
  }
  return n;
}

/// use(packing<Image>, replay) with the n-grams of the text packed into exact keys: the ids themselves where n of
/// them fit 128 bits, else their numbers, else the number of the (n − 1)-gram and of the last token.
template <class Integer, class Use>
void with_packed_ngrams(std::span<const Integer> tokens, std::span<const std::size_t> ends, std::size_t order,
                        std::size_t bits, Use&& use) {
  if (bits <= 64 / order) {
    use(packing<narrow_image>{order * bits},
        [=](auto&& take) { each_packed_ngram<narrow_image>(tokens, ends, order, bits, take); });
  } else if (bits <= 128 / order && bits < 64) {
    use(packing<wide_image>{order * bits},
        [=](auto&& take) { each_packed_ngram<wide_image>(tokens, ends, order, bits, take); });
  } else {
    std::vector<std::uint32_t> words;
    const std::size_t distinct = renumber(tokens, words);
    const std::span<const std::uint32_t> numbers(words);
    const auto own_bits = static_cast<std::size_t>(std::bit_width(std::max<std::size_t>(distinct, 2) - 1));
    if (own_bits <= 128 / order && own_bits < bits) return with_packed_ngrams(numbers, ends, order, own_bits, use);
    std::vector<std::uint32_t> shorter;
    static_cast<void>(number_ngrams(numbers, ends, order - 1, shorter));
    use(packing<narrow_image>{}, [&](auto&& take) {
      const narrow_spread image(64);
      std::size_t begin = 0;
      for (std::size_t s = 0; s < ends.size(); ++s) {
        for (std::size_t i = begin; i + order <= ends[s]; ++i)
          take(image((std::uint64_t{shorter[i]} << 32) | words[i + order - 1]), s);
        begin = ends[s];
      }
    });
  }
}

/// use(tokens, ends): sequence i is tokens [ends[i − 1], ends[i]).
template <class Source, class Use>
decltype(auto) with_flat_text(const Source& source, Use&& use) {
  if constexpr (std::same_as<Source, core::token_sequences>) {
    const std::vector<std::size_t> ends = sequence_ends(source);
    return use(source.tokens(), std::span<const std::size_t>(ends));
  } else {
    const auto tokens = core::as_span(source);
    const std::size_t end = tokens.size();
    return use(tokens, std::span<const std::size_t>(&end, 1));
  }
}

inline void check_size(std::size_t tokens) {
  core::check(tokens < 0xFFFFFFFFU, "math::count_ngrams", "number of tokens", tokens, "below 2^32 - 1");
}

}  // namespace detail

/// visit(count) for each distinct n-gram, in no particular order. Exact for every order; no n-gram crosses the border between
/// two sequences.
///
/// n tokens are packed into a key of up to 128 bits; the keys are dealt by their hashes into parts that stay in the second-level
/// cache, and counted part by part. Of a part two bits of a small table say which keys come once, as most do in long
/// n-grams; only the others are looked up. Several times faster than one hash map (docs/diversity.md). Longer n-grams: the pair of
/// (n − 1)-gram and last token, numbered anew at each order.
/// @param source  token ids of any integer type, tokens(x), or core::token_sequences; fewer than 2³² tokens
/// @param order   n ≥ 1
/// @complexity    O(tokens) while n ids fit 128 bits, else O(order · tokens); scratch per token as few bytes as hold a key of up to 64
///                bits (5 for three ids below 2¹⁶ in a long text), 16 for a longer one
/// @throws        std::invalid_argument  2³² tokens or more
template <token_source Source, class Visit>
void visit_ngram_counts(const Source& source, std::size_t order, Visit&& visit) {
  detail::with_flat_text(source, [&](auto tokens, std::span<const std::size_t> ends) {
    detail::check_size(tokens.size());
    const std::size_t n = detail::ngrams_in(ends, order);
    if (n == 0) return;
    const std::size_t bits = detail::bits_of(tokens);
    if (order == 1 && bits < 32 && (std::size_t{1} << bits) <= 4 * n + 65536) {  // a vocabulary: count in place
      std::vector<std::uint32_t> counts(std::size_t{1} << bits);
      for (const auto id : tokens) ++counts[static_cast<std::size_t>(id)];
      for (const std::uint32_t c : counts)
        if (c != 0) visit(std::uint64_t{c});
      return;
    }
    detail::with_packed_ngrams(tokens, ends, order, bits, [&]<class Image>(detail::packing<Image> keys, auto&& replay) {
      const detail::dealt_keys<detail::dealt_form<Image>> dealt(
          n, keys.width, [&](auto&& take) { replay([&](const Image& x, std::size_t) { take(x); }); });
      detail::count_keys(dealt, [&](std::uint32_t c) { visit(std::uint64_t{c}); });
    });
  });
}

/// How often each distinct n-gram occurs, in no particular order; see visit_ngram_counts.
template <token_source Source>
[[nodiscard]] std::vector<std::uint64_t> count_ngrams(const Source& source, std::size_t order) {
  std::vector<std::uint64_t> counts;
  visit_ngram_counts(source, order, [&](std::uint64_t count) { counts.push_back(count); });
  return counts;
}

/// Distinct n-grams and all of them.
struct ngram_totals {
  std::uint64_t distinct = 0;
  std::uint64_t ngrams = 0;
};

/// How many distinct n-grams there are, without how often each occurs; else as visit_ngram_counts.
template <token_source Source>
[[nodiscard]] ngram_totals count_distinct_ngrams(const Source& source, std::size_t order) {
  ngram_totals totals;
  detail::with_flat_text(source, [&](auto tokens, std::span<const std::size_t> ends) {
    detail::check_size(tokens.size());
    totals.ngrams = detail::ngrams_in(ends, order);
    if (totals.ngrams == 0) return;
    detail::with_packed_ngrams(tokens, ends, order, detail::bits_of(tokens),
                               [&]<class Image>(detail::packing<Image> keys, auto&& replay) {
                                 totals.distinct = detail::distinct_keys(detail::dealt_keys<detail::dealt_form<Image>>(
                                     static_cast<std::size_t>(totals.ngrams), keys.width,
                                     [&](auto&& take) { replay([&](const Image& x, std::size_t) { take(x); }); }));
                               });
  });
  return totals;
}

/// visit(count in first, count in second) for each distinct n-gram of either text, in no particular order. Parameters, cost and
/// errors as visit_ngram_counts; the two texts together have fewer than 2³² tokens.
template <token_source First, token_source Second, class Visit>
void visit_ngram_pairs(const First& first, const Second& second, std::size_t order, Visit&& visit) {
  struct tally {
    std::uint32_t first = 0, second = 0;
  };
  const auto count = [&](std::size_t n, auto&& replay, auto image) {
    using Image = decltype(image);
    using item = detail::labelled<Image>;
    const detail::dealt_keys<detail::whole_items<item>> dealt(n, 64, [&](auto&& take) {
      replay([&](const Image& x, std::uint32_t label) { take(item{x, label}); });
    });
    detail::tally_keys<tally>(
        dealt, [](const tally& t) { return (t.first | t.second) != 0; },
        [](tally& t, const item& x) {
          t.first += 1U - x.label;
          t.second += x.label;
        },
        [&](const tally& t) { visit(std::uint64_t{t.first}, std::uint64_t{t.second}); });
  };
  detail::with_flat_text(first, [&](auto a, std::span<const std::size_t> a_ends) {
    detail::with_flat_text(second, [&](auto b, std::span<const std::size_t> b_ends) {
      detail::check_size(a.size() + b.size());
      const std::size_t n = detail::ngrams_in(a_ends, order) + detail::ngrams_in(b_ends, order);
      if (n == 0) return;
      const std::size_t bits = std::max(detail::bits_of(a), detail::bits_of(b));
      if (bits <= 64 / order) {
        using image = detail::narrow_image;
        count(
            n,
            [&](auto&& take) {
              detail::each_packed_ngram<image>(a, a_ends, order, bits,
                                               [&](const image& x, std::size_t) { take(x, 0U); });
              detail::each_packed_ngram<image>(b, b_ends, order, bits,
                                               [&](const image& x, std::size_t) { take(x, 1U); });
            },
            image{});
        return;
      }
      // One text of both, so that both are numbered alike; negative ids keep their 64 bits.
      std::vector<std::uint64_t> joint;
      joint.reserve(a.size() + b.size());
      for (const auto id : a) joint.push_back(static_cast<std::uint64_t>(id));
      for (const auto id : b) joint.push_back(static_cast<std::uint64_t>(id));
      std::vector<std::size_t> ends(a_ends.begin(), a_ends.end());
      for (const std::size_t end : b_ends) ends.push_back(a.size() + end);
      detail::with_packed_ngrams(
          std::span<const std::uint64_t>(joint), std::span<const std::size_t>(ends), order, bits,
          [&]<class Image>(detail::packing<Image>, auto&& replay) {
            count(
                n,
                [&](auto&& take) {
                  replay([&](const Image& x, std::size_t s) { take(x, s < a_ends.size() ? 0U : 1U); });
                },
                Image{});
          });
    });
  });
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
  detail::with_flat_text(source, [&](auto tokens, std::span<const std::size_t> ends) {
    detail::check_size(tokens.size());
    result.tokens = tokens.size();
    result.ngrams = detail::ngrams_in(ends, order);
    result.groups.resize(std::min(groups, ends.size()));
    std::size_t begin = 0;
    for (std::size_t s = 0; s < ends.size(); ++s) {
      auto& group = result.groups[s % result.groups.size()];
      const std::size_t length = ends[s] - begin;
      group.tokens += length;
      if (length >= order) group.ngrams += length - order + 1;
      begin = ends[s];
    }
    if (result.ngrams == 0) return;
    // The group that has a key, from 1; 0: nobody yet.
    static constexpr std::uint32_t several = 0xFFFFFFFFU;
    detail::with_packed_ngrams(
        tokens, ends, order, detail::bits_of(tokens), [&]<class Image>(detail::packing<Image>, auto&& replay) {
          using item = detail::labelled<Image>;
          using form = detail::whole_items<item>;
          const detail::dealt_keys<form> dealt(static_cast<std::size_t>(result.ngrams), 64, [&](auto&& take) {
            replay([&](const Image& x, std::size_t s) {
              take(item{x, static_cast<std::uint32_t>(s % result.groups.size()) + 1});
            });
          });
          detail::tally_keys<std::uint32_t>(
              dealt, [](std::uint32_t owner) { return owner != 0; },
              [](std::uint32_t& owner, const item& x) { owner = owner == 0 || owner == x.label ? x.label : several; },
              [&](std::uint32_t owner) {
                ++result.distinct;
                if (owner != several) ++result.groups[owner - 1].own;
              });
        });
  });
  return result;
}

}  // namespace tailwatch::math
