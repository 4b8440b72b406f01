// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/detail/keyed_counts.hpp"
#include "tailwatch/summary/detail/saved_entries.hpp"

namespace tailwatch::summary {

struct ngram_counts_options {
  std::size_t order = 2;                              ///< n
  std::uint64_t vocabulary = std::uint64_t{1} << 32;  ///< ids lie below it; the default takes any 32-bit id
  std::uint64_t max_keys = 0;                         ///< 0: no limit; else see count_table
};

/// What two tables of n-grams have in common.
struct shared_ngrams {
  std::uint64_t distinct = 0;     ///< n-grams that both hold
  std::uint64_t count = 0;        ///< their occurrences in the first
  std::uint64_t other_count = 0;  ///< their occurrences in the second
  std::uint64_t clipped = 0;      ///< Σ min(occurrences in the first, in the second)
  friend constexpr bool operator==(const shared_ngrams&, const shared_ngrams&) = default;
};

/// Occurrences of the n-grams of token sequences. Keys are packed, never hashed away: what is counted is exact.
///
/// An update takes whole sequences: no n-gram crosses a border. An id that is negative or not below the vocabulary
/// makes every n-gram it lies in rejected. `max_keys` and `overflow()` as in count_table: with a limit, the n-grams
/// kept are a uniform sample of the distinct ones, each with its exact count. A function of the multiset of sequences.
///
/// @error       none: every count is exact; with max_keys as count_table
/// @memory      order × bits(vocabulary − 1) ≤ 64: 16 bytes a slot, ≤ 128: 24; a power of two of slots, ≥ 1.6 a key;
///              while a long update runs, half as much again for the keys under way
/// @complexity  update O(n), about 10 to 15 ns an n-gram at ten million distinct; merge, shared_with O(slots of both)
/// @reduction   none: gathered as saved bytes and merged
/// @throws      std::invalid_argument for order 0, vocabulary 0 or above 2^32, and more than 128 bits
/// @example     examples/summary/ngrams.cpp
class ngram_counts {
 public:
  static constexpr std::size_t largest_order = 128;

  ngram_counts() : ngram_counts(ngram_counts_options{}) {}
  explicit ngram_counts(const ngram_counts_options& options)
      : options_(options), bits_(checked_bits(options)), narrow_(options.max_keys), wide_(options.max_keys) {
    const std::size_t width = options.order * bits_;
    low_mask_ = width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    high_mask_ = width >= 128 ? ~std::uint64_t{0} : width <= 64 ? 0 : (std::uint64_t{1} << (width - 64)) - 1;
  }

  /// Counts the n-grams of one sequence.
  template <core::integer_range Range>
  void update(const Range& sequence) {
    add_sequence(core::as_span(sequence));
  }
  template <class T>
  void update(const core::tokens_view<T>& sequence) {
    add_sequence(sequence.span());
  }
  /// Counts the n-grams of each sequence.
  void update(const core::token_sequences& sequences) {
    with_table(*this, [&](auto& table) {
      batch keys(table, sequences.token_count());
      for (std::size_t i = 0; i < sequences.size(); ++i) pack(sequences[i], keys);
      keys.flush();
    });
  }

  /// @throws std::invalid_argument  when order, vocabulary or max_keys differ; this state is then as it was
  void merge(const ngram_counts& other) {
    check_like(other, "summary::ngram_counts::merge");
    core::check(options_.max_keys == other.options_.max_keys, "summary::ngram_counts::merge", "max_keys",
                other.options_.max_keys, core::to_text(options_.max_keys) + " like this state's");
    narrow_.merge(other.narrow_);
    wide_.merge(other.wide_);
    rejected_ += other.rejected_;
  }
  void reset() noexcept {
    narrow_.clear();
    wide_.clear();
    rejected_ = 0;
  }

