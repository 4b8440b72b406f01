// SPDX-License-Identifier: BSL-1.0

#include "tailwatch/text/utf8.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using tailwatch::text::append_utf8;
using tailwatch::text::count_invalid_utf8;
using tailwatch::text::decode_utf8;

TEST_CASE("text: every Unicode scalar value survives encoding and decoding", "[text]") {
  std::uint32_t wrong = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string bytes;
    append_utf8(bytes, c);
    const auto back = decode_utf8(bytes, 0);
    wrong += back.valid && back.value == c && back.bytes == bytes.size() ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("text: ill-formed UTF-8 is counted by maximal parts", "[text]") {
  // The example of the Unicode standard, section 3.9, table 3-8 and its neighbours.
  CHECK(count_invalid_utf8("plain, na\xC3\xAFve, \xE6\xBC\xA2, \xF0\x9F\x98\x80") == 0);
  CHECK(count_invalid_utf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") == 8);
  CHECK(count_invalid_utf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") == 8);  // surrogates
  CHECK(count_invalid_utf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") == 7);
  CHECK(count_invalid_utf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == 4);  // truncated: one each
  CHECK(count_invalid_utf8("\xE6\xBC") == 1);
  CHECK(count_invalid_utf8("\xF0\x9F\x98") == 1);
  CHECK(count_invalid_utf8("\xFE\xFF") == 2);
  CHECK(count_invalid_utf8("") == 0);
}
