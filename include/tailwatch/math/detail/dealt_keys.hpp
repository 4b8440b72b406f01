// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace tailwatch::math::detail {

/// Memory that is written before it is read and given back at once: not cleared. Huge pages (madvise) took 1.5 ns a key off where the
/// kernel had them at hand, and doubled the whole time where it had to move memory for them first.
template <class T>
class scratch_array {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit scratch_array(std::size_t size)
      : data_(static_cast<T*>(::operator new(std::max<std::size_t>(size, 1) * sizeof(T), alignment))), size_(size) {}
  scratch_array(const scratch_array&) = delete;
  scratch_array& operator=(const scratch_array&) = delete;
  ~scratch_array() { ::operator delete(data_, alignment); }

  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] const T* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::align_val_t alignment{64};
  T* data_;
  std::size_t size_;
};

/// A bijection of 64 bits whose high bits depend on all of x.
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t x) noexcept {
  return (x ^ (x >> 32)) * 0x9e3779b97f4a7c15ULL;
}

/// A key of up to 64 bits by its hash, which is as good as the key.
struct narrow_image {
  std::uint64_t hash;
  [[nodiscard]] static constexpr narrow_image of(std::uint64_t key) noexcept { return {spread(key)}; }
  friend constexpr bool operator==(const narrow_image&, const narrow_image&) = default;
};
/// A key of up to 128 bits; hash and high half together are as good as the key.
struct wide_image {
  std::uint64_t hash;
  std::uint64_t high;
  [[nodiscard]] static constexpr wide_image of(std::uint64_t high, std::uint64_t low) noexcept {
    const std::uint64_t h = spread(high);
    return {spread(low ^ h ^ (h >> 32)), high};
  }
  friend constexpr bool operator==(const wide_image&, const wide_image&) = default;
};
/// A key and what it belongs to.
template <class Image>
struct labelled {
  Image image;
  std::uint32_t label;
};

[[nodiscard]] constexpr const narrow_image& image_of(const narrow_image& x) noexcept { return x; }
[[nodiscard]] constexpr const wide_image& image_of(const wide_image& x) noexcept { return x; }
template <class Image>
[[nodiscard]] constexpr const Image& image_of(const labelled<Image>& x) noexcept {
  return x.image;
}

/// Keys dealt into parts by the high bits of their hashes, so that a part can be counted in a table that stays in the
/// second-level cache: that is what a general hash map loses its time on.
///
/// `replay(take)` calls take(item) for each of the n items, twice and in the same order.
/// @memory  sizeof(Item) a key
template <class Item>
class dealt_keys {
 public:
  template <class Replay>
  dealt_keys(std::size_t n, Replay&& replay) : items_(n) {
    const std::size_t parts = std::bit_ceil(std::clamp<std::size_t>(n / part_size, 1, largest_parts));
    bits_ = std::countr_zero(parts);
    std::vector<std::size_t> next(parts + 1, 0);
    if (parts > 1)
      replay([&](const Item& item) { ++next[part_of(item) + 1]; });
    else
      next[1] = n;
    for (std::size_t p = 1; p <= parts; ++p) next[p] += next[p - 1];
    starts_ = next;
    // Plain stores: collecting a cache line for each part first was slower (5 against 4 ns a key).
    Item* const items = items_.data();
    replay([&](const Item& item) { items[next[part_of(item)]++] = item; });
  }

  /// How many leading bits of the hash chose the part.
  [[nodiscard]] int bits() const noexcept { return bits_; }
  [[nodiscard]] std::size_t parts() const noexcept { return starts_.size() - 1; }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] std::span<const Item> part(std::size_t p) const noexcept {
    return {items_.data() + starts_[p], starts_[p + 1] - starts_[p]};
  }

 private:
  static constexpr std::size_t part_size = 10'000;  ///< keys; their table is 300 to 400 KiB
  static constexpr std::size_t largest_parts = 2048;

  [[nodiscard]] std::size_t part_of(const Item& item) const noexcept {
    return bits_ == 0 ? 0 : static_cast<std::size_t>(image_of(item).hash >> (64 - bits_));
  }

  scratch_array<Item> items_;
  std::vector<std::size_t> starts_;
  int bits_ = 0;
};

/// Open addressing in two arrays, for one part after the other.
template <class Image, class Tally>
class tally_table {
 public:
  explicit tally_table(std::size_t capacity) { make(capacity); }

