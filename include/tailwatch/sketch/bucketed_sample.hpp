// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/sketch/detail/key_sample.hpp"
#include "tailwatch/sketch/shingles.hpp"

namespace tailwatch::sketch {

struct bucketed_sample_options {
  std::size_t buckets = 4096;  ///< k, a power of two: memory 16·k bytes, error of a number of distinct keys 1/√k
  std::uint32_t seed = 1;      ///< samples merge only with those of the same seed
  friend bool operator==(const bucketed_sample_options&, const bucketed_sample_options&) = default;
};

/// A uniform sample of the distinct keys of a stream, one a bucket, each with its exact number of occurrences.
///
///   h = 63-bit hash, bucket = h mod k, u = ⌊h/k⌋ on (0, 1]; a bucket keeps its smallest hash and how often it came
///
/// It tells over n-grams, sequences or any other 64-bit keys, without a table of them, what a count table would: distinct
/// keys D, the share f₁/D of those seen once, f₂, the missing mass, D/N. The smallest hash of a bucket is never given up once it is
/// the smallest of all, so its count is exact; k minima and k counts merge by MIN and SUM alone, the only operations that
/// every collective library has. A function of the multiset of keys: bit-identical for any order, split, merge and ranks.
///
/// With m occupied buckets and S = Σ u, 1 for an empty one, the minima are exponentials censored at 1:
///
///   D̂ = k·(m − c)/S,   relative variance 1/m − 1/D̂  (1/k where D ≫ k),   c = (Σu²/2)(1 − S/k)·m/S²
///
/// c removes the bias of a ratio (1 where D ≫ k, 0 where D ≪ k). Counts of the m sampled keys give shares with the error of
/// a sample of m out of D. Two keys of one 63-bit hash, D²/2⁶⁴ pairs in expectation, count as one.
///
/// @error       |D̂ − D| ≤ 3 D/√k with probability about 0.997 (normal, k ≥ 64); a share p̂ of the m sampled keys is within
///              √(ln(2/δ)/(2m)) of the true one with probability ≥ 1 − δ (Hoeffding)
/// @memory      16·k bytes
/// @complexity  update O(n), about the cost of mixing the keys; merge, reset and estimates O(k)
/// @bias        D̂: O(1/k²) relative; shares: O(1/k)
/// @reduction   two rounds: MIN of k int64 hashes, then SUM of k + 1 int64 counts, a rank adding only what it counted of the
///              common minima
/// @throws      std::invalid_argument unless k is a power of two from 16 to 2²⁸
/// @see         P. B. Gibbons (2001), VLDB, 541–550, for distinct samples with counts; P. Flajolet, É. Fusy, O. Gandouet,
///              F. Meunier (2007), AofA, 137–156, and F. Giroire (2009), Discrete Applied Mathematics 157, 406–427, for
///              minima by buckets
/// @example     examples/sketch/distinct_ngrams.cpp
class bucketed_sample {
 public:
  static constexpr std::size_t least_buckets = 16, most_buckets = std::size_t{1} << 28;

  explicit bucketed_sample(const bucketed_sample_options& options = {}) : options_(options) {
    core::check(
        options.buckets >= least_buckets && options.buckets <= most_buckets && std::has_single_bit(options.buckets),
        "sketch::bucketed_sample", "buckets", options.buckets, "a power of two from 16 to 2^28");
    minima_.assign(options.buckets, detail::largest_hash);
    counts_.assign(options.buckets + 1, 0);
  }

