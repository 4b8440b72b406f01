// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/sketch/shingles.hpp"

namespace tailwatch::sketch {

struct min_hash_options {
  std::size_t permutations = 128;  ///< k: memory 8·k bytes, error of a similarity √(J(1 − J)/k)
  std::uint32_t seed = 1;          ///< signatures compare only with those of the same seed
  friend bool operator==(const min_hash_options&, const min_hash_options&) = default;
};

/// The k hash functions of a signature: h_j(x) = ((a_j · mix64(x) + b_j) mod 2⁶⁴) >> 1, a_j odd.
///
/// mix64 scatters the keys, so that the multiply-add, a bijection of 64 bits, has random-looking numbers to permute; the
/// shift leaves 63 bits, which an int64 orders like an unsigned number. a_j = split_seed(seed, 2j) | 1, b_j =
/// split_seed(seed, 2j + 1). Drawn once and shared by any number of signatures: drawing them again for every document is
/// what other programs spend most of their time on.
class min_hash_family {
 public:
  static constexpr std::uint32_t hash_id = 1;  ///< of saved states

  /// @throws std::invalid_argument  for 0 permutations
  explicit min_hash_family(const min_hash_options& options = {}) : options_(options) {
    core::check_at_least("sketch::min_hash", "permutations", options.permutations, std::size_t{1});
    factor_.resize(options.permutations);
    offset_.resize(options.permutations);
    for (std::size_t j = 0; j < options.permutations; ++j) {
      factor_[j] = core::split_seed(options.seed, 2 * j) | 1U;
      offset_[j] = core::split_seed(options.seed, 2 * j + 1);
    }
  }

  [[nodiscard]] const min_hash_options& options() const noexcept { return options_; }
  [[nodiscard]] std::size_t size() const noexcept { return factor_.size(); }

  /// minima[j] = min(minima[j], h_j(key)); `minima` has size() elements.
  void add(std::uint64_t key, std::int64_t* minima) const noexcept {
    const std::uint64_t x = core::mix64(key);
    const std::uint64_t* const a = factor_.data();
    const std::uint64_t* const b = offset_.data();
    for (std::size_t j = 0, k = factor_.size(); j < k; ++j)
      minima[j] = std::min(minima[j], static_cast<std::int64_t>((a[j] * x + b[j]) >> 1));
  }

 private:
  min_hash_options options_;
  std::vector<std::uint64_t> factor_;
  std::vector<std::uint64_t> offset_;
};

/// MinHash signature of a set of 64-bit keys: the smallest value of each of k hash functions.
///
/// Two sets of Jaccard index J agree in each place with probability J. The signature of a union is the minimum, so shards
/// of one set merge exactly, whatever the order, the batches or the ranks; a key that comes again changes nothing but
/// count(). Keys are taken modulo 2⁶⁴; sequences of tokens become keys by `update_shingles`.
///
/// @error       |Ĵ − J| ≤ √(ln(2/δ)/(2k)) with probability ≥ 1 − δ (Hoeffding; places as independent hash functions)
/// @memory      8·k bytes, and 16·k of hash functions
/// @complexity  O(k) a key, merge O(k)
/// @reduction   one round: MIN of k int64 and SUM of one
/// @throws      std::invalid_argument for 0 permutations
/// @see         A. Z. Broder (1997), Proceedings of Compression and Complexity of Sequences, 21–29; M. Thorup (2013), STOC,
///              371–380, for multiply-add in place of random permutations
/// @example     examples/uniqueness/near_duplicates.cpp
class min_hash {
 public:
  static constexpr std::int64_t empty_minimum = std::numeric_limits<std::int64_t>::max();

  explicit min_hash(const min_hash_options& options = {})
      : family_(options), minima_(options.permutations, empty_minimum) {}

  /// Adds a range of keys of any integer type.
  template <core::integer_range Range>
  void update(const Range& keys) {
    for (const auto key : core::as_span(keys)) add(static_cast<std::uint64_t>(key));
  }
  /// Adds all runs of n tokens of one sequence, by shingle_key.
  template <core::integer_range Range>
  void update_shingles(const Range& sequence, std::size_t n) {
    std::vector<std::uint64_t> keys;
    append_shingles(core::as_span(sequence), n, keys);
    update(keys);
  }
  void add(std::uint64_t key) noexcept {
    family_.add(key, minima_.data());
    ++count_;
  }

