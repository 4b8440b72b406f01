// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/estimate.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/reducible.hpp"
#include "tailwatch/core/token_sequences.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/math/count_ngrams.hpp"

namespace tailwatch::summary {

/// Where windows start.
enum class window_step : std::uint8_t {
  every_token,   ///< one window at each token: the moving average (MATTR)
  side_by_side,  ///< the next window where the last one ends: segments (MSTTR)
};

struct windowed_types_options {
  std::size_t window = 100;  ///< tokens, ≥ 1
  window_step step = window_step::every_token;
  friend bool operator==(const windowed_types_options&, const windowed_types_options&) = default;
};

/// Types per window of token sequences, summed: what diversity::mattr and diversity::msttr need of a corpus that streams by and is
/// spread over ranks.
///
///   s_c = Σ over the windows of sequence c of their types      u_c = its windows
///
/// An update takes whole sequences; no window crosses a border, and a segment that a sequence leaves unfilled is not used. A function
/// of the multiset of sequences: any order, split or merge gives the same sums. Sequences serve as clusters of the standard error.
/// Tokens of sequences shorter than the window cannot be used: `rejected()` counts them.
///
/// @memory      56 bytes; 8 per token of the sequences of one update while it runs
/// @complexity  update O(tokens), whatever the window; merge O(1)
/// @error       the squares behind the standard error are float64: 1e-12 relative over merge orders. All else is exact
/// @reduction   one round: SUM of 5 int64 and 3 float64
/// @throws      std::invalid_argument  for a window of 0
/// @see         M. A. Covington, J. D. McFall (2010), Journal of Quantitative Linguistics 17, 94–100; W. G. Cochran (1977), Sampling
///              Techniques, §6.3 (the error of a ratio of sums over clusters)
/// @example     examples/diversity/lexical_diversity.cpp
class windowed_types {
 public:
  explicit windowed_types(const windowed_types_options& options = {}) : options_(options) {
    core::check_at_least("summary::windowed_types", "window", options.window, std::size_t{1});
  }

  /// Adds one sequence.
  template <core::integer_range Range>
  void update(const Range& sequence) {
    const auto tokens = core::as_span(sequence);
    std::vector<std::uint32_t> words;
    std::vector<std::uint32_t> inside(math::detail::renumber(tokens, words));
    add(words, inside);
  }
  template <class T>
  void update(const core::tokens_view<T>& sequence) {
    update(sequence.span());
  }
  /// Adds each sequence.
  void update(const core::token_sequences& sequences) {
    std::vector<std::uint32_t> words;
    std::vector<std::uint32_t> inside(math::detail::renumber(sequences.tokens(), words));
    const std::span<const std::uint32_t> all(words);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      const std::size_t size = sequences[i].size();
      add(all.subspan(begin, size), inside);
      begin += size;
    }
  }

  /// @throws std::invalid_argument  for another window or step; this state is then as it was
  void merge(const windowed_types& other) {
    constexpr std::string_view function = "summary::windowed_types::merge";
    core::check(options_.window == other.options_.window, function, "window", other.options_.window,
                core::to_text(options_.window) + " like this state's");
    core::check(options_.step == other.options_.step, function, "step", static_cast<int>(other.options_.step),
                "like this state's");
    tokens_ += other.tokens_;
    unused_ += other.unused_;
    sequences_ += other.sequences_;
    windows_ += other.windows_;
    types_ += other.types_;
    types_squared_ += other.types_squared_;
    types_windows_ += other.types_windows_;
    windows_squared_ += other.windows_squared_;
  }
  void reset() noexcept { *this = windowed_types(options_, unchecked{}); }

  [[nodiscard]] const windowed_types_options& options() const noexcept { return options_; }
  /// Tokens of the sequences that hold a window.
  [[nodiscard]] std::uint64_t count() const noexcept { return static_cast<std::uint64_t>(tokens_); }
  /// Tokens of sequences shorter than the window.
  [[nodiscard]] std::uint64_t rejected() const noexcept { return static_cast<std::uint64_t>(unused_); }
  /// Sequences that hold a window.
  [[nodiscard]] std::uint64_t sequences() const noexcept { return static_cast<std::uint64_t>(sequences_); }
  [[nodiscard]] std::uint64_t windows() const noexcept { return static_cast<std::uint64_t>(windows_); }
  /// Σ of the types of all windows.
  [[nodiscard]] std::uint64_t types() const noexcept { return static_cast<std::uint64_t>(types_); }

  /// Mean type–token ratio of the windows, pooled over sequences.
  ///
  ///   R = Σ s_c/(w Σ u_c)        se² = C/(C − 1) Σ (s_c − wR·u_c)²/(w Σ u_c)²
  ///
  /// @return  standard error with sequences as clusters, whatever happens inside one; NaN for fewer than two or where they do not
  ///          differ; NaN without a window; count: tokens
  [[nodiscard]] estimate mean_ratio() const noexcept {
    estimate e{core::nan, core::nan, count()};
    if (windows_ == 0) return e;
    const auto units = static_cast<double>(windows_);
    const double mean = static_cast<double>(types_) / units;
    const auto w = static_cast<double>(options_.window);
    e.value = mean / w;
    if (sequences_ < 2) return e;
    const double squares = types_squared_ - 2.0 * mean * types_windows_ + mean * mean * windows_squared_;
    if (!(squares > 1e-13 * types_squared_)) return e;  // less is rounding
    const auto clusters = static_cast<double>(sequences_);
    e.standard_error = std::sqrt(clusters / (clusters - 1.0) * squares) / units / w;
    return e;
  }

