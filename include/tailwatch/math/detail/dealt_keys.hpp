// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace tailwatch::math::detail {

/// Memory that is written before it is read and given back at once: not cleared. Huge pages (madvise) took 1.5 ns a key off where the
/// kernel had them at hand, and doubled the whole time where it had to move memory for them first.
class scratch_bytes {
 public:
  explicit scratch_bytes(std::size_t size) : data_(static_cast<char*>(::operator new(size, alignment))) {}
  scratch_bytes(const scratch_bytes&) = delete;
  scratch_bytes& operator=(const scratch_bytes&) = delete;
  ~scratch_bytes() { ::operator delete(data_, alignment); }

  [[nodiscard]] char* data() const noexcept { return data_; }

 private:
  static constexpr std::align_val_t alignment{64};
  char* data_;
};

/// A bijection of 64 bits whose high bits depend on all of x.
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t x) noexcept {
  return (x ^ (x >> 32)) * 0x9e3779b97f4a7c15ULL;
}

/// A key of up to 64 bits by its hash, which is as good as the key.
struct narrow_image {
  std::uint64_t hash;
  friend constexpr bool operator==(const narrow_image&, const narrow_image&) = default;
};
/// Keys below 2^width to hashes whose high `width` bits hold them: a bijection, the other bits are 0.
class narrow_spread {
 public:
  explicit constexpr narrow_spread(std::size_t width) noexcept
      : fold_(std::max<std::size_t>(width / 2, 1)), multiplier_(0x9e3779b97f4a7c15ULL << (64 - width)) {}
  [[nodiscard]] constexpr narrow_image operator()(std::uint64_t key) const noexcept {
    return {(key ^ (key >> fold_)) * multiplier_};
  }

 private:
  std::size_t fold_;
  std::uint64_t multiplier_;
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

/// How dealt items lie in memory: as they are.
template <class Item>
class whole_items {
  static_assert(std::is_trivially_copyable_v<Item>);

 public:
  using item = Item;
  whole_items(std::size_t, int part_bits) noexcept : skipped_(part_bits) {}
  [[nodiscard]] static constexpr std::size_t size() noexcept { return sizeof(Item); }
  [[nodiscard]] static constexpr std::size_t touched() noexcept { return sizeof(Item); }
  /// How many high bits of the hash of an item that was read say nothing, because they chose its part.
  [[nodiscard]] int skipped() const noexcept { return skipped_; }
  static void write(char* to, const Item& x) noexcept { std::memcpy(to, &x, sizeof(Item)); }
  [[nodiscard]] static Item read(const char* from) noexcept {
    Item x;
    std::memcpy(&x, from, sizeof(Item));
    return x;
  }

 private:
  int skipped_;
};

/// Hashes of `width` bits without those that chose the part, in as few bytes as hold the rest: 5 for three ids below 2¹⁶ and a
/// thousand parts. Eight bytes are read and written at a time, so the next item must be written later, and room follow the last.
class packed_images {
 public:
  using item = narrow_image;
  packed_images(std::size_t width, int part_bits) noexcept : part_bits_(part_bits) {
    const auto spent = static_cast<std::size_t>(part_bits);
    size_ = width > spent ? (width - spent + 7) / 8 : 1;
    shift_ = static_cast<int>(64 - 8 * size_);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] static constexpr std::size_t touched() noexcept { return 8; }
  [[nodiscard]] static constexpr int skipped() noexcept { return 0; }
  void write(char* to, const narrow_image& x) const noexcept {
    const std::uint64_t rest = x.hash << part_bits_;
    const std::uint64_t stored = little ? rest >> shift_ : rest;
    std::memcpy(to, &stored, 8);
  }
  [[nodiscard]] narrow_image read(const char* from) const noexcept {
    std::uint64_t stored = 0;
    std::memcpy(&stored, from, 8);
    return {little ? stored << shift_ : (stored >> shift_) << shift_};
  }

