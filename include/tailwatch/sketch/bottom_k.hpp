// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/sketch/detail/key_sample.hpp"
#include "tailwatch/sketch/detail/murmur3.hpp"
#include "tailwatch/sketch/shingles.hpp"

namespace tailwatch::sketch {

/// How a key becomes a number that orders it. Samples compare and merge only where it is the same.
enum class key_hash : std::uint8_t {
  mix64,            ///< the fastest: mix64(key ⊕ mix64(seed)) >> 1
  murmur3_x64_128,  ///< first half of MurmurHash3 x64 128 of the key's 8 bytes, >> 1: that of Apache DataSketches (theta_image)
};

struct bottom_k_options {
  std::size_t k = 4096;    ///< keys kept: error of a number of distinct keys 1/√(k − 2)
  std::uint32_t seed = 1;  ///< samples compare and merge only with those of the same seed
  key_hash hash = key_hash::mix64;
  friend bool operator==(const bottom_k_options&, const bottom_k_options&) = default;
};

/// The keys with the k smallest hashes of a stream, each with its exact number of occurrences ("k minimum values").
///
///   u_k = the k-th smallest 63-bit hash, on (0, 1];  D̂ = (k − 1)/u_k, unbiased, standard error √(D(D − k + 1)/(k − 2))
///
/// The k − 1 keys below u_k are a uniform sample of the distinct keys: X of them with a property stand for X/u_k, standard
/// error √(X(1 − u_k))/u_k, also unbiased. Two samples of one seed tell how much two corpora, or two generations, share,
/// which bucketed_sample cannot. While fewer than k distinct keys came, everything is exact. Two keys of one 63-bit
/// hash count as one.
///
/// A function of the multiset of keys: bit-identical saved bytes for any order, split and merge. It is not reducible: ranks
/// exchange saved bytes (16·k and a header); where that is too much, bucketed_sample gives all but the comparisons.
///
/// @error       |D̂ − D| ≤ ε D with probability ≥ 1 − 1/(ε²(k − 2)) (Chebyshev), exact below k keys; a share p̂ of the sampled
///              keys is within √(ln(2/δ)/(2(k − 1))) of the true one with probability ≥ 1 − δ (Hoeffding)
/// @reduction   none: gathered as saved bytes and merged
/// @memory      32·k to 64·k bytes (a hash table of 1.5·k to 3·k keys, so that dropping the largest is O(1) a key)
/// @complexity  update O(n), about the cost of mixing the keys in a long stream; merge O(k); estimates O(k), comparisons
///              and saving O(k log k)
/// @throws      std::invalid_argument unless 3 ≤ k ≤ 2²⁶
/// @see         Z. Bar-Yossef, T. S. Jayram, R. Kumar, D. Sivakumar, L. Trevisan (2002), RANDOM, 1–10; K. Beyer, P. J. Haas,
///              B. Reinwald, Y. Sismanis, R. Gemulla (2007), SIGMOD, 199–210; E. Cohen, H. Kaplan (2007), PODC, 225–234
/// @example     examples/sketch/distinct_ngrams.cpp
class bottom_k {
 public:
  struct entry {
    std::int64_t hash = -1;
    std::int64_t count = 0;
    friend bool operator==(const entry&, const entry&) = default;
  };

  explicit bottom_k(const bottom_k_options& options = {}) : options_(options) {
    core::check_at_least("sketch::bottom_k", "k", options.k, std::size_t{3});
    core::check_at_most("sketch::bottom_k", "k", options.k, std::size_t{1} << 26);
  }

