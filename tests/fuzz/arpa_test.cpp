// SPDX-License-Identifier: BSL-1.0

// What the fuzzer (arpa_fuzzer.cpp) looks for, over seeded mutations: the reader takes a text as a model that can be scored,
// drawn from, saved and written again, or refuses it by an arpa_error. Run under the sanitizers as well.

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/arpa.hpp"
#include "support/catch.hpp"

using namespace tailwatch;

TEST_CASE("fuzz: mutations of ARPA files are models or are refused", "[fuzz]") {
  core::random_engine random(3);
  for (const std::string& seed : fuzz::arpa_seeds()) {
    REQUIRE(fuzz::check_arpa(seed));
    CHECK(fuzz::arpa_recounted(seed).find("ngram 1=") != std::string::npos);
    CHECK(fuzz::check_arpa(fuzz::arpa_recounted(seed)));
    std::size_t read = 0;
    constexpr std::size_t trials = 1500;
    for (std::size_t i = 0; i < trials; ++i) read += fuzz::check_arpa(fuzz::arpa_mutated(seed, random)) ? 1U : 0U;
    CHECK(read > trials / 20);  // the mutations reach what lies behind the reader
    CHECK(read < trials);
  }
}

TEST_CASE("fuzz: bytes that are no ARPA file are refused", "[fuzz]") {
  core::random_engine random(4);
  for (std::size_t i = 0; i < 500; ++i) {
    std::string bytes(static_cast<std::size_t>(core::uniform_below(random, 300)), '\0');
    for (char& c : bytes) c = static_cast<char>(core::uniform_below(random, 256));
    CHECK_FALSE(fuzz::check_arpa(bytes));
    CHECK_FALSE(fuzz::check_arpa("\\data\\\nngram 1=1\n" + bytes));
  }
}
