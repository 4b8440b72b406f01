// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/is_nan.hpp"
#include "tailwatch/core/views.hpp"

namespace tailwatch::monitor {

/// Embeddings of one block: the first `max_rows` rows that come, all of one dimension.
///
/// Memory: 4 bytes a component, reserved when the first row tells the dimension.
class block_embeddings {
 public:
  explicit block_embeddings(std::size_t max_rows = 0) : max_rows_(max_rows) {}

  /// @param x  row r at x + r·row_stride; rows that hold NaN, infinity or what no float holds are rejected and counted
  /// @return   false, and nothing changed, for another dimension than that of the rows held
  template <std::floating_point Real>
  [[nodiscard]] bool update(const Real* x, std::size_t rows, std::size_t dimension, std::size_t row_stride) {
    if (size_ != 0 && dimension != dimension_) return false;
    if (size_ == 0 && dimension_ != dimension) {
      values_.reserve(max_rows_ * dimension);
      dimension_ = dimension;
    }
    for (std::size_t r = 0; r < rows; ++r) {
      ++offered_;
      if (size_ == max_rows_) continue;
      const Real* row = x + r * row_stride;
      if (!std::all_of(row, row + dimension, [](Real v) {
            const auto d = static_cast<double>(v);
            return core::is_finite(d) && std::abs(d) <= static_cast<double>(std::numeric_limits<float>::max());
          })) {
        ++rejected_;
        continue;
      }
      for (std::size_t j = 0; j < dimension; ++j) values_.push_back(static_cast<float>(row[j]));
      ++size_;
    }
    return true;
  }
  [[nodiscard]] bool merge(const block_embeddings& other) {
    if (other.offered_ == 0) return true;
    const std::uint64_t offered = offered_ + other.offered_;
    if (!update(other.values_.data(), other.size_, other.dimension_, other.dimension_)) return false;
    offered_ = offered;
    rejected_ += other.rejected_;
    return true;
  }
  void clear() noexcept {
    values_.clear();
    size_ = 0;
    offered_ = rejected_ = 0;
  }

  /// Rows kept.
  [[nodiscard]] std::size_t rows() const noexcept { return size_; }
  [[nodiscard]] std::size_t dimension() const noexcept { return dimension_; }
  [[nodiscard]] std::uint64_t offered() const noexcept { return offered_; }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  [[nodiscard]] core::rows_view<float> view() const noexcept { return {values_.data(), size_, dimension_}; }

  void save_fields(core::output_archive& out) const {
    for (const std::uint64_t x : {std::uint64_t{dimension_}, offered_, rejected_}) out.u64(x);
    out.u64(values_.size());
    for (const float v : values_) out.f64(static_cast<double>(v));
  }
  void load_fields(core::input_archive& in) {
    clear();
    dimension_ = static_cast<std::size_t>(in.u64());
    offered_ = in.u64();
    rejected_ = in.u64();
    const std::size_t size = in.length(8);
    if (size != 0 && (dimension_ == 0 || size % dimension_ != 0 || size / dimension_ > max_rows_))
      core::detail::archive_failure("embeddings of no such dimension");
    values_.reserve(std::max(size, max_rows_ * (size == 0 ? 0 : dimension_)));
    for (std::size_t i = 0; i < size; ++i) values_.push_back(static_cast<float>(in.f64()));
    size_ = size == 0 ? 0 : size / dimension_;
  }

 private:
  std::size_t max_rows_ = 0, dimension_ = 0, size_ = 0;
  std::vector<float> values_;
  std::uint64_t offered_ = 0, rejected_ = 0;
};

}  // namespace tailwatch::monitor
