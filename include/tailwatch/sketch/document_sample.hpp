// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/sketch/detail/key_sample.hpp"

namespace tailwatch::sketch {

struct document_sample_options {
  std::size_t documents = 10'000;  ///< most documents kept, ≥ 1; a stream of no more of them is kept whole
  std::uint32_t seed = 1;          ///< samples merge only with those of the same seed
  friend bool operator==(const document_sample_options&, const document_sample_options&) = default;
};

/// Whole documents, a uniform sample of at most k of them: for statistics of which a document's term depends on all the others,
/// such as self-BLEU, self-repetition and near duplicates.
///
/// Such a term changes with every document that comes later, so no state of bounded size holds the statistic of a whole stream: what
/// can be kept is the documents. Four bytes a token are less than a table of their n-grams takes, and serve every order. Where the
/// documents are more than k, the k with the least hashes of their *numbers* stay; these statistics grow with the number of
/// documents and are compared at one number, so k of either corpus is what to compare.
///
/// A document's number is the caller's: its place in the corpus, or rank · 2⁴⁰ + its place on that rank. Numbers that differ make
/// the sample uniform. Equal numbers are no error, such documents enter together. The content decides nothing, so copies
/// are sampled like other documents.
///
/// A function of the multiset of (number, document): bit-identical saved bytes for any order, split and merge. A document with a token
/// outside [0, 2³²) is rejected whole.
///
/// @error       each set of k documents is the sample with equal probability; exact up to k documents
/// @memory      4 bytes a token of the documents kept, and 48 a document
/// @complexity  update O(1) a document that is not kept, O(length + log k) for another, of which k ln(n/k) come after the first k;
///              merge O(kept tokens)
/// @reduction   none: gathered as saved bytes and merged
/// @throws      std::invalid_argument  documents = 0
/// @see         E. Cohen, H. Kaplan (2007), Summarizing data using bottom-k sketches, PODC, 225–234
/// @example     examples/uniqueness/repetition.cpp
class document_sample {
 public:
  using token = core::token_sequences::token;

  explicit document_sample(const document_sample_options& options = {}) : options_(options) {
    core::check_at_least("sketch::document_sample", "documents", options.documents, std::size_t{1});
  }

  /// Adds the document of that number: token ids of any integer type.
  template <core::integer_range Range>
  void add(std::uint64_t number, const Range& document) {
    const auto ids = core::as_span(document);
    for (const auto id : ids)
      if (!std::in_range<token>(id)) {
        ++rejected_;
        return;
      }
    ++count_;
    const std::int64_t hash = detail::hash_key(number, detail::key_salt(options_.seed));
    if (kept_.size() == options_.documents && hash > kept_.front().hash) return;
    entry e{hash, number, {}};
    e.tokens.reserve(ids.size());
    for (const auto id : ids) e.tokens.push_back(static_cast<token>(id));
    keep(std::move(e));
  }
  /// Adds documents numbered first, first + 1, …
  void update(const core::token_sequences& documents, std::uint64_t first) {
    for (std::size_t i = 0; i < documents.size(); ++i) add(first + i, documents[i]);
  }

  /// @throws std::invalid_argument  for another number of documents or seed; this state is then as it was
  void merge(const document_sample& other) {
    constexpr const char* function = "sketch::document_sample::merge";
    core::check(options_.documents == other.options_.documents, function, "documents", other.options_.documents,
                core::to_text(options_.documents) + " like this state's");
    core::check(options_.seed == other.options_.seed, function, "seed", other.options_.seed,
                core::to_text(options_.seed) + " like this state's");
    std::vector<entry> theirs = other.kept_;  // a copy: the other may be this state itself
    count_ += other.count_;
    rejected_ += other.rejected_;
    for (entry& e : theirs) keep(std::move(e));
  }
  void reset() noexcept {
    kept_.clear();
    count_ = 0;
    rejected_ = 0;
  }