  [[nodiscard]] std::uint64_t parameters() const noexcept {
    return core::parameter_hash{}
        .add("windowed_types")
        .add(static_cast<std::uint64_t>(options_.window))
        .add(static_cast<std::uint64_t>(options_.step))
        .value();
  }

  /// Payload: u64 unused tokens, sequences, windows, types; f64 Σs², Σsu, Σu².
  void save(core::output_archive& out) const {
    out.begin({core::state_family::windowed_types, parameters(), 0, 0, count()});
    for (const std::int64_t x : {unused_, sequences_, windows_, types_}) out.u64(static_cast<std::uint64_t>(x));
    for (const double x : {types_squared_, types_windows_, windows_squared_}) out.f64(x);
    out.end();
  }
  /// @throws core::archive_error  for anything but a saved state of the same options; this state is then as it was
  void load(core::input_archive& in) {
    const auto header = in.open({core::state_family::windowed_types, parameters(), 0, 0, 0});
    windowed_types loaded(options_, unchecked{});
    loaded.tokens_ = static_cast<std::int64_t>(header.count);
    for (std::int64_t* x : {&loaded.unused_, &loaded.sequences_, &loaded.windows_, &loaded.types_})
      *x = static_cast<std::int64_t>(in.u64());
    for (double* x : {&loaded.types_squared_, &loaded.types_windows_, &loaded.windows_squared_}) *x = in.f64();
    const bool plausible =
        loaded.tokens_ >= 0 && loaded.unused_ >= 0 && loaded.sequences_ >= 0 && loaded.windows_ >= loaded.sequences_ &&
        loaded.types_ >= loaded.windows_ && loaded.tokens_ >= loaded.windows_ && loaded.types_squared_ >= 0.0 &&
        loaded.types_windows_ >= 0.0 && loaded.windows_squared_ >= 0.0 && core::is_finite(loaded.types_squared_) &&
        core::is_finite(loaded.types_windows_) && core::is_finite(loaded.windows_squared_);
    if (!plausible) core::detail::archive_failure("sums cannot be those of windows");
    in.close();
    *this = loaded;
  }

  [[nodiscard]] static constexpr std::size_t reduction_rounds() noexcept { return 1; }
  [[nodiscard]] std::vector<core::reduction_segment> begin_round(std::size_t /*round*/) {
    using enum core::element_type;
    constexpr auto sum = core::reduction_operation::sum;
    return {{&tokens_, 1, int64, sum},          {&unused_, 1, int64, sum},
            {&sequences_, 1, int64, sum},       {&windows_, 1, int64, sum},
            {&types_, 1, int64, sum},           {&types_squared_, 1, float64, sum},
            {&types_windows_, 1, float64, sum}, {&windows_squared_, 1, float64, sum}};
  }
  void finish_round(std::size_t /*round*/) noexcept {}

  friend bool operator==(const windowed_types&, const windowed_types&) = default;

 private:
  struct unchecked {};
  windowed_types(const windowed_types_options& options, unchecked) noexcept : options_(options) {}

  /// `inside` holds a 0 for every word, before and after.
  void add(std::span<const std::uint32_t> words, std::vector<std::uint32_t>& inside) {
    const std::size_t w = options_.window;
    if (words.size() < w) {
      unused_ += static_cast<std::int64_t>(words.size());
      return;
    }
    const bool moving = options_.step == window_step::every_token;
    std::uint64_t types = 0, sum = 0, windows = 0;
    std::size_t begin = 0;  // of the window under way
    for (std::size_t i = 0; i < words.size(); ++i) {
      types += inside[words[i]]++ == 0 ? 1 : 0;
      if (i + 1 < begin + w) continue;
      sum += types;
      ++windows;
      for (const std::size_t end = moving ? begin + 1 : begin + w; begin < end; ++begin)
        types -= --inside[words[begin]] == 0 ? 1 : 0;
    }
    for (; begin < words.size(); ++begin) --inside[words[begin]];
    tokens_ += static_cast<std::int64_t>(words.size());
    ++sequences_;
    windows_ += static_cast<std::int64_t>(windows);
    types_ += static_cast<std::int64_t>(sum);
    const auto s = static_cast<double>(sum);
    const auto u = static_cast<double>(windows);
    types_squared_ += s * s;
    types_windows_ += s * u;
    windows_squared_ += u * u;
  }

  windowed_types_options options_;
  std::int64_t tokens_ = 0;  // signed, as reductions carry them
  std::int64_t unused_ = 0;
  std::int64_t sequences_ = 0;
  std::int64_t windows_ = 0;
  std::int64_t types_ = 0;
  double types_squared_ = 0.0;
  double types_windows_ = 0.0;
  double windows_squared_ = 0.0;
};

}  // namespace tailwatch::summary
