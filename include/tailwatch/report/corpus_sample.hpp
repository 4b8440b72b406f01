// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/token_sequences.hpp"

namespace tailwatch::report {

struct corpus_sample_options {
  std::size_t tokens = 1000000;  ///< passages are kept up to this many tokens; 0: all of them
  std::size_t passage_tokens =
      200;                 ///< a passage ends with the sequence that reaches this many tokens; longer ones are cut
  std::uint64_t seed = 1;  ///< corpora that are compared may share it
};

/// One corpus read as a stream: exact counts of its tokens, and a uniform sample of its passages without replacement.
///
/// A passage is a run of neighbouring sequences (sentences) of one document, about passage_tokens long: what is dealt into
/// parts later, so that the likeness of neighbouring sentences stays inside a part. Each passage draws a 64-bit tag; those of
/// least tag are kept, to the passage that reaches `tokens`. In the order of their tags they are in random order.
/// @memory      8 bytes a token type, 4 bytes a token kept and 8 a sentence and 16 a passage kept
/// @complexity  O(1) a token; O(log passages) for a passage that enters the sample
/// @example     examples/report/two_texts.cpp
class corpus_sample {
 public:
  explicit corpus_sample(std::string name, const corpus_sample_options& options = {})
      : name_(std::move(name)), options_(options), random_(core::split_seed(options.seed, 0x70617373)) {
    core::check_at_least("report::corpus_sample", "passage_tokens", options.passage_tokens, std::size_t{1});
  }

  /// One sequence of the document under way.
  template <core::integer_range Range>
  void add_sequence(const Range& ids) {
    const auto x = core::as_span(ids);
    if (x.empty()) return;
    for (const auto id : x) {
      const auto at = static_cast<std::size_t>(id);
      if (at >= counts_.size()) counts_.resize(std::max(at + 1, counts_.size() + counts_.size() / 2), 0);
      ++counts_[at];
    }
    tokens_ += x.size();
    ++sequences_;
    for (std::size_t begin = 0; begin < x.size(); begin += options_.passage_tokens) {
      passage_.push_back(x.subspan(begin, std::min(options_.passage_tokens, x.size() - begin)));
      if (passage_.token_count() >= options_.passage_tokens) close_passage();
    }
  }
  /// The next sequence belongs to another document.
  void end_document() {
    close_passage();
    ++documents_;
  }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// Occurrences by token id; ids beyond the end were not seen.
  [[nodiscard]] const std::vector<std::int64_t>& counts() const noexcept { return counts_; }
  [[nodiscard]] std::uint64_t tokens() const noexcept { return tokens_; }
  [[nodiscard]] std::uint64_t sequences() const noexcept { return sequences_; }
  [[nodiscard]] std::uint64_t documents() const noexcept { return documents_; }
  [[nodiscard]] std::uint64_t passages() const noexcept { return passages_; }
  [[nodiscard]] std::size_t sampled_tokens() const noexcept { return kept_tokens_; }

  /// The passages kept, in random order.
  [[nodiscard]] std::vector<core::token_sequences> sample() const {
    std::vector<core::token_sequences> out;
    for (const tagged* t : in_order()) out.push_back(t->passage);
    return out;
  }
  /// The document of each passage of sample(), counted from 0.
  [[nodiscard]] std::vector<std::uint64_t> sample_documents() const {
    std::vector<std::uint64_t> out;
    for (const tagged* t : in_order()) out.push_back(t->document);
    return out;
  }

 private:
  struct tagged {
    std::uint64_t tag;
    core::token_sequences passage;
    std::uint64_t document;
  };
  static bool lower_tag(const tagged& a, const tagged& b) noexcept { return a.tag < b.tag; }

  [[nodiscard]] std::vector<const tagged*> in_order() const {
    std::vector<const tagged*> order;
    for (const tagged& t : kept_) order.push_back(&t);
    std::ranges::sort(order, [](const tagged* a, const tagged* b) { return a->tag < b->tag; });
    return order;
  }

  void close_passage() {
    if (passage_.empty()) return;
    ++passages_;
    const auto tag = static_cast<std::uint64_t>(random_());
    const bool full = options_.tokens != 0 && kept_tokens_ >= options_.tokens;
    if (!full || tag < kept_.front().tag) {
      kept_tokens_ += passage_.token_count();
      kept_.push_back({tag, passage_, documents_});
      std::ranges::push_heap(kept_, lower_tag);
      while (options_.tokens != 0 && kept_tokens_ - kept_.front().passage.token_count() >= options_.tokens) {
        kept_tokens_ -= kept_.front().passage.token_count();
        std::ranges::pop_heap(kept_, lower_tag);
        kept_.pop_back();
      }
    }
    passage_.clear();
  }

  std::string name_;
  corpus_sample_options options_;
  core::random_engine random_;
  std::vector<std::int64_t> counts_;
  std::uint64_t tokens_ = 0, sequences_ = 0, documents_ = 0, passages_ = 0;
  core::token_sequences passage_;
  std::vector<tagged> kept_;
  std::size_t kept_tokens_ = 0;
};

}  // namespace tailwatch::report
