// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/detail/keyed_counts.hpp"
#include "tailwatch/summary/detail/saved_entries.hpp"

namespace tailwatch::summary {

struct count_table_options {
  std::uint64_t max_keys = 0;  ///< 0: no limit
};

/// Occurrences of 64-bit keys: ids without a bound, hashes of samples, packed pairs.
///
/// Exact without `max_keys`. With it the table keeps the `max_keys` keys that come first in a fixed pseudo-random
/// order of all keys, each with its exact count (a coordinated uniform sample of the distinct keys), and `overflow()`
/// counts the occurrences of the others. Either way the state is a function of the multiset of keys: order, batches
/// and merges do not show.
///
/// @error       none: every count is exact. With max_keys = k a share p̂ of the distinct keys is within √(ln(2/δ)/(2k)) of the
///              true one with probability ≥ 1 − δ (Hoeffding)
/// @memory      16 bytes a slot, a power of two of slots, at least 1.6 for each key
/// @complexity  update O(1) a key, 10 to 25 ns at a million distinct; merge O(slots of both); save O(D log D) for D distinct keys
/// @reduction   none: gathered as saved bytes and merged
/// @note        keys are not defended against an adversary who chooses them to collide
/// @example     examples/summary/states.cpp
class count_table {
 public:
  count_table() = default;
  explicit count_table(const count_table_options& options) : table_(options.max_keys) {}

  void add(std::uint64_t key, std::uint64_t occurrences = 1) { table_.add(key, occurrences); }

  /// Counts every element of a range of integers once; a negative key is its two's complement.
  template <core::integer_range Range>
  void update(const Range& keys) {
    add_all(core::as_span(keys));
  }
  template <class T>
  void update(const core::tokens_view<T>& keys) {
    add_all(keys.span());
  }

  /// @throws std::invalid_argument  when max_keys differs; this state is then as it was
  void merge(const count_table& other) {
    core::check(max_keys() == other.max_keys(), "summary::count_table::merge", "max_keys", other.max_keys(),
                core::to_text(max_keys()) + " like this state's");
    table_.merge(other.table_);
  }
  void reset() noexcept { table_.clear(); }

  /// Occurrences of the keys held.
  [[nodiscard]] std::uint64_t count() const noexcept { return table_.total(); }
  /// Keys held.
  [[nodiscard]] std::uint64_t distinct() const noexcept { return table_.size(); }
  /// Occurrences of keys that were not held, for want of room.
  [[nodiscard]] std::uint64_t overflow() const noexcept { return table_.overflow(); }
  /// Always 0: every 64-bit key can be counted.
  [[nodiscard]] static constexpr std::uint64_t rejected() noexcept { return 0; }
  [[nodiscard]] std::uint64_t max_keys() const noexcept { return table_.max_keys(); }
  [[nodiscard]] std::uint64_t count_of(std::uint64_t key) const noexcept { return table_.count_of(key); }
  [[nodiscard]] bool contains(std::uint64_t key) const noexcept { return table_.count_of(key) != 0; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return table_.memory_bytes(); }

  /// visit(key, count) for each key held, in no particular order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    table_.for_each(visit);
  }
  /// visit(count) for each key held.
  template <class Visit>
  void for_each_count(Visit&& visit) const {
    table_.for_each_count(visit);
  }
  /// visit(count here, count in other) for each key that either holds.
  template <class Visit>
  void for_each_pair(const count_table& other, Visit&& visit) const {
    table_.for_each_pair(other.table_, visit);
  }
  /// visit(count here, count in other) for each key held here.
  template <class Visit>
  void for_each_here(const count_table& other, Visit&& visit) const {
    table_.for_each_here(other.table_, visit);
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}.add("count_table").add(max_keys()).value();
  }

  /// Payload: u64 overflow, u64 D, D × (u64 key, u64 count) with ascending keys.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(overflow());
    out.u64(distinct());
    for (const auto& [key, count] : table_.sorted()) {
      out.u64(key);
      out.u64(count);
    }
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same max_keys; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    detail::keyed_counts<std::uint64_t> loaded(max_keys());
    const std::uint64_t overflow = in.u64();
    const std::size_t n = in.length(16);
    if (!detail::plausible_size(n, max_keys(), overflow)) core::detail::archive_failure("more keys than max_keys");
    loaded.reserve(n);
    detail::entry_checker<std::uint64_t> checker;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t key = in.u64();
      const std::uint64_t count = in.u64();
      if (!checker.next(key, count)) core::detail::archive_failure("keys are not ascending or a count is impossible");
      loaded.add(key, count);
    }
    if (checker.total() != found.count) core::detail::archive_failure("counts do not add up");
    in.close();
    loaded.add_overflow(overflow);
    table_ = std::move(loaded);
  }

  friend bool operator==(const count_table&, const count_table&) = default;

 private:
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::count_table, parameters(), 0, 0, count()};
  }

  void add_all(std::span<const std::uint64_t> keys) { table_.add(keys); }
  template <class T>
  void add_all(std::span<const T> keys) {
    std::array<std::uint64_t, 4096> block;
    while (!keys.empty()) {
      const std::size_t n = keys.size() < block.size() ? keys.size() : block.size();
      for (std::size_t i = 0; i < n; ++i) block[i] = static_cast<std::uint64_t>(keys[i]);
      table_.add(std::span<const std::uint64_t>(block).first(n));
      keys = keys.subspan(n);
    }
  }

  detail::keyed_counts<std::uint64_t> table_;
};

}  // namespace tailwatch::summary
