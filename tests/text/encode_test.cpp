// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/text/encode.hpp"

#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace tailwatch::text;

namespace {
std::vector<std::uint32_t> ids_of(std::span<const std::uint32_t> sequence) {
  return {sequence.begin(), sequence.end()};
}
}  // namespace

TEST_CASE("text: a text becomes sequences of ids", "[text]") {
  vocabulary words;
  const auto text = encode("the cat sat\n42\nThe end\n", words);
  REQUIRE(text.size() == 2);
  CHECK(ids_of(text[0]) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(ids_of(text[1]) == std::vector<std::uint32_t>{0, 3});
  CHECK(words.size() == 4);
  CHECK(words.word(3) == "end");
}

TEST_CASE("text: short sentences are dropped, or all are kept", "[text]") {
  vocabulary words;
  CHECK(encode("a b c\na\n42\nb c", words, {.min_tokens = 2}).size() == 2);
  CHECK(encode("a b c\na\n42\nb c", words, {.min_tokens = 0}).size() == 4);
  CHECK(encode("", words).empty());
}

TEST_CASE("text: a fixed vocabulary gives unknown words one id beyond it", "[text]") {
  vocabulary words;
  words.add("the");
  words.add("cat");
  const vocabulary fixed = words;
  const auto text = encode_known("the dog. the cat!", fixed, {.sentences = {.rule = sentence_rule::punctuation}});
  REQUIRE(text.size() == 2);
  CHECK(ids_of(text[0]) == std::vector<std::uint32_t>{0, 2});
  CHECK(ids_of(text[1]) == std::vector<std::uint32_t>{0, 1});
  CHECK(fixed.size() == 2);
}

TEST_CASE("text: options of words and sentences reach the encoder", "[text]") {
  vocabulary words;
  const auto text =
      encode("'Tis na\xC3\xAFve. x", words,
             {.sentences = {.rule = sentence_rule::punctuation}, .words = {.rule = token_rule::ascii_words}});
  REQUIRE(text.size() == 2);
  CHECK(words.contains("'tis"));
  CHECK(words.contains("na"));
}
