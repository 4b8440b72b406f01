// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tailwatch/text/detail/characters.hpp"
#include "tailwatch/text/utf8.hpp"

namespace tailwatch::text {

enum class sentence_rule {
  lines,        ///< one sentence a line
  punctuation,  ///< runs of . ! ? … 。 ！ ？ end a sentence; a newline is a space, a blank line ends a sentence
  automatic,    ///< one of the two, by the look of the text: see choose_sentence_rule
};

struct sentence_options {
  sentence_rule rule = sentence_rule::automatic;
  bool blank_lines_end = true;  ///< punctuation: a blank line ends a sentence; false: any newline is only a space
};

namespace detail {

[[nodiscard]] constexpr bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

[[nodiscard]] constexpr std::string_view trimmed(std::string_view x) noexcept {
  while (!x.empty() && is_space(x.front())) x.remove_prefix(1);
  while (!x.empty() && is_space(x.back())) x.remove_suffix(1);
  return x;
}

/// Bytes of the sentence end that starts at `at`, 0 where there is none.
[[nodiscard]] constexpr std::size_t terminator_at(std::string_view text, std::size_t at) noexcept {
  const char c = text[at];
  if (c == '.' || c == '!' || c == '?') return 1;
  if (static_cast<unsigned char>(c) < 0xE2) return 0;
  for (const std::string_view mark : {"\xE2\x80\xA6", "\xE3\x80\x82", "\xEF\xBC\x81", "\xEF\xBC\x9F"})
    if (text.substr(at, 3) == mark) return 3;
  return 0;
}

/// Does the line end in a sentence end, closing quotes and brackets aside?
[[nodiscard]] constexpr bool ends_sentence(std::string_view line) noexcept {
  constexpr std::string_view closing[] = {"\"",           "'",        ")",           "]", "*", "_", "\xE2\x80\x9D",
                                          "\xE2\x80\x99", "\xC2\xBB", "\xE3\x80\x8D"};
  line = trimmed(line);
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view mark : closing) {
      if (line.size() > mark.size() && line.substr(line.size() - mark.size()) == mark) {
        line.remove_suffix(mark.size());
        again = true;
      }
    }
  }
  return !line.empty() &&
         (terminator_at(line, line.size() - 1) == 1 || (line.size() >= 3 && terminator_at(line, line.size() - 3) == 3));
}

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace detail

/// `lines` or `punctuation` for this text, from its first 4 MiB. With L lines that are not blank, E of them ending in a
/// sentence end and T sentence ends in all (a run of marks followed by white space, a closing mark or the end of the
/// text):
///
///   T < L/10                  lines: there is hardly any punctuation, the line is all there is
///   E ≥ L/2 and T ≤ 3·L       lines: they end where sentences end, and hold a few at most (verses, say)
///   otherwise                 punctuation: lines are cut inside sentences, or are whole paragraphs
[[nodiscard]] inline sentence_rule choose_sentence_rule(std::string_view text) noexcept {
  text = text.substr(0, std::size_t{4} << 20);
  std::uint64_t lines = 0;
  std::uint64_t ending = 0;
  std::uint64_t ends = 0;
  detail::for_each_line(text, [&](std::string_view line) {
    line = detail::trimmed(line);
    if (line.empty()) return;
    ++lines;
    ending += detail::ends_sentence(line) ? 1 : 0;
    for (std::size_t i = 0; i < line.size();) {
      std::size_t length = detail::terminator_at(line, i);
      if (length == 0) {
        ++i;
        continue;
      }
      const bool wide = length == 3;  // ideographic marks need no space after them
      for (i += length; i < line.size() && (length = detail::terminator_at(line, i)) != 0; i += length) {
      }
      const bool inside_word = i < line.size() && !wide && detail::is_letter(decode_utf8(line, i).value);
      const bool inside_number = i < line.size() && line[i] >= '0' && line[i] <= '9';
      ends += inside_word || inside_number ? 0 : 1;
    }
  });
  if (10 * ends < lines) return sentence_rule::lines;
  if (2 * ending >= lines && ends <= 3 * lines) return sentence_rule::lines;
  return sentence_rule::punctuation;
}

/// Calls `visit(std::string_view sentence)` for each sentence that is not blank: white space at both ends and the
/// marks that end it are not part of it. The views point into `text`.
/// @complexity  O(bytes)
/// @example     examples/text/words.cpp
template <class Visit>
void for_each_sentence(std::string_view text, const sentence_options& options, Visit&& visit) {
  const auto emit = [&](std::string_view sentence) {
    sentence = detail::trimmed(sentence);
    if (!sentence.empty()) visit(sentence);
  };
  const sentence_rule rule = options.rule == sentence_rule::automatic ? choose_sentence_rule(text) : options.rule;
  if (rule == sentence_rule::lines) {
    detail::for_each_line(text, emit);
    return;
  }
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = detail::terminator_at(text, i);
    if (length == 0 && text[i] == '\n' && options.blank_lines_end) {
      std::size_t next = i + 1;
      while (next < text.size() && text[next] != '\n' && detail::is_space(text[next])) ++next;
      if (next < text.size() && text[next] == '\n') length = next - i;
    }
    if (length == 0) {
      ++i;
      continue;
    }
    emit(text.substr(start, i - start));
    i += length;
    start = i;
  }
  emit(text.substr(start));
}

}  // namespace tailwatch::text