  [[nodiscard]] std::size_t order() const noexcept { return options_.order; }
  [[nodiscard]] std::uint64_t vocabulary() const noexcept { return options_.vocabulary; }
  [[nodiscard]] std::uint64_t max_keys() const noexcept { return options_.max_keys; }
  /// Occurrences of the n-grams held.
  [[nodiscard]] std::uint64_t count() const noexcept { return narrow_.total() + wide_.total(); }
  /// n-grams held.
  [[nodiscard]] std::uint64_t distinct() const noexcept { return narrow_.size() + wide_.size(); }
  /// n-grams that hold an id outside the vocabulary.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  /// Occurrences of n-grams that were not held, for want of room.
  [[nodiscard]] std::uint64_t overflow() const noexcept { return narrow_.overflow() + wide_.overflow(); }
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return narrow_.memory_bytes() + wide_.memory_bytes(); }

  /// Occurrences of one n-gram; 0 for a range of another length.
  template <core::integer_range Range>
  [[nodiscard]] std::uint64_t count_of(const Range& gram) const noexcept {
    const auto ids = core::as_span(gram);
    if (ids.size() != options_.order) return 0;
    detail::wide_key key;
    for (const auto raw : ids) {
      const auto id = static_cast<std::uint64_t>(raw);
      if (id >= options_.vocabulary) return 0;
      shift_in(key, id);
    }
    return is_wide() ? wide_.count_of(key) : narrow_.count_of(key.low);
  }
  template <core::integer_range Range>
  [[nodiscard]] bool contains(const Range& gram) const noexcept {
    return count_of(gram) != 0;
  }

  /// visit(std::span<const std::uint32_t> n-gram, std::uint64_t count) for each n-gram held, in no particular order;
  /// the span is valid during the call.
  template <class Visit>
  void for_each(Visit&& visit) const {
    std::array<std::uint32_t, largest_order> gram;
    with_table(*this, [&](const auto& table) {
      table.for_each([&](const auto& key, std::uint64_t count) {
        unpack(key, gram);
        visit(std::span<const std::uint32_t>(gram).first(options_.order), count);
      });
    });
  }
  /// visit(count) for each n-gram held.
  template <class Visit>
  void for_each_count(Visit&& visit) const {
    with_table(*this, [&](const auto& table) { table.for_each_count(visit); });
  }
  /// visit(count here, count in other) for each n-gram that either holds.
  /// @throws std::invalid_argument  when order or vocabulary differ, here and below
  template <class Visit>
  void for_each_pair(const ngram_counts& other, Visit&& visit) const {
    check_like(other, "summary::ngram_counts::for_each_pair");
    narrow_.for_each_pair(other.narrow_, visit);
    wide_.for_each_pair(other.wide_, visit);
  }
  /// visit(count here, count in other) for each n-gram held here.
  template <class Visit>
  void for_each_here(const ngram_counts& other, Visit&& visit) const {
    check_like(other, "summary::ngram_counts::for_each_here");
    narrow_.for_each_here(other.narrow_, visit);
    wide_.for_each_here(other.wide_, visit);
  }
  /// What the two tables share: one pass through both in memory order.
  [[nodiscard]] shared_ngrams shared_with(const ngram_counts& other) const {
    check_like(other, "summary::ngram_counts::shared_with");
    const bool swapped = distinct() > other.distinct();  // look the fewer up among the more
    shared_ngrams shared;
    (swapped ? other : *this).for_each_here(swapped ? *this : other, [&](std::uint64_t a, std::uint64_t b) {
      if (b == 0) return;
      ++shared.distinct;
      shared.count += a;
      shared.other_count += b;
      shared.clipped += std::min(a, b);
    });
    if (swapped) std::swap(shared.count, shared.other_count);
    return shared;
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("ngram_counts")
        .add(static_cast<std::uint64_t>(options_.order))
        .add(options_.vocabulary)
        .add(options_.max_keys)
        .value();
  }

