// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/monitor/detail/betting_scheme.hpp"

namespace tailwatch::monitor {

namespace detail {
struct e_process_step {
  static constexpr std::string_view name = "monitor::e_process_mixture";
  static constexpr double start = 0.0;
  [[nodiscard]] static double next(double log_m, double log_l) noexcept { return log_m + log_l; }
};
}  // namespace detail

/// Plain e-process against a fixed null, a mixture of products: P(ever ≥ 1/α) ≤ α.
///
///   M_t = Σ wₖ Π L
///
/// A test that may be looked at any time, for a departure that is there from the first observation. Where it comes
/// later, the quiet stretch costs evidence that shiryaev_mixture keeps.
/// @complexity  O(K) per update
/// @see         I. Waudby-Smith, A. Ramdas (2024), Journal of the Royal Statistical Society B 86, 1–27
/// @example     examples/monitor/change_detectors.cpp
using e_process_mixture = detail::mixed_e_detector<detail::e_process_step>;

}  // namespace tailwatch::monitor
