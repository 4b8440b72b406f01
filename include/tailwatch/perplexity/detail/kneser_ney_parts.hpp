// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/perplexity/detail/kneser_ney_fit.hpp"
#include "tailwatch/perplexity/detail/ngram_trie.hpp"
#include "tailwatch/perplexity/kneser_ney.hpp"

namespace tailwatch::perplexity::detail {

/// What a model is made of, for the headers that read and write models.
struct kneser_ney_parts {
  word_map words;
  std::vector<ngram_level> levels;
  std::vector<order_statistics> statistics;
  std::uint64_t vocabulary_size = 0;
  std::uint64_t training_tokens = 0;

  [[nodiscard]] kneser_ney assembled() && {
    kneser_ney model;
    model.words_ = std::move(words);
    model.levels_ = std::move(levels);
    model.statistics_ = std::move(statistics);
    model.vocabulary_size_ = vocabulary_size;
    model.training_tokens_ = training_tokens;
    return model;
  }
  [[nodiscard]] static const word_map& words_of(const kneser_ney& model) noexcept { return model.words_; }
  [[nodiscard]] static const std::vector<ngram_level>& levels_of(const kneser_ney& model) noexcept {
    return model.levels_;
  }
  [[nodiscard]] static const std::vector<order_statistics>& statistics_of(const kneser_ney& model) noexcept {
    return model.statistics_;
  }
};

/// The word map of a list of token ids.
[[nodiscard]] inline word_map words_of_tokens(const std::vector<std::uint32_t>& tokens) {
  core::token_sequences all;
  all.push_back(tokens);
  return word_map(all);
}

}  // namespace tailwatch::perplexity::detail
