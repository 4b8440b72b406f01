// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tailwatch::uniqueness::detail {

/// Suffix array by induced sorting (G. Nong, S. Zhang, W. H. Chan 2009, Data Compression Conference, 193–202): O(n + symbols).
class suffix_sorter {
 public:
  /// Starts of the suffixes of `text` in ascending order.
  /// @param text     symbols below `symbols`; the last is 0 and no other is. Fewer than 2³² − 1 of them
  [[nodiscard]] static std::vector<std::uint32_t> sort(const std::vector<std::uint32_t>& text, std::size_t symbols) {
    if (text.size() == 1) return {0};
    suffix_sorter sorter(text, symbols);
    std::vector<std::uint32_t> leftmost;  // in order of place
    for (std::size_t i = 1; i < text.size(); ++i)
      if (sorter.is_leftmost(i)) leftmost.push_back(static_cast<std::uint32_t>(i));
    sorter.induce(leftmost);  // sorts the pieces between leftmost places, not yet their suffixes
    const std::vector<std::uint32_t> order = sorter.order_of_leftmost(leftmost);
    sorter.induce(order);
    return std::move(sorter.suffixes_);
  }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFFU;

  suffix_sorter(const std::vector<std::uint32_t>& text, std::size_t symbols)
      : text_(text), rises_(text.size(), 0), suffixes_(text.size(), none), begin_(symbols + 1, 0) {
    rises_.back() = 1;
    for (std::size_t i = text.size() - 1; i-- > 0;)
      rises_[i] = text[i] < text[i + 1] || (text[i] == text[i + 1] && rises_[i + 1] != 0) ? 1 : 0;
    for (const std::uint32_t x : text) ++begin_[x + std::size_t{1}];
    for (std::size_t x = 1; x < begin_.size(); ++x) begin_[x] += begin_[x - 1];
  }

  /// First of a run of suffixes that are each smaller than the next.
  [[nodiscard]] bool is_leftmost(std::size_t i) const noexcept { return i > 0 && rises_[i] != 0 && rises_[i - 1] == 0; }

  /// Sorts all suffixes from the order of the leftmost ones.
  void induce(const std::vector<std::uint32_t>& leftmost) {
    std::fill(suffixes_.begin(), suffixes_.end(), none);
    std::vector<std::uint32_t> at(begin_.begin() + 1, begin_.end());
    for (std::size_t i = leftmost.size(); i-- > 0;) suffixes_[--at[text_[leftmost[i]]]] = leftmost[i];
    at.assign(begin_.begin(), begin_.end() - 1);
    for (const std::uint32_t& next : suffixes_)
      if (next != none && next != 0 && rises_[next - 1] == 0) suffixes_[at[text_[next - 1]]++] = next - 1;
    at.assign(begin_.begin() + 1, begin_.end());
    for (std::size_t i = suffixes_.size(); i-- > 0;) {
      const std::uint32_t next = suffixes_[i];
      if (next != none && next != 0 && rises_[next - 1] != 0) suffixes_[--at[text_[next - 1]]] = next - 1;
    }
  }

  /// The leftmost places by their suffixes, once their pieces are sorted.
  [[nodiscard]] std::vector<std::uint32_t> order_of_leftmost(const std::vector<std::uint32_t>& leftmost) {
    std::vector<std::uint32_t> name(text_.size(), none);
    std::uint32_t names = 0, before = none;
    for (const std::uint32_t i : suffixes_) {
      if (i == none || !is_leftmost(i)) continue;
      if (before != none && !same_piece(before, i)) ++names;
      name[i] = names;
      before = i;
    }
    std::vector<std::uint32_t> shorter, order(leftmost.size());
    shorter.reserve(leftmost.size());
    for (const std::uint32_t i : leftmost) shorter.push_back(name[i]);
    name = {};
    if (names + std::size_t{1} < leftmost.size()) {
      order = sort(shorter, names + std::size_t{1});
      for (std::uint32_t& x : order) x = leftmost[x];
    } else {
      for (std::size_t i = 0; i < shorter.size(); ++i) order[shorter[i]] = leftmost[i];
    }
    return order;
  }
  [[nodiscard]] bool same_piece(std::size_t a, std::size_t b) const noexcept {
    for (std::size_t k = 0;; ++k) {
      if (text_[a + k] != text_[b + k] || rises_[a + k] != rises_[b + k])
        return false;  // the last symbol is like no other
      if (k > 0 && (is_leftmost(a + k) || is_leftmost(b + k))) return is_leftmost(a + k) && is_leftmost(b + k);
    }
  }

  const std::vector<std::uint32_t>& text_;
  std::vector<std::uint8_t> rises_;  ///< whether suffix i is smaller than suffix i + 1
  std::vector<std::uint32_t> suffixes_;
  std::vector<std::uint32_t> begin_;  ///< of the suffixes that start with a symbol
};

}  // namespace tailwatch::uniqueness::detail