 private:
  static constexpr bool little = std::endian::native == std::endian::little;
  int part_bits_;
  std::size_t size_ = 8;
  int shift_ = 0;
};

/// Keys dealt into parts by the high bits of their hashes, so that a part can be counted in a table that stays in the
/// second-level cache: that is what a general hash map loses its time on.
///
/// A part is a list of blocks, so that nothing need be known of its length beforehand: of 10⁷ keys of 48 bits a pass that counts first
/// took 11 ms of 75, following the lists takes 4. `replay(take)` calls take(item) for each of the n items; `width` is how many high
/// bits of a narrow hash may differ from 0.
/// @memory  Form's size a key, and 2 KiB a part
template <class Form>
class dealt_keys {
 public:
  using item = typename Form::item;

  template <class Replay>
  dealt_keys(std::size_t n, std::size_t width, Replay&& replay)
      : size_(n),
        bits_(std::countr_zero(std::bit_ceil(std::clamp<std::size_t>(n / part_size, 1, largest_parts)))),
        form_(width, bits_),
        room_((block_size - Form::touched()) / form_.size() + 1),
        next_(parts()),
        following_(n / room_ + parts(), 0),
        bytes_(following_.size() * block_size) {
    for (std::size_t p = 0; p < parts(); ++p) next_[p] = p * block_size;
    std::size_t blocks = parts();
    // All that the loop reads is local: the stores might alias members.
    const Form form = form_;
    const std::size_t size = form.size(), full = room_ * size % block_size;
    const int bits = bits_;
    char* const bytes = bytes_.data();
    std::size_t* const next = next_.data();
    std::uint32_t* const following = following_.data();
    // Collecting a cache line for each part first was slower (5 against 4 ns a key).
    replay([=, &blocks](const item& x) {
      const std::size_t p = bits == 0 ? 0 : static_cast<std::size_t>(image_of(x).hash >> (64 - bits));
      std::size_t at = next[p];
      form.write(bytes + at, x);
      const std::size_t block = at / block_size;
      at += size;
      if (at % block_size == full) {
        following[block] = static_cast<std::uint32_t>(blocks);
        at = blocks++ * block_size;
      }
      next[p] = at;
    });
  }

  [[nodiscard]] std::size_t parts() const noexcept { return std::size_t{1} << bits_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Most items of a run.
  [[nodiscard]] std::size_t longest_run() const noexcept { return std::min(room_, size_); }
  /// How many high bits of the hash of an item that was dealt say nothing.
  [[nodiscard]] int skipped() const noexcept { return form_.skipped(); }

  /// Consecutive items of a part.
  class run {
   public:
    run(const Form& form, const char* data, std::size_t size) noexcept : form_(form), data_(data), size_(size) {}
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] item operator[](std::size_t i) const noexcept { return form_.read(data_ + i * form_.size()); }

   private:
    Form form_;
    const char* data_;
    std::size_t size_;
  };
  /// use(run) for each run of a part.
  template <class Use>
  void visit_runs(std::size_t p, Use&& use) const {
    const std::size_t last = next_[p] / block_size;
    for (std::size_t block = p;; block = following_[block]) {
      const bool ends = block == last;
      prefetch(!ends ? following_[block] : p + 1 < parts() ? p + 1 : p);
      use(run(form_, bytes_.data() + block * block_size, ends ? next_[p] % block_size / form_.size() : room_));
      if (ends) return;
    }
  }

 private:
  static constexpr std::size_t part_size = 10'000;  ///< keys; the table of all of them is 300 to 400 KiB
  static constexpr std::size_t largest_parts = 2048;
  static constexpr std::size_t block_size = 2048;  ///< bytes; 1 KiB costs more on the way back, 4 KiB on the way in

  // The hardware does not see where the list goes on.
  void prefetch([[maybe_unused]] std::size_t block) const noexcept {
#if defined(__GNUC__)
    for (std::size_t at = 0; at < block_size; at += 64) __builtin_prefetch(bytes_.data() + block * block_size + at);
#endif
  }

