// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::summary {

/// Occurrences of each id of a vocabulary, one int64 cell an id.
///
/// The state for unigrams: with a vocabulary of up to a few million the whole table lies in cache, and counting costs
/// about a nanosecond a token. Exact; a function of the multiset of ids, whatever the order, the batches, the ranks or
/// the merges. An id that is negative or not below the vocabulary is skipped and counted as rejected.
///
/// @error       none
/// @memory      8·V bytes
/// @complexity  update O(1) an id, about 1 ns; merge and reset O(V)
/// @reduction   one round: SUM of V + 2 int64 (the cells, their sum and the rejected)
/// @note        the default-constructed state has vocabulary 0: it rejects every id and merges only with its like
/// @example     examples/summary/states.cpp
class dense_counts {
 public:
  static constexpr std::uint64_t largest_vocabulary = std::uint64_t{1} << 32;

  dense_counts() = default;
  /// @throws std::invalid_argument  for a vocabulary above 2^32
  explicit dense_counts(std::size_t vocabulary) : counts_(checked(vocabulary), 0) {}

  /// Counts a range of ids of any integer type.
  template <core::integer_range Range>
  void update(const Range& ids) {
    add(core::as_span(ids));
  }
  template <class T>
  void update(const core::tokens_view<T>& ids) {
    add(ids.span());
  }
  void update(const core::token_sequences& sequences) { add(sequences.tokens()); }

  /// Counts one id `occurrences` times.
  void add(std::uint64_t id, std::uint64_t occurrences = 1) noexcept {
    if (id < counts_.size()) {
      counts_[static_cast<std::size_t>(id)] += static_cast<std::int64_t>(occurrences);
      count_ += static_cast<std::int64_t>(occurrences);
    } else {
      rejected_ += static_cast<std::int64_t>(occurrences);
    }
  }

  /// @throws std::invalid_argument  when the vocabularies differ; this state is then as it was
  void merge(const dense_counts& other) {
    core::check(vocabulary() == other.vocabulary(), "summary::dense_counts::merge", "vocabulary", other.vocabulary(),
                core::to_text(vocabulary()) + " like this state's");
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    rejected_ += other.rejected_;
  }
  void reset() noexcept {
    for (std::int64_t& c : counts_) c = 0;
    count_ = 0;
    rejected_ = 0;
  }

  [[nodiscard]] std::size_t vocabulary() const noexcept { return counts_.size(); }
  /// Ids counted, rejected ones excluded.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return static_cast<std::uint64_t>(rejected_); }
  [[nodiscard]] std::span<const std::int64_t> counts() const noexcept { return counts_; }
  /// Occurrences of `id`, which must be below the vocabulary.
  [[nodiscard]] std::int64_t operator[](std::size_t id) const noexcept {
    TAILWATCH_ASSERT(id < counts_.size());
    return counts_[id];
  }
  /// Calls `visit(count)` once for each id of the vocabulary, unseen ones included.
  template <class Visit>
  void for_each_count(Visit&& visit) const {
    for (const std::int64_t c : counts_) visit(static_cast<std::uint64_t>(c));
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}.add("dense_counts").add(static_cast<std::uint64_t>(counts_.size())).value();
  }

  /// Payload: u64 rejected, u64 V, V × i64 count.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.i64(rejected_);
    out.u64(counts_.size());
    for (const std::int64_t c : counts_) out.i64(c);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same vocabulary; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    dense_counts loaded;
    loaded.rejected_ = in.i64();
    if (in.length(sizeof(std::int64_t)) != counts_.size()) core::detail::archive_failure("vocabulary does not match");
    loaded.counts_.reserve(counts_.size());
    // Forged cells must not add up modulo 2^64: what is loaded is added to again.
    std::int64_t total = 0;
    bool plausible =
        loaded.rejected_ >= 0 && loaded.rejected_ <= static_cast<std::int64_t>(core::detail::largest_saved_count);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const std::int64_t c = in.i64();
      plausible = plausible && c >= 0 && c <= std::numeric_limits<std::int64_t>::max() - total;
      if (plausible) total += c;
      loaded.counts_.push_back(c);
    }
    if (!plausible || static_cast<std::uint64_t>(total) != found.count)
      core::detail::archive_failure("counts do not add up");
    in.close();
    loaded.count_ = total;
    *this = std::move(loaded);
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 1; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t /*round*/) {
    return {{counts_.data(), counts_.size(), core::element_type::int64, core::reduction_operation::sum},
            {&rejected_, 1, core::element_type::int64, core::reduction_operation::sum},
            {&count_, 1, core::element_type::int64, core::reduction_operation::sum}};  // spares a read of all cells
  }
  void finish_round(std::size_t /*round*/) noexcept {}

  friend bool operator==(const dense_counts&, const dense_counts&) = default;

 private:
  [[nodiscard]] static std::size_t checked(std::size_t vocabulary) {
    core::check_at_most<std::uint64_t>("summary::dense_counts", "vocabulary", vocabulary, largest_vocabulary);
    return vocabulary;
  }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::dense_counts, parameters(), 0, 0, count()};
  }

  // Two pairs of equal neighbours are two additions of 2: a model that repeats itself would else wait for each store
  // before the next load of the same cell. Four interleaved tables, which hide that too, lose at V = 50k: they are four
  // times the cache.
  template <class T>
  void add(std::span<const T> ids) noexcept {
    std::int64_t* const cells = counts_.data();
    const std::uint64_t vocabulary = counts_.size();
    std::int64_t rejected = 0;
    const auto count = [&](T raw, std::int64_t occurrences) {
      const auto id = static_cast<std::uint64_t>(raw);  // a negative id becomes one beyond any vocabulary
      if (id < vocabulary) {
        cells[id] += occurrences;
      } else {
        rejected += occurrences;
      }
    };
    const std::size_t whole = ids.size() / 4 * 4;
    for (std::size_t i = 0; i < whole; i += 4) {
      if (ids[i] == ids[i + 1] && ids[i + 2] == ids[i + 3]) {
        count(ids[i], 2);
        count(ids[i + 2], 2);
      } else {
        for (std::size_t k = 0; k < 4; ++k) count(ids[i + k], 1);
      }
    }
    for (std::size_t i = whole; i < ids.size(); ++i) count(ids[i], 1);
    count_ += static_cast<std::int64_t>(ids.size()) - rejected;
    rejected_ += rejected;
  }

  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t rejected_ = 0;
};

}  // namespace tailwatch::summary
