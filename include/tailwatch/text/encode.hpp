// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/text/sentences.hpp"
#include "tailwatch/text/tokenise.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace tailwatch::text {

struct encode_options {
  sentence_options sentences = {};
  tokenise_options words = {};
  std::size_t min_tokens = 1;  ///< sentences with fewer words are dropped; 0 keeps those without a word
};

namespace detail {
template <class Id>
[[nodiscard]] core::token_sequences encode_by(std::string_view text, const encode_options& options, Id&& id) {
  core::token_sequences sequences;
  std::vector<std::uint32_t> ids;
  for_each_sentence(text, options.sentences, [&](std::string_view sentence) {
    ids.clear();
    for_each_word(sentence, options.words, [&](std::string_view word) { ids.push_back(id(word)); });
    if (ids.size() >= options.min_tokens) sequences.push_back(ids);
  });
  return sequences;
}
}  // namespace detail

/// The sentences of a text as ids; words that are new are added to the vocabulary (also those of a dropped sentence).
/// @complexity  O(bytes)
/// @example     examples/text/words.cpp
[[nodiscard]] inline core::token_sequences encode(std::string_view text, vocabulary& words,
                                                  const encode_options& options = {}) {
  return detail::encode_by(text, options, [&](std::string_view word) { return words.add(word); });
}

/// The sentences of a text as ids of a vocabulary that is left as it is: a word that is not in it becomes words.size(),
/// which states of that vocabulary reject and count.
[[nodiscard]] inline core::token_sequences encode_known(std::string_view text, const vocabulary& words,
                                                        const encode_options& options = {}) {
  const auto unknown = static_cast<std::uint32_t>(words.size());
  return detail::encode_by(text, options, [&](std::string_view word) { return words.find(word).value_or(unknown); });
}

}  // namespace tailwatch::text
