// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/summary/detail/key_image.hpp"

namespace tailwatch::summary::detail {

/// Exact counts of keys: open addressing with linear probing, the home slot being the *high* bits of the hash.
///
/// The slots are thus nearly sorted by hash, and everything that touches the whole table runs through memory in order:
/// growing, merging, intersecting, comparing. A large batch of keys is first dealt into regions of the table that fit
/// the second-level cache, which is where the speed over a general hash map comes from.
///
/// With max_keys > 0 the table keeps the max_keys keys that come first in a fixed pseudo-random order, each with its
/// exact count, and `overflow()` counts the occurrences of all others: still a function of the multiset of keys alone.
/// (A key among the first of the whole is among the first of every part that holds it, so it never was turned away.)
template <class Key>
class keyed_counts {
 public:
  using image = key_image<Key>;
  struct entry {
    Key key;
    std::uint64_t count;
    friend constexpr bool operator==(const entry&, const entry&) = default;
  };

  keyed_counts() = default;
  explicit keyed_counts(std::uint64_t max_keys) noexcept : max_keys_(max_keys) {}
  keyed_counts(const keyed_counts&) = default;
  keyed_counts& operator=(const keyed_counts&) = default;
  keyed_counts(keyed_counts&& other) noexcept : keyed_counts(other.max_keys_) { swap(other); }
  keyed_counts& operator=(keyed_counts&& other) noexcept {
    keyed_counts taken(std::move(other));  // what was moved from is an empty table, not one that has lost its slots
    swap(taken);
    return *this;
  }
  ~keyed_counts() = default;

  void add(const Key& key, std::uint64_t occurrences) {
    if (occurrences != 0) add_image(image::of(key), occurrences);
  }

  /// Counts each key once; `further` keys are known to follow, which a growing table takes into account.
  void add(std::span<const Key> keys, std::size_t further = 0) {
    std::vector<image> dealt;
    std::uint64_t added = 0;  // keys and, of them, new ones of the last portion
    std::uint64_t fresh = 0;
    while (!keys.empty()) {
      if (size_ >= limit()) {
        // Growing by four saves half of the moves; worth it where half the present share of new keys would need it.
        const double share = added == 0 ? 0.0 : static_cast<double>(fresh) / static_cast<double>(added);
        const double expected = static_cast<double>(size_) + 0.5 * share * static_cast<double>(keys.size() + further);
        const bool far = max_keys_ == 0 && expected > static_cast<double>(limit_of(2 * capacity()));
        rebuild(std::max((far ? 4 : 2) * capacity(), first_capacity));
      }
      std::size_t portion = std::min({keys.size(), capacity() / portion_divisor, largest_portion});
      const bool by_region =
          capacity() >= regions_from && portion >= portion_from && (max_keys_ == 0 || size_ + portion <= max_keys_);
      if (!by_region) portion = std::min(keys.size(), plain_portion);
      const std::uint64_t before = size_;
      if (by_region) {
        add_by_region(keys.first(portion), dealt);
      } else {
        add_plainly(keys.first(portion));
      }
      keys = keys.subspan(portion);
      added = portion;
      fresh = size_ - before;
    }
  }

  [[nodiscard]] std::uint64_t count_of(const Key& key) const noexcept { return find(image::of(key)); }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] std::uint64_t overflow() const noexcept { return overflow_; }
  [[nodiscard]] std::uint64_t max_keys() const noexcept { return max_keys_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return slots_.capacity() * sizeof(slot) + kept_.capacity() * sizeof(image);
  }