  /// Adds a range of keys of any integer type, taken modulo 2⁶⁴.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update(const Range& keys) {
    const auto span = core::as_span(keys);
    const auto see = [this, span](auto hash_of) {
      detail::for_each_small_hash<Arch>(
          span, hash_of, [this] { return bound_; }, [this](std::int64_t h) { take(h, 1); });
    };
    if (options_.hash == key_hash::mix64) {
      see(detail::salted_hash{detail::key_salt(options_.seed)});
    } else {
      see(murmur{options_.seed});
    }
    count_ += span.size();
  }
  /// Adds all runs of n tokens of one sequence, by shingle_key.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update_shingles(const Range& sequence, std::size_t n) {
    std::vector<std::uint64_t> keys;
    append_shingles(core::as_span(sequence), n, keys);
    update<Arch>(keys);
  }
  void add(std::uint64_t key) {
    take(options_.hash == key_hash::mix64 ? detail::hash_key(key, detail::key_salt(options_.seed))
                                          : murmur{options_.seed}(key),
         1);
    ++count_;
  }
  /// Adds a text as a key, by the hash of its UTF-8 bytes; the empty one is no key, as in Apache DataSketches.
  /// @throws std::invalid_argument  unless the sample hashes by murmur3_x64_128
  void add(std::string_view text) {
    core::check(options_.hash == key_hash::murmur3_x64_128, "sketch::bottom_k::add", "hash",
                static_cast<unsigned>(options_.hash), "murmur3_x64_128, for keys that are texts");
    if (text.empty()) return;
    take(static_cast<std::int64_t>(detail::murmur3_x64_128(text, options_.seed) >> 1), 1);
    ++count_;
  }
  /// Adds a key that is known by its hash alone, and no longer how often it came: counted() is false from here on.
  void add_known(std::int64_t hash) {
    core::check(hash >= 0, "sketch::bottom_k::add_known", "hash", hash, "at least 0");
    take(hash, 1);
    ++count_;
    counted_ = false;
  }

  /// @throws std::invalid_argument  for another k or seed; this state is then as it was
  void merge(const bottom_k& other) {
    core::check(options_.k == other.options_.k, "sketch::bottom_k::merge", "k", other.options_.k,
                core::to_text(options_.k) + " like this state's");
    check_like("sketch::bottom_k::merge", other);
    if (&other == this) {
      for (entry& e : slots_) e.count *= 2;
      count_ *= 2;
      return;
    }
    count_ += other.count_;
    counted_ = counted_ && other.counted_;
    for (const entry& e : other.slots_)
      if (e.count != 0) take(e.hash, e.count);
  }
  void reset() noexcept {
    slots_.clear();
    size_ = 0;
    count_ = 0;
    bound_ = detail::largest_hash;
    counted_ = true;
  }

  [[nodiscard]] const bottom_k_options& options() const noexcept { return options_; }
  /// Keys added, repeats included.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Whether occurrences are exact. false: some keys came from an image that holds only the set; counts are then lower bounds, and
  /// what reads them is NaN.
  [[nodiscard]] bool counted() const noexcept { return counted_; }
  /// 0: every key can be used.
  [[nodiscard]] static constexpr std::uint64_t rejected() noexcept { return 0; }
  /// The canonical form: at most k keys in ascending order of their hashes.
  [[nodiscard]] std::vector<entry> entries() const {
    std::vector<entry> kept = unsorted();
    std::sort(kept.begin(), kept.end(), by_hash);
    return kept;
  }

  /// D, the number of distinct keys; exact, with standard error 0, while it is below k.
  [[nodiscard]] estimate distinct() const {
    const below s = sample();
    if (s.whole) return {static_cast<double>(s.keys.size()), 0.0, count_};
    const auto k = static_cast<double>(options_.k);
    const double value = (k - 1.0) / s.u;
    return {value, std::sqrt(value * std::max(value - k + 1.0, 0.0) / (k - 2.0)), count_};
  }
  /// f_r/D, the share of the distinct keys that came exactly r times; NaN for an empty stream.
  [[nodiscard]] estimate frequency_share(std::uint64_t r) const {
    const below s = sample();
    if (!counted_) return {core::nan, core::nan, count_};
    return detail::sample_share(s.with_count(r), s.keys.size(), 1.0 - s.u, count_);
  }
  [[nodiscard]] estimate f1_share() const { return frequency_share(1); }
  /// f_r, the number of distinct keys that came exactly r times.
  [[nodiscard]] estimate frequency(std::uint64_t r) const { return frequency(sample(), r); }
  [[nodiscard]] estimate f1() const { return frequency(1); }
  [[nodiscard]] estimate f2() const { return frequency(2); }
  /// f₁/N: the probability that the next key is one not seen so far (Good, Turing). The error is that of the sketch and
  /// Esty's, of the stream as a sample, in quadrature. NaN for an empty stream.
  [[nodiscard]] estimate missing_mass() const {
    if (!counted_) return {core::nan, core::nan, count_};
    const below s = sample();
    return detail::turing_mass(frequency(s, 1), frequency(s, 2), count_);
  }
  /// D/N, the share of keys that are no repetition; the distinct-n of n-gram keys. NaN for an empty stream.
  [[nodiscard]] estimate uniqueness() const {
    if (count_ == 0 || !counted_) return {core::nan, core::nan, count_};
    return core::scaled(distinct(), 1.0 / static_cast<double>(count_));
  }

  /// @throws std::invalid_argument naming `function` unless the other has the same hash function
  void check_like(std::string_view function, const bottom_k& other) const {
    core::check(options_.hash == other.options_.hash, function, "hash", static_cast<unsigned>(other.options_.hash),
                core::to_text(static_cast<unsigned>(options_.hash)) + " like this state's");
    core::check(options_.seed == other.options_.seed, function, "seed", other.options_.seed,
                core::to_text(options_.seed) + " like this state's");
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    core::parameter_hash hash;
    hash.add("bottom_k").add(static_cast<std::uint64_t>(options_.k)).add(static_cast<std::uint64_t>(options_.seed));
    if (options_.hash != key_hash::mix64) hash.add(std::uint64_t{detail::murmur3_hash_id});
    return hash.value();
  }

  /// Payload: u64 size, size × (i64 hash, i64 count) in ascending order of the hashes; a u8 1 where not counted().
  void save(core::output_archive& out) const {
    const std::vector<entry> kept = entries();
    out.begin(header());
    out.u64(kept.size());
    for (const entry& e : kept) {
      out.i64(e.hash);
      out.i64(e.count);
    }
    if (!counted_) out.u8(1);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    const std::size_t size = in.length(2 * sizeof(std::int64_t));
    if (size > options_.k) core::detail::archive_failure("more keys than k");
    bottom_k loaded(options_);
    loaded.count_ = found.count;
    std::uint64_t total = 0;
    std::int64_t last = -1;
    for (std::size_t i = 0; i < size; ++i) {
      const std::int64_t hash = in.i64(), count = in.i64();
      if (hash <= last || count <= 0 || static_cast<std::uint64_t>(count) > found.count - total)
        core::detail::archive_failure("hashes and counts cannot be those of a sample");
      last = hash;
      total += static_cast<std::uint64_t>(count);
      loaded.take(hash, count);
    }
    if (size < options_.k && total != found.count) core::detail::archive_failure("counts do not add up");
    if (in.remaining() != 0) {
      if (in.u8() != 1) core::detail::archive_failure("unknown kind of sample");
      loaded.counted_ = false;
    }
    in.close();
    *this = std::move(loaded);
  }

  friend bool operator==(const bottom_k& a, const bottom_k& b) {
    return a.options_ == b.options_ && a.count_ == b.count_ && a.counted_ == b.counted_ && a.entries() == b.entries();
  }

 private:
  struct murmur {
    std::uint64_t seed;
    [[nodiscard]] constexpr std::int64_t operator()(std::uint64_t key) const noexcept {
      return static_cast<std::int64_t>(detail::murmur3_x64_128(key, seed) >> 1);
    }
  };

  /// The keys strictly below u, the k-th smallest hash; all of them, and u = 1, while there are fewer than k.
  struct below {
    std::vector<entry> keys;
    double u = 1.0;
    bool whole = true;
    [[nodiscard]] std::uint64_t with_count(std::uint64_t r) const {
      std::uint64_t hits = 0;
      for (const entry& e : keys) hits += static_cast<std::uint64_t>(e.count) == r ? 1U : 0U;
      return hits;
    }
  };

  static bool by_hash(const entry& a, const entry& b) noexcept { return a.hash < b.hash; }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::bottom_k, parameters(),
            options_.hash == key_hash::mix64 ? detail::sampled_key_hash_id : detail::murmur3_hash_id, options_.seed,
            count_};
  }
  [[nodiscard]] std::vector<entry> unsorted() const {
    std::vector<entry> kept;
    kept.reserve(size_);
    for (const entry& e : slots_)
      if (e.count != 0) kept.push_back(e);
    if (kept.size() > options_.k) {
      std::nth_element(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(options_.k - 1), kept.end(), by_hash);
      kept.resize(options_.k);
    }
    return kept;
  }
  [[nodiscard]] below sample() const {
    below s{unsorted()};
    if (s.keys.size() == options_.k) {
      std::iter_swap(std::max_element(s.keys.begin(), s.keys.end(), by_hash), s.keys.end() - 1);
      s.u = (static_cast<double>(s.keys.back().hash) + 1.0) * 0x1p-63;
      s.whole = false;
      s.keys.pop_back();
    }
    return s;
  }
  [[nodiscard]] estimate frequency(const below& s, std::uint64_t r) const {
    if (!counted_) return {core::nan, core::nan, count_};
    const auto hits = static_cast<double>(s.with_count(r));
    return {hits / s.u, std::sqrt(std::max(hits, 0.5) * (1.0 - s.u)) / s.u, count_};  // no hit: not certain either
  }

  // Slots of count 0 are free. A key among the k smallest of the whole stream is among the k smallest of every part of it,
  // so it is never dropped and its count is exact; one that was dropped lies above bound_ for ever.
  void take(std::int64_t hash, std::int64_t count) {
    if (hash > bound_) return;
    if (4 * (size_ + 1) > 3 * slots_.size()) make_room();
    if (hash > bound_) return;
    entry& e = place(hash);
    if (e.count == 0) {
      e.hash = hash;
      ++size_;
    }
    e.count += count;
  }
  [[nodiscard]] entry& place(std::int64_t hash) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(hash) & mask;
    while (slots_[at].count != 0 && slots_[at].hash != hash) at = (at + 1) & mask;
    return slots_[at];
  }
  void make_room() {
    const std::size_t most = std::bit_ceil(2 * options_.k);
    std::vector<entry> kept = unsorted();
    const bool full = slots_.size() == most;
    if (full && kept.size() == options_.k) bound_ = std::max_element(kept.begin(), kept.end(), by_hash)->hash;
    std::vector<entry> empty(full ? most : std::min(most, std::max<std::size_t>(64, 2 * slots_.size())));
    slots_.swap(empty);
    for (const entry& e : kept) place(e.hash) = e;
    size_ = kept.size();
  }

  bottom_k_options options_;
  std::vector<entry> slots_;
  std::size_t size_ = 0;
  std::uint64_t count_ = 0;
  bool counted_ = true;
  std::int64_t bound_ = detail::largest_hash;  // hashes above it cannot be among the k smallest
};

