// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/text/sentences.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace tailwatch::text;

namespace {

std::vector<std::string> sentences_of(std::string_view text, const sentence_options& options = {}) {
  std::vector<std::string> found;
  for_each_sentence(text, options, [&](std::string_view s) { found.emplace_back(s); });
  return found;
}
using sentence_list = std::vector<std::string>;

}  // namespace

TEST_CASE("text: sentences by line", "[text]") {
  const sentence_options lines{.rule = sentence_rule::lines};
  CHECK(sentences_of("one. two\r\n\n  three \nfour", lines) == sentence_list{"one. two", "three", "four"});
  CHECK(sentences_of("", lines).empty());
  CHECK(sentences_of("\n \n\t\n", lines).empty());
}

TEST_CASE("text: sentences by punctuation", "[text]") {
  const sentence_options punctuation{.rule = sentence_rule::punctuation};
  CHECK(sentences_of("One.. Two?!\nThree is\nlong\u2026 \u4E00\u3002\u4E8C\uFF01\u4E09\uFF1F end", punctuation) ==
        sentence_list{"One", "Two", "Three is\nlong", "\u4E00", "\u4E8C", "\u4E09", "end"});
  CHECK(sentences_of("A title\n \t\r\nfirst words\ngo on.", punctuation) ==
        sentence_list{"A title", "first words\ngo on"});
  CHECK(sentences_of("A title\n\nfirst words", {.rule = sentence_rule::punctuation, .blank_lines_end = false}) ==
        sentence_list{"A title\n\nfirst words"});
  CHECK(sentences_of("...", punctuation).empty());
}

TEST_CASE("text: the rule is chosen by the look of the text", "[text]") {
  CHECK(choose_sentence_rule("") == sentence_rule::lines);
  CHECK(choose_sentence_rule("the cat sat on the mat\nthe dog lay\nno marks at all\n") == sentence_rule::lines);
  CHECK(choose_sentence_rule("In the beginning was the word.\nAnd it was good: very good,\nSo they said.\n") ==
        sentence_rule::lines);
  const std::string wrapped =
      "It was a dark and stormy night; the rain fell in\ntorrents, except at occasional intervals. It was\n"
      "checked by a gust of wind. There was no one in\nthe streets of the town, and nothing stirred in\n"
      "the houses. At length a light was seen. It was\nthe watchman.\n";
  CHECK(choose_sentence_rule(wrapped) == sentence_rule::punctuation);
  CHECK(sentences_of(wrapped).size() == 5);
  std::string paragraphs;
  for (int i = 0; i < 5; ++i) paragraphs += "One thing. Another thing. A third one. \u201CA fourth?\u201D The last.\n";
  CHECK(choose_sentence_rule(paragraphs) == sentence_rule::punctuation);
  CHECK(choose_sentence_rule("\u201CIs it?\u201D\n(It is.)\n") == sentence_rule::lines);
  CHECK(choose_sentence_rule("version 1.2.3 of a.b.c\nsee www.x.org\n") == sentence_rule::lines);
}
