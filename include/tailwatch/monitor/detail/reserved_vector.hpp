// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <vector>

namespace tailwatch::monitor::detail {

/// What a copy takes along besides the room.
enum class on_copy { contents, room_only };

/// A vector whose copies keep its capacity, so that a push within it never allocates: noexcept hooks rely on that.
/// `room_only` is for what belongs to one call of one object (alerts, whose views point into their monitor).
template <class T, on_copy Copy>
class reserved_vector : public std::vector<T> {
 public:
  reserved_vector() = default;
  explicit reserved_vector(std::size_t capacity) { this->reserve(capacity); }
  reserved_vector(const reserved_vector& other) : std::vector<T>() {
    this->reserve(other.capacity());
    if constexpr (Copy == on_copy::contents) this->assign(other.begin(), other.end());
  }
  reserved_vector(reserved_vector&&) noexcept = default;
  reserved_vector& operator=(const reserved_vector& other) {
    if (this != &other) {
      this->clear();
      this->reserve(other.capacity());
      if constexpr (Copy == on_copy::contents) this->assign(other.begin(), other.end());
    }
    return *this;
  }
  reserved_vector& operator=(reserved_vector&&) noexcept = default;
  ~reserved_vector() = default;
};

}  // namespace tailwatch::monitor::detail