  /// Adds a range of keys of any integer type, taken modulo 2⁶⁴.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update(const Range& keys) {
    const auto span = core::as_span(keys);
    detail::for_each_small_hash<Arch>(
        span, detail::salted_hash{detail::key_salt(options_.seed)}, [this] { return bound_; },
        [this](std::int64_t h) { take(h); });
    counts_.back() += static_cast<std::int64_t>(span.size());
  }
  /// Adds all runs of n tokens of one sequence, by shingle_key.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update_shingles(const Range& sequence, std::size_t n) {
    std::vector<std::uint64_t> keys;
    append_shingles(core::as_span(sequence), n, keys);
    update<Arch>(keys);
  }
  void add(std::uint64_t key) noexcept {
    take(detail::hash_key(key, detail::key_salt(options_.seed)));
    ++counts_.back();
  }

  /// @throws std::invalid_argument  for other buckets or another seed; this state is then as it was
  void merge(const bucketed_sample& other) {
    core::check(options_.buckets == other.options_.buckets, "sketch::bucketed_sample::merge", "buckets",
                other.options_.buckets, core::to_text(options_.buckets) + " like this state's");
    core::check(options_.seed == other.options_.seed, "sketch::bucketed_sample::merge", "seed", other.options_.seed,
                core::to_text(options_.seed) + " like this state's");
    for (std::size_t b = 0; b < minima_.size(); ++b) {
      if (other.minima_[b] < minima_[b]) {
        minima_[b] = other.minima_[b];
        counts_[b] = other.counts_[b];
      } else if (other.minima_[b] == minima_[b]) {
        counts_[b] += other.counts_[b];
      }
    }
    counts_.back() += other.counts_.back();
    tighten();
  }
  void reset() noexcept {
    std::fill(minima_.begin(), minima_.end(), detail::largest_hash);
    std::fill(counts_.begin(), counts_.end(), 0);
    tighten();
  }

  [[nodiscard]] const bucketed_sample_options& options() const noexcept { return options_; }
  /// Keys added, repeats included.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(counts_.back()); }
  /// 0: every key can be used.
  [[nodiscard]] static constexpr std::uint64_t rejected() noexcept { return 0; }
  /// m, the occupied buckets: the size of the sample.
  [[nodiscard]] std::uint64_t sampled() const noexcept {
    return options_.buckets - static_cast<std::uint64_t>(std::count(counts_.begin(), counts_.end() - 1, 0));
  }
  /// Occurrences of the sampled key of each bucket, 0 where it is empty.
  [[nodiscard]] std::span<const std::int64_t> counts() const noexcept {
    return std::span(counts_).first(options_.buckets);
  }

  /// D, the number of distinct keys; standard error as above. 0 ± 0 for an empty stream.
  [[nodiscard]] estimate distinct() const {
    const auto m = static_cast<double>(sampled());
    if (count() == 0) return {0.0, 0.0, 0};
    const auto k = static_cast<double>(options_.buckets);
    const int shift = std::countr_zero(options_.buckets);
    const double scale = std::ldexp(1.0, shift - 63);
    double sum = 0.0, squares = 0.0;
    for (std::size_t b = 0; b < minima_.size(); ++b) {
      const double u = counts_[b] == 0 ? 1.0 : (static_cast<double>(minima_[b] >> shift) + 1.0) * scale;
      sum += u;
      squares += u * u;
    }
    const double bias = 0.5 * squares * (1.0 - sum / k) * m / (sum * sum);
    const double value = std::max(k * (m - bias) / sum, m);
    return {value, value * std::sqrt(std::max(1.0 / m - 1.0 / value, 0.0)), count()};
  }
  /// f_r/D, the share of the distinct keys that came exactly r times: far better known than f_r. NaN for an empty stream.
  [[nodiscard]] estimate frequency_share(std::uint64_t r) const { return frequency_share(r, distinct()); }
  [[nodiscard]] estimate f1_share() const { return frequency_share(1); }
  /// f_r, the number of distinct keys that came exactly r times. A better D, such as that of a hyper_log_log of p = 14
  /// over the same stream, may be given.
  [[nodiscard]] estimate frequency(std::uint64_t r) const { return frequency(r, distinct()); }
  [[nodiscard]] estimate frequency(std::uint64_t r, const estimate& distinct_keys) const {
    return detail::product(distinct_keys, frequency_share(r, distinct_keys), count());
  }
  [[nodiscard]] estimate f1() const { return frequency(1); }
  [[nodiscard]] estimate f2() const { return frequency(2); }
  /// f₁/N: the probability that the next key is one not seen so far (Good, Turing). The error is that of the sketch and
  /// Esty's, of the stream as a sample, in quadrature. NaN for an empty stream.
  [[nodiscard]] estimate missing_mass() const { return missing_mass(distinct()); }
  [[nodiscard]] estimate missing_mass(const estimate& distinct_keys) const {
    return detail::turing_mass(frequency(1, distinct_keys), frequency(2, distinct_keys), count());
  }
  /// D/N, the share of keys that are no repetition; the distinct-n of n-gram keys. NaN for an empty stream.
  [[nodiscard]] estimate uniqueness() const {
    if (count() == 0) return {core::nan, core::nan, 0};
    return core::scaled(distinct(), 1.0 / static_cast<double>(count()));
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("bucketed_sample")
        .add(static_cast<std::uint64_t>(options_.buckets))
        .add(static_cast<std::uint64_t>(options_.seed))
        .value();
  }

  /// Payload: u64 k, k × i64 smallest hash, k × i64 count.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(minima_.size());
    for (const std::int64_t h : minima_) out.i64(h);
    for (const std::int64_t c : counts()) out.i64(c);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    if (in.length(2 * sizeof(std::int64_t)) != minima_.size())
      core::detail::archive_failure("number of buckets does not match");
    bucketed_sample loaded(options_);
    for (std::int64_t& h : loaded.minima_) h = in.i64();
    const auto mask = static_cast<std::int64_t>(options_.buckets - 1);
    std::uint64_t total = 0;
    bool plausible = found.count <= static_cast<std::uint64_t>(detail::largest_hash);
    for (std::size_t b = 0; b < minima_.size(); ++b) {
      const std::int64_t h = loaded.minima_[b], c = in.i64();
      loaded.counts_[b] = c;
      if (c == 0) {
        plausible = plausible && h == detail::largest_hash;
      } else {
        plausible = plausible && c > 0 && h >= 0 && (h & mask) == static_cast<std::int64_t>(b) &&
                    total <= found.count && static_cast<std::uint64_t>(c) <= found.count - total;
        total += static_cast<std::uint64_t>(c);
      }
    }
    if (!plausible || (total == 0) != (found.count == 0))
      core::detail::archive_failure("hashes and counts cannot be those of a sample");
    in.close();
    loaded.counts_.back() = static_cast<std::int64_t>(found.count);
    loaded.tighten();
    *this = std::move(loaded);
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 2; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t round) {
    if (round == 0) {
      own_ = minima_;
      return {{minima_.data(), minima_.size(), core::element_type::int64, core::reduction_operation::min}};
    }
    return {{counts_.data(), counts_.size(), core::element_type::int64, core::reduction_operation::sum}};
  }
  void finish_round(std::size_t round) noexcept {
    if (round == 0) {
      for (std::size_t b = 0; b < own_.size(); ++b)
        if (own_[b] != minima_[b]) counts_[b] = 0;
      own_ = {};
    } else {
      tighten();
    }
  }

  friend bool operator==(const bucketed_sample& a, const bucketed_sample& b) {
    return a.options_ == b.options_ && a.minima_ == b.minima_ && a.counts_ == b.counts_;
  }

 private:
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::bucketed_sample, parameters(), detail::sampled_key_hash_id, options_.seed, count()};
  }
  [[nodiscard]] estimate frequency_share(std::uint64_t r, const estimate& distinct_keys) const {
    const std::uint64_t m = sampled();
    const auto hits = r == 0 ? 0 : std::count(counts_.begin(), counts_.end() - 1, static_cast<std::int64_t>(r));
    return detail::sample_share(static_cast<std::uint64_t>(hits), m,
                                1.0 - static_cast<double>(m) / std::max(distinct_keys.value, 1.0), count());
  }

  // An empty bucket holds the largest hash and the count 0, so that a key of that very hash needs no case of its own.
  void take(std::int64_t hash) noexcept {
    const auto b = static_cast<std::size_t>(hash) & (options_.buckets - 1);
    if (hash > minima_[b]) return;
    if (hash == minima_[b]) {
      ++counts_[b];
      return;
    }
    minima_[b] = hash;
    counts_[b] = 1;
    if (++improved_ >= options_.buckets / 4) tighten();
  }
  // No hash above the largest minimum can matter: in a long stream nearly every key ends at this comparison, without a look
  // at its bucket. Any bound at or above the largest minimum is right, so it is renewed only after k/4 new minima.
  void tighten() noexcept {
    std::int64_t largest = 0;
    for (const std::int64_t h : minima_) largest = std::max(largest, h);
    bound_ = largest;
    improved_ = 0;
  }

  bucketed_sample_options options_;
  std::vector<std::int64_t> minima_;
  std::vector<std::int64_t> counts_;  // of each bucket's key, and of all keys: one segment
  std::vector<std::int64_t> own_;     // this rank's minima, between the rounds of a reduction
  std::int64_t bound_ = detail::largest_hash;
  std::size_t improved_ = 0;
};

}  // namespace tailwatch::sketch
