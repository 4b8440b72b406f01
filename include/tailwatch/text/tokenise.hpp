// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tailwatch/text/detail/characters.hpp"
#include "tailwatch/text/utf8.hpp"

namespace tailwatch::text {

enum class token_rule {
  unicode_words,  ///< runs of letters and marks, apostrophes inside them; Han and Hiragana one character a word
  ascii_words,    ///< matches of [A-Za-z']+, everything else separates: the rule of the reference values
};

struct tokenise_options {
  token_rule rule = token_rule::unicode_words;
  bool digits = false;    ///< decimal digits are part of words
  bool fold_case = true;  ///< simple case folding; false keeps the case
};

/// What a pass over a text found.
struct word_scan {
  std::uint64_t words = 0;
  std::uint64_t invalid = 0;  ///< ill-formed parts of UTF-8, each read as a separator; the ASCII rule does not look
};

namespace detail {

enum : std::uint8_t { separator = 0, lower = 1, upper = 2, word_bits = 3, apostrophe = 4, beyond_ascii = 8 };

[[nodiscard]] constexpr std::array<std::uint8_t, 256> byte_classes(bool digits, bool ascii_rule) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 'a'; c <= 'z'; ++c) table[c] = lower;
  for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = upper;
  if (digits)
    for (std::size_t c = '0'; c <= '9'; ++c) table[c] = lower;
  table['\''] = ascii_rule ? lower : apostrophe;
  if (!ascii_rule)
    for (std::size_t c = 0x80; c < 256; ++c) table[c] = beyond_ascii;
  return table;
}
inline constexpr std::array<std::uint8_t, 256> byte_class_tables[4] = {
    byte_classes(false, false), byte_classes(true, false), byte_classes(false, true), byte_classes(true, true)};

template <class Visit>
class word_scanner {
 public:
  word_scanner(std::string_view text, const tokenise_options& options, Visit& visit)
      : text_(text), options_(options), visit_(visit) {}

  word_scan run() {
    const auto& classes =
        byte_class_tables[(options_.digits ? 1 : 0) + (options_.rule == token_rule::ascii_words ? 2 : 0)];
    const auto class_at = [&](std::size_t i) { return classes[static_cast<unsigned char>(text_[i])]; };
    const std::size_t end = text_.size();
    std::size_t i = 0;
    while (i < end) {
      std::uint8_t seen = class_at(i);
      if (seen == separator || seen == apostrophe) {
        ++i;
        continue;
      }
      if (seen == beyond_ascii) {
        i = any_word(i);
        continue;
      }
      std::size_t j = i + 1;
      std::uint8_t stop = separator;
      for (; j < end; ++j) {
        stop = class_at(j);
        if ((stop & word_bits) != 0) {
          seen |= stop;
        } else if (stop != apostrophe || j + 1 == end || (class_at(j + 1) & (word_bits | beyond_ascii)) == 0) {
          break;
        }
      }
      if (j < end && stop == beyond_ascii) {  // the word goes on beyond ASCII, or a character there ends it
        i = any_word(i);
        continue;
      }
      ascii_word(i, j - i, (seen & upper) != 0 && options_.fold_case);
      i = j;
    }
    return scan_;
  }

 private:
  void emit(std::string_view word) {
    ++scan_.words;
    visit_(word);
  }

  /// The ASCII word text_[at, at + size).
  void ascii_word(std::size_t at, std::size_t size, bool fold_needed) {
    const std::string_view word = text_.substr(at, size);
    const auto folded = [](char c) { return static_cast<char>(c | 0x20); };  // digits and ' have that bit already
    if (!fold_needed) {
      emit(word);
    } else if (size <= short_word_.size() && text_.size() - at >= short_word_.size()) {
      for (std::size_t i = 0; i < short_word_.size(); ++i) short_word_[i] = folded(text_[at + i]);  // a few vectors
      emit({short_word_.data(), size});
    } else {
      word_.assign(word);
      for (char& c : word_) c = folded(c);
      emit(word_);
    }
  }

  [[nodiscard]] bool in_word(char32_t c) const noexcept { return is_letter(c) || (options_.digits && is_digit(c)); }
  [[nodiscard]] bool goes_on(std::size_t at) const noexcept {
    if (at >= text_.size()) return false;
    const char32_t c = decode_utf8(text_, at).value;
    return in_word(c) && !is_single(c);
  }

  /// The word that starts at `at`, if one does; returns where to go on.
  std::size_t any_word(std::size_t at) {
    word_.clear();
    while (at < text_.size()) {
      const decoded_character c = decode_utf8(text_, at);
      const std::size_t next = at + c.bytes;
      if (in_word(c.value)) {
        const bool single = is_single(c.value);
        if (single && !word_.empty()) break;
        append_utf8(word_, options_.fold_case ? fold(c.value) : c.value);
        at = next;
        if (single) {
          for (decoded_character mark{}; at < text_.size(); at += mark.bytes) {
            mark = decode_utf8(text_, at);
            if (!is_attached(mark.value)) break;
            append_utf8(word_, mark.value);
          }
          break;
        }
        continue;
      }
      const bool quote = c.value == '\'' || c.value == 0x2019;
      const bool joiner = c.value == 0x200C || c.value == 0x200D || c.value == 0xAD;  // soft hyphens go
      if (!word_.empty() && (quote || joiner) && goes_on(next)) {
        if (c.value != 0xAD) append_utf8(word_, quote ? U'\'' : c.value);
        at = next;
        continue;
      }
      if (word_.empty()) {
        scan_.invalid += c.valid ? 0 : 1;
        return next;
      }
      break;
    }
    emit(word_);
    return at;
  }

  std::string_view text_;
  tokenise_options options_;
  Visit& visit_;
  std::string word_;
  std::array<char, 32> short_word_{};
  word_scan scan_;
};

}  // namespace detail

/// Calls `visit(std::string_view word)` for each word, folded to lower case; the view is valid during the call.
///
/// Words (unicode_words): maximal runs of letters and marks (general categories L and M of Unicode 14); ' and ’ between
/// two of them belong to the word, and ’ becomes '; zero-width joiners stay and soft hyphens go. Each Han or Hiragana
/// character is a word. Thai, Lao, Khmer and Burmese, which need a dictionary, give one word a run. Text is not
/// normalised: composed and decomposed accents are different words.
///
/// @complexity  O(bytes), no allocation for each word
/// @see         Unicode Standard Annex 29, of which this is the part that needs no dictionary and no property tables
/// @example     examples/text/words.cpp
template <class Visit>
word_scan for_each_word(std::string_view text, const tokenise_options& options, Visit&& visit) {
  return detail::word_scanner<Visit>(text, options, visit).run();
}

/// The words of a text.
[[nodiscard]] inline std::vector<std::string> tokenise(std::string_view text, const tokenise_options& options = {}) {
  std::vector<std::string> words;
  for_each_word(text, options, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

}  // namespace tailwatch::text
