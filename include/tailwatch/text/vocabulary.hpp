// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tailwatch/core/archive.hpp"
#include "tailwatch/core/random.hpp"

namespace tailwatch::text {

/// Words ↔ ids 0, 1, 2, … in the order in which the words were first added.
///
/// @memory      the bytes of the words + 8 a word + 8 a slot, at least 1.6 slots a word
/// @complexity  add and find O(bytes of the word) expected, word O(1)
/// @example     examples/text/words.cpp
class vocabulary {
 public:
  using id_type = std::uint32_t;

  /// The id of `word`, which is added if it is new.
  id_type add(std::string_view word) {
    if (size() >= slots_.size() / 8 * 5) grow();
    const std::uint64_t tag = hash(word) & tag_mask;
    const std::size_t at = find_slot(word, tag);
    if (slots_[at] != 0) return id_in(slots_[at]);
    const auto id = static_cast<id_type>(size());
    bytes_.append(word);
    ends_.push_back(bytes_.size());
    slots_[at] = tag | (static_cast<std::uint64_t>(id) + 1);
    return id;
  }

  [[nodiscard]] std::optional<id_type> find(std::string_view word) const noexcept {
    if (slots_.empty()) return std::nullopt;
    const std::uint64_t found = slots_[find_slot(word, hash(word) & tag_mask)];
    if (found == 0) return std::nullopt;
    return id_in(found);
  }
  [[nodiscard]] bool contains(std::string_view word) const noexcept { return find(word).has_value(); }

  /// The word with this id, which must be below size(); valid until the next add.
  [[nodiscard]] std::string_view word(id_type id) const noexcept {
    const std::size_t begin = id == 0 ? 0 : ends_[id - 1];
    return std::string_view(bytes_).substr(begin, ends_[id] - begin);
  }
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
  void clear() noexcept { *this = vocabulary(); }

  [[nodiscard]] static std::uint64_t parameters() noexcept { return core::parameter_hash{}.add("vocabulary").value(); }

  /// Payload: u64 number of words, then each word in the order of the ids: u64 bytes, the bytes.
  void save(core::output_archive& out) const {
    out.begin(header());
    out.u64(size());
    for (id_type id = 0; id < size(); ++id) out.text(word(id));
    out.end();
  }
  /// Takes the place of what was there. @throws core::archive_error, and this vocabulary is then as it was
  void load(core::input_archive& in) {
    const core::record_header found = in.open(header());
    vocabulary loaded;
    const std::size_t n = in.length(8);
    for (std::size_t i = 0; i < n; ++i)
      if (loaded.add(in.text()) != i) core::detail::archive_failure("a word occurs twice in the vocabulary");
    if (n != found.count) core::detail::archive_failure("number of words does not match");
    in.close();
    *this = std::move(loaded);
  }

  friend bool operator==(const vocabulary& a, const vocabulary& b) noexcept {
    return a.ends_ == b.ends_ && a.bytes_ == b.bytes_;
  }

 private:
  // A slot holds id + 1 in its low half (0: free) and the high half of the word's hash, which also chooses the slot.
  static constexpr std::uint64_t tag_mask = 0xFFFFFFFF00000000ULL;

  [[nodiscard]] core::record_header header() const noexcept {
    return {core::state_family::vocabulary, parameters(), 0, 0, size()};
  }
  [[nodiscard]] static id_type id_in(std::uint64_t slot) noexcept { return static_cast<id_type>(slot - 1); }

  /// Never saved, so it may differ between machines.
  [[nodiscard]] static std::uint64_t hash(std::string_view word) noexcept {
    std::uint64_t h = word.size() * 0x9e3779b97f4a7c15ULL;
    const char* p = word.data();
    std::size_t left = word.size();
    for (; left >= 8; left -= 8, p += 8) {
      std::uint64_t part;
      std::memcpy(&part, p, 8);
      h = (std::rotl(h, 29) ^ part) * 0xd6e8feb86659fd93ULL;
    }
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < left; ++i)
      rest |= static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])) << (8 * i);
    return core::mix64(h ^ rest);
  }

  [[nodiscard]] std::size_t find_slot(std::string_view word, std::uint64_t tag) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = static_cast<std::size_t>(tag >> 32) & mask;; i = (i + 1) & mask) {
      const std::uint64_t slot = slots_[i];
      if (slot == 0 || ((slot & tag_mask) == tag && this->word(id_in(slot)) == word)) return i;
    }
  }

  void grow() {
    std::vector<std::uint64_t> old(slots_.empty() ? 64 : 2 * slots_.size(), 0);
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const std::uint64_t slot : old) {
      if (slot == 0) continue;
      std::size_t i = static_cast<std::size_t>(slot >> 32) & mask;
      while (slots_[i] != 0) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<std::uint64_t> slots_;
};

}  // namespace tailwatch::text
