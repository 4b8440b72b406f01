// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tailwatch/config.hpp"
#include "tailwatch/core/error.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/drift/detail/sorted_sample.hpp"
#include "tailwatch/neighbours/point_panels.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

template <class T>
inline constexpr bool is_rows = false;
template <std::floating_point T>
inline constexpr bool is_rows<core::rows_view<T>> = true;

/// Points: rows(x, n, d), or a sample on the real line as points in one dimension.
template <class Source>
concept point_source = sample_source<Source> || is_rows<Source>;

template <point_source Source>
[[nodiscard]] auto as_rows(const Source& source) noexcept {
  if constexpr (is_rows<Source>) {
    return source;
  } else {
    const auto values = core::as_span(source);
    return core::rows_view<typename decltype(values)::value_type>{values.data(), values.size(), 1};
  }
}

template <class X, class Y>
void check_same_dimension(std::string_view function, const core::rows_view<X>& x, const core::rows_view<Y>& y) {
  if (x.size > 0 && y.size > 0)
    core::check_same_size(function, "a point of x", x.dimension, "a point of y", y.dimension);
}

/// Both sides ready for loops over pairs.
template <class Real>
struct basic_panel_pair {
  neighbours::basic_point_panels<Real> x, y;

  template <point_source X, point_source Y>
  basic_panel_pair(const X& source_x, const Y& source_y, std::string_view function) {
    check_same_dimension(function, as_rows(source_x), as_rows(source_y));
    x.append(as_rows(source_x));
    y.append(as_rows(source_y));
  }
  [[nodiscard]] bool defined() const noexcept { return !x.empty() && !y.empty() && x.finite() && y.finite(); }
  [[nodiscard]] std::uint64_t count() const noexcept { return x.size() + y.size(); }
};

using panel_pair = basic_panel_pair<double>;

/// float where both sides are.
template <point_source X, point_source Y>
using narrow_real = std::conditional_t<sizeof(as_rows(std::declval<const X&>()).data[0]) == sizeof(float) &&
                                           sizeof(as_rows(std::declval<const Y&>()).data[0]) == sizeof(float),
                                       float, double>;

/// x, then y: indices below `from_y` are of x.
struct pooled_points {
  neighbours::point_panels points;
  std::size_t from_y = 0;

  pooled_points() = default;
  template <point_source X, point_source Y>
  pooled_points(const X& source_x, const Y& source_y, std::string_view function) {
    check_same_dimension(function, as_rows(source_x), as_rows(source_y));
    points.append(as_rows(source_x));
    from_y = points.size();
    points.append(as_rows(source_y));
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return points.size(); }
  [[nodiscard]] bool both_present() const noexcept { return from_y > 0 && from_y < points.size(); }
  [[nodiscard]] bool of_x(std::size_t index) const noexcept { return index < from_y; }
};

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
