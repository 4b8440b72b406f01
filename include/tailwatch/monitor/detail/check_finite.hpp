// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

#include "tailwatch/core/error.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::monitor::detail {

/// An observation of a chart on the real line.
inline void check_finite(std::string_view function, double x) {
  core::check(core::is_finite(x), function, "x", x, "finite");
}

}  // namespace tailwatch::monitor::detail
