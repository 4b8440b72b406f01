// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::report {

/// Passages: runs of neighbouring sentences.
using passage_list = std::vector<core::token_sequences>;

/// The passages' sentences, one after another.
[[nodiscard]] inline core::token_sequences joined(std::span<const core::token_sequences> passages) {
  core::token_sequences out;
  for (const core::token_sequences& p : passages) out.append(p);
  return out;
}

/// Parts of equal size, and the passages that no part took.
struct dealt_parts {
  std::vector<passage_list> parts;
  std::vector<std::vector<std::uint32_t>> groups;  ///< the group of each passage of each part
  passage_list rest;
  bool whole = true;  ///< every part has all its tokens
};

/// Deals groups of passages to parts of exactly `tokens` tokens each.
///
/// A group is what must not be shared between two parts: one passage, or all passages of one document. A part takes groups
/// until it is full; the last sentence is cut, and what is left of that group belongs to nobody. The groups that are left
/// when all parts are full make the rest.
/// @complexity  O(tokens)
[[nodiscard]] inline dealt_parts deal(std::span<const passage_list> groups, std::size_t parts, std::size_t tokens) {
  dealt_parts out;
  out.parts.resize(parts);
  out.groups.resize(parts);
  std::size_t next = 0;
  for (std::size_t i = 0; i < parts; ++i) {
    passage_list& part = out.parts[i];
    std::size_t have = 0;
    for (; have < tokens && next < groups.size(); ++next) {
      for (const core::token_sequences& p : groups[next]) {
        if (have == tokens) break;
        out.groups[i].push_back(static_cast<std::uint32_t>(next));
        if (have + p.token_count() <= tokens) {
          part.push_back(p);
          have += p.token_count();
          continue;
        }
        core::token_sequences cut;
        for (std::size_t j = 0; j < p.size() && have < tokens; ++j) {
          const std::size_t take = std::min(p[j].size(), tokens - have);
          cut.push_back(p[j].first(take));
          have += take;
        }
        part.push_back(std::move(cut));
      }
    }
    out.whole = out.whole && have == tokens;
  }
  for (; next < groups.size(); ++next) out.rest.insert(out.rest.end(), groups[next].begin(), groups[next].end());
  return out;
}

/// Passages with the document each is from, as groups of one document each, in the order of `rank(document)`.
template <class Rank>
[[nodiscard]] std::vector<passage_list> by_document(std::span<const core::token_sequences> passages,
                                                    std::span<const std::uint64_t> documents, Rank&& rank) {
  std::vector<std::size_t> order(passages.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  // The rank is drawn anew for each document: in the order of their passages long documents would come first.
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return std::pair(rank(documents[a]), documents[a]) < std::pair(rank(documents[b]), documents[b]);
  });
  std::vector<passage_list> out;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || documents[order[i]] != documents[order[i - 1]]) out.emplace_back();
    out.back().push_back(passages[order[i]]);
  }
  return out;
}

}  // namespace tailwatch::report
