// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/summary/covariance.hpp"

namespace tailwatch::diversity::detail {

/// Rows divided by their lengths, row-major; empty where an entry is not finite or a row is zero.
template <class Real>
[[nodiscard]] std::vector<double> unit_rows(const core::rows_view<Real>& rows) {
  std::vector<double> unit(rows.size * rows.dimension);
  for (std::size_t i = 0; i < rows.size; ++i) {
    double largest = 0.0;  // scaled by it first: squares of large or tiny entries neither over- nor underflow
    for (const Real value : rows[i]) {
      const auto v = static_cast<double>(value);
      if (!core::is_finite(v)) return {};
      largest = std::abs(v) > largest ? std::abs(v) : largest;
    }
    if (!(largest > 0.0)) return {};
    double squares = 0.0;
    for (const Real value : rows[i])
      squares += (static_cast<double>(value) / largest) * (static_cast<double>(value) / largest);
    const double norm = std::sqrt(squares);
    for (std::size_t j = 0; j < rows.dimension; ++j)
      unit[i * rows.dimension + j] = static_cast<double>(rows[i][j]) / largest / norm;
  }
  return unit;
}

/// The mean squared length of the points of a covariance must be 1, up to the rounding of 16-bit formats.
inline void check_unit_length(std::string_view function, const summary::covariance& points) {
  double length = 0.0;
  for (const double m : points.mean()) length += m * m;
  if (points.count() > 1) {
    const std::vector<double> matrix = points.matrix();
    const auto n = static_cast<double>(points.count());
    for (std::size_t i = 0; i < points.dimension(); ++i) length += matrix[i * points.dimension() + i] * ((n - 1.0) / n);
  }
  core::check(std::abs(length - 1.0) <= 0.01, function, "mean squared length of the points", length,
              "1: divide each by its length before");
}

}  // namespace tailwatch::diversity::detail