  /// @throws std::invalid_argument  for other permutations or another seed; this state is then as it was
  void merge(const min_hash& other) {
    check_like("sketch::min_hash::merge", other);
    for (std::size_t j = 0; j < minima_.size(); ++j) minima_[j] = std::min(minima_[j], other.minima_[j]);
    count_ += other.count_;
  }
  void reset() noexcept {
    std::fill(minima_.begin(), minima_.end(), empty_minimum);
    count_ = 0;
  }

  [[nodiscard]] const min_hash_options& options() const noexcept { return family_.options(); }
  /// Keys added, repeats included.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }
  /// 0: every key can be used.
  [[nodiscard]] static constexpr std::uint64_t rejected() noexcept { return 0; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  /// The minima, `empty_minimum` each while no key was added.
  [[nodiscard]] std::span<const std::int64_t> signature() const noexcept { return minima_; }

  /// @throws std::invalid_argument naming `function` unless the other has the same hash functions
  void check_like(std::string_view function, const min_hash& other) const {
    core::check(options().permutations == other.options().permutations, function, "permutations",
                other.options().permutations, core::to_text(options().permutations) + " like this state's");
    core::check(options().seed == other.options().seed, function, "seed", other.options().seed,
                core::to_text(options().seed) + " like this state's");
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("min_hash")
        .add(static_cast<std::uint64_t>(options().permutations))
        .add(static_cast<std::uint64_t>(options().seed))
        .value();
  }

  /// Payload: u64 k, k × i64 minimum.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(minima_.size());
    for (const std::int64_t m : minima_) out.i64(m);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    if (in.length(sizeof(std::int64_t)) != minima_.size())
      core::detail::archive_failure("number of permutations does not match");
    std::vector<std::int64_t> minima;
    minima.reserve(minima_.size());
    bool plausible = found.count <= static_cast<std::uint64_t>(empty_minimum);
    for (std::size_t j = 0; j < minima_.size(); ++j) {
      minima.push_back(in.i64());
      plausible = plausible && minima.back() >= 0 && (found.count != 0 || minima.back() == empty_minimum);
    }
    if (!plausible) core::detail::archive_failure("minima cannot be those of a signature");
    in.close();
    minima_ = std::move(minima);
    count_ = static_cast<std::int64_t>(found.count);
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 1; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t /*round*/) {
    return {{minima_.data(), minima_.size(), core::element_type::int64, core::reduction_operation::min},
            {&count_, 1, core::element_type::int64, core::reduction_operation::sum}};
  }
  void finish_round(std::size_t /*round*/) noexcept {}

  friend bool operator==(const min_hash& a, const min_hash& b) noexcept {
    return a.options() == b.options() && a.count_ == b.count_ && a.minima_ == b.minima_;
  }

 private:
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::min_hash, parameters(), min_hash_family::hash_id, options().seed, count()};
  }

  min_hash_family family_;
  std::vector<std::int64_t> minima_;
  std::int64_t count_ = 0;
};

/// Jaccard index of the sets behind two signatures: the share of places in which they agree.
///
/// @return  in [0, 1]; unbiased; standard error √(J(1 − J)/k), with J = (x + ½)/(k + 1) at 0 and 1, where the share alone
///          would claim certainty; NaN where either set is empty; count = k
/// @throws  std::invalid_argument  for different options
[[nodiscard]] inline estimate jaccard(const min_hash& a, const min_hash& b) {
  a.check_like("sketch::jaccard", b);
  const auto k = static_cast<std::uint64_t>(a.signature().size());
  if (a.empty() || b.empty()) return {core::nan, core::nan, k};
  std::size_t equal = 0;
  for (std::size_t j = 0; j < a.signature().size(); ++j) equal += a.signature()[j] == b.signature()[j] ? 1U : 0U;
  const auto n = static_cast<double>(k);
  const double share = static_cast<double>(equal) / n;
  const double p = equal == 0 || equal == k ? (static_cast<double>(equal) + 0.5) / (n + 1.0) : share;
  return {share, std::sqrt(p * (1.0 - p) / n), k};
}

}  // namespace tailwatch::sketch
