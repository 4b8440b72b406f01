// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace tailwatch::sketch::detail {

/// Asks for the `Bytes` that lie 4 KiB beyond p; past the end of an array it does nothing. Hardware prefetchers stop at the
/// page, and a sketch that takes a nanosecond a key then waits for memory half of its time.
template <std::size_t Bytes>
inline void prefetch_ahead([[maybe_unused]] const void* p) noexcept {
#if defined(__GNUC__)
  for (std::size_t line = 0; line < Bytes; line += 64) __builtin_prefetch(static_cast<const char*>(p) + 4096 + line);
#endif
}

}  // namespace tailwatch::sketch::detail
