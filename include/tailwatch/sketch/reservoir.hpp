// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/sketch/detail/geometric_skip.hpp"

namespace tailwatch::sketch {

template <class T>
concept reservoir_item = std::same_as<T, float> || std::same_as<T, double> ||(std::integral<T> && sizeof(T) <= 8);

/// A uniform sample of k items of a stream, without replacement: numbers, token ids, or indices of documents kept elsewhere.
///
/// Each item is thought to carry a random tag of 64 bits, and the k items of least tag are the sample. Tags of items that
/// cannot enter are never drawn: the run of items before the next one that does is geometric, and is skipped (algorithm L
/// of Li, with the threshold kept as a tag). Two reservoirs merge by keeping the k least tags of both, which needs no
/// randomness and is exactly what one reservoir would have kept, so a merge is uniform over the union, stream sizes
/// weighed as they should be. Before k items all are kept.
///
/// Randomness is an argument of `update`. The laws of states hold in this weaker form:
///   - one stream and one random engine give one state, bit for bit, however the stream is cut into batches, and across a save
///     and resume (the pending skip is saved);
///   - merges of given reservoirs agree bit for bit in any order and tree; the empty one is the identity;
///   - update(a) merged with update(b) has the *law* of update(a + b), not its bits: the tags are others. So reservoirs that
///     are merged must be fed from independent engines, one stream of seeds each (core::split_seed).
///
/// NaN is skipped and counted as rejected.
///
/// @error       each subset of k items is the sample with equal probability, to 2⁻³⁰; a share p of the stream has standard
///              error √(p(1 − p)/k · (1 − k/n)) in the sample
/// @memory      16·k bytes
/// @complexity  O(k log(n/k)) draws for n items; integers that are skipped are not even read; merge O(k log k)
/// @reduction   none: gathered as saved bytes and merged
/// @throws      std::invalid_argument for k = 0
/// @see         K.-H. Li (1994), ACM TOMS 20(4), 481–493, algorithm L; J. S. Vitter (1985), ACM TOMS 11(1), 37–57
/// @example     examples/sketch/streams.cpp
template <reservoir_item T = double>
class reservoir {
 public:
  explicit reservoir(std::size_t capacity = 1024) : capacity_(capacity) {
    core::check_at_least("sketch::reservoir", "capacity", capacity, std::size_t{1});
  }

  /// Offers a range of items, in order.
  template <core::number_range Range, core::random_bits Random>
    requires std::same_as<std::remove_cv_t<std::ranges::range_value_t<Range>>, T>
  void update(const Range& items, Random& random) {
    const auto x = core::as_span(items);
    std::size_t i = 0;
    if constexpr (std::integral<T>) {
      while (i < x.size()) {
        if (const std::uint64_t pending = skip(random); pending > 0) {
          const std::uint64_t passed = std::min<std::uint64_t>(pending, x.size() - i);
          skip_ -= static_cast<std::int64_t>(passed);
          count_ += static_cast<std::int64_t>(passed);
          i += static_cast<std::size_t>(passed);
        } else {
          enter(x[i++], random);
        }
      }
    } else {
      for (; i < x.size(); ++i) add(x[i], random);
    }
  }
  /// Offers one item.
  template <core::random_bits Random>
  void add(T item, Random& random) {
    if constexpr (std::floating_point<T>) {
      if (core::is_nan(static_cast<double>(item))) {
        ++rejected_;
        return;
      }
    }
    if (skip(random) == 0) {
      enter(item, random);
    } else {
      --skip_;
      ++count_;
    }
  }

  /// @throws std::invalid_argument  for another capacity; this state is then as it was
  void merge(const reservoir& other) {
    core::check(capacity_ == other.capacity_, "sketch::reservoir::merge", "capacity", other.capacity_,
                core::to_text(capacity_) + " like this state's");
    const std::int64_t rejected = rejected_ + other.rejected_;
    if (count_ == 0) {
      *this = other;
    } else if (other.count_ > 0) {
      std::vector<tagged> both = kept_;  // a copy: the other may be this state itself
      both.insert(both.end(), other.kept_.begin(), other.kept_.end());
      std::sort(both.begin(), both.end());
      both.resize(std::min(both.size(), capacity_));
      std::make_heap(both.begin(), both.end());
      kept_ = std::move(both);
      count_ += other.count_;
      skip_ = not_drawn;  // under the new threshold; a geometric law has no memory of what was skipped
    }
    rejected_ = rejected;
  }
  void reset() noexcept {
    kept_.clear();
    count_ = 0;
    rejected_ = 0;
    skip_ = not_drawn;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Items offered, rejected ones excluded.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return static_cast<std::uint64_t>(rejected_); }
  /// Items in the sample: min(k, count()).
  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }
  /// The sample, in random order: any first part of it is a uniform sample too.
  [[nodiscard]] std::vector<T> sample() const {
    std::vector<T> items;
    items.reserve(kept_.size());
    for (const tagged& t : sorted()) items.push_back(from_word(t.word));
    return items;
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("reservoir")
        .add(std::floating_point<T> ? "float"
             : std::is_signed_v<T>  ? "signed"
                                    : "unsigned")
        .add(static_cast<std::uint64_t>(sizeof(T)))
        .add(static_cast<std::uint64_t>(capacity_))
        .value();
  }

