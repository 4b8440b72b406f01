// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <vector>

#include "tailwatch/core/views.hpp"

namespace tailwatch::core {

/// A list of token sequences (sentences, documents, responses) in one flat buffer. No n-gram crosses the border between two
/// sequences. Memory: 4 bytes per token + 8 per sequence.
class token_sequences {
 public:
  using token = std::uint32_t;

  token_sequences() = default;

  /// Appends one sequence; empty sequences are kept.
  template <integer_range Range>
  void push_back(const Range& sequence) {
    for (const auto id : sequence) tokens_.push_back(static_cast<token>(id));
    ends_.push_back(tokens_.size());
  }
  /// Appends every sequence of `other`.
  void append(const token_sequences& other) {
    const std::size_t base = tokens_.size();
    tokens_.insert(tokens_.end(), other.tokens_.begin(), other.tokens_.end());
    ends_.reserve(ends_.size() + other.ends_.size());
    for (const std::size_t end : other.ends_) ends_.push_back(base + end);
  }
  void reserve(std::size_t tokens, std::size_t sequences) {
    tokens_.reserve(tokens);
    ends_.reserve(sequences);
  }
  void clear() noexcept {
    tokens_.clear();
    ends_.clear();
  }

  /// Number of sequences.
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
  [[nodiscard]] std::size_t token_count() const noexcept { return tokens_.size(); }
  /// All tokens, borders forgotten.
  [[nodiscard]] std::span<const token> tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::span<const token> operator[](std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::span<const token>(tokens_).subspan(begin, ends_[i] - begin);
  }

  friend bool operator==(const token_sequences&, const token_sequences&) = default;

 private:
  std::vector<token> tokens_;
  std::vector<std::size_t> ends_;
};

}  // namespace tailwatch::core

namespace tailwatch {
using core::token_sequences;
}  // namespace tailwatch
