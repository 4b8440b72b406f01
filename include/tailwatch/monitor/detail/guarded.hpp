// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <utility>

#include "tailwatch/config.hpp"

namespace tailwatch::monitor::detail {

/// Runs `work` inside a noexcept hook: false where it threw (out of memory, a refused record). Without exceptions an
/// error has already left through TAILWATCH_THROW.
template <class Work>
[[nodiscard]] bool guarded(Work&& work) noexcept {
#if TAILWATCH_HAS_EXCEPTIONS
  try {
    std::forward<Work>(work)();
    return true;
  } catch (...) {
    return false;
  }
#else
  std::forward<Work>(work)();
  return true;
#endif
}

}  // namespace tailwatch::monitor::detail