  /// visit(key, count) for every key, in no particular order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const slot& s : slots_)
      if (s.count != 0) visit(s.at.key(), s.count);
  }
  template <class Visit>
  void for_each_count(Visit&& visit) const {
    for (const slot& s : slots_)
      if (s.count != 0) visit(s.count);
  }
  /// visit(count here, count there) for every key that either table holds.
  template <class Visit>
  void for_each_pair(const keyed_counts& other, Visit&& visit) const {
    for (const slot& s : slots_)
      if (s.count != 0) visit(s.count, other.find(s.at));
    for (const slot& s : other.slots_)
      if (s.count != 0 && find(s.at) == 0) visit(std::uint64_t{0}, s.count);
  }
  /// visit(count here, count there) for every key of this table.
  template <class Visit>
  void for_each_here(const keyed_counts& other, Visit&& visit) const {
    for (const slot& s : slots_)
      if (s.count != 0) visit(s.count, other.find(s.at));
  }

  [[nodiscard]] std::vector<entry> sorted() const {
    std::vector<entry> entries;
    entries.reserve(static_cast<std::size_t>(size_));
    for_each([&](const Key& key, std::uint64_t count) { entries.push_back({key, count}); });
    std::ranges::sort(entries, {}, &entry::key);
    return entries;
  }

  void merge(const keyed_counts& other) {
    if (&other == this) {
      for (slot& s : slots_) s.count *= 2;
      total_ *= 2;
      overflow_ *= 2;
      return;
    }
    std::uint64_t all = size_;
    other.for_each_here(*this, [&](std::uint64_t, std::uint64_t here) { all += here == 0 ? 1 : 0; });
    reserve(all);
    for (const slot& s : other.slots_)
      if (s.count != 0) add_image(s.at, s.count);
    overflow_ += other.overflow_;
  }

  /// Room for `keys` distinct keys without growing on the way.
  void reserve(std::uint64_t keys) {
    if (max_keys_ != 0) keys = std::min(keys, max_keys_);
    std::size_t wanted = std::max(capacity(), first_capacity);
    while (limit_of(wanted) < keys) wanted *= 2;
    if (wanted != capacity()) rebuild(wanted);
  }
  void add_overflow(std::uint64_t occurrences) noexcept { overflow_ += occurrences; }
  void clear() noexcept { *this = keyed_counts(max_keys_); }

  friend bool operator==(const keyed_counts& a, const keyed_counts& b) noexcept {
    if (a.max_keys_ != b.max_keys_ || a.size_ != b.size_ || a.total_ != b.total_ || a.overflow_ != b.overflow_)
      return false;
    for (const slot& s : a.slots_)
      if (s.count != 0 && b.find(s.at) != s.count) return false;
    return true;
  }

 private:
  struct slot {
    image at{};
    std::uint64_t count = 0;  ///< 0: the slot is free
  };

  static constexpr std::size_t first_capacity = 64;
  static constexpr std::size_t block_size = 32;  ///< homes prefetched ahead in the plain path
  static constexpr std::size_t plain_portion = 1U << 10;
  static constexpr std::size_t region_slots = 1U << 14;  ///< a region of the table lies in the second-level cache
  static constexpr std::size_t largest_regions = 1U << 11;
  static constexpr std::size_t regions_from = 1U << 16;  ///< smaller tables lie there whole
  static constexpr std::size_t portion_divisor =
      8;  ///< a portion is at most this share of the slots: see add_by_region
  static constexpr std::size_t portion_from = 1U << 12;
  static constexpr std::size_t largest_portion = 1U << 22;
  static constexpr std::size_t longest_probe = 1U << 10;

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }
  /// Largest load 5/8: linear probing then looks at 1.8 slots to find a key and at 4.1 to miss it.
  [[nodiscard]] static std::size_t limit_of(std::size_t capacity) noexcept { return capacity / 8 * 5; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_of(capacity()); }
  [[nodiscard]] std::size_t home(const image& x) const noexcept { return static_cast<std::size_t>(x.hash >> shift_); }

  [[nodiscard]] std::uint64_t find(const image& x) const noexcept {
    if (slots_.empty()) return 0;
    const std::size_t mask = capacity() - 1;
    for (std::size_t i = home(x);; i = (i + 1) & mask) {
      const slot& s = slots_[i];
      if (s.count == 0 || s.at == x) return s.count;
    }
  }

  void grow() { rebuild(std::max(2 * capacity(), first_capacity)); }
  void rebuild(std::size_t new_capacity) {
    std::vector<slot> old(new_capacity);
    old.swap(slots_);
    shift_ = 64 - std::countr_zero(slots_.size());
    const std::size_t mask = capacity() - 1;
    // Which slots are taken cannot be predicted: they are first gathered without a branch.
    std::array<slot, 256> taken;
    for (std::size_t first = 0; first < old.size(); first += taken.size()) {
      const std::size_t end = std::min(first + taken.size(), old.size());
      std::size_t n = 0;
      for (std::size_t i = first; i < end; ++i) {
        taken[n] = old[i];
        n += old[i].count != 0 ? 1 : 0;
      }
      for (std::size_t k = 0; k < n; ++k) {
        std::size_t i = home(taken[k].at);
        while (slots_[i].count != 0) i = (i + 1) & mask;
        slots_[i] = taken[k];
      }
    }
  }

  void swap(keyed_counts& other) noexcept {
    slots_.swap(other.slots_);
    kept_.swap(other.kept_);
    std::swap(size_, other.size_);
    std::swap(total_, other.total_);
    std::swap(overflow_, other.overflow_);
    std::swap(max_keys_, other.max_keys_);
    std::swap(shift_, other.shift_);
  }

  void add_image(const image& x, std::uint64_t occurrences) {
    if (!kept_.empty() && later(x, kept_.front())) {
      overflow_ += occurrences;
      return;
    }
    if (size_ >= limit()) grow();
    place(x, occurrences);
  }

  void place(const image& x, std::uint64_t occurrences) {
    total_ += occurrences;
    for (;;) {
      const std::size_t mask = capacity() - 1;
      std::size_t i = home(x);
      for (std::size_t probe = 0;; ++probe, i = (i + 1) & mask) {
        slot& s = slots_[i];
        if (s.at == x && s.count != 0) {
          s.count += occurrences;
          return;
        }
        if (s.count == 0) {
          s = {x, occurrences};
          ++size_;
          if (max_keys_ != 0) keep(x);
          return;
        }
        // Keys that come in the order of their hashes (the keys of another table, say) crowd one end of a table that
        // is still small; it is then made as large as it would become anyway.
        if (probe == longest_probe && size_ >= capacity() / 16) break;
      }
      grow();
    }
  }

  void add_plainly(std::span<const Key> keys) {
    image images[block_size];
    for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), block_size))) {
      const std::size_t n = std::min(keys.size(), block_size);
      for (std::size_t i = 0; i < n; ++i) {
        images[i] = image::of(keys[i]);
        prefetch(home(images[i]));
      }
      for (std::size_t i = 0; i < n; ++i) add_image(images[i], 1);
    }
  }

  /// Deals the keys into regions of the table, then fills region after region. The first regions are done while the
  /// keys of the last still wait, so no region may need more slots than it has: size ≤ 5/8 and portion ≤ 1/8 of the
  /// capacity.
  void add_by_region(std::span<const Key> keys, std::vector<image>& dealt) {
    const std::size_t regions = std::min(capacity() / region_slots, largest_regions);
    const int region_shift = 64 - std::countr_zero(regions);
    std::uint32_t starts[largest_regions + 1] = {};
    dealt.resize(keys.size());
    for (const Key& key : keys) ++starts[(image::of(key).hash >> region_shift) + 1];
    for (std::size_t r = 1; r < regions; ++r) starts[r] += starts[r - 1];
    for (const Key& key : keys) {
      const image x = image::of(key);
      dealt[starts[x.hash >> region_shift]++] = x;
    }
    slot* const slots = slots_.data();
    const std::size_t mask = capacity() - 1;
    const int shift = shift_;
    const image* const keys_dealt = dealt.data();
    const std::size_t n = keys.size();
    std::uint64_t fresh = 0;
    for (std::size_t i = 0; i < n; ++i) {
      prefetch(static_cast<std::size_t>(keys_dealt[std::min(i + prefetch_distance, n - 1)].hash >> shift));
      const image x = keys_dealt[i];
      std::size_t at = static_cast<std::size_t>(x.hash >> shift);
      while (slots[at].count != 0 && !(slots[at].at == x)) at = (at + 1) & mask;
      slot& s = slots[at];
      fresh += s.count == 0 ? 1 : 0;  // no branch on old or new, which cannot be predicted
      s.at = x;
      ++s.count;
    }
    size_ += fresh;
    total_ += n;
  }
  static constexpr std::size_t prefetch_distance = 16;

  void prefetch([[maybe_unused]] std::size_t i) const noexcept {
#if defined(__GNUC__)
    __builtin_prefetch(slots_.data() + i, 1);
#endif
  }

  /// The fixed pseudo-random order in which keys are kept. It starts from the half of the hash that does not choose the
  /// slot: the keys kept would else crowd one end of the table.
  [[nodiscard]] static bool later(const image& a, const image& b) noexcept {
    const std::uint64_t x = std::rotl(a.hash, 32);
    const std::uint64_t y = std::rotl(b.hash, 32);
    if constexpr (requires { a.high; }) {
      if (x == y) return a.high > b.high;
    }
    return x > y;
  }
  static bool sooner(const image& a, const image& b) noexcept { return later(b, a); }

  void keep(const image& x) {
    if (size_ < max_keys_) return;
    if (kept_.empty()) {
      kept_.reserve(static_cast<std::size_t>(max_keys_) + 1);
      for (const slot& s : slots_)
        if (s.count != 0) kept_.push_back(s.at);
      std::make_heap(kept_.begin(), kept_.end(), sooner);
      return;
    }
    kept_.push_back(x);
    std::push_heap(kept_.begin(), kept_.end(), sooner);
    std::pop_heap(kept_.begin(), kept_.end(), sooner);
    const image last = kept_.back();
    kept_.pop_back();
    turn_out(last);
  }

  void turn_out(const image& x) noexcept {
    const std::size_t mask = capacity() - 1;
    std::size_t i = home(x);
    while (!(slots_[i].at == x)) i = (i + 1) & mask;
    total_ -= slots_[i].count;
    overflow_ += slots_[i].count;
    --size_;
    for (std::size_t j = i;;) {  // close the gap: move back what may stand there
      j = (j + 1) & mask;
      if (slots_[j].count == 0) break;
      if (((j - home(slots_[j].at)) & mask) >= ((j - i) & mask)) {
        slots_[i] = slots_[j];
        i = j;
      }
    }
    slots_[i] = slot{};
  }

  std::vector<slot> slots_;
  std::vector<image> kept_;  ///< once max_keys are held: all of them, a heap with the last in order on top
  std::uint64_t size_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t overflow_ = 0;
  std::uint64_t max_keys_ = 0;
  int shift_ = 63;
};

}  // namespace tailwatch::summary::detail
