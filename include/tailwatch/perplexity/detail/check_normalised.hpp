// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"
#include "tailwatch/perplexity/detail/softmax_observation.hpp"

namespace tailwatch::perplexity::detail {

/// Refuses rows whose probabilities do not sum to 1: most often logits that still need a softmax. Sixteen rows of a call are
/// looked at, spread evenly; rows with NaN are data. |Σ p − 1| up to 0.02 is the rounding of 16-bit formats.
template <class Arch, class T>
void check_normalised(std::string_view function, const core::rows_view<T>& rows) {
  constexpr std::size_t looked_at = 16;
  const std::size_t step = std::max<std::size_t>(rows.size / looked_at, 1);
  for (std::size_t r = 0; r < rows.size; r += step) {
    double sum = 0.0;
    for (const T& x : rows[r]) sum += std::exp(number<Arch>(x));
    core::check(core::is_nan(sum) || std::abs(sum - 1.0) <= 0.02, function,
                "sum of the probabilities of row " + core::to_text(r), sum, "1; logits need a softmax first");
  }
}

}  // namespace tailwatch::perplexity::detail
