// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/is_nan.hpp"

namespace tailwatch::monitor {

/// Rewards of one block with the group (prompt) of each.
class block_rewards {
 public:
  using reward = std::pair<std::uint64_t, double>;  ///< group, reward

  explicit block_rewards(std::size_t max_rewards = 0) : max_rewards_(max_rewards) { rewards_.reserve(max_rewards); }
  block_rewards(const block_rewards& other) : block_rewards(other.max_rewards_) {
    rewards_.assign(other.rewards_.begin(), other.rewards_.end());
    rejected_ = other.rejected_;
    sorted_ = other.sorted_;
  }
  block_rewards& operator=(const block_rewards& other) {
    if (this != &other) *this = block_rewards(other);
    return *this;
  }
  block_rewards(block_rewards&&) noexcept = default;
  block_rewards& operator=(block_rewards&&) noexcept = default;
  ~block_rewards() = default;

  /// False where there is no more room; NaN and infinity are rejected and counted.
  [[nodiscard]] bool add(std::uint64_t group, double x) noexcept {
    if (!core::is_finite(x)) {
      ++rejected_;
      return true;
    }
    if (rewards_.size() == max_rewards_) return false;
    rewards_.emplace_back(group, x);
    sorted_ = false;
    return true;
  }
  /// Appends another block's rewards; returns how many found no room.
  std::uint64_t merge(const block_rewards& other) noexcept {
    rejected_ += other.rejected_;
    std::uint64_t lost = 0;
    for (const auto& [group, x] : other.rewards_) lost += add(group, x) ? 0U : 1U;
    return lost;
  }
  void clear() noexcept {
    rewards_.clear();
    rejected_ = 0;
  }
  [[nodiscard]] std::size_t size() const noexcept { return rewards_.size(); }
  [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
  /// By group, and by reward within a group: sums over them do not depend on the order in which they came.
  [[nodiscard]] std::span<const reward> rewards() const noexcept {
    if (!sorted_) std::ranges::sort(rewards_);
    sorted_ = true;
    return rewards_;
  }
  /// Calls visit(rewards of one group) for each group.
  template <class Visit>
  void for_each_group(Visit&& visit) const {
    const std::span<const reward> all = rewards();
    for (std::size_t begin = 0; begin < all.size();) {
      std::size_t end = begin + 1;
      while (end < all.size() && all[end].first == all[begin].first) ++end;
      visit(all.subspan(begin, end - begin));
      begin = end;
    }
  }

  void save_fields(core::output_archive& out) const {
    out.u64(rejected_);
    out.u64(rewards_.size());
    for (const auto& [group, x] : rewards_) {
      out.u64(group);
      out.f64(x);
    }
  }
  void load_fields(core::input_archive& in) {
    clear();
    rejected_ = in.u64();
    const std::size_t size = in.length(16);
    if (size > max_rewards_) core::detail::archive_failure("more rewards than max_rewards");
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint64_t group = in.u64();
      rewards_.emplace_back(group, in.f64());
    }
    sorted_ = false;
  }

 private:
  std::size_t max_rewards_ = 0;
  mutable std::vector<reward> rewards_;
  mutable bool sorted_ = true;
  std::uint64_t rejected_ = 0;
};

}  // namespace tailwatch::monitor
