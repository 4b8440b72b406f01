// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace tailwatch::summary::detail {

/// What a saved table may say: max_keys keys at most, and an overflow only where there was no room.
[[nodiscard]] constexpr bool plausible_size(std::uint64_t keys, std::uint64_t max_keys,
                                            std::uint64_t overflow) noexcept {
  return (max_keys == 0 || keys <= max_keys) && (overflow == 0 || (max_keys != 0 && keys == max_keys));
}

/// Reads saved entries: keys ascend, counts are positive and their sum fits 64 bits.
template <class Key>
class entry_checker {
 public:
  [[nodiscard]] bool next(const Key& key, std::uint64_t count) noexcept {
    const bool good = (first_ || last_ < key) && count != 0 && count <= ~total_;
    first_ = false;
    last_ = key;
    total_ += count;
    return good;
  }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

 private:
  Key last_{};
  bool first_ = true;
  std::uint64_t total_ = 0;
};

}  // namespace tailwatch::summary::detail
