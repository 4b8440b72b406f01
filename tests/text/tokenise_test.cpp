// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/text/tokenise.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "tailwatch/core/random.hpp"

using tailwatch::text::for_each_word;
using tailwatch::text::token_rule;
using tailwatch::text::tokenise;
using tailwatch::text::tokenise_options;
using word_list = std::vector<std::string>;

namespace {

/// The ASCII rule, spelt out.
word_list ascii_words_by_hand(std::string_view text) {
  word_list words;
  std::string word;
  for (const char raw : std::string(text) + ' ') {
    const char c = raw >= 'A' && raw <= 'Z' ? static_cast<char>(raw + 32) : raw;
    if ((c >= 'a' && c <= 'z') || c == '\'') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(word);
      word.clear();
    }
  }
  return words;
}

}  // namespace

TEST_CASE("text: words are runs of letters, folded", "[text]") {
  CHECK(tokenise("The Cat sat, on\tthe MAT.") == word_list{"the", "cat", "sat", "on", "the", "mat"});
  CHECK(tokenise("") == word_list{});
  CHECK(tokenise(" .,;-0123!?\n") == word_list{});
  CHECK(tokenise("a") == word_list{"a"});
  CHECK(tokenise("well-known e.g. x=y_z") == word_list{"well", "known", "e", "g", "x", "y", "z"});
}

TEST_CASE("text: apostrophes belong to a word between two letters", "[text]") {
  CHECK(tokenise("don't don\u2019t 'tis dogs' rock'n'roll o''clock '") ==
        word_list{"don't", "don't", "tis", "dogs", "rock'n'roll", "o", "clock"});
  CHECK(tokenise("l'\xC3\xA9t\xC3\xA9 \xC3\x89'X \u2018quoted\u2019") ==
        word_list{"l'\xC3\xA9t\xC3\xA9", "\xC3\xA9'x", "quoted"});
}

TEST_CASE("text: case folds in every script that has one", "[text]") {
  CHECK(tokenise("\u00C9COLE \u039F\u0394\u039F\u03A3 \u03BF\u03B4\u03BF\u03C2 \u041F\u0420\u0418\u0412\u0415\u0422 "
                 "\u0531\u0532 \u10D0 \u023A \u1E9E \U00010400") ==
        word_list{"\u00E9cole", "\u03BF\u03B4\u03BF\u03C3", "\u03BF\u03B4\u03BF\u03C3",
                  "\u043F\u0440\u0438\u0432\u0435\u0442", "\u0561\u0562", "\u10D0", "\u2C65", "\u00DF", "\U00010428"});
  CHECK(tokenise("\u00C9cole ABC d'Or", {.fold_case = false}) == word_list{"\u00C9cole", "ABC", "d'Or"});
  CHECK(tokenise("\u0130 \u0131") ==
        word_list{"\u0130", "\u0131"});  // dotted and dotless i need a language: left alone
}

TEST_CASE("text: marks, joiners and soft hyphens", "[text]") {
  CHECK(tokenise("e\u0301te\u0301") == word_list{"e\u0301te\u0301"});
  CHECK(tokenise("co\u00ADop\u00AD er") == word_list{"coop", "er"});
  CHECK(tokenise("\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645") ==
        word_list{"\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645"});
  CHECK(tokenise("\u0939\u093F\u0928\u094D\u0926\u0940 \u05E9\u05DC\u05D5\u05DD") ==
        word_list{"\u0939\u093F\u0928\u094D\u0926\u0940", "\u05E9\u05DC\u05D5\u05DD"});
}

TEST_CASE("text: Han and Hiragana characters are words, Katakana and Hangul run", "[text]") {
  CHECK(tokenise("\u6F22\u5B57\u304B\u306A\u30AB\u30BF\u30AB\u30CA\uD55C\uAD6D\uC5B4\u3002abc\u6F22x") ==
        word_list{"\u6F22", "\u5B57", "\u304B", "\u306A", "\u30AB\u30BF\u30AB\u30CA\uD55C\uAD6D\uC5B4", "abc", "\u6F22",
                  "x"});
  CHECK(tokenise("\u845B\U000E0100\u57CE") == word_list{"\u845B\U000E0100", "\u57CE"});
}

