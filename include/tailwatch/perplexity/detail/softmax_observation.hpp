// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/simd/arch.hpp"
#include "tailwatch/simd/float16.hpp"
#include "tailwatch/simd/row_pass.hpp"

namespace tailwatch::perplexity::detail {

/// One number of a row, whatever its format.
template <class Arch, class T>
[[nodiscard]] double number(const T& x) noexcept {
  if constexpr (simd::logit<T>) {
    return static_cast<double>(simd::logit_at(&x, 0));
  } else {
    return static_cast<double>(x);
  }
}

/// A row of logits and the token that came. Rows of float and the 16-bit types take the vector pass, double rows two scalar
/// reads in double.
template <class Arch, class T, class Id>
[[nodiscard]] simd::row_partial observe(std::span<const T> row, Id token) noexcept {
  std::ptrdiff_t target = -1;
  if (std::cmp_greater_equal(token, 0) && std::cmp_less(token, row.size())) target = static_cast<std::ptrdiff_t>(token);
  if constexpr (simd::logit<T>) {
    return simd::row_pass<Arch>(row.data(), row.size(), target);
  } else {
    simd::row_partial partial;
    for (const T x : row) {
      if (core::is_nan(x) || (!core::is_finite(x) && x > T{0})) partial.rejected = true;
      if (x > static_cast<T>(partial.maximum)) partial.maximum = static_cast<double>(x);
    }
    if (partial.rejected || !core::is_finite(partial.maximum)) return partial;
    for (const T x : row) partial.sum += std::exp(static_cast<double>(x) - partial.maximum);
    if (target >= 0) partial.target_logit = static_cast<double>(row[static_cast<std::size_t>(target)]);
    return partial;
  }
}

}  // namespace tailwatch::perplexity::detail