  std::size_t size_;
  int bits_;
  Form form_;
  std::size_t room_;                      ///< items of a block
  std::vector<std::size_t> next_;         ///< where the next item of each part goes, in bytes
  std::vector<std::uint32_t> following_;  ///< the block after each; that of part p begins at block p
  scratch_bytes bytes_;
};

/// Open addressing in two arrays, for one part after the other.
template <class Image, class Tally>
class tally_table {
 public:
  explicit tally_table(std::size_t capacity) { make(capacity); }

  /// Tallies items from the given one on until one is over or the table is full; returns which. `skipped` leading bits of the hash
  /// are spent.
  template <class Run, class Taken, class Add>
  [[nodiscard]] std::size_t add(const Run& items, std::size_t i, int skipped, Taken taken, Add add) {
    // All that the loop reads is local: the stores might alias members.
    Image* const keys = keys_.get();
    Tally* const tallies = tallies_.data();
    const std::size_t mask = tallies_.size() - 1;
    const std::size_t limit = tallies_.size() / 4 * 3;
    const int shift = shift_;
    std::size_t size = size_;
    for (const std::size_t n = items.size(); i < n && size < limit; ++i) {
      const auto item = items[i];
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
    reserve(2 * tallies_.size(), skipped, taken);
  }
  /// At least so many slots, a power of two.
  template <class Taken>
  void reserve(std::size_t capacity, int skipped, Taken taken) {
    if (capacity <= tallies_.size()) return;
    const auto old_keys = std::move(keys_);
    const std::vector<Tally> old = std::move(tallies_);
    make(capacity);
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

/// Which keys of a part come once, told from the others by two bits of a small table: only those that share their bits with
/// another need be looked up. Of 10'000 different keys one in thirteen shares them. As fast as a table of all keys in 4-byte slots, of
/// which only keys of up to some 40 bits have room in one, and a third faster than one in 8-byte slots.
class repeat_filter {
 public:
  repeat_filter() = default;
  /// For parts of so many keys, in runs of at most `longest`.
  repeat_filter(std::size_t mean, std::size_t longest)
      : seen_(std::bit_ceil(std::max<std::size_t>(16 * mean, 64)) / 64), again_(seen_.size()), found_(longest) {
    shift_ = 64 - std::countr_zero(64 * seen_.size());
  }
  /// Marks the keys of a run; returns how many found their place marked.
  template <class Run>
  std::size_t mark(const Run& items, int skipped) {
    std::uint64_t* const seen = seen_.data();
    std::uint32_t* const found = found_.data();
    const int shift = shift_;
    std::size_t n = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::uint64_t at = (image_of(items[i]).hash << skipped) >> shift;
      const std::uint64_t word = seen[at / 64];
      found[n] = static_cast<std::uint32_t>(at);
      n += (word >> (at % 64)) & 1U;  // no branch, which could not be predicted
      seen[at / 64] = word | std::uint64_t{1} << (at % 64);
    }
    for (std::size_t i = 0; i < n; ++i) again_[found[i] / 64] |= std::uint64_t{1} << (found[i] % 64);
    return n;
  }
  /// Copies the items of a run that may have come more than once; returns how many.
  template <class Run, class Item>
  [[nodiscard]] std::size_t repeated(const Run& items, int skipped, Item* to) const {
    const std::uint64_t* const again = again_.data();
    const int shift = shift_;
    std::size_t n = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Item item = items[i];
      const std::uint64_t at = (image_of(item).hash << skipped) >> shift;
      to[n] = item;
      n += (again[at / 64] >> (at % 64)) & 1U;
    }
    return n;
  }
  void clear() {
    std::fill(seen_.begin(), seen_.end(), std::uint64_t{0});
    std::fill(again_.begin(), again_.end(), std::uint64_t{0});
  }

 private:
  std::vector<std::uint64_t> seen_, again_;
  std::vector<std::uint32_t> found_;
  int shift_ = 0;
};

/// Tallies the keys of each part in one table, then calls finish(table).
///
/// alone(n): n keys that come once were not tallied. Parts in which most keys repeat are tallied whole, and where most parts are
/// such, the others too. Keys with labels, which are all wanted: `filtered` false.
template <class Tally, class Form, class Taken, class Add, class Alone, class Finish>
void tally_parts(const dealt_keys<Form>& dealt, bool filtered, Taken taken, Add add, Alone alone, Finish finish) {
  filtered = filtered && dealt.size() >= 200;  // of fewer keys the filter's memory costs more than look-ups do
  using item = typename dealt_keys<Form>::item;
  using run = typename dealt_keys<Form>::run;
  using image = std::remove_cvref_t<decltype(image_of(std::declval<const item&>()))>;
  const std::size_t mean = dealt.size() / dealt.parts() + 1;
  // Three slots a key: a quarter faster than one and a half, because the first slot looked at is then mostly the last.
  const std::size_t whole = std::bit_ceil(std::max<std::size_t>(3 * mean, 64));
  const int skipped = dealt.skipped();
  tally_table<image, Tally> table(filtered ? std::max<std::size_t>(whole / 4, 64) : whole);
  repeat_filter filter = filtered ? repeat_filter(mean, dealt.longest_run()) : repeat_filter();
  std::vector<item> repeated(filtered ? dealt.longest_run() : 0);
  const auto tally = [&](const auto& items) {
    for (std::size_t i = 0; (i = table.add(items, i, skipped, taken, add)) < items.size();) table.grow(skipped, taken);
  };
  std::size_t worth = 4, vain = 0;  // parts of which most keys came once, and others
  for (std::size_t p = 0; p < dealt.parts(); ++p) {
    if (filtered && worth >= vain) {
      std::size_t keys = 0, marked = 0, once = 0;
      dealt.visit_runs(p, [&](const run& items) {
        keys += items.size();
        marked += filter.mark(items, skipped);
      });
      const bool pays = 2 * marked <= keys;
      ++(pays ? worth : vain);
      if (pays)
        dealt.visit_runs(p, [&](const run& items) {
          const std::size_t n = filter.repeated(items, skipped, repeated.data());
          once += items.size() - n;
          tally(std::span<const item>(repeated).first(n));
        });
      filter.clear();
      if (pays) {
        alone(once);
        finish(table);
        continue;
      }
      table.reserve(whole, skipped, taken);
    }
    dealt.visit_runs(p, tally);
    finish(table);
  }
}

/// visit(tally) for each distinct key.
///
/// Tally is a small type of which Tally{} means "no such key yet": `taken(tally)`, and `add(tally, item)` makes it taken. What a
/// text repeats is stored once, so the table starts at what the mean part may need and grows: a part of a collapsed text is long
/// and needs few slots.
template <class Tally, class Form, class Taken, class Add, class Visit>
void tally_keys(const dealt_keys<Form>& dealt, Taken taken, Add add, Visit&& visit) {
  tally_parts<Tally>(
      dealt, false, taken, add, [](std::size_t) {}, [&](auto& table) { table.drain(taken, visit); });
}

/// visit(count) for each distinct key.
template <class Form, class Visit>
void count_keys(const dealt_keys<Form>& dealt, Visit&& visit) {
  const auto taken = [](std::uint32_t c) { return c != 0; };
  tally_parts<std::uint32_t>(
      dealt, true, taken, [](std::uint32_t& c, const auto&) { ++c; },
      [&](std::size_t once) {
        for (; once != 0; --once) visit(std::uint32_t{1});
      },
      [&](auto& table) { table.drain(taken, visit); });
}

/// Number of distinct keys: the tallies are not looked at.
template <class Form>
[[nodiscard]] std::size_t distinct_keys(const dealt_keys<Form>& dealt) {
  std::size_t distinct = 0;
  tally_parts<std::uint8_t>(
      dealt, true, [](std::uint8_t t) { return t != 0; }, [](std::uint8_t& t, const auto&) { t = 1; },
      [&](std::size_t once) { distinct += once; },
      [&](auto& table) {
        distinct += table.size();
        table.clear();
      });
  return distinct;
}

}  // namespace tailwatch::math::detail
