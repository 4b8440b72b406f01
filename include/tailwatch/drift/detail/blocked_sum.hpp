// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tailwatch/config.hpp"
#include "tailwatch/simd/sum.hpp"

namespace tailwatch::drift {
inline namespace TAILWATCH_ABI_NAMESPACE {
namespace detail {

/// Streaming pairwise summation: plain sums of 64 terms, added up a binary tree. The error grows like ε·(64 + log₂ n)
/// instead of ε·n, no term is ever compensated, so `-ffast-math` cannot undo it.
class blocked_sum {
 public:
  void add(double x) noexcept {
    block_ += x;
    if (++fill_ == block_size) push();
  }

  [[nodiscard]] double total() const noexcept {
    double sum = block_;
    for (std::size_t level = 0; level < tree_.size(); ++level)
      if ((blocks_ >> level & 1U) != 0) sum += tree_[level];
    return sum;
  }

 private:
  static constexpr std::uint32_t block_size = 64;

  void push() noexcept {
    double carry = block_;
    std::size_t level = 0;
    while ((blocks_ >> level & 1U) != 0) carry += tree_[level++];
    tree_[level] = carry;
    ++blocks_;
    block_ = 0.0;
    fill_ = 0;
  }

  std::array<double, 58> tree_{};
  std::uint64_t blocks_ = 0;
  double block_ = 0.0;
  std::uint32_t fill_ = 0;
};

/// Compensated sum: the result is the rounded exact sum in all but contrived cases, so that two sums of the same terms in
/// different orders agree and their difference is 0, under `-ffast-math` too.
class compensated_sum {
 public:
  void add(double x) noexcept { sum_.add(x); }
  [[nodiscard]] double total() const noexcept { return sum_.value(); }

 private:
  simd::compensated_sum sum_;
};

/// Sum of squares about the mean of values that come in blocks.
struct squares_about_mean {
  double count = 0.0, mean = 0.0, sum = 0.0;

  void add(const double* v, std::size_t n) noexcept {
    constexpr std::size_t lanes = 8;
    double part[lanes] = {}, part2[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
      for (std::size_t l = 0; l < lanes; ++l) part[l] += v[i + l];
    double total = 0.0;
    for (std::size_t k = i; k < n; ++k) total += v[k];
    for (const double s : part) total += s;
    const double size = static_cast<double>(n), centre = total / size;
    for (i = 0; i + lanes <= n; i += lanes)
      for (std::size_t l = 0; l < lanes; ++l) part2[l] += (v[i + l] - centre) * (v[i + l] - centre);
    double squares = 0.0;
    for (; i < n; ++i) squares += (v[i] - centre) * (v[i] - centre);
    for (const double s : part2) squares += s;
    const double apart = centre - mean, all = count + size;
    sum += squares + apart * apart * count * size / all;
    mean += apart * size / all;
    count = all;
  }
};

}  // namespace detail
}  // namespace TAILWATCH_ABI_NAMESPACE
}  // namespace tailwatch::drift