TEST_CASE("text: digits are part of words on demand", "[text]") {
  CHECK(tokenise("covid19 3.14 \u0663\u0664 x") == word_list{"covid", "x"});
  CHECK(tokenise("covid19 3.14 \u0663\u0664 x", {.digits = true}) ==
        word_list{"covid19", "3", "14", "\u0663\u0664", "x"});
}

TEST_CASE("text: invalid bytes separate words and are counted", "[text]") {
  word_list words;
  const auto scan = for_each_word(
      "ab\xFF"
      "cd \xE2\x82 ef\xC3\xA9\x80gh\xC3",
      {}, [&](std::string_view word) { words.emplace_back(word); });
  CHECK(words == word_list{"ab", "cd", "ef\u00E9", "gh"});
  CHECK(scan.words == 4);
  CHECK(scan.invalid == 4);
}

TEST_CASE("text: the ASCII rule matches [a-z']+ of the lower-cased text", "[text]") {
  const tokenise_options ascii{.rule = token_rule::ascii_words};
  CHECK(tokenise("'Tis don't 42nd na\xC3\xAFve ' \xE2\x80\x99X", ascii) ==
        word_list{"'tis", "don't", "nd", "na", "ve", "'", "x"});
  tailwatch::core::random_engine random(5);
  constexpr std::string_view alphabet = "abzAZ'' .,0\n\xC3\xA9";
  for (int trial = 0; trial < 300; ++trial) {
    std::string text;
    for (std::uint64_t i = tailwatch::core::uniform_below(random, 60); i > 0; --i)
      text += alphabet[static_cast<std::size_t>(tailwatch::core::uniform_below(random, alphabet.size()))];
    CAPTURE(text);
    REQUIRE(tokenise(text, ascii) == ascii_words_by_hand(text));
  }
}

TEST_CASE("text: any bytes can be tokenised, and the words are valid UTF-8", "[text]") {
  tailwatch::core::random_engine random(6);
  for (int trial = 0; trial < 500; ++trial) {
    std::string text;
    for (std::uint64_t i = tailwatch::core::uniform_below(random, 80); i > 0; --i) {
      const std::uint64_t kind = tailwatch::core::uniform_below(random, 4);
      if (kind == 0) text += static_cast<char>(static_cast<unsigned char>(tailwatch::core::uniform_below(random, 256)));
      if (kind == 1) text += static_cast<char>('a' + static_cast<char>(tailwatch::core::uniform_below(random, 26)));
      if (kind == 2)
        tailwatch::text::append_utf8(text, static_cast<char32_t>(tailwatch::core::uniform_below(random, 0xD800)));
      if (kind == 3) text += "'";
    }
    std::uint64_t words = 0;
    const auto scan = for_each_word(text, {.digits = trial % 2 == 0}, [&](std::string_view word) {
      ++words;
      REQUIRE_FALSE(word.empty());
      REQUIRE(tailwatch::text::count_invalid_utf8(word) == 0);
    });
    REQUIRE(scan.words == words);
    REQUIRE(scan.invalid == tailwatch::text::count_invalid_utf8(text));
  }
}

TEST_CASE("text: the tables of letters agree with what is known", "[text]") {
  using namespace tailwatch::text::detail;
  CHECK(is_letter('a'));
  CHECK_FALSE(is_letter('0'));
  CHECK_FALSE(is_letter(0xD7));  // multiplication sign, between letters
  CHECK(is_letter(0x4E00));
  CHECK(is_letter(0x10428));
  CHECK_FALSE(is_letter(0x10FFFF));
  CHECK_FALSE(is_letter(0x1F600));
  std::uint32_t wrong = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    wrong += is_letter(c) == in_ranges(letter_ranges, c) ? 0 : 1;
    wrong += fold(c) == (is_letter(c) ? fold_by_search(c) : fold(c)) ? 0 : 1;
    wrong += fold(fold(c)) == fold(c) ? 0 : 1;
  }
  CHECK(wrong == 0);
}
