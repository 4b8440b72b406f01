// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <bit>
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
#include "tailwatch/core/random.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/sketch/detail/fmix64.hpp"
#include "tailwatch/sketch/detail/hyper_log_log.hpp"
#include "tailwatch/sketch/shingles.hpp"

namespace tailwatch::sketch {

struct hyper_log_log_options {
  unsigned precision = 12;  ///< p, 4 … 18: 2^p bytes, relative standard error at most about 1.04/√(2^p)
  std::uint32_t seed = 1;   ///< sketches merge only with those of the same seed
  friend bool operator==(const hyper_log_log_options&, const hyper_log_log_options&) = default;
};

/// Number of distinct 64-bit keys in a stream, from m = 2^p one-byte registers.
///
///   h = fmix64(key ⊕ split_seed(seed, 0))      register = top p bits of h      K = 1 + trailing zeros of the other 64 − p
///   a register holds the largest K of its keys
///
/// The registers of a union are the element-wise maximum, so the state is a function of the *set* of keys, bit for bit,
/// whatever the order, the batches, the instruction set, the ranks or the merges. One estimator at every size, the
/// improved one of Ertl: no switch from linear counting to raw, hence no jump and no bias table. The HIP estimator, which
/// others prefer for a single stream, is not offered: it depends on the order and is lost in a merge.
/// Keys are taken modulo 2⁶⁴; sequences of tokens become keys by `update_shingles`.
///
/// @error       relative standard error ≤ 1.04/√m at every n, 0.71/√m where n ≪ m; p = 12: 1.6 %, p = 14: 0.8 %
/// @memory      2^p bytes
/// @complexity  O(1) a key: most keys of a long stream cannot raise the lowest register and are turned away in blocks by
///              one comparison; merge O(m)
/// @reduction   one round: MAX of m uint8 and SUM of one int64
/// @throws      std::invalid_argument for a precision outside 4 … 18
/// @see         P. Flajolet, É. Fusy, O. Gandouet, F. Meunier (2007), AofA, 137–156; O. Ertl (2017), arXiv:1702.01284
/// @example     examples/sketch/streams.cpp
class hyper_log_log {
 public:
  static constexpr unsigned smallest_precision = 4;
  static constexpr unsigned largest_precision = 18;
  static constexpr std::uint32_t hash_id = detail::fmix64_hash_id;  ///< of saved states

  explicit hyper_log_log(const hyper_log_log_options& options = {})
      : options_(checked(options)),
        whiten_(core::split_seed(options.seed, 0)),
        registers_(std::size_t{1} << options.precision, 0) {}

  /// Adds a range of keys of any integer type.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update(const Range& keys) {
    const auto x = core::as_span(keys);
    const std::size_t whole = x.size() / detail::hash_block * detail::hash_block;
    for (std::size_t i = 0; i < whole; i += detail::hash_block) add_block<Arch>(x.data() + i);
    for (std::size_t i = whole; i < x.size(); ++i) raise(hash(static_cast<std::uint64_t>(x[i])));
    count_ += static_cast<std::int64_t>(x.size());
  }
  /// Adds all runs of n tokens of one sequence, by shingle_key; a shorter sequence is one shingle.
  template <class Arch = simd::default_arch, core::integer_range Range>
  void update_shingles(const Range& sequence, std::size_t n) {
    std::vector<std::uint64_t> keys;
    append_shingles(core::as_span(sequence), n, keys);
    update<Arch>(keys);
  }
  void add(std::uint64_t key) noexcept {
    raise(hash(key));
    ++count_;
  }

  /// @throws std::invalid_argument  for another precision or seed; this state is then as it was
  void merge(const hyper_log_log& other) {
    check_like("sketch::hyper_log_log::merge", other);
    if (registers_.size() % 64 == 0) {
      raise_to<64>(other.registers_);
    } else {
      raise_to<16>(other.registers_);  // p = 4 and 5
    }
    count_ += other.count_;
    floor_ = std::max(floor_, other.floor_);  // a lower bound of the registers of either is one of the maximum
    at_floor_ = 0;
  }
  void reset() noexcept {
    std::fill(registers_.begin(), registers_.end(), std::uint8_t{0});
    count_ = 0;
    floor_ = 0;
    at_floor_ = 0;
  }

  /// Estimated number of distinct keys.
  ///
  /// @return  unbiased to a fraction of its standard error; the standard error is that of Ertl's estimator at this n, by
  ///          the delta method: n/√(2m) for n ≪ m, 1.039 n/√m for n ≫ m; 0 ± 0 where no key was added; count = keys added
  [[nodiscard]] estimate distinct() const noexcept {
    detail::register_histogram histogram{};
    for (const std::uint8_t r : registers_) ++histogram[r];
    const double n = detail::hyper_log_log_estimate(histogram, options_.precision);
    return {n, detail::hyper_log_log_standard_error(n, options_.precision), count()};
  }

