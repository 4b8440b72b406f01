// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "tailwatch/config.hpp"

namespace tailwatch::simd {
inline namespace TAILWATCH_ABI_NAMESPACE {

/// Memory of a standard container, from 2 MiB on in whole huge pages where the system has them. A fresh page costs about a
/// microsecond in a virtual machine, whatever its size.
template <class T>
struct large_page_allocator {
  using value_type = T;

  large_page_allocator() = default;
  template <class U>
  explicit(false) large_page_allocator(const large_page_allocator<U>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t n) {
    const std::size_t bytes = bytes_of(n);
    void* const p = ::operator new(bytes, alignment_of(bytes));
#if defined(MADV_HUGEPAGE)
    if (bytes >= huge_page) madvise(p, bytes, MADV_HUGEPAGE);
#endif
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t n) noexcept { ::operator delete(p, alignment_of(bytes_of(n))); }

 private:
  static constexpr std::size_t huge_page = std::size_t{1} << 21;
  [[nodiscard]] static std::size_t bytes_of(std::size_t n) noexcept {
    const std::size_t bytes = n * sizeof(T);
    return bytes < huge_page ? bytes : (bytes + huge_page - 1) / huge_page * huge_page;
  }
  [[nodiscard]] static std::align_val_t alignment_of(std::size_t bytes) noexcept {
    return std::align_val_t{bytes >= huge_page ? huge_page : std::size_t{64}};
  }
};
template <class T, class U>
[[nodiscard]] constexpr bool operator==(const large_page_allocator<T>& /*a*/,
                                        const large_page_allocator<U>& /*b*/) noexcept {
  return true;
}

}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::simd
