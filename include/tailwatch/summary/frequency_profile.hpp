// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::summary {

class frequency_profile;

/// A state that can tell how often each of its symbols was seen: calls `visit(count)` once per symbol, count a
/// std::uint64_t, zeros allowed, order free.
template <class State>
concept counting_state = requires(const State& state) {
  state.for_each_count([](std::uint64_t) {});
  { state.count() } -> std::convertible_to<std::uint64_t>;
};

/// Anything an estimator of counts reads: a bare integer range, `counts(x)`, a counting state, or a profile.
template <class Source>
concept count_source = std::same_as<std::remove_cvref_t<Source>, frequency_profile> || core::integer_range<Source> ||
    counting_state<std::remove_cvref_t<Source>> || requires(const std::remove_cvref_t<Source>& x) {
  []<class T>(const core::counts_view<T>&) {}(x);
};

/// Frequencies of frequencies: f_r = number of symbols seen exactly r times.
///
///   N = Σ r·f_r      S = Σ_{r>0} f_r      K = number of cells, unseen ones included where the source lists them
///
/// Every count-based estimator is a sum over the distinct counts r, of which there are O(√N), in ascending order: cheap,
/// and the same bits whatever the order in which the symbols were stored. The profile is read, never merged: one symbol may
/// sit in two shards, so merge the counts first.
/// @complexity  build O(K + D log D), D distinct counts above 1023; memory 16 bytes per distinct count
/// @throws      std::invalid_argument naming `function` for a negative or fractional count
///              NaN or infinity among the counts, or a sum above 2⁶⁴ − 1, is data: the profile is then not `defined()`
class frequency_profile {
 public:
  struct entry {
    std::uint64_t count;         ///< r
    std::uint64_t multiplicity;  ///< f_r
    friend constexpr bool operator==(const entry&, const entry&) = default;
  };

  frequency_profile() = default;

  template <count_source Source>
    requires(!std::same_as<std::remove_cvref_t<Source>, frequency_profile>)
  explicit frequency_profile(const Source& source, std::string_view function = "frequency_profile") {
    builder b;
    if constexpr (counting_state<Source>) {
      source.for_each_count([&](std::uint64_t r) { b.add(r); });
    } else {
      for (const auto x : core::as_span(source)) {
        using value_type = std::remove_cvref_t<decltype(x)>;
        if constexpr (std::floating_point<value_type>) {
          const auto value = static_cast<double>(x);
          if (!core::is_finite(value)) {
            if (!core::is_nan(value)) core::check_not_negative(function, "count", value);
            defined_ = false;
            continue;
          }
          core::check_not_negative(function, "count", value);
          core::check(value == std::floor(value) && value < 0x1p63, function, "count", value,
                      "a whole number below 2^63");
          b.add(static_cast<std::uint64_t>(value));
        } else {
          if constexpr (std::signed_integral<value_type>)
            core::check(x >= 0, function, "count", static_cast<long long>(x), "at least 0");
          b.add(static_cast<std::uint64_t>(x));
        }
      }
    }
    finish(b);
  }

  /// From (r, f_r) pairs in any order; equal r are added.
  static frequency_profile from_entries(std::vector<entry> entries) {
    frequency_profile p;
    builder b;
    for (const auto& [count, multiplicity] : entries) b.add(count, multiplicity);
    p.finish(b);
    return p;
  }

  /// false where a count was NaN or infinite, or N or a multiplicity is above 2⁶⁴ − 1: estimators then return NaN.
  [[nodiscard]] bool defined() const noexcept { return defined_; }
  /// N, the sum of the counts.
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  /// S, the number of symbols seen at least once.
  [[nodiscard]] std::uint64_t types() const noexcept { return types_; }
  /// K, the number of cells the source listed, zeros included.
  [[nodiscard]] std::uint64_t cells() const noexcept { return types_ + unseen_; }
  /// f_r for r ≥ 1, in O(log D); f_0 is the number of listed but unseen cells.
  [[nodiscard]] std::uint64_t f(std::uint64_t r) const noexcept {
    if (r == 0) return unseen_;
    const auto at = std::ranges::lower_bound(entries_, r, {}, &entry::count);
    return at != entries_.end() && at->count == r ? at->multiplicity : 0;
  }
  /// (r, f_r) with r ≥ 1 and f_r ≥ 1, ascending in r.
  [[nodiscard]] std::span<const entry> entries() const noexcept { return entries_; }
  /// The largest count, 0 when nothing was seen.
  [[nodiscard]] std::uint64_t largest() const noexcept { return entries_.empty() ? 0 : entries_.back().count; }

  friend bool operator==(const frequency_profile&, const frequency_profile&) = default;

 private:
  static constexpr auto most = static_cast<std::uint64_t>(-1);

  struct builder {
    std::array<std::uint64_t, 1024> small{};
    std::vector<entry> large;
    bool fits = true;            // no multiplicity passed 2⁶⁴ − 1
    void add(std::uint64_t r) {  // apart: the check below doubles the time of a million counts
      if (r < small.size()) {
        ++small[r];
      } else {
        large.push_back({r, 1});
      }
    }
    void add(std::uint64_t r, std::uint64_t multiplicity) {
      if (r < small.size()) {
        fits = fits && multiplicity <= most - small[r];
        small[r] += multiplicity;
      } else {
        large.push_back({r, multiplicity});
      }
    }
  };

  void finish(builder& b) {
    unseen_ = b.small[0];
    for (std::uint64_t r = 1; r < b.small.size(); ++r)
      if (b.small[r] != 0) entries_.push_back({r, b.small[r]});
    std::ranges::sort(b.large, {}, &entry::count);
    for (const entry& e : b.large) {
      if (e.multiplicity == 0) continue;
      if (!entries_.empty() && entries_.back().count == e.count) {
        b.fits = b.fits && e.multiplicity <= most - entries_.back().multiplicity;
        entries_.back().multiplicity += e.multiplicity;
      } else {
        entries_.push_back(e);
      }
    }
    for (const entry& e : entries_) {
      types_ += e.multiplicity;
      if (e.multiplicity > (most - total_) / e.count) {
        defined_ = false;
        total_ = most;
        continue;
      }
      total_ += e.count * e.multiplicity;
    }
    if (!b.fits) {
      defined_ = false;
      total_ = most;
    }
  }

  std::vector<entry> entries_;
  std::uint64_t total_ = 0;
  std::uint64_t types_ = 0;
  std::uint64_t unseen_ = 0;
  bool defined_ = true;
};

/// The profile of any count source; a profile passes through without a copy.
template <count_source Source>
[[nodiscard]] decltype(auto) profile_of(const Source& source, std::string_view function) {
  if constexpr (std::same_as<Source, frequency_profile>) {
    return (source);
  } else {
    return frequency_profile(source, function);
  }
}

}  // namespace tailwatch::summary