  [[nodiscard]] const hyper_log_log_options& options() const noexcept { return options_; }
  /// Keys added, repeats included.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(count_); }
  /// 0: every key can be used.
  [[nodiscard]] static constexpr std::uint64_t rejected() noexcept { return 0; }
  [[nodiscard]] std::span<const std::uint8_t> registers() const noexcept { return registers_; }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("hyper_log_log")
        .add(static_cast<std::uint64_t>(options_.precision))
        .add(static_cast<std::uint64_t>(options_.seed))
        .value();
  }

  /// Payload: u64 m, m × u8 register.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(registers_.size());
    for (const std::uint8_t r : registers_) out.u8(r);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    if (in.length(1) != registers_.size()) core::detail::archive_failure("number of registers does not match");
    std::vector<std::uint8_t> registers;
    registers.reserve(registers_.size());
    std::uint64_t used = 0;
    bool plausible = found.count <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    for (std::size_t i = 0; i < registers_.size(); ++i) {
      registers.push_back(in.u8());
      plausible = plausible && registers.back() <= largest_register();
      used += registers.back() != 0 ? 1U : 0U;
    }
    if (!plausible || used > found.count || (used == 0) != (found.count == 0))
      core::detail::archive_failure("registers cannot be those of so many keys");
    in.close();
    registers_ = std::move(registers);
    count_ = static_cast<std::int64_t>(found.count);
    floor_ = 0;
    at_floor_ = 0;
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 1; }
  /// The segments point into this object, which must stay where it is until finish_round.
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t /*round*/) {
    return {{registers_.data(), registers_.size(), core::element_type::uint8, core::reduction_operation::max},
            {&count_, 1, core::element_type::int64, core::reduction_operation::sum}};
  }
  void finish_round(std::size_t /*round*/) noexcept { at_floor_ = 0; }

  friend bool operator==(const hyper_log_log& a, const hyper_log_log& b) noexcept {
    return a.options_ == b.options_ && a.count_ == b.count_ && a.registers_ == b.registers_;
  }

 private:
  // From here on a group of 8 keys more often than not holds none that can raise a register. Before, and for ever where few
  // keys repeat, screening would cost more than it saves: then almost no key raises a register, and the branch is cheap.
  static constexpr unsigned rejecting_floor = 4;

  [[nodiscard]] static const hyper_log_log_options& checked(const hyper_log_log_options& options) {
    core::check_at_least("sketch::hyper_log_log", "precision", options.precision, smallest_precision);
    core::check_at_most("sketch::hyper_log_log", "precision", options.precision, largest_precision);
    return options;
  }
  void check_like(std::string_view function, const hyper_log_log& other) const {
    core::check(options_.precision == other.options_.precision, function, "precision", other.options_.precision,
                core::to_text(options_.precision) + " like this state's");
    core::check(options_.seed == other.options_.seed, function, "seed", other.options_.seed,
                core::to_text(options_.seed) + " like this state's");
  }
  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::hyper_log_log, parameters(), hash_id, options_.seed, count()};
  }
  [[nodiscard]] unsigned largest_register() const noexcept { return 65 - options_.precision; }
  [[nodiscard]] std::uint64_t hash(std::uint64_t key) const noexcept { return detail::fmix64(key ^ whiten_); }

  /// A constant step, so that compilers vectorise at -O2 too.
  template <std::size_t Step>
  void raise_to(const std::vector<std::uint8_t>& other) noexcept {
    for (std::size_t i = 0; i < registers_.size(); i += Step) {
      std::uint8_t larger[Step];
      for (std::size_t j = 0; j < Step; ++j) larger[j] = std::max(registers_[i + j], other[i + j]);
      std::copy_n(larger, Step, registers_.data() + i);
    }
  }
  void raise(std::uint64_t h) noexcept {
    const unsigned q = 64 - options_.precision;
    std::uint8_t& r = registers_[static_cast<std::size_t>(h >> q)];
    const auto k = static_cast<std::uint8_t>(1 + std::countr_zero(h | (std::uint64_t{1} << q)));
    if (k > r) {
      if (r == floor_ && at_floor_ > 0) --at_floor_;
      r = k;
    }
  }

  /// The lowest register and how many share it, where no longer known. Each count of `at_floor_` that runs out raises the
  /// floor, so this reads the registers once for each of at most 65 − p floors, and once after a merge.
  void find_floor() noexcept {
    if (at_floor_ != 0) return;
    floor_ = *std::min_element(registers_.begin(), registers_.end());
    at_floor_ = static_cast<std::size_t>(std::count(registers_.begin(), registers_.end(), floor_));
  }

  template <class Arch, class Key>
  void add_block(const Key* keys) noexcept {
    std::uint64_t h[detail::hash_block];
    find_floor();
    if (floor_ < rejecting_floor) {
      detail::fmix64_block<Arch>(keys, whiten_, h);
      for (const std::uint64_t x : h) raise(x);
      return;
    }
    // K > floor needs that many trailing zeros.
    const std::uint64_t mask = (std::uint64_t{1} << std::min<unsigned>(floor_, 64 - options_.precision)) - 1;
    std::uint64_t borrow[detail::screen_columns];
    detail::fmix64_screened_block<Arch>(keys, whiten_, mask, h, borrow);
    for (std::size_t c = 0; c < detail::screen_columns; ++c) {
      if ((borrow[c] >> 63) == 0) continue;
      for (std::size_t i = c; i < detail::hash_block; i += detail::screen_columns)
        if ((h[i] & mask) == 0) raise(h[i]);
    }
  }

  hyper_log_log_options options_;
  std::uint64_t whiten_;
  std::vector<std::uint8_t> registers_;
  std::int64_t count_ = 0;
  std::uint8_t floor_ = 0;    // no register is lower
  std::size_t at_floor_ = 0;  // registers at the floor; 0: not known
};

}  // namespace tailwatch::sketch