namespace detail {

/// Of the keys below the smaller of two u_k, where both samples hold everything: how many in a, in b, in both.
struct common_keys {
  std::uint64_t in_a = 0, in_b = 0, in_both = 0;
  double u = 1.0;

  common_keys(std::string_view function, const bottom_k& a, const bottom_k& b) {
    a.check_like(function, b);
    const auto x = a.entries(), y = b.entries();
    std::int64_t limit = largest_hash;
    bool whole = true;
    const auto tighten = [&](const bottom_k& state, const std::vector<bottom_k::entry>& kept) {
      if (kept.size() < state.options().k) return;
      limit = std::min(limit, kept.back().hash);
      whole = false;
    };
    tighten(a, x);
    tighten(b, y);
    if (!whole) u = (static_cast<double>(limit) + 1.0) * 0x1p-63;
    const auto inside = [&](const bottom_k::entry& e) { return whole || e.hash < limit; };
    std::size_t i = 0, j = 0;
    while (i < x.size() || j < y.size()) {
      const bool from_a = i < x.size() && (j == y.size() || x[i].hash <= y[j].hash);
      const bool from_b = j < y.size() && (i == x.size() || y[j].hash <= x[i].hash);
      if (!inside(from_a ? x[i] : y[j])) break;
      in_a += from_a ? 1U : 0U;
      in_b += from_b ? 1U : 0U;
      in_both += from_a && from_b ? 1U : 0U;
      i += from_a ? 1U : 0U;
      j += from_b ? 1U : 0U;
    }
  }
};

}  // namespace detail