  /// Payload: i64 rejected, i64 pending skip (−1: not drawn), u64 size, size × (u64 tag, u64 item), ascending. An integer item
  /// is extended to 64 bits, a floating one is the bits of the double.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.i64(rejected_);
    out.i64(skip_);
    out.u64(kept_.size());
    for (const tagged& t : sorted()) {
      out.u64(t.tag);
      out.u64(t.word);
    }
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same type and capacity; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    reservoir loaded(capacity_);
    loaded.rejected_ = in.i64();
    loaded.skip_ = in.i64();
    const std::size_t size = in.length(16);
    bool plausible = found.count <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) &&
                     size == std::min<std::uint64_t>(found.count, capacity_) && loaded.rejected_ >= 0 &&
                     loaded.skip_ >= not_drawn && (size == capacity_ || loaded.skip_ == not_drawn);
    loaded.kept_.reserve(plausible ? size : 0);
    for (std::size_t i = 0; plausible && i < size; ++i) {
      tagged t;
      t.tag = in.u64();
      t.word = in.u64();
      plausible = readable(t.word) && (i == 0 || !(t < loaded.kept_.back()));
      loaded.kept_.push_back(t);
    }
    if (!plausible) core::detail::archive_failure("a sample of this size and order cannot be");
    in.close();
    std::make_heap(loaded.kept_.begin(), loaded.kept_.end());
    loaded.count_ = static_cast<std::int64_t>(found.count);
    *this = std::move(loaded);
  }

  friend bool operator==(const reservoir& a, const reservoir& b) {
    return a.capacity_ == b.capacity_ && a.count_ == b.count_ && a.rejected_ == b.rejected_ && a.skip_ == b.skip_ &&
           a.sorted() == b.sorted();
  }

 private:
  struct tagged {
    std::uint64_t tag = 0;
    std::uint64_t word = 0;
    friend auto operator<=>(const tagged&, const tagged&) = default;
  };
  static constexpr std::int64_t not_drawn = -1;

  [[nodiscard]] static std::uint64_t to_word(T item) noexcept {
    if constexpr (std::floating_point<T>) {
      return std::bit_cast<std::uint64_t>(static_cast<double>(item));
    } else {
      return static_cast<std::uint64_t>(item);
    }
  }
  [[nodiscard]] static T from_word(std::uint64_t word) noexcept {
    if constexpr (std::floating_point<T>) {
      return static_cast<T>(std::bit_cast<double>(word));
    } else {
      return static_cast<T>(word);
    }
  }
  [[nodiscard]] static bool readable(std::uint64_t word) noexcept {
    if constexpr (std::floating_point<T>) {
      if (core::is_nan(std::bit_cast<double>(word))) return false;
    }
    return to_word(from_word(word)) == word;
  }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::reservoir, parameters(), 0, 0, count()};
  }
  [[nodiscard]] std::vector<tagged> sorted() const {
    std::vector<tagged> kept = kept_;
    std::sort(kept.begin(), kept.end());
    return kept;
  }

  /// Items to pass over before the next that enters; drawn when an item comes for which it is not yet known.
  template <class Random>
  [[nodiscard]] std::uint64_t skip(Random& random) {
    if (kept_.size() < capacity_) return 0;
    if (skip_ == not_drawn)
      skip_ =
          static_cast<std::int64_t>(detail::geometric_skip(kept_.front().tag, static_cast<std::uint64_t>(random())));
    return static_cast<std::uint64_t>(skip_);
  }
  /// Takes an item in; of a full sample the largest tag leaves, and the new one is uniform below it.
  template <class Random>
  void enter(T item, Random& random) {
    if (kept_.size() < capacity_) {
      kept_.push_back({static_cast<std::uint64_t>(random()), to_word(item)});
      std::push_heap(kept_.begin(), kept_.end());
    } else {
      const std::uint64_t threshold = kept_.front().tag;
      std::pop_heap(kept_.begin(), kept_.end());
      kept_.back() = {core::uniform_below(random, std::max<std::uint64_t>(threshold, 1)), to_word(item)};
      std::push_heap(kept_.begin(), kept_.end());
    }
    ++count_;
    skip_ = not_drawn;
  }

  std::size_t capacity_;
  std::vector<tagged> kept_;  // a heap, largest tag first
  std::int64_t count_ = 0;
  std::int64_t rejected_ = 0;
  std::int64_t skip_ = not_drawn;
};

}  // namespace tailwatch::sketch
