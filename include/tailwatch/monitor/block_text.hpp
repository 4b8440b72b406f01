// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/dense_counts.hpp"
#include "tailwatch/summary/frequency_profile.hpp"
#include "tailwatch/summary/ngram_counts.hpp"

namespace tailwatch::monitor {

/// The text of one block: its sequences, with the prompt of each where there are prompts, and their n-grams, counted
/// once however many signals read them.
///
/// Not for two threads at once, not even to read: counting happens on the first question.
class block_text {
 public:
  static constexpr std::size_t most_order = 8;

  block_text() = default;
  block_text(std::uint64_t vocabulary, std::size_t max_tokens, std::size_t max_sequences)
      : vocabulary_(vocabulary), max_tokens_(max_tokens), max_sequences_(max_sequences) {
    reserve();
  }
  block_text(const block_text& other)
      : vocabulary_(other.vocabulary_), max_tokens_(other.max_tokens_), max_sequences_(other.max_sequences_) {
    reserve();
    sequences_.append(other.sequences_);
    prompts_.assign(other.prompts_.begin(), other.prompts_.end());
  }
  block_text& operator=(const block_text& other) {
    if (this != &other) *this = block_text(other);
    return *this;
  }
  block_text(block_text&&) noexcept = default;
  block_text& operator=(block_text&&) noexcept = default;
  ~block_text() = default;

  /// Whether a sequence of `tokens` still fits; adding within that never allocates.
  [[nodiscard]] bool has_room(std::size_t tokens) const noexcept {
    return sequences_.size() < max_sequences_ && tokens <= max_tokens_ - sequences_.token_count();
  }
  template <core::integer_range Range>
  void add(const Range& sequence) {
    sequences_.push_back(core::as_span(sequence));
    changed();
  }
  template <core::integer_range Range>
  void add(const Range& sequence, std::uint64_t prompt) {
    add(sequence);
    prompts_.push_back(prompt);
  }
  /// Appends another text; returns the tokens that found no room. Prompts stay only where both have them.
  std::uint64_t merge(const block_text& other) {
    const bool prompts = (empty() || !prompts_.empty()) && other.prompts_.size() == other.sequences_.size();
    if (!prompts) prompts_.clear();
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < other.sequences_.size(); ++i) {
      if (!has_room(other.sequences_[i].size())) {
        lost += other.sequences_[i].size();
      } else if (prompts) {
        add(other.sequences_[i], other.prompts_[i]);
      } else {
        add(other.sequences_[i]);
      }
    }
    return lost;
  }
  void clear() noexcept {
    sequences_.clear();
    prompts_.clear();
    changed();
  }

  [[nodiscard]] bool empty() const noexcept { return sequences_.empty(); }
  [[nodiscard]] const core::token_sequences& sequences() const noexcept { return sequences_; }
  /// One per sequence, or none at all.
  [[nodiscard]] std::span<const std::uint64_t> prompts() const noexcept { return prompts_; }
  [[nodiscard]] std::uint64_t vocabulary() const noexcept { return vocabulary_; }
  /// Occurrences of the n-grams, 1 ≤ n ≤ 8; no n-gram crosses the border between two sequences. Orders above four need
  /// a vocabulary of at most 2^(128/n).
  [[nodiscard]] const summary::ngram_counts& ngrams(std::size_t n) const {
    core::check(n >= 1 && n <= most_order, "monitor::block_text::ngrams", "n", n, "from 1 to 8");
    std::optional<summary::ngram_counts>& table = tables_[n - 1];
    if (!table) table.emplace(summary::ngram_counts_options{.order = n, .vocabulary = vocabulary_, .max_keys = 0});
    if (!counted_[n - 1]) {
      table->reset();
      table->update(sequences_);
      counted_[n - 1] = true;
    }
    return *table;
  }
  /// Occurrences of each id of the vocabulary, which must be given (gathering_options) and at most 2^26.
  [[nodiscard]] const summary::dense_counts& counts() const {
    core::check_at_most("monitor::block_text::counts", "vocabulary", vocabulary_, std::uint64_t{1} << 26U);
    if (dense_.vocabulary() == 0) dense_ = summary::dense_counts(static_cast<std::size_t>(vocabulary_));
    if (!dense_counted_) {
      dense_.reset();
      dense_.update(sequences_);
      dense_counted_ = true;
    }
    return dense_;
  }
  /// f₁, f₂, ... of the n-grams.
  [[nodiscard]] summary::frequency_profile profile(std::size_t n) const {
    return summary::frequency_profile(ngrams(n), "monitor::block_text::profile");
  }

  void save_fields(core::output_archive& out) const {
    out.u64(sequences_.size());
    for (std::size_t i = 0; i < sequences_.size(); ++i) {
      out.u64(sequences_[i].size());
      for (const std::uint32_t id : sequences_[i]) out.u32(id);
    }
    out.u64(prompts_.size());
    for (const std::uint64_t p : prompts_) out.u64(p);
  }
  void load_fields(core::input_archive& in) {
    clear();
    const std::size_t size = in.length(8);
    std::vector<std::uint32_t> ids;
    for (std::size_t i = 0; i < size; ++i) {
      ids.resize(in.length(4));
      for (std::uint32_t& id : ids) id = in.u32();
      if (!has_room(ids.size())) core::detail::archive_failure("more text than the block holds");
      add(ids);
    }
    const std::size_t prompts = in.length(8);
    if (prompts != 0 && prompts != size) core::detail::archive_failure("prompts and responses differ in number");
    for (std::size_t i = 0; i < prompts; ++i) prompts_.push_back(in.u64());
  }

 private:
  void changed() noexcept {
    counted_.fill(false);
    dense_counted_ = false;
  }
  void reserve() {
    sequences_.reserve(max_tokens_, max_sequences_);
    prompts_.reserve(max_sequences_);
  }

  std::uint64_t vocabulary_ = std::uint64_t{1} << 32;
  std::size_t max_tokens_ = 0, max_sequences_ = 0;
  core::token_sequences sequences_;
  std::vector<std::uint64_t> prompts_;
  mutable std::array<std::optional<summary::ngram_counts>, most_order> tables_;
  mutable std::array<bool, most_order> counted_{};
  mutable summary::dense_counts dense_;
  mutable bool dense_counted_ = false;
};

}  // namespace tailwatch::monitor