  [[nodiscard]] const document_sample_options& options() const noexcept { return options_; }
  /// Documents added, whether kept or not.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return static_cast<std::uint64_t>(rejected_); }
  /// Documents kept: min(k, count()); where that is count(), the sample is everything.
  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }
  /// The documents, in an order that depends on their numbers alone: any first part of them is a uniform sample too.
  [[nodiscard]] core::token_sequences documents() const {
    core::token_sequences all;
    for (const entry* e : sorted()) all.push_back(e->tokens);
    return all;
  }
  /// Their numbers, in the same order.
  [[nodiscard]] std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> all;
    for (const entry* e : sorted()) all.push_back(e->number);
    return all;
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("document_sample")
        .add(static_cast<std::uint64_t>(options_.documents))
        .add(static_cast<std::uint64_t>(options_.seed))
        .value();
  }

  /// Payload: i64 rejected, u64 size; size × (u64 number, u64 length, length × u32 token) in the order of documents().
  void save(core::output_archive& out) const {
    out.begin(header());
    out.i64(rejected_);
    out.u64(kept_.size());
    for (const entry* e : sorted()) {
      out.u64(e->number);
      out.u64(e->tokens.size());
      for (const token t : e->tokens) out.u32(t);
    }
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    document_sample loaded(options_);
    loaded.count_ = static_cast<std::int64_t>(found.count);
    loaded.rejected_ = in.i64();
    if (loaded.rejected_ < 0 || static_cast<std::uint64_t>(loaded.rejected_) > core::detail::largest_saved_count)
      core::detail::archive_failure("a number of rejected documents that cannot be");
    const std::size_t size = in.length(16);
    if (size != std::min<std::uint64_t>(found.count, options_.documents))
      core::detail::archive_failure("a sample of this size cannot be");
    const std::uint64_t salt = detail::key_salt(options_.seed);
    for (std::size_t i = 0; i < size; ++i) {
      entry e;
      e.number = in.u64();
      e.hash = detail::hash_key(e.number, salt);
      e.tokens.resize(in.length(sizeof(token)));
      for (token& t : e.tokens) t = in.u32();
      if (i > 0 && e < loaded.kept_.back()) core::detail::archive_failure("documents of a sample in another order");
      loaded.kept_.push_back(std::move(e));
    }
    in.close();
    std::make_heap(loaded.kept_.begin(), loaded.kept_.end());
    *this = std::move(loaded);
  }

  friend bool operator==(const document_sample& a, const document_sample& b) {
    if (!(a.options_ == b.options_) || a.count_ != b.count_ || a.rejected_ != b.rejected_) return false;
    const auto x = a.sorted(), y = b.sorted();
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const entry* p, const entry* q) { return *p == *q; });
  }

 private:
  struct entry {
    std::int64_t hash = 0;
    std::uint64_t number = 0;
    std::vector<token> tokens;
    friend bool operator==(const entry&, const entry&) = default;
    friend bool operator<(const entry& a, const entry& b) {
      if (a.hash != b.hash) return a.hash < b.hash;
      return a.number != b.number ? a.number < b.number : a.tokens < b.tokens;
    }
  };

  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::document_sample, parameters(), detail::sampled_key_hash_id, options_.seed, count()};
  }
  // A heap, the last in the order on top.
  void keep(entry e) {
    if (kept_.size() == options_.documents) {
      if (!(e < kept_.front())) return;
      std::pop_heap(kept_.begin(), kept_.end());
      kept_.back() = std::move(e);
    } else {
      kept_.push_back(std::move(e));
    }
    std::push_heap(kept_.begin(), kept_.end());
  }
  [[nodiscard]] std::vector<const entry*> sorted() const {
    std::vector<const entry*> all;
    all.reserve(kept_.size());
    for (const entry& e : kept_) all.push_back(&e);
    std::sort(all.begin(), all.end(), [](const entry* a, const entry* b) { return *a < *b; });
    return all;
  }

  document_sample_options options_;
  std::vector<entry> kept_;
  std::int64_t count_ = 0;
  std::int64_t rejected_ = 0;
};

}  // namespace tailwatch::sketch