/// |A ∩ B| / |A ∪ B| of the sets of keys behind two samples.
///
/// Below u = min(u_k of a, u_k of b) both samples hold every key, so the n keys of either there are a sample of the union:
/// the share of them that both have, standard error √(J(1 − J)(1 − u)/n). Exact, error 0, while both hold fewer
/// than k keys. The k may differ, the seed may not.
/// @return      count = n; NaN where neither has a key below u
/// @bias        O(1/n)
/// @complexity  O(k log k)
/// @throws      std::invalid_argument for another seed
/// @see         E. Cohen, H. Kaplan (2007), PODC, 225–234
[[nodiscard]] inline estimate jaccard(const bottom_k& a, const bottom_k& b) {
  const detail::common_keys c("sketch::jaccard", a, b);
  const std::uint64_t n = c.in_a + c.in_b - c.in_both;
  return detail::sample_share(c.in_both, n, 1.0 - c.u, n);
}

/// |A ∩ B| / |A|: the share of a's distinct keys that b has too; as jaccard, over the keys of a below u.
[[nodiscard]] inline estimate containment(const bottom_k& a, const bottom_k& b) {
  const detail::common_keys c("sketch::containment", a, b);
  return detail::sample_share(c.in_both, c.in_a, 1.0 - c.u, c.in_a);
}

/// |A ∩ B| / min(|A|, |B|), the overlap coefficient: 1 where one set lies in the other; as jaccard, over the keys below u of
/// the side that has fewer of them.
[[nodiscard]] inline estimate overlap(const bottom_k& a, const bottom_k& b) {
  const detail::common_keys c("sketch::overlap", a, b);
  const std::uint64_t n = std::min(c.in_a, c.in_b);
  return detail::sample_share(c.in_both, n, 1.0 - c.u, n);
}

/// |A ∩ B|, the number of distinct keys that both have: X/u, standard error √(X(1 − u))/u, X the common keys below u.
[[nodiscard]] inline estimate intersection(const bottom_k& a, const bottom_k& b) {
  const detail::common_keys c("sketch::intersection", a, b);
  const auto x = static_cast<double>(c.in_both);
  return {x / c.u, std::sqrt(std::max(x, 0.5) * (1.0 - c.u)) / c.u, c.in_a + c.in_b - c.in_both};
}

}  // namespace tailwatch::sketch