  /// Tallies items until one is over or the table is full; returns how many. `skipped` leading bits of the hash are spent.
  template <class Item, class Taken, class Add>
  [[nodiscard]] std::size_t add(std::span<const Item> items, int skipped, Taken taken, Add add) {
    // All that the loop reads is local: the stores might alias members.
    Image* const keys = keys_.get();
    Tally* const tallies = tallies_.data();
    const std::size_t mask = tallies_.size() - 1;
    const std::size_t limit = tallies_.size() / 4 * 3;
    const int shift = shift_;
    std::size_t size = size_;
    std::size_t i = 0;
    for (const std::size_t n = items.size(); i < n && size < limit; ++i) {
      const Item item = items[i];
      const Image x = image_of(item);
      std::size_t at = static_cast<std::size_t>((x.hash << skipped) >> shift);
      while (taken(tallies[at]) && !(keys[at] == x)) at = (at + 1) & mask;
      size += taken(tallies[at]) ? 0U : 1U;  // no branch on old or new, which cannot be predicted
      keys[at] = x;
      add(tallies[at], item);
    }
    size_ = size;
    return i;
  }
  template <class Taken>
  void grow(int skipped, Taken taken) {
    const auto old_keys = std::move(keys_);
    const std::vector<Tally> old = std::move(tallies_);
    make(2 * old.size());
    const std::size_t mask = tallies_.size() - 1;
    for (std::size_t i = 0; i < old.size(); ++i) {
      if (!taken(old[i])) continue;
      std::size_t to = static_cast<std::size_t>((old_keys[i].hash << skipped) >> shift_);
      while (taken(tallies_[to])) to = (to + 1) & mask;
      keys_[to] = old_keys[i];
      tallies_[to] = old[i];
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void clear() {
    std::fill(tallies_.begin(), tallies_.end(), Tally{});
    size_ = 0;
  }
  /// visit(tally) for each key; the table is empty afterwards.
  template <class Taken, class Visit>
  void drain(Taken taken, Visit& visit) {
    std::size_t n = 0;  // gathered without a branch first
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
      found_[n] = tallies_[i];
      n += taken(tallies_[i]) ? 1U : 0U;
    }
    for (std::size_t i = 0; i < n; ++i) visit(found_[i]);
    clear();
  }

 private:
  void make(std::size_t capacity) {
    keys_ = std::make_unique_for_overwrite<Image[]>(capacity);
    tallies_.assign(capacity, Tally{});
    found_.resize(capacity);
    shift_ = 64 - std::countr_zero(capacity);
  }

  std::unique_ptr<Image[]> keys_;
  std::vector<Tally> tallies_;
  std::vector<Tally> found_;
  std::size_t size_ = 0;
  int shift_ = 0;
};

/// Tallies the keys of each part in one table, then calls finish(table). The table starts at three slots a key: a quarter faster
/// than at one and a half, because the first slot looked at is then mostly the last.
template <class Tally, class Item, class Taken, class Add, class Finish>
void tally_parts(const dealt_keys<Item>& dealt, Taken taken, Add add, Finish finish) {
  using image = std::remove_cvref_t<decltype(image_of(std::declval<const Item&>()))>;
  const std::size_t mean = dealt.size() / dealt.parts() + 1;
  tally_table<image, Tally> table(std::bit_ceil(std::max<std::size_t>(3 * mean, 64)));
  for (std::size_t p = 0; p < dealt.parts(); ++p) {
    std::span<const Item> left = dealt.part(p);
    for (;;) {
      left = left.subspan(table.add(left, dealt.bits(), taken, add));
      if (left.empty()) break;
      table.grow(dealt.bits(), taken);
    }
    finish(table);
  }
}

/// visit(tally) for each distinct key.
///
/// Tally is a small type of which Tally{} means "no such key yet": `taken(tally)`, and `add(tally, item)` makes it taken. What a
/// text repeats is stored once, so the table starts at what the mean part may need and grows: a part of a collapsed text is long
/// and needs few slots.
template <class Tally, class Item, class Taken, class Add, class Visit>
void tally_keys(const dealt_keys<Item>& dealt, Taken taken, Add add, Visit&& visit) {
  tally_parts<Tally>(dealt, taken, add, [&](auto& table) { table.drain(taken, visit); });
}

/// Number of distinct keys: the tallies are not looked at, which is a third of the time.
template <class Item>
[[nodiscard]] std::size_t distinct_keys(const dealt_keys<Item>& dealt) {
  std::size_t distinct = 0;
  tally_parts<std::uint8_t>(
      dealt, [](std::uint8_t t) { return t != 0; }, [](std::uint8_t& t, const Item&) { t = 1; },
      [&](auto& table) {
        distinct += table.size();
        table.clear();
      });
  return distinct;
}

}  // namespace tailwatch::math::detail
