// SPDX-License-Identifier: BSL-1.0
#include "tailwatch/core/token_sequences.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using tailwatch::token_sequences;

TEST_CASE("core: token sequences keep their borders, empty ones included", "[core]") {
  token_sequences s;
  CHECK(s.empty());
  s.push_back(std::vector<int>{5, 6});
  s.push_back(std::vector<std::uint16_t>{});
  s.push_back(std::array<std::int64_t, 1>{7});
  CHECK(s.size() == 3);
  CHECK(s.token_count() == 3);
  CHECK(std::vector<std::uint32_t>(s[0].begin(), s[0].end()) == std::vector<std::uint32_t>{5, 6});
  CHECK(s[1].empty());
  CHECK(s[2].size() == 1);
  CHECK(s[2][0] == 7);
  CHECK(s.tokens().size() == 3);
}

TEST_CASE("core: appending joins lists of sequences, not sequences", "[core]") {
  token_sequences a, b, both;
  a.push_back(std::vector<int>{1, 2});
  b.push_back(std::vector<int>{3});
  b.push_back(std::vector<int>{4, 5});
  for (const auto& part : {std::vector<int>{1, 2}, {3}, {4, 5}}) both.push_back(part);
  a.append(b);
  CHECK(a == both);
  a.append(token_sequences{});
  CHECK(a == both);
  token_sequences doubled = b;
  doubled.append(b);
  CHECK(doubled.size() == 4);
  CHECK(doubled[3][1] == 5);
}

TEST_CASE("core: equal tokens with other borders are other sequences", "[core]") {
  token_sequences a, b;
  a.push_back(std::vector<int>{1, 2, 3});
  b.push_back(std::vector<int>{1});
  b.push_back(std::vector<int>{2, 3});
  CHECK(!(a == b));
  a.clear();
  b.clear();
  CHECK(a == b);
  CHECK(a == token_sequences{});
}
