// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

#include "tailwatch/core/error.hpp"

/// Views say what a range of numbers means.
///
///   counts(x)             occurrences per symbol          tokens(x)    token ids
///   probabilities(x)      cells that sum to one           sample(x)    observations on the real line
///   log_probabilities(x)  ln p of the observed tokens     logits(x)    scores before the softmax
///   rows(x, n, d)         n points in d dimensions, row-major
///
/// A bare integer range is counts in entropy/, tail/ and richness, and token ids in text estimators; a bare floating range
/// is a sample in order statistics. Everything else is said by one of these. A view does not own its elements: the range
/// must outlive it, so temporaries are refused.
namespace tailwatch::core {

namespace detail {
enum class meaning { counts, tokens, probabilities, log_probabilities, logits, sample };
}

template <detail::meaning Meaning, class T>
class tagged_view {
 public:
  using value_type = T;
  constexpr tagged_view() = default;
  explicit constexpr tagged_view(std::span<const T> values) noexcept : values_(values) {}

  [[nodiscard]] constexpr std::span<const T> span() const noexcept { return values_; }
  [[nodiscard]] constexpr const T* data() const noexcept { return values_.data(); }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] constexpr bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] constexpr auto begin() const noexcept { return values_.begin(); }
  [[nodiscard]] constexpr auto end() const noexcept { return values_.end(); }
  [[nodiscard]] constexpr const T& operator[](std::size_t i) const noexcept { return values_[i]; }

 private:
  std::span<const T> values_;
};

template <class T>
using counts_view = tagged_view<detail::meaning::counts, T>;
template <class T>
using tokens_view = tagged_view<detail::meaning::tokens, T>;
template <class T>
using probabilities_view = tagged_view<detail::meaning::probabilities, T>;
template <class T>
using log_probabilities_view = tagged_view<detail::meaning::log_probabilities, T>;
template <class T>
using logits_view = tagged_view<detail::meaning::logits, T>;
template <class T>
using sample_view = tagged_view<detail::meaning::sample, T>;

/// n points in d dimensions, row-major and contiguous.
template <class T>
struct rows_view {
  const T* data = nullptr;
  std::size_t size = 0;
  std::size_t dimension = 0;

  [[nodiscard]] constexpr std::span<const T> operator[](std::size_t i) const noexcept {
    return {data + i * dimension, dimension};
  }
};

template <class T>
inline constexpr bool is_tagged_view = false;
template <detail::meaning Meaning, class T>
inline constexpr bool is_tagged_view<tagged_view<Meaning, T>> = true;

/// A contiguous range of numbers that is not already a view with a meaning.
template <class Range>
concept number_range = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
    std::is_arithmetic_v<std::ranges::range_value_t<Range>> && !is_tagged_view<std::remove_cvref_t<Range>>;
template <class Range>
concept integer_range = number_range<Range> && std::integral<std::ranges::range_value_t<Range>>;
template <class Range>
concept floating_range = number_range<Range> && std::floating_point<std::ranges::range_value_t<Range>>;

/// A range whose elements outlive the call: an lvalue, or a borrowed range such as std::span.
template <class Range>
concept viewable_numbers = number_range<Range> && std::ranges::borrowed_range<Range>;

/// The contiguous elements of any number range as a span.
template <number_range Range>
[[nodiscard]] constexpr auto as_span(const Range& x) noexcept {
  return std::span<const std::ranges::range_value_t<Range>>(std::ranges::data(x), std::ranges::size(x));
}
template <detail::meaning Meaning, class T>
[[nodiscard]] constexpr std::span<const T> as_span(const tagged_view<Meaning, T>& x) noexcept {
  return x.span();
}

#define TAILWATCH_DETAIL_VIEW_FACTORY(name)                            \
  template <viewable_numbers Range>                                    \
  [[nodiscard]] constexpr auto name(Range&& x) noexcept {              \
    return name##_view<std::ranges::range_value_t<Range>>(as_span(x)); \
  }
TAILWATCH_DETAIL_VIEW_FACTORY(counts)
TAILWATCH_DETAIL_VIEW_FACTORY(tokens)
TAILWATCH_DETAIL_VIEW_FACTORY(probabilities)
TAILWATCH_DETAIL_VIEW_FACTORY(log_probabilities)
TAILWATCH_DETAIL_VIEW_FACTORY(logits)
TAILWATCH_DETAIL_VIEW_FACTORY(sample)
#undef TAILWATCH_DETAIL_VIEW_FACTORY

/// @throws std::invalid_argument  unless x has exactly n·d elements
template <viewable_numbers Range>
[[nodiscard]] constexpr auto rows(Range&& x, std::size_t n, std::size_t d) {
  check_same_size("rows", "x", std::ranges::size(x), "n*d", n * d);
  return rows_view<std::ranges::range_value_t<Range>>{std::ranges::data(x), n, d};
}

}  // namespace tailwatch::core

namespace tailwatch {
using core::counts;
using core::log_probabilities;
using core::logits;
using core::probabilities;
using core::rows;
using core::sample;
using core::tokens;
}  // namespace tailwatch