  /// Payload: u64 rejected, u64 overflow, u64 D, D × (key, u64 count) with ascending keys; a key is u64, or u64 high
  /// and u64 low. The first id of an n-gram stands in the highest bits.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(rejected_);
    out.u64(overflow());
    out.u64(distinct());
    for (const auto& entry : narrow_.sorted()) {
      out.u64(entry.key);
      out.u64(entry.count);
    }
    for (const auto& entry : wide_.sorted()) {
      out.u64(entry.key.high);
      out.u64(entry.key.low);
      out.u64(entry.count);
    }
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    ngram_counts loaded(options_);
    loaded.rejected_ = in.u64();
    const std::uint64_t overflow = in.u64();
    with_table(loaded, [&](auto& table) {
      using key_type = table_key<decltype(table)>;
      constexpr bool wide = std::is_same_v<key_type, detail::wide_key>;
      const std::size_t n = in.length(wide ? 24 : 16);
      if (!detail::plausible_size(n, max_keys(), overflow)) core::detail::archive_failure("more n-grams than max_keys");
      table.reserve(n);
      detail::entry_checker<key_type> checker;
      for (std::size_t i = 0; i < n; ++i) {
        key_type key{};
        if constexpr (wide) {
          key.high = in.u64();
          key.low = in.u64();
        } else {
          key = in.u64();
        }
        const std::uint64_t count = in.u64();
        if (!checker.next(key, count) || !is_packed(key))
          core::detail::archive_failure("n-grams are not ascending, or an id or a count is impossible");
        table.add(key, count);
      }
      if (checker.total() != found.count) core::detail::archive_failure("counts do not add up");
      in.close();
      table.add_overflow(overflow);
    });
    *this = std::move(loaded);
  }

  friend bool operator==(const ngram_counts& a, const ngram_counts& b) noexcept {
    return a.parameters() == b.parameters() && a.rejected_ == b.rejected_ && a.narrow_ == b.narrow_ &&
           a.wide_ == b.wide_;
  }

 private:
  using narrow_table = detail::keyed_counts<std::uint64_t>;
  using wide_table = detail::keyed_counts<detail::wide_key>;
  template <class Table>
  using table_key =
      std::conditional_t<std::is_same_v<std::remove_cvref_t<Table>, wide_table>, detail::wide_key, std::uint64_t>;

  /// Collects keys and counts them many at a time: short sequences from the stack, long ones in large blocks, which the
  /// table can deal into its regions.
  template <class Table>
  class batch {
   public:
    batch(Table& table, std::size_t expected) : table_(table), further_(expected) {
      if (expected > few_.size()) many_.resize(std::min(expected, largest));
      keys_ = many_.empty() ? std::span<table_key<Table>>(few_) : std::span<table_key<Table>>(many_);
    }
    batch(const batch&) = delete;
    batch& operator=(const batch&) = delete;
    void push(const table_key<Table>& key) {
      if (size_ == keys_.size()) flush();
      keys_[size_++] = key;
    }
    void flush() {
      further_ -= std::min(further_, size_);
      table_.add(std::span<const table_key<Table>>(keys_).first(size_), further_);
      size_ = 0;
    }

   private:
    static constexpr std::size_t largest = std::size_t{1} << 20;
    Table& table_;
    std::array<table_key<Table>, 256> few_;
    std::vector<table_key<Table>> many_;
    std::span<table_key<Table>> keys_;
    std::size_t size_ = 0;
    std::size_t further_;  ///< keys to come after those collected, at most
  };

  template <class Self, class Use>
  static void with_table(Self& self, Use&& use) {
    if (self.is_wide()) {
      use(self.wide_);
    } else {
      use(self.narrow_);
    }
  }

  [[nodiscard]] static std::size_t checked_bits(const ngram_counts_options& options) {
    constexpr const char* function = "summary::ngram_counts";
    core::check_at_least<std::size_t>(function, "order", options.order, 1);
    core::check_at_most<std::size_t>(function, "order", options.order, largest_order);
    core::check_at_least<std::uint64_t>(function, "vocabulary", options.vocabulary, 1);
    core::check_at_most<std::uint64_t>(function, "vocabulary", options.vocabulary, std::uint64_t{1} << 32);
    const auto bits = static_cast<std::size_t>(std::bit_width(std::max<std::uint64_t>(options.vocabulary - 1, 1)));
    core::check(options.order * bits <= 128, function, "order", options.order,
                "at most " + core::to_text(128 / bits) + " for a vocabulary of " + core::to_text(options.vocabulary) +
                    ": an n-gram is packed into 128 bits");
    return bits;
  }
  void check_like(const ngram_counts& other, std::string_view function) const {
    core::check(order() == other.order(), function, "order", other.order(),
                core::to_text(order()) + " like this state's");
    core::check(vocabulary() == other.vocabulary(), function, "vocabulary", other.vocabulary(),
                core::to_text(vocabulary()) + " like this state's");
  }
  [[nodiscard]] bool is_wide() const noexcept { return options_.order * bits_ > 64; }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::ngram_counts, parameters(), 0, 0, count()};
  }

  void shift_in(std::uint64_t& key, std::uint64_t id) const noexcept { key = ((key << bits_) | id) & low_mask_; }
  void shift_in(detail::wide_key& key, std::uint64_t id) const noexcept {
    key.high = ((key.high << bits_) | (key.low >> (64 - bits_))) & high_mask_;
    key.low = ((key.low << bits_) | id) & low_mask_;
  }

  template <class T>
  void add_sequence(std::span<const T> ids) {
    with_table(*this, [&](auto& table) {
      batch keys(table, ids.size());
      pack(ids, keys);
      keys.flush();
    });
  }
  template <class T, class Table>
  void pack(std::span<const T> ids, batch<Table>& keys) {
    const std::size_t order = options_.order;
    if (ids.size() < order) return;
    table_key<Table> key{};
    std::size_t run = 0;  // ids in a row that lie below the vocabulary
    std::uint64_t packed = 0;
    for (const T raw : ids) {
      const auto id = static_cast<std::uint64_t>(raw);
      if (id >= options_.vocabulary) {
        run = 0;
        continue;
      }
      shift_in(key, id);
      if (++run >= order) {
        keys.push(key);
        ++packed;
      }
    }
    rejected_ += ids.size() - order + 1 - packed;
  }

  /// The ids of a key, last first; true where every one lies below the vocabulary and no bit is left.
  template <class Take>
  void take_ids(detail::wide_key key, Take&& take) const {
    const std::uint64_t id_mask = (std::uint64_t{1} << bits_) - 1;
    for (std::size_t i = options_.order; i-- > 0;) {
      take(i, key.low & id_mask);
      key.low = (key.low >> bits_) | (key.high << (64 - bits_));
      key.high >>= bits_;
    }
  }
  static detail::wide_key widened(std::uint64_t key) noexcept { return {0, key}; }
  static detail::wide_key widened(const detail::wide_key& key) noexcept { return key; }
  template <class Key>
  void unpack(const Key& key, std::array<std::uint32_t, largest_order>& gram) const {
    take_ids(widened(key), [&](std::size_t i, std::uint64_t id) { gram[i] = static_cast<std::uint32_t>(id); });
  }
  template <class Key>
  [[nodiscard]] bool is_packed(const Key& key) const {
    const detail::wide_key whole = widened(key);
    bool good = (whole.high & ~high_mask_) == 0 && (whole.low & ~low_mask_) == 0;
    take_ids(whole, [&](std::size_t, std::uint64_t id) { good = good && id < options_.vocabulary; });
    return good;
  }

  ngram_counts_options options_;
  std::size_t bits_;
  std::uint64_t low_mask_;
  std::uint64_t high_mask_;
  narrow_table narrow_;  ///< keys of up to 64 bits
  wide_table wide_;      ///< keys of 65 to 128 bits; one of the two stays empty
  std::uint64_t rejected_ = 0;
};

}  // namespace tailwatch::summary
