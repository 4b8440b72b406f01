// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/text/vocabulary.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "support/catch.hpp"
#include "tailwatch/text/zipf_text.hpp"

using tailwatch::text::vocabulary;

TEST_CASE("text: words get ids in the order in which they come", "[text]") {
  vocabulary words;
  CHECK(words.empty());
  CHECK_FALSE(words.find("x").has_value());
  CHECK(words.add("tail") == 0);
  CHECK(words.add("watch") == 1);
  CHECK(words.add("tail") == 0);
  CHECK(words.add("") == 2);
  CHECK(words.size() == 3);
  CHECK(words.word(1) == "watch");
  CHECK(words.word(2) == "");
  CHECK(words.find("watch") == 1U);
  CHECK(words.contains(""));
  CHECK_FALSE(words.contains("tai"));
  words.clear();
  CHECK(words.size() == 0);
  CHECK(words.add("watch") == 0);
}

TEST_CASE("text: a large vocabulary agrees with a map", "[text]") {
  vocabulary words;
  std::unordered_map<std::string, std::uint32_t> expected;
  tailwatch::core::random_engine random(1);
  for (int i = 0; i < 50000; ++i) {
    std::string word = tailwatch::text::pseudo_word(tailwatch::core::uniform_below(random, 30000));
    if (i % 7 == 0) word += std::string(static_cast<std::size_t>(i % 40), 'q');
    const auto [at, added] = expected.try_emplace(word, static_cast<std::uint32_t>(expected.size()));
    REQUIRE(words.add(word) == at->second);
  }
  REQUIRE(words.size() == expected.size());
  for (const auto& entry : expected) {
    REQUIRE(words.find(entry.first) == entry.second);
    REQUIRE(words.word(entry.second) == entry.first);
  }
  const vocabulary copy = words;
  CHECK(copy == words);
  words.add("one more of them");
  CHECK_FALSE(copy == words);
}

TEST_CASE("text: a vocabulary is saved in the order of its ids", "[text]") {
  vocabulary words;
  for (const char* w : {"b", "a", "\xFF odd", "c"}) words.add(w);
  const auto bytes = tailwatch::core::to_bytes(words);
  vocabulary loaded;
  loaded.add("gone after loading");
  tailwatch::core::from_bytes(bytes, loaded);
  CHECK(loaded == words);
  CHECK(loaded.add("c") == 3);
  CHECK(tailwatch::core::to_bytes(loaded) == bytes);

  tailwatch::core::output_archive out;  // one word twice
  out.begin({tailwatch::core::state_family::vocabulary, vocabulary::parameters(), 0, 0, 2});
  out.u64(2);
  out.text("a");
  out.text("a");
  out.end();
  CHECK_THROWS_AS(tailwatch::core::from_bytes(out.bytes(), loaded), tailwatch::core::archive_error);
  CHECK(loaded == words);
  for (std::size_t n = 0; n < bytes.size(); ++n)
    REQUIRE_THROWS_AS(tailwatch::core::from_bytes(std::span(bytes).first(n), loaded), tailwatch::core::archive_error);
  CHECK(loaded == words);
}
