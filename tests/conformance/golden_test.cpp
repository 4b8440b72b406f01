// SPDX-License-Identifier: BSL-1.0

// Saved bytes of every release stay readable: golden/<state>_<release>.bin. A new state's file is written by
//
//   TAILWATCH_WRITE_GOLDEN=tests/conformance/golden test_conformance "conformance: golden bytes*"
//
// and a file of a released version is never written again.

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/states.hpp"
#include "support/catch.hpp"
#include "tailwatch/text/vocabulary.hpp"

namespace {

using namespace tailwatch;
using namespace tailwatch::conformance;

constexpr std::string_view golden_release = "0_1";

std::string golden_name(std::string_view folder, std::string_view state) {
  return std::string(folder) + "/" + std::string(state) + "_" + std::string(golden_release) + ".bin";
}

std::vector<std::byte> golden_bytes(std::string_view state) {
  for (const char* folder : {"conformance/golden", "tests/conformance/golden"}) {  // from tests/ or from the root
    std::ifstream in(golden_name(folder, state), std::ios::binary);
    if (!in) continue;
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::vector<std::byte> bytes;
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    return bytes;
  }
  return {};
}

bool write_golden(std::string_view state, const std::vector<std::byte>& bytes) {
  const char* folder = std::getenv("TAILWATCH_WRITE_GOLDEN");
  if (folder == nullptr) return false;
  std::ofstream out(golden_name(folder, state), std::ios::binary);
  for (const std::byte b : bytes) out.put(static_cast<char>(b));
  return out.good();
}

text::vocabulary golden_vocabulary() {
  text::vocabulary words;
  for (const char* word : {"the", "tail", "", "na\xC3\xAFve", "a word with spaces"}) words.add(word);
  return words;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("conformance: golden bytes of release 0.1 are read", "[conformance]", all_states) {
  using traits = state_traits<TestType>;
  core::random_engine random(20);
  TestType today = traits::make();
  for (const auto& chunk : traits::input(random, 12)) traits::feed(today, chunk);
  write_golden(traits::name, core::to_bytes(today));

  const auto bytes = golden_bytes(traits::name);
  INFO(golden_name("tests/conformance/golden", traits::name));
  REQUIRE_FALSE(bytes.empty());
  TestType loaded = traits::make();
  core::from_bytes(bytes, loaded);
  CHECK(same(loaded, today, true));
  CHECK(core::to_bytes(loaded) == bytes);
  if constexpr (traits::exact) CHECK(core::to_bytes(today) == bytes);
}

TEST_CASE("conformance: golden bytes of a vocabulary are read", "[conformance]") {
  const text::vocabulary today = golden_vocabulary();
  write_golden("vocabulary", core::to_bytes(today));
  const auto bytes = golden_bytes("vocabulary");
  REQUIRE_FALSE(bytes.empty());
  text::vocabulary loaded;
  core::from_bytes(bytes, loaded);
  CHECK(loaded == today);
  CHECK(core::to_bytes(today) == bytes);
}
